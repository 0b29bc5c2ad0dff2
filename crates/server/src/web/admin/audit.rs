//! The audit trail, the newest first.

use std::collections::BTreeMap;

use askama::Template;
use grantd_core::audit::{Action, AuditRow};
use grantd_core::error::Error;
use grantd_core::ids::UserId;

use super::{encoded, login_of};
use crate::error::Result;
use crate::reply::Reply;
use crate::web::form::Faults;
use crate::web::page::Page;
use crate::web::pager::Pager;
use crate::web::settings::security_log::event;
use crate::web::visit::Visit;
use crate::web::words::Words;

const PATH: &str = "/site-admin/audit";
const ROWS: u32 = 30;

/// An event as the page shows it.
struct Line {
    at: String,
    what: String,
    by: String,
    about: String,
    address: String,
}

/// A kind of event to choose.
struct Choice {
    name: &'static str,
    words: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "admin/audit.html")]
struct AuditPage {
    page: Page,
    tab: &'static str,
    login: String,
    choices: Vec<Choice>,
    rows: Vec<Line>,
    pager: Pager,
}

/// `GET /site-admin/audit`.
pub(crate) async fn show(visit: Visit) -> Result<Reply> {
    let (authority, who, words) = (visit.authority(), &visit.who()?.identity, visit.words());
    let login = visit.query("user").trim().to_owned();
    let chosen = visit.query("action");
    let action = Action::from_name(&chosen);
    let before: Option<i64> = visit.query("before").parse().ok();
    let mut faults = Faults::default();
    let user = match login.is_empty() {
        true => None,
        false => match authority.admin_user(who, &login).await {
            Err(Error::NotFound) if who.user.site_admin => {
                faults.add("user", words.t("admin-no-user"));
                None
            }
            found => Some(found?.id),
        },
    };
    let events = authority.admin_events(who, user, action, before, ROWS);
    let events = events.await?;
    let logins = logins(&visit, &events.rows).await?;
    let choice = |action: &Action| Choice {
        name: action.name(),
        words: event(action.name(), words),
        chosen: action.name() == chosen,
    };
    let (by_user, by_action) = (encoded(&login), encoded(&chosen));
    let list = format!("{PATH}?user={by_user}&action={by_action}");
    let older = events.next.map(|next| format!("{list}&before={next}"));
    let newer = before.map(|_| list);
    let page = AuditPage {
        page: visit.page(words.t("admin-audit")).faults(faults),
        tab: "audit",
        choices: Action::ALL.iter().map(choice).collect(),
        rows: events
            .rows
            .iter()
            .map(|row| line(words, row, &logins))
            .collect(),
        login,
        pager: Pager { newer, older },
    };
    visit.show(&page)
}

/// The names of all users of these rows who are still there.
async fn logins(visit: &Visit, rows: &[AuditRow]) -> Result<BTreeMap<i64, String>> {
    let mut logins = BTreeMap::new();
    let actors = rows.iter().filter(|row| row.actor_kind == "user");
    let actors = actors.filter_map(|row| row.actor_id);
    let subjects = rows.iter().filter_map(|row| row.user_id).map(|id| id.0);
    for id in actors.chain(subjects) {
        if logins.contains_key(&id) {
            continue;
        }
        if let Some(login) = login_of(visit, UserId(id)).await? {
            logins.insert(id, login);
        }
    }
    Ok(logins)
}

fn line(words: &Words, row: &AuditRow, logins: &BTreeMap<i64, String>) -> Line {
    let name = |id: i64| {
        let known = logins.get(&id).cloned();
        known.unwrap_or_else(|| words.t1("admin-user-gone", "id", id.to_string()))
    };
    let by = match (row.actor_kind.as_str(), row.actor_id) {
        ("user", Some(id)) => name(id),
        ("app", _) => words.t("log-by-app"),
        ("operator", _) => words.t("log-by-operator"),
        _ => words.t("log-by-system"),
    };
    Line {
        at: words.date_time(row.at),
        what: event(&row.action, words),
        by,
        about: row.user_id.map(|id| name(id.0)).unwrap_or_default(),
        address: row.address.clone().unwrap_or_default(),
    }
}
