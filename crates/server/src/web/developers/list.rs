//! The list of one's own apps.

use askama::Template;
use grantd_core::app::App;

use super::path_of;
use crate::error::Result;
use crate::reply::Reply;
use crate::web::consent::view;
use crate::web::page::{Page, Section};
use crate::web::visit::Visit;

/// An app in the list.
struct Line {
    name: String,
    path: String,
    client_id: String,
    logo: Option<String>,
    is_suspended: bool,
    created: String,
}

#[derive(Template)]
#[template(path = "developers/list.html")]
struct ListPage {
    page: Page,
    apps: Vec<Line>,
    earlier: Option<u32>,
    later: Option<u32>,
}

/// `GET /settings/developers`.
pub(crate) async fn list(visit: Visit) -> Result<Reply> {
    let who = &visit.who()?.identity;
    let wanted = visit.context().query().page();
    let found = visit.authority().own_apps(who, wanted).await?;
    let words = visit.words();
    let line = |app: &App| Line {
        name: app.name.clone(),
        path: path_of(app),
        client_id: app.client_id.to_string(),
        logo: view::logo(app),
        is_suspended: app.suspended_at.is_some(),
        created: words.date(app.created_at),
    };
    let shown = u64::from(wanted.page) * u64::from(wanted.per_page);
    let page = ListPage {
        page: visit
            .page(words.t("developers-title"))
            .section(Section::Developers),
        apps: found.items.iter().map(line).collect(),
        earlier: (wanted.page > 1).then(|| wanted.page - 1),
        later: (shown < found.total).then(|| wanted.page.saturating_add(1)),
    };
    visit.show(&page)
}
