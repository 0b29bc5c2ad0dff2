//! `/settings/password`.

use askama::Template;

use super::super::form::Faults;
use super::super::new_password;
use super::super::notice::Notice;
use super::super::page::{Field, Page, Section};
use super::super::told::{self, Told};
use super::super::visit::Visit;
use crate::error::Result;
use crate::reply::Reply;

#[derive(Template)]
#[template(path = "settings/password.html")]
struct PasswordPage<'a> {
    page: Page,
    login: &'a str,
    present: Field,
    new: [Field; 2],
    end_tokens: bool,
}

fn view(visit: &Visit, faults: Faults) -> Result<PasswordPage<'_>> {
    let words = visit.words();
    let user = visit.who()?.user();
    let page = visit
        .page(words.t("password-title"))
        .section(Section::Password)
        .faults(faults);
    Ok(PasswordPage {
        login: user.login.as_str(),
        present: page
            .field("present", &words.t("password-present"))
            .password("current-password"),
        new: new_password::fields(&page, user.two_factor),
        end_tokens: visit.form().has("end-tokens"),
        page,
    })
}

/// `GET /settings/password`.
pub(crate) async fn show(visit: Visit) -> Result<Reply> {
    visit.show(&view(&visit, Faults::default())?)
}

/// `POST /settings/password`.
pub(crate) async fn set(visit: Visit) -> Result<Reply> {
    let told = match new_password::read(visit.form(), visit.words()) {
        Err(faults) => Told::faults(faults),
        Ok(new) => {
            let (who, caller) = (visit.who()?, visit.caller());
            let present = visit.form().secret("present");
            let changed = visit
                .authority()
                .change_password(who, present, &new, caller);
            match changed.await {
                Ok(()) => return Ok(visit.done("/settings/password", Notice::Password)),
                Err(refusal) => told::tell(refusal, "present", visit.words())?,
            }
        }
    };
    visit.tell(&told, &view(&visit, told.faults.clone())?)
}
