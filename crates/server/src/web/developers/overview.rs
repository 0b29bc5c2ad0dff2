//! One app: its client id, who relies on it, and what can be done with it.

use askama::Template;
use grantd_core::app::App;
use grantd_core::error::Result as Ruled;
use http::StatusCode;

use super::path_of;
use crate::error::Result;
use crate::reply::Reply;
use crate::web::consent::view;
use crate::web::form::Faults;
use crate::web::page::{Page, Section};
use crate::web::visit::Visit;

#[derive(Template)]
#[template(path = "developers/app.html")]
struct AppPage {
    page: Page,
    path: String,
    app: App,
    logo: Option<String>,
    users: u64,
    tokens: u64,
    created: String,
    suspended: Option<String>,
    previous_secret: Option<String>,
}

/// `GET /settings/developers/apps/{client_id}`.
pub(crate) async fn show(visit: Visit) -> Result<Reply> {
    let app = named(&visit).await?;
    page(&visit, app, StatusCode::OK, Faults::default()).await
}

/// The app whose client id stands in the path.
///
/// # Errors
/// `NotFound`, also for another's.
pub(super) async fn named(visit: &Visit) -> Result<App> {
    let client_id = visit.context().param("client_id")?;
    let found: Ruled<App> = visit
        .authority()
        .own_app(&visit.who()?.identity, &client_id)
        .await;
    Ok(found?)
}

/// The page, perhaps with what was wrong with its form for a logo.
pub(super) async fn page(
    visit: &Visit,
    app: App,
    status: StatusCode,
    faults: Faults,
) -> Result<Reply> {
    let who = &visit.who()?.identity;
    let counts = visit
        .authority()
        .count_own_app(who, app.client_id.as_str())
        .await?;
    let words = visit.words();
    let now = visit.now();
    let page = AppPage {
        page: visit
            .page(app.name.clone())
            .section(Section::Developers)
            .faults(faults),
        path: path_of(&app),
        logo: view::logo(&app),
        users: counts.users,
        tokens: counts.tokens,
        created: words.date(app.created_at),
        suspended: app.suspended_at.map(|at| words.date(at)),
        previous_secret: app
            .previous_secret_until
            .filter(|until| *until > now)
            .map(|until| words.date_time(until)),
        app,
    };
    visit.write(status, &page, "")
}
