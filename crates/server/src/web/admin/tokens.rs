//! Tokens, found by what somebody knows of one. What is looked for comes by a
//! form and never in a URL: it may be a whole token.

use askama::Template;
use grantd_core::ids::AuthorizationId;
use grantd_core::store::{OwnedAuthorization, PageRequest};

use super::{admin, outcome};
use crate::error::Result;
use crate::reply::Reply;
use crate::web::notice::Notice;
use crate::web::page::Page;
use crate::web::visit::Visit;

const PATH: &str = "/site-admin/tokens";
/// The last eight characters of so many tokens are the same only by somebody's doing.
const MOST: u32 = 50;

/// A token that was found.
struct Line {
    id: i64,
    login: String,
    /// None for a personal access token.
    app: Option<String>,
    note: String,
    scopes: String,
    last_eight: String,
    created: String,
    expires: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/tokens.html")]
struct TokensPage {
    page: Page,
    tab: &'static str,
    searched: bool,
    tokens: Vec<Line>,
}

/// `GET /site-admin/tokens`.
pub(crate) async fn show(visit: Visit) -> Result<Reply> {
    admin(&visit)?;
    page(&visit, false, Vec::new())
}

/// `POST /site-admin/tokens`.
pub(crate) async fn search(visit: Visit) -> Result<Reply> {
    let first = PageRequest {
        page: 1,
        per_page: MOST,
    };
    let who = &visit.who()?.identity;
    let what = visit.form().secret("what");
    let found = visit.authority().admin_tokens(who, what.expose(), first);
    let found = found.await?;
    let lines = found.items.into_iter().map(|found| line(&visit, found));
    page(&visit, true, lines.collect())
}

/// `POST /site-admin/tokens/{authorization_id}/delete`.
pub(crate) async fn delete(visit: Visit) -> Result<Reply> {
    let id = visit
        .context()
        .id("authorization_id", |text| text.parse().ok())?;
    let done =
        visit
            .authority()
            .admin_delete_token(visit.who()?, AuthorizationId(id), visit.caller());
    match outcome(done.await, visit.words())? {
        Ok(()) => Ok(visit.done(PATH, Notice::TokenDeleted)),
        // Not about a user, and so never about oneself.
        Err(_) => Ok(visit.go(PATH)),
    }
}

fn line(visit: &Visit, found: OwnedAuthorization) -> Line {
    let (words, token) = (visit.words(), found.authorization);
    Line {
        id: token.id.0,
        login: found.user.login.to_string(),
        app: token.app.map(|app| app.name),
        note: token
            .note
            .map(|note| note.as_str().to_owned())
            .unwrap_or_default(),
        scopes: token.scopes.join(", "),
        last_eight: token.token_last_eight.0,
        created: words.date(token.created_at),
        expires: token.expires_at.map(|at| words.date(at)),
    }
}

fn page(visit: &Visit, searched: bool, tokens: Vec<Line>) -> Result<Reply> {
    visit.show(&TokensPage {
        page: visit.page(visit.words().t("admin-tokens")),
        tab: "tokens",
        searched,
        tokens,
    })
}
