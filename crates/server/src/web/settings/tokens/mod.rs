//! `/settings/tokens`: personal access tokens.

mod expiry;
mod new;
mod regenerate;
mod rename;

pub(crate) use new::{ask as new, create};
pub(crate) use regenerate::{ask as ask_to_regenerate, regenerate};
pub(crate) use rename::{edit, rename};

use askama::Template;
use grantd_core::authorization::{Authorization, Issued};
use grantd_core::clock::Timestamp;
use grantd_core::ids::AuthorizationId;
use grantd_core::store::UsedAuthorization;

use super::super::notice::Notice;
use super::super::page::{Page, Section};
use super::super::pager::{self, Pager};
use super::super::visit::Visit;
use super::super::words::Words;
use super::ConfirmPage;
use crate::error::Result;
use crate::reply::Reply;

const HOME: &str = "/settings/tokens";

#[derive(Template)]
#[template(path = "settings/tokens.html")]
struct TokensPage {
    page: Page,
    tokens: Vec<Shown>,
    pager: Pager,
}

/// A token as the list shows it.
struct Shown {
    id: AuthorizationId,
    /// The note, or that there is none.
    note: String,
    named: bool,
    scopes: Vec<String>,
    last_eight: String,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    expired: bool,
}

#[derive(Template)]
#[template(path = "settings/token-shown.html")]
struct ShownOnce {
    page: Page,
    token: String,
}

/// What a person calls a token.
fn name(authorization: &Authorization, words: &Words) -> Option<String> {
    let note = authorization.note.as_ref().map(|note| note.as_str().trim());
    let note = note.filter(|note| !note.is_empty());
    note.map(str::to_owned)
        .or_else(|| words.find("tokens-unnamed"))
}

impl Shown {
    fn of(used: UsedAuthorization, words: &Words, now: Timestamp) -> Self {
        let UsedAuthorization {
            authorization,
            last_use,
        } = used;
        Self {
            id: authorization.id,
            note: name(&authorization, words).unwrap_or_default(),
            named: authorization
                .note
                .as_ref()
                .is_some_and(|note| !note.is_blank()),
            scopes: authorization
                .scopes
                .iter()
                .map(|scope| scope.as_str().to_owned())
                .collect(),
            last_eight: authorization.token_last_eight.0.clone(),
            created_at: authorization.created_at,
            last_used_at: last_use.map(|last| last.at),
            expires_at: authorization.expires_at,
            expired: authorization.expires_at.is_some_and(|end| end <= now),
        }
    }
}

/// `GET /settings/tokens`.
pub(crate) async fn list(visit: Visit) -> Result<Reply> {
    let (who, asked) = (&visit.who()?.identity, pager::asked(&visit));
    let found = visit.authority().own_tokens(who, asked).await?;
    let (words, now) = (visit.words(), visit.now());
    let tokens = found.items.into_iter();
    visit.show(&TokensPage {
        page: visit.page(words.t("tokens-title")).section(Section::Tokens),
        tokens: tokens.map(|used| Shown::of(used, words, now)).collect(),
        pager: Pager::new(HOME, asked, found.total),
    })
}

/// The token in the path.
async fn asked_for(visit: &Visit) -> Result<Authorization> {
    let id = visit.context().id("id", AuthorizationId::parse)?;
    let who = &visit.who()?.identity;
    let found = visit.authority().own_token(who, id).await?;
    Ok(found.authorization)
}

/// The fresh token, this once.
fn show_once(visit: &Visit, issued: &Issued<Authorization>) -> Result<Reply> {
    let title = visit.words().t("token-shown-title");
    visit.show(&ShownOnce {
        page: visit.page(title).section(Section::Tokens),
        token: issued.token.expose().to_owned(),
    })
}

/// `GET /settings/tokens/{id}/delete`.
pub(crate) async fn ask_to_delete(visit: Visit) -> Result<Reply> {
    let token = asked_for(&visit).await?;
    let words = visit.words();
    let note = name(&token, words).unwrap_or_default();
    let title = words.t1("tokens-delete-title", "note", note);
    visit.show(&ConfirmPage {
        page: visit.page(title).section(Section::Tokens),
        sentence: words.t("tokens-delete-confirm"),
        action: format!("{HOME}/{}/delete", token.id),
        button: words.t("tokens-delete"),
        back: HOME,
    })
}

/// `POST /settings/tokens/{id}/delete`.
pub(crate) async fn delete(visit: Visit) -> Result<Reply> {
    let id = visit.context().id("id", AuthorizationId::parse)?;
    let (who, caller) = (&visit.who()?.identity, visit.caller());
    visit.authority().delete_own_token(who, id, caller).await?;
    Ok(visit.done(HOME, Notice::TokenDeleted))
}
