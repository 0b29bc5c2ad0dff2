//! The end of what has expired. Owns how much is deleted at a time and how
//! often; what a row is, is the store's.
//!
//! Always on, on every node: small batches, one after the other, with a pause
//! in between that is short only while there is a backlog.

use std::sync::Arc;
use std::time::Duration;

use crate::audit::Stamp;
use crate::clock::{Clock, Timer};
use crate::counts::{Counts, Happening};
use crate::store::{Reaped, SharedStore, Stored};

/// Rows of each kind in one go: some milliseconds of a connection.
const BATCH: u32 = 100;
/// Between two looks when nothing was left to do.
const IDLE: Duration = Duration::from_secs(60);
/// Between two batches of a backlog: requests come first.
const BUSY: Duration = Duration::from_millis(50);
const SECONDS_OF_A_DAY: i64 = 86_400;

/// Deletes what is of no use any more.
pub struct Reaper {
    /// From where.
    pub store: SharedStore,
    /// By whose time.
    pub clock: Arc<dyn Clock>,
    /// Days for which an expired token is still shown in lists.
    pub token_retention_days: u32,
    /// Where it is told how much that was.
    pub counts: Arc<Counts>,
}

impl Reaper {
    /// Goes on until dropped.
    pub async fn run(self, timer: &dyn Timer) {
        loop {
            // What failed is in the store's log, and is there the next time.
            let backlog = self.batch().await.is_ok_and(is_full);
            timer.sleep(if backlog { BUSY } else { IDLE }).await;
        }
    }

    /// One batch of everything there is.
    ///
    /// # Errors
    /// The store is away.
    pub async fn batch(&self) -> Stored<Reaped> {
        let now = self.clock.now();
        let retention = i64::from(self.token_retention_days) * SECONDS_OF_A_DAY;
        let before = now.plus(-retention);
        let reaped = self.store.reap(before, BATCH, Stamp::system(now)).await?;
        for (kind, count) in [
            (Happening::ReapedTokens, reaped.tokens),
            (Happening::ReapedCounters, reaped.counters),
            (Happening::ReapedCodes, reaped.codes),
            (Happening::ReapedSessions, reaped.sessions),
        ] {
            self.counts.add_many(kind, count);
        }
        Ok(reaped)
    }
}

/// Whether there may be more.
fn is_full(reaped: Reaped) -> bool {
    let kinds = [
        reaped.tokens,
        reaped.counters,
        reaped.codes,
        reaped.sessions,
    ];
    kinds.into_iter().any(|count| count >= BATCH as usize)
}
