//! The pages of consent, and the parts of them that the device's page shows,
//! too. Owns how an app and what it asks for are put before a person.

use askama::Template;
use grantd_core::app::App;
use grantd_core::consent::{AskedScope, ConsentView, Rejection};
use grantd_core::redirect_uri::TargetKind;
use grantd_core::user::User;
use http::StatusCode;

use super::request::Asked;
use crate::error::Result;
use crate::reply::Reply;
use crate::web::page::Page;
use crate::web::visit::Visit;
use crate::web::words::Words;

/// An app as people see it.
pub(in crate::web) struct AppCard {
    pub(in crate::web) name: String,
    pub(in crate::web) owner: String,
    pub(in crate::web) description: Option<String>,
    /// Only what a browser opens as a page.
    pub(in crate::web) homepage: Option<String>,
    pub(in crate::web) logo: Option<String>,
}

impl AppCard {
    pub(in crate::web) fn new(app: &App, owner: &User) -> Self {
        let is_page = app.url.starts_with("https://") || app.url.starts_with("http://");
        Self {
            name: app.name.clone(),
            owner: owner.login.to_string(),
            description: app.description.clone().filter(|text| !text.is_empty()),
            homepage: is_page.then(|| app.url.clone()),
            logo: logo(app),
        }
    }
}

/// Where an app's logo is, if it has one. The time makes a new logo another address.
pub(in crate::web) fn logo(app: &App) -> Option<String> {
    let at = app.logo_at?.to_string();
    let time: String = at.chars().filter(char::is_ascii_digit).collect();
    Some(format!("/apps/{}/logo?v={time}", app.client_id))
}

/// A scope in words.
pub(in crate::web) struct ScopeLine {
    pub(in crate::web) name: String,
    pub(in crate::web) words: String,
    /// Worth saying: other scopes were given before.
    pub(in crate::web) is_new: bool,
}

/// All that is asked for, in the person's language.
pub(in crate::web) fn scopes(
    words: &Words,
    asked: &[AskedScope],
    was_granted: bool,
) -> Vec<ScopeLine> {
    let line = |one: &AskedScope| ScopeLine {
        name: one.scope.as_str().to_owned(),
        words: words.scope(one.scope.as_str(), &one.words),
        is_new: one.is_new && was_granted,
    };
    asked.iter().map(line).collect()
}

#[derive(Template)]
#[template(path = "consent/ask.html")]
struct AskPage<'a> {
    page: Page,
    app: AppCard,
    login: String,
    scopes: Vec<ScopeLine>,
    again: bool,
    target: &'a str,
    on_this_device: bool,
    query: &'a str,
    other_account: String,
}

/// The page that asks.
pub(super) fn ask(visit: &Visit, asked: &Asked<'_>, view: ConsentView) -> Result<Reply> {
    let words = visit.words();
    let login = visit.who()?.user().login.to_string();
    let title = words.t1("consent-title", "app", view.app.name.as_str());
    let page = AskPage {
        page: visit.page(title),
        app: AppCard::new(&view.app, &view.owner),
        login,
        scopes: scopes(words, &view.scopes, view.granted.is_some()),
        again: view.granted.is_some(),
        target: view.target.uri(),
        on_this_device: view.target.kind() != TargetKind::Web,
        query: asked.query,
        other_account: asked.other_account(),
    };
    visit.write(StatusCode::OK, &page, view.target.form_action())
}

#[derive(Template)]
#[template(path = "consent/rejected.html")]
struct RejectedPage {
    page: Page,
    sentence: String,
}

/// The page that says why there is nothing to ask.
pub(super) fn rejected(visit: &Visit, why: Rejection) -> Result<Reply> {
    let words = visit.words();
    let (status, title, sentence) = match why {
        Rejection::UnknownApp => (
            StatusCode::NOT_FOUND,
            words.t("consent-unknown-title"),
            words.t("consent-unknown"),
        ),
        Rejection::AppSuspended => (
            StatusCode::FORBIDDEN,
            words.t("consent-suspended-title"),
            words.t("consent-suspended"),
        ),
        Rejection::RedirectUriMismatch => (
            StatusCode::BAD_REQUEST,
            words.t("consent-mismatch-title"),
            words.t("consent-mismatch"),
        ),
    };
    let page = RejectedPage {
        page: visit.page(title),
        sentence,
    };
    visit.write(status, &page, "")
}
