//! Apps, whoever's they are.

use askama::Template;
use grantd_core::app::{App, AppCounts};
use http::StatusCode;

use super::{encoded, login_of, outcome, unknown_act};
use crate::error::Result;
use crate::reply::Reply;
use crate::web::form::Faults;
use crate::web::notice::Notice;
use crate::web::page::Page;
use crate::web::pager::{self, Pager};
use crate::web::visit::Visit;

const PATH: &str = "/site-admin/apps";

#[derive(Template)]
#[template(path = "admin/apps.html")]
struct AppsPage {
    page: Page,
    tab: &'static str,
    what: String,
    apps: Vec<App>,
    pager: Pager,
}

/// `GET /site-admin/apps`.
pub(crate) async fn list(visit: Visit) -> Result<Reply> {
    let what = visit.query("q").trim().to_owned();
    let wanted = pager::asked(&visit);
    let who = &visit.who()?.identity;
    let found = visit.authority().admin_apps(who, &what, wanted).await?;
    let path = match what.is_empty() {
        true => PATH.to_owned(),
        false => format!("{PATH}?q={}", encoded(&what)),
    };
    visit.show(&AppsPage {
        page: visit.page(visit.words().t("admin-apps")),
        tab: "apps",
        what,
        pager: Pager::new(&path, wanted, found.total),
        apps: found.items,
    })
}

#[derive(Template)]
#[template(path = "admin/app.html")]
struct AppPage {
    page: Page,
    tab: &'static str,
    app: App,
    owner: Option<String>,
    counts: AppCounts,
    created: String,
    suspended: Option<String>,
}

/// `GET /site-admin/apps/{client_id}`.
pub(crate) async fn show(visit: Visit) -> Result<Reply> {
    page(&visit, StatusCode::OK, Faults::default()).await
}

/// `POST /site-admin/apps/{client_id}`.
pub(crate) async fn act(visit: Visit) -> Result<Reply> {
    let (app, _) = named(&visit).await?;
    let (authority, who, caller) = (visit.authority(), visit.who()?, visit.caller());
    let client_id = app.client_id.as_str();
    let path = format!("{PATH}/{client_id}");
    let (done, notice, path) = match visit.form().text("act") {
        "suspend" => (
            authority
                .admin_set_app_suspended(who, client_id, true, caller)
                .await,
            Notice::AppSuspended,
            path,
        ),
        "restore" => (
            authority
                .admin_set_app_suspended(who, client_id, false, caller)
                .await,
            Notice::AppRestored,
            path,
        ),
        "delete" if visit.form().trimmed("confirm") != app.name.trim() => {
            let words = visit.words();
            let sentence = words.t1("developers-delete-mistyped", "app", app.name.as_str());
            let faults = Faults::one("confirm", sentence);
            return page(&visit, StatusCode::UNPROCESSABLE_ENTITY, faults).await;
        }
        "delete" => (
            authority.admin_delete_app(who, client_id, caller).await,
            Notice::AppDeleted,
            PATH.to_owned(),
        ),
        _ => return Err(unknown_act()),
    };
    match outcome(done, visit.words())? {
        Ok(()) => Ok(visit.done(&path, notice)),
        Err(faults) => page(&visit, StatusCode::UNPROCESSABLE_ENTITY, faults).await,
    }
}

async fn named(visit: &Visit) -> Result<(App, AppCounts)> {
    let client_id = visit.context().param("client_id")?;
    let who = &visit.who()?.identity;
    Ok(visit.authority().admin_app(who, &client_id).await?)
}

async fn page(visit: &Visit, status: StatusCode, faults: Faults) -> Result<Reply> {
    let (app, counts) = named(visit).await?;
    let words = visit.words();
    let page = AppPage {
        page: visit.page(app.name.clone()).faults(faults),
        tab: "apps",
        owner: login_of(visit, app.owner_id).await?,
        counts,
        created: words.date(app.created_at),
        suspended: app.suspended_at.map(|at| words.date(at)),
        app,
    };
    visit.write(status, &page, "")
}
