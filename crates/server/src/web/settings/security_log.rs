//! `/settings/security-log`: what happened with somebody's account.

use askama::Template;
use grantd_core::audit::AuditRow;
use grantd_core::clock::Timestamp;
use grantd_core::ids::UserId;

use super::super::page::{Page, Section};
use super::super::pager::{PER_PAGE, Pager};
use super::super::visit::Visit;
use super::super::words::Words;
use crate::error::Result;
use crate::reply::Reply;

const HOME: &str = "/settings/security-log";

#[derive(Template)]
#[template(path = "settings/security-log.html")]
struct LogPage {
    page: Page,
    rows: Vec<Shown>,
    pager: Pager,
}

/// A row as the page shows it.
struct Shown {
    at: Timestamp,
    what: String,
    /// The end of the token that it is about.
    token: Option<String>,
    who: String,
    address: String,
}

/// What happened, in words; a name of another version stands for itself.
pub(crate) fn event(action: &str, words: &Words) -> String {
    let key = format!("event-{}", action.replace('.', "-"));
    words.find(&key).unwrap_or_else(|| action.to_owned())
}

impl Shown {
    fn of(row: AuditRow, own: UserId, words: &Words) -> Self {
        let who = match row.actor_kind.as_str() {
            "user" if row.actor_id == Some(own.0) => words.t("log-by-you"),
            "user" => words.t("log-by-admin"),
            "app" => words.t("log-by-app"),
            "operator" => words.t("log-by-operator"),
            _ => words.t("log-by-system"),
        };
        Self {
            at: row.at,
            what: event(&row.action, words),
            token: row.token_last_eight.map(|end| end.0),
            who,
            address: row.address.unwrap_or_else(|| "–".to_owned()),
        }
    }
}

/// `GET /settings/security-log`.
pub(crate) async fn list(visit: Visit) -> Result<Reply> {
    let who = &visit.who()?.identity;
    let before = visit.query("before").parse().ok();
    let found = visit.authority().own_events(who, before, PER_PAGE).await?;
    let words = visit.words();
    let rows = found.rows.into_iter();
    visit.show(&LogPage {
        page: visit
            .page(words.t("log-title"))
            .section(Section::SecurityLog),
        rows: rows.map(|row| Shown::of(row, who.user.id, words)).collect(),
        pager: Pager {
            newer: before.map(|_| HOME.to_owned()),
            older: found.next.map(|next| format!("{HOME}?before={next}")),
        },
    })
}
