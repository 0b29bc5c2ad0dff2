//! The trail as people read it: each their own, site admins all of it. Owns
//! what of a row is whose; must not know its words.

use crate::audit::{Action, AuditRow};
use crate::authority::{Authority, BrowserIdentity};
use crate::error::Result;
use crate::store::{EventFilter, Party};

/// Rows of a page at most.
pub const MOST_EVENTS: u32 = 100;

/// Some of the trail, the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Events {
    /// The rows, ids descending.
    pub rows: Vec<AuditRow>,
    /// What comes after these is below this id; none when this is the end.
    pub next: Option<i64>,
}

impl Authority {
    /// What happened to the user's account and what the user did, the newest first, below `before`; at most `limit` rows
    /// (1 to [`MOST_EVENTS`]). Where somebody else acted or
    /// reported, the row does not say from where.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn own_events(
        &self,
        who: &BrowserIdentity,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Events> {
        let filter = EventFilter {
            party: Some(Party::User(who.user.id)),
            action: None,
        };
        let mut events = self.events(filter, before, limit).await?;
        for row in &mut events.rows {
            let anothers = row.actor_kind == "user" && row.actor_id != Some(who.user.id.0);
            // Whoever reports a leak did the owner a service.
            if anothers || row.action == Action::TokenReported.name() {
                row.address = None;
                row.request_id = None;
            }
        }
        Ok(events)
    }

    pub(crate) async fn events(
        &self,
        filter: EventFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Events> {
        let limit = limit.clamp(1, MOST_EVENTS);
        let one_more = self.store.list_events(filter, before, limit + 1);
        let mut rows = one_more.await?;
        let goes_on = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| goes_on).map(|row| row.id);
        Ok(Events { rows, next })
    }
}
