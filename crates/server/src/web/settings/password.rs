//! `/settings/password`.

use askama::Template;
use grantd_core::error::Error;
use grantd_core::store::PageRequest;

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
                Ok(()) => {
                    if visit.form().has("end-tokens") {
                        end_tokens(&visit).await?;
                    }
                    return Ok(visit.done("/settings/password", Notice::Password));
                }
                Err(refusal) => told::tell(refusal, "present", visit.words())?,
            }
        }
    };
    visit.tell(&told, &view(&visit, told.faults.clone())?)
}

/// Ends whatever else could act in the person's name. The session goes on, resting on the new password.
async fn end_tokens(visit: &Visit) -> Result<()> {
    let (authority, caller) = (visit.authority(), visit.caller());
    let Some(signed) = visit.signed() else {
        return Ok(());
    };
    let Some(session) = authority.session(&signed.secret, caller).await? else {
        return Err(Error::BadCredentials.into());
    };
    let who = &session.identity;
    authority.revoke_own_grants(who, caller).await?;
    let first = PageRequest {
        page: 1,
        per_page: 100,
    };
    loop {
        let found = authority.own_tokens(who, first).await?.items;
        if found.is_empty() {
            return Ok(());
        }
        for used in found {
            match authority
                .delete_own_token(who, used.authorization.id, caller)
                .await
            {
                // Somebody else was faster.
                Ok(()) | Err(Error::NotFound) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
