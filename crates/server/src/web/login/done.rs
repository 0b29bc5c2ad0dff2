//! `/login/done`: between signing in and a flow that leads to another site.

use askama::Template;

use super::super::page::Page;
use super::super::target;
use super::super::visit::Visit;
use crate::error::Result;
use crate::reply::Reply;

#[derive(Template)]
#[template(path = "login/done.html")]
struct DonePage {
    page: Page,
    target: String,
}

/// `GET /login/done`.
pub(crate) async fn show(visit: Visit) -> Result<Reply> {
    let target = target::take(&visit, &visit.query("return_to")).await?;
    let page = visit.page(visit.words().t("done-title"));
    visit.show(&DonePage { page, target })
}
