//! A new personal access token.

use askama::Template;
use grantd_core::error::{Error, FieldError};
use grantd_core::own_account::AccountRefusal;
use grantd_core::personal_tokens::{PersonalTokenForm, TOO_LONG};

use super::super::super::form::Faults;
use super::super::super::page::{Field, Page, Section};
use super::super::super::scope_tree::{self, ScopeNode};
use super::super::super::told::{self, Told};
use super::super::super::visit::Visit;
use super::super::super::words::Words;
use super::{expiry, show_once};
use crate::error::Result;
use crate::reply::Reply;

#[derive(Template)]
#[template(path = "settings/token-new.html")]
struct NewPage {
    page: Page,
    note: Field,
    expires: expiry::Choice,
    day: Field,
    scopes: Vec<ScopeNode>,
}

fn view(visit: &Visit, faults: Faults) -> NewPage {
    let (words, form) = (visit.words(), visit.form());
    let page = visit
        .page(words.t("token-new-title"))
        .section(Section::Tokens)
        .faults(faults);
    let ticked: Vec<&str> = form.all("scope").collect();
    NewPage {
        note: page
            .field("note", &words.t("token-field-note"))
            .hint(words.t("token-hint-note"))
            .value(form.text("note"))
            .longest(200),
        expires: expiry::Choice::of(form, visit.authority().policy.lifetimes),
        day: expiry::field(&page, form),
        scopes: scope_tree::trees(&visit.authority().scopes, &ticked, words),
        page,
    }
}

/// `GET /settings/tokens/new`.
pub(crate) async fn ask(visit: Visit) -> Result<Reply> {
    visit.show(&view(&visit, Faults::default()))
}

/// `POST /settings/tokens`.
pub(crate) async fn create(visit: Visit) -> Result<Reply> {
    let (words, form) = (visit.words(), visit.form());
    let lifetimes = visit.authority().policy.lifetimes;
    let told = match expiry::read(form, visit.now()) {
        Err(_) => {
            let mut faults = Faults::one(expiry::FIELD, words.t("token-bad-day"));
            if form.trimmed("note").is_empty() {
                faults.add("note", words.t("token-missing-note"));
            }
            Told::faults(faults)
        }
        Ok(expires_at) => {
            let new = PersonalTokenForm {
                note: form.trimmed("note").to_owned(),
                scopes: form.all("scope").map(str::to_owned).collect(),
                expires_at,
            };
            let (who, caller) = (visit.who()?, visit.caller());
            match visit.authority().create_own_token(who, new, caller).await {
                Ok(issued) => return show_once(&visit, &issued),
                Err(AccountRefusal::Other(Error::Invalid(errors))) => {
                    Told::faults(say(&errors, lifetimes.max_days, words))
                }
                Err(refusal) => told::tell(refusal, "note", words)?,
            }
        }
    };
    visit.tell(&told, &view(&visit, told.faults.clone()))
}

/// Core's errors beside the fields that they are about; `most` are the days that a token may live.
pub(super) fn say(errors: &[FieldError], most: Option<u32>, words: &Words) -> Faults {
    let mut faults = Faults::default();
    for error in errors {
        match (error.field, error.code) {
            ("description", "missing_field") => faults.add("note", words.t("token-missing-note")),
            ("description", "already_exists") => faults.add("note", words.t("token-note-taken")),
            ("expires_at", TOO_LONG) => faults.add(
                expiry::FIELD,
                words.t1("token-too-long", "days", most.unwrap_or_default()),
            ),
            ("expires_at", _) => faults.add(expiry::FIELD, words.t("token-bad-day")),
            ("scopes", _) => faults.add("scope", words.t("token-bad-scope")),
            ("user", _) => faults.add("note", words.t("token-unverified")),
            _ => faults.add("note", words.t("token-long")),
        }
    }
    faults
}
