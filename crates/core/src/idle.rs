//! The end of tokens that nobody uses, and a policy put into effect. Owns how
//! the records are gone through, and that a use just before saves a token;
//! what a policy demands is [`crate::life`]'s.
//!
//! A use waits in some node's memory for up to a minute, and for another one
//! when the record was in use. So whoever is found idle is noted down, two such
//! intervals go by, and the deletion looks once more: every use from before
//! the finding is told by then.

use std::sync::Arc;
use std::time::Duration;

use crate::audit::Stamp;
use crate::clock::{Clock, Timer, Timestamp};
use crate::ids::AuthorizationId;
use crate::last_used::FLUSH_EVERY;
use crate::life::{Hit, LifePolicy, Reason};
use crate::store::{Lived, SharedStore, Stored};

/// Records in one look: some milliseconds of a connection.
const LOOK: u32 = 500;
/// Changes in one step.
const BATCH: usize = 100;
/// Found idle in one go: more wait for the next.
const MOST_FOUND: usize = 10_000;
/// Between two looks or steps: requests come first.
const BREATH: Duration = Duration::from_millis(50);
/// Between two times through all records.
const REST: Duration = Duration::from_secs(900);
/// Two intervals, and what a flush itself may take.
const UNTIL_ALL_IS_TOLD: Duration = Duration::from_secs(2 * FLUSH_EVERY.unsigned_abs() + 15);

/// Goes through all tokens and does what a policy demands.
pub struct LifeKeeper {
    /// Of what.
    pub store: SharedStore,
    /// By whose time.
    pub clock: Arc<dyn Clock>,
    /// What is demanded.
    pub policy: LifePolicy,
}

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Tokens that end sooner now.
    pub shortened: usize,
    /// Tokens that are gone.
    pub deleted: usize,
}

/// Tokens that were idle at a moment.
#[derive(Debug)]
pub struct FoundIdle {
    ids: Vec<AuthorizationId>,
    /// Not used since then.
    since: Timestamp,
}

impl FoundIdle {
    /// How many.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// None at all.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

impl LifeKeeper {
    /// Ends idle tokens until dropped; what else the policy demands is left to [`LifeKeeper::apply`].
    pub async fn run(self, timer: &dyn Timer) {
        loop {
            // What failed is in the store's log, and is there the next time.
            let _ = self.end_idle(timer).await;
            timer.sleep(REST).await;
        }
    }

    /// Ends all tokens that are idle now.
    ///
    /// # Errors
    /// The store is away. What was done stays done.
    pub async fn end_idle(&self, timer: &dyn Timer) -> Stored<usize> {
        let (mut deleted, mut after) = (0, Some(AuthorizationId(0)));
        while let Some(from) = after {
            let (found, next) = self.find_idle(from, timer).await?;
            if !found.is_empty() {
                timer.sleep(UNTIL_ALL_IS_TOLD).await;
                deleted += self.delete_idle(&found, timer).await?;
            }
            after = next;
        }
        Ok(deleted)
    }

    /// Finds idle tokens above an id, and from where to go on.
    ///
    /// # Errors
    /// The store is away.
    pub async fn find_idle(
        &self,
        mut after: AuthorizationId,
        timer: &dyn Timer,
    ) -> Stored<(FoundIdle, Option<AuthorizationId>)> {
        let now = self.clock.now();
        let mut found = FoundIdle {
            ids: Vec::new(),
            since: self.policy.idle_before(now).unwrap_or(Timestamp(0)),
        };
        while found.len() < MOST_FOUND {
            let seen = self.store.list_lives(after, LOOK).await?;
            let Some(last) = seen.last() else {
                return Ok((found, None));
            };
            after = last.owned.authorization.id;
            let idle = seen.iter().filter(|lived| {
                let hit = self.policy.judge(lived, now);
                hit.is_some_and(|hit| hit.reason == Reason::Idle)
            });
            found
                .ids
                .extend(idle.map(|lived| lived.owned.authorization.id));
            timer.sleep(BREATH).await;
        }
        Ok((found, Some(after)))
    }

    /// Deletes those that nobody has used since before they were found.
    ///
    /// # Errors
    /// The store is away.
    pub async fn delete_idle(&self, found: &FoundIdle, timer: &dyn Timer) -> Stored<usize> {
        let mut deleted = 0;
        for batch in found.ids.chunks(BATCH) {
            let stamp = Stamp::system(self.clock.now());
            deleted += self
                .store
                .delete_idle(batch.to_vec(), found.since, stamp)
                .await?;
            timer.sleep(BREATH).await;
        }
        Ok(deleted)
    }

    /// Tells of every token that the policy hits, ids ascending, and changes nothing.
    ///
    /// # Errors
    /// The store is away, or what `tell` returns.
    pub async fn check<E: From<crate::store::StoreError>>(
        &self,
        mut tell: impl FnMut(&Lived, Hit) -> Result<(), E>,
    ) -> Result<(), E> {
        let (now, mut after) = (self.clock.now(), AuthorizationId(0));
        loop {
            let seen = self.store.list_lives(after, LOOK).await?;
            let Some(last) = seen.last() else {
                return Ok(());
            };
            after = last.owned.authorization.id;
            for lived in &seen {
                if let Some(hit) = self.policy.judge(lived, now) {
                    tell(lived, hit)?;
                }
            }
        }
    }

    /// Does all that the policy demands, as the operator: lives are shortened first; then, if any tokens are idle, `waiting`
    /// is told how many, uses are waited for, and they are deleted. Each batch is done for good: cut off and begun
    /// again, it does the rest.
    ///
    /// # Errors
    /// The store is away. What was done stays done.
    pub async fn apply(&self, timer: &dyn Timer, waiting: impl Fn(usize)) -> Stored<Kept> {
        let mut kept = Kept::default();
        // What somebody was at the first time is there the second time.
        for _ in 0..3 {
            let (shortened, hit) = self.shorten().await?;
            kept.shortened += shortened;
            if shortened == hit {
                break;
            }
        }
        let mut after = Some(AuthorizationId(0));
        while let (Some(from), Some(_)) = (after, self.policy.idle_days) {
            let (found, next) = self.find_idle(from, timer).await?;
            if !found.is_empty() {
                waiting(found.len());
                timer.sleep(UNTIL_ALL_IS_TOLD).await;
                kept.deleted += self.delete_idle(&found, timer).await?;
            }
            after = next;
        }
        Ok(kept)
    }

    /// How many were shortened, and how many should have been.
    async fn shorten(&self) -> Stored<(usize, usize)> {
        let (mut shortened, mut hit) = (0, 0);
        let (now, mut after) = (self.clock.now(), AuthorizationId(0));
        loop {
            let seen = self.store.list_lives(after, LOOK).await?;
            let Some(last) = seen.last() else {
                return Ok((shortened, hit));
            };
            after = last.owned.authorization.id;
            let ends: Vec<_> = seen
                .iter()
                .filter_map(|lived| {
                    let hit = self.policy.judge(lived, now)?;
                    let id = lived.owned.authorization.id;
                    (hit.reason == Reason::Maximum).then_some((id, hit.ends_at))
                })
                .collect();
            for batch in ends.chunks(BATCH) {
                hit += batch.len();
                let stamp = Stamp::operator(self.clock.now());
                shortened += self.store.shorten_lives(batch.to_vec(), stamp).await?;
            }
        }
    }
}
