//! Another note for a token.

use grantd_core::authorization::Authorization;
use grantd_core::error::Error;

use super::super::super::form::Faults;
use super::super::super::notice::Notice;
use super::super::super::page::Section;
use super::super::super::visit::Visit;
use super::super::SettingsForm;
use super::{HOME, asked_for, name, new};
use crate::error::Result;
use crate::reply::Reply;

fn view(visit: &Visit, token: &Authorization, typed: &str, faults: Faults) -> SettingsForm {
    let words = visit.words();
    let note = name(token, words).unwrap_or_default();
    let page = visit
        .page(words.t1("tokens-rename-title", "note", note))
        .section(Section::Tokens)
        .faults(faults);
    let field = page
        .field("note", &words.t("token-field-note"))
        .hint(words.t("token-hint-note"))
        .value(typed)
        .longest(200);
    SettingsForm {
        lead: None,
        action: format!("{HOME}/{}", token.id),
        fields: vec![field],
        button: words.t("button-save"),
        back: HOME,
        page,
    }
}

/// `GET /settings/tokens/{id}`.
pub(crate) async fn edit(visit: Visit) -> Result<Reply> {
    let token = asked_for(&visit).await?;
    let note = token.note.as_ref().map_or("", |note| note.as_str());
    visit.show(&view(&visit, &token, note, Faults::default()))
}

/// `POST /settings/tokens/{id}`.
pub(crate) async fn rename(visit: Visit) -> Result<Reply> {
    let token = asked_for(&visit).await?;
    let typed = visit.form().trimmed("note");
    let (who, caller) = (&visit.who()?.identity, visit.caller());
    let renamed = visit
        .authority()
        .rename_own_token(who, token.id, typed.to_owned(), caller);
    match renamed.await {
        Ok(_) => Ok(visit.done(HOME, Notice::TokenRenamed)),
        Err(Error::Invalid(errors)) => {
            let faults = new::say(&errors, None, visit.words());
            visit.again(&view(&visit, &token, typed, faults))
        }
        Err(error) => Err(error.into()),
    }
}
