//! The list of one's own apps.

use askama::Template;
use grantd_core::app::App;

use super::{PATH, path_of};
use crate::error::Result;
use crate::reply::Reply;
use crate::web::consent::view;
use crate::web::page::{Page, Section};
use crate::web::pager::{self, Pager};
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
    pager: Pager,
}

/// `GET /settings/developers`.
pub(crate) async fn list(visit: Visit) -> Result<Reply> {
    let who = &visit.who()?.identity;
    let wanted = pager::asked(&visit);
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
    let page = ListPage {
        page: visit
            .page(words.t("developers-title"))
            .section(Section::Developers),
        apps: found.items.iter().map(line).collect(),
        pager: Pager::new(PATH, wanted, found.total),
    };
    visit.show(&page)
}
