//! Another token in the place of one that leaked or ends.

use askama::Template;
use grantd_core::authorization::Authorization;
use grantd_core::error::Error;
use grantd_core::ids::AuthorizationId;
use grantd_core::own_account::AccountRefusal;

use super::super::super::form::{Faults, Form};
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
    expires: expiry::Choice,
    day: Field,
    keep: &'static str,
}

/// How long the old token may go on: what the form says, in seconds, and by which words.
const KEPT: [(&str, u32); 4] = [("0", 0), ("1h", 3_600), ("1d", 86_400), ("7d", 604_800)];

/// The choice as it was made; unless somebody chooses otherwise, the old token ends at once.
fn keep_chosen(form: &Form) -> &'static str {
    let chosen = KEPT.iter().find(|(name, _)| *name == form.text("keep"));
    chosen.map_or(KEPT[0].0, |(name, _)| name)
}

fn kept_seconds(form: &Form) -> u32 {
    let chosen = keep_chosen(form);
    let found = KEPT.iter().find(|(name, _)| *name == chosen);
    found.map_or(0, |(_, seconds)| *seconds)
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
        expires: expiry::Choice::of(visit.form(), visit.authority().policy.lifetimes),
        keep: keep_chosen(visit.form()),
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
            let (who, caller, authority) = (visit.who()?, visit.caller(), visit.authority());
            let renewed = match kept_seconds(visit.form()) {
                0 => {
                    let renewed = authority.regenerate_own_token(who, token.id, expires_at, caller);
                    renewed.await
                }
                kept => {
                    let rotated =
                        authority.rotate_own_token(who, token.id, expires_at, kept, caller);
                    rotated.await
                }
            };
            match renewed {
                Ok(issued) => return show_once(&visit, &issued),
                Err(AccountRefusal::Other(Error::Invalid(errors))) => {
                    let most = authority.policy.lifetimes.max_days;
                    Told::faults(new::say(&errors, most, words))
                }
                Err(refusal) => told::tell(refusal, expiry::FIELD, words)?,
            }
        }
    };
    visit.tell(&told, &view(&visit, &token, told.faults.clone()))
}
