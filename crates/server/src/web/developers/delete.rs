//! The end of an app, which its owner confirms by typing its name.

use askama::Template;
use grantd_core::app::App;
use http::StatusCode;

use super::overview::named;
use super::{PATH, path_of};
use crate::error::Result;
use crate::reply::Reply;
use crate::web::form::Faults;
use crate::web::notice::Notice;
use crate::web::page::{Page, Section};
use crate::web::visit::Visit;

#[derive(Template)]
#[template(path = "developers/delete.html")]
struct DeletePage {
    page: Page,
    path: String,
    name: String,
    users: u64,
}

/// `GET /settings/developers/apps/{client_id}/delete`.
pub(crate) async fn ask(visit: Visit) -> Result<Reply> {
    let app = named(&visit).await?;
    page(&visit, &app, StatusCode::OK, Faults::default()).await
}

/// `POST /settings/developers/apps/{client_id}/delete`.
pub(crate) async fn delete(visit: Visit) -> Result<Reply> {
    let app = named(&visit).await?;
    if visit.form().trimmed("confirm") != app.name.trim() {
        let sentence = visit
            .words()
            .t1("developers-delete-mistyped", "app", app.name.as_str());
        let faults = Faults::one("confirm", sentence);
        return page(&visit, &app, StatusCode::UNPROCESSABLE_ENTITY, faults).await;
    }
    let (who, client_id) = (&visit.who()?.identity, app.client_id.as_str());
    visit
        .authority()
        .delete_own_app(who, client_id, visit.caller())
        .await?;
    Ok(visit.done(PATH, Notice::AppDeleted))
}

async fn page(visit: &Visit, app: &App, status: StatusCode, faults: Faults) -> Result<Reply> {
    let who = &visit.who()?.identity;
    let counts = visit
        .authority()
        .count_own_app(who, app.client_id.as_str())
        .await?;
    let title = visit
        .words()
        .t1("developers-delete-title", "app", app.name.as_str());
    let page = DeletePage {
        page: visit
            .page(title)
            .section(Section::Developers)
            .faults(faults),
        path: path_of(app),
        name: app.name.clone(),
        users: counts.users,
    };
    visit.write(status, &page, "")
}
