//! Another token in the place of one that leaked or ends.

use askama::Template;
use grantd_core::authorization::Authorization;
use grantd_core::error::Error;
use grantd_core::ids::AuthorizationId;
use grantd_core::own_account::AccountRefusal;

use super::super::super::form::Faults;
use super::super::super::page::{Field, Page, Section};
use super::super::super::told::{self, Told};
use super::super::super::visit::Visit;
use super::{asked_for, expiry, name, new, show_once};
use crate::error::Result;
use crate::reply::Reply;

#[derive(Template)]
#[template(path = "settings/token-regenerate.html")]
struct RegeneratePage {
    page: Page,
    id: AuthorizationId,
    expires: String,
    day: Field,
}

fn view(visit: &Visit, token: &Authorization, faults: Faults) -> RegeneratePage {
    let words = visit.words();
    let note = name(token, words).unwrap_or_default();
    let page = visit
        .page(words.t1("tokens-regenerate-title", "note", note))
        .section(Section::Tokens)
        .faults(faults);
    RegeneratePage {
        id: token.id,
        expires: expiry::chosen(visit.form()),
        day: expiry::field(&page, visit.form()),
        page,
    }
}

/// `GET /settings/tokens/{id}/regenerate`.
pub(crate) async fn ask(visit: Visit) -> Result<Reply> {
    let token = asked_for(&visit).await?;
    visit.show(&view(&visit, &token, Faults::default()))
}

/// `POST /settings/tokens/{id}/regenerate`.
pub(crate) async fn regenerate(visit: Visit) -> Result<Reply> {
    let token = asked_for(&visit).await?;
    let words = visit.words();
    let told = match expiry::read(visit.form(), visit.now()) {
        Err(_) => Told::fault(expiry::FIELD, words.t("token-bad-day")),
        Ok(expires_at) => {
            let (who, caller) = (visit.who()?, visit.caller());
            let renewed = visit
                .authority()
                .regenerate_own_token(who, token.id, expires_at, caller);
            match renewed.await {
                Ok(issued) => return show_once(&visit, &issued),
                Err(AccountRefusal::Other(Error::Invalid(errors))) => {
                    Told::faults(new::say(&errors, words))
                }
                Err(refusal) => told::tell(refusal, expiry::FIELD, words)?,
            }
        }
    };
    visit.tell(&told, &view(&visit, &token, told.faults.clone()))
}
