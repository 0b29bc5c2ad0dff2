//! Users: found by the beginning of their login or address, and what can be
//! done about one of them.

use askama::Template;
use grantd_core::user::User;
use http::StatusCode;

use super::{encoded, outcome, unknown_act};
use crate::error::Result;
use crate::reply::Reply;
use crate::web::form::Faults;
use crate::web::notice::Notice;
use crate::web::page::Page;
use crate::web::pager::{self, Pager};
use crate::web::visit::Visit;

const PATH: &str = "/site-admin";

/// A user in the list.
struct Line {
    user: User,
    created: String,
}

#[derive(Template)]
#[template(path = "admin/users.html")]
struct UsersPage {
    page: Page,
    tab: &'static str,
    beginning: String,
    users: Vec<Line>,
    pager: Pager,
}

/// `GET /site-admin`.
pub(crate) async fn list(visit: Visit) -> Result<Reply> {
    let beginning = visit.query("q").trim().to_owned();
    let wanted = pager::asked(&visit);
    let who = &visit.who()?.identity;
    let found = visit.authority().admin_users(who, &beginning, wanted);
    let found = found.await?;
    let words = visit.words();
    let path = match beginning.is_empty() {
        true => PATH.to_owned(),
        false => format!("{PATH}?q={}", encoded(&beginning)),
    };
    let line = |user: User| Line {
        created: words.date(user.created_at),
        user,
    };
    visit.show(&UsersPage {
        page: visit.page(words.t("admin-users")),
        tab: "users",
        beginning,
        pager: Pager::new(&path, wanted, found.total),
        users: found.items.into_iter().map(line).collect(),
    })
}

#[derive(Template)]
#[template(path = "admin/user.html")]
struct UserPage {
    page: Page,
    tab: &'static str,
    user: User,
    created: String,
    suspended: Option<String>,
    is_oneself: bool,
}

/// `GET /site-admin/users/{login}`.
pub(crate) async fn show(visit: Visit) -> Result<Reply> {
    let user = named(&visit).await?;
    page(&visit, user, StatusCode::OK, Faults::default())
}

/// `POST /site-admin/users/{login}`.
pub(crate) async fn act(visit: Visit) -> Result<Reply> {
    let user = named(&visit).await?;
    let (authority, who, caller) = (visit.authority(), visit.who()?, visit.caller());
    let (words, form, id) = (visit.words(), visit.form(), user.id);
    let path = format!("{PATH}/users/{}", user.login);
    let (done, notice, path) = match form.text("act") {
        "suspend" => (
            authority
                .admin_set_user_suspended(who, id, true, caller)
                .await,
            Notice::UserSuspended,
            path,
        ),
        "restore" => (
            authority
                .admin_set_user_suspended(who, id, false, caller)
                .await,
            Notice::UserRestored,
            path,
        ),
        "promote" => (
            authority.admin_set_site_admin(who, id, true, caller).await,
            Notice::UserPromoted,
            path,
        ),
        "demote" => (
            authority.admin_set_site_admin(who, id, false, caller).await,
            Notice::UserDemoted,
            path,
        ),
        "reset" => (
            authority.admin_reset_factors(who, id, caller).await,
            Notice::UserFactorsReset,
            path,
        ),
        "delete" if form.trimmed("confirm") != user.login.as_str() => {
            let login = user.login.to_string();
            let sentence = words.t1("admin-user-mistyped", "login", login.as_str());
            let faults = Faults::one("confirm", sentence);
            return page(&visit, user, StatusCode::UNPROCESSABLE_ENTITY, faults);
        }
        "delete" => (
            authority.admin_delete_user(who, id, caller).await,
            Notice::UserDeleted,
            PATH.to_owned(),
        ),
        _ => return Err(unknown_act()),
    };
    match outcome(done, words)? {
        Ok(()) => Ok(visit.done(&path, notice)),
        Err(faults) => page(&visit, user, StatusCode::UNPROCESSABLE_ENTITY, faults),
    }
}

async fn named(visit: &Visit) -> Result<User> {
    let login = visit.context().param("login")?;
    let who = &visit.who()?.identity;
    Ok(visit.authority().admin_user(who, &login).await?)
}

fn page(visit: &Visit, user: User, status: StatusCode, faults: Faults) -> Result<Reply> {
    let words = visit.words();
    let page = UserPage {
        page: visit.page(user.login.to_string()).faults(faults),
        tab: "users",
        created: words.date(user.created_at),
        suspended: user.suspended_at.map(|at| words.date(at)),
        is_oneself: visit.who()?.user().id == user.id,
        user,
    };
    visit.write(status, &page, "")
}
