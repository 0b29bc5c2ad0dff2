//! `GET /` for browsers.

use askama::Template;
use http::header;

use super::page::Page;
use super::visit::Visit;
use crate::error::Result;
use crate::reply::Reply;

#[derive(Template)]
#[template(path = "front.html")]
struct FrontPage {
    page: Page,
    api: String,
}

/// The front page.
pub(crate) async fn show(visit: Visit) -> Result<Reply> {
    let page = FrontPage {
        page: visit.page(visit.words().t("front-title")),
        api: visit.context().wire().api.clone(),
    };
    Ok(visit.show(&page)?.with(header::VARY, "Accept"))
}
