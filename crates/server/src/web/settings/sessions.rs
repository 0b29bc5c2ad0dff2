//! `/settings/sessions`: the browsers in which somebody is signed in.

use askama::Template;
use grantd_core::clock::Timestamp;
use grantd_core::ids::SessionId;

use super::super::browser_name::browser_name;
use super::super::notice::Notice;
use super::super::page::{Page, Section};
use super::super::visit::Visit;
use crate::error::Result;
use crate::reply::Reply;

const HOME: &str = "/settings/sessions";

#[derive(Template)]
#[template(path = "settings/sessions.html")]
struct SessionsPage {
    page: Page,
    sessions: Vec<Shown>,
}

/// A session as the page shows it.
struct Shown {
    id: i64,
    browser: String,
    address: String,
    created_at: Timestamp,
    last_seen_at: Timestamp,
    is_this: bool,
}

/// `GET /settings/sessions`.
pub(crate) async fn list(visit: Visit) -> Result<Reply> {
    let who = visit.who()?;
    let words = visit.words();
    let sessions = visit.authority().own_sessions(who).await?;
    let sessions = sessions
        .into_iter()
        .map(|session| Shown {
            id: session.id.0,
            browser: browser_name(&session.user_agent, words),
            address: session.address,
            created_at: session.created_at,
            last_seen_at: session.seen_at,
            is_this: session.id == who.identity.session,
        })
        .collect();
    visit.show(&SessionsPage {
        page: visit
            .page(words.t("sessions-title"))
            .section(Section::Sessions),
        sessions,
    })
}

/// `POST /settings/sessions/{session_id}/end`.
pub(crate) async fn end(visit: Visit) -> Result<Reply> {
    let id = visit.context().id("session_id", |text| text.parse().ok())?;
    visit
        .authority()
        .end_own_session(visit.who()?, SessionId(id), visit.caller())
        .await?;
    Ok(visit.done(HOME, Notice::SessionEnded))
}

/// `POST /settings/sessions/end`.
pub(crate) async fn end_others(visit: Visit) -> Result<Reply> {
    visit
        .authority()
        .end_other_sessions(visit.who()?, visit.caller())
        .await?;
    Ok(visit.done(HOME, Notice::SessionsEnded))
}
