//! Links the rows of the trail into its chain, and signs. Owns how often and
//! how much at a time; must not know where rows are kept.
//!
//! Writers on many nodes would queue for one row if each linked its own: so a
//! row is written alone, and one node at a time links what it sees committed,
//! in that order. Ids are no order: on PostgreSQL a lower one may be committed
//! after a higher one. Two sealers at once do no harm, they take the same numbers
//! and one of them fails.

use std::sync::Arc;
use std::time::Duration;

use crate::audit::CheckpointKey;
use crate::audit::chain::{Head, Seal};
use crate::clock::{Clock, Timer, Timestamp};
use crate::entropy::{self, Entropy};
use crate::secret::InstanceKey;
use crate::store::{Lease, SharedStore, Stored};

/// Under which the lease is kept.
pub const LEASE: &str = "audit_sealer";
/// Rows in one step of the store: some milliseconds of a connection.
const BATCH: u32 = 200;
/// Between two looks when nothing was left to do.
const IDLE: Duration = Duration::from_secs(1);
/// Between two batches of a backlog: requests come first.
const BUSY: Duration = Duration::from_millis(20);
/// Seconds between two checkpoints. With a lease that must first run out, and the look after
/// it, a row is signed within ten seconds of its commit.
const SIGN_EVERY: i64 = 5;
/// Seconds for which nobody else seals.
const LEASE_SECONDS: i64 = 3;

/// Seals and signs.
pub struct Sealer {
    store: SharedStore,
    clock: Arc<dyn Clock>,
    key: CheckpointKey,
    holder: String,
}

/// What a batch came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// So many rows were sealed, and perhaps a checkpoint was signed.
    Rows(usize),
    /// There was nothing to do.
    Nothing,
    /// Another node does it.
    Others,
}

impl Sealer {
    /// One that nobody else is.
    pub fn new(
        store: SharedStore,
        clock: Arc<dyn Clock>,
        key: &InstanceKey,
        entropy: &dyn Entropy,
    ) -> Self {
        Self {
            store,
            clock,
            key: CheckpointKey::of(key),
            holder: entropy::hex::<8>(entropy),
        }
    }

    /// Goes on until dropped.
    pub async fn run(self, timer: &dyn Timer) {
        // What this node knows the chain to be: it signs no other past.
        let mut known = Head::default();
        loop {
            // What failed is in the store's log, and is there the next time.
            let sealed = self.batch(&mut known).await;
            let backlog = sealed.is_ok_and(|sealed| sealed == Sealed::Rows(BATCH as usize));
            timer.sleep(if backlog { BUSY } else { IDLE }).await;
        }
    }

    /// Seals some of what waits, and signs if it is time. Nothing, and it is said in the log, when the
    /// chain is no longer the one that was `known`.
    ///
    /// # Errors
    /// The store is away.
    pub async fn batch(&self, known: &mut Head) -> Stored<Sealed> {
        let now = self.clock.now();
        let waiting = self.store.waiting(BATCH).await?;
        if is_rewritten(known, &waiting.head) {
            tracing::error!(
                known = known.seq,
                found = waiting.head.seq,
                "the audit chain was rewritten while the server ran: nothing is sealed or signed \
                 before a restart; run `grantd audit verify`"
            );
            return Ok(Sealed::Nothing);
        }
        let (mut head, signed) = (waiting.head, waiting.checkpoint.as_ref());
        let seals: Vec<Seal> = waiting.rows.iter().map(|row| head.seal(row)).collect();
        let previous = signed.map_or(0, |signed| signed.seq);
        let due = head.seq > previous && is_due(signed.map(|signed| signed.at), now);
        if seals.is_empty() && !due {
            *known = waiting.head;
            return Ok(Sealed::Nothing);
        }
        let checkpoint = due.then(|| self.key.sign(&head, previous, now));
        let count = seals.len();
        let lease = Lease {
            name: LEASE,
            holder: self.holder.clone(),
            expires_at: now.plus(LEASE_SECONDS),
        };
        if !self.store.seal(lease, now, seals, checkpoint).await? {
            return Ok(Sealed::Others);
        }
        *known = head;
        Ok(Sealed::Rows(count))
    }
}

/// A chain only grows. Of what lies between, only a whole verification can tell.
fn is_rewritten(known: &Head, found: &Head) -> bool {
    found.seq < known.seq || (found.seq == known.seq && found.chain != known.chain)
}

/// Also when the last one was signed by a clock that was ahead.
fn is_due(last: Option<Timestamp>, now: Timestamp) -> bool {
    last.is_none_or(|last| !(0..SIGN_EVERY).contains(&now.since(last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_that_shrinks_or_changes_is_no_longer_the_known_one() {
        let at = |seq, byte| Head {
            seq,
            chain: [byte; 32],
        };
        assert!(!is_rewritten(&at(5, 1), &at(5, 1)));
        assert!(!is_rewritten(&at(5, 1), &at(6, 2)));
        assert!(is_rewritten(&at(5, 1), &at(4, 1)));
        assert!(is_rewritten(&at(5, 1), &at(5, 2)));
    }

    #[test]
    fn a_checkpoint_is_signed_every_five_seconds() {
        let now = Timestamp(100);
        assert!(is_due(None, now));
        assert!(!is_due(Some(Timestamp(100)), now));
        assert!(!is_due(Some(Timestamp(96)), now));
        assert!(is_due(Some(Timestamp(95)), now));
        assert!(is_due(Some(Timestamp(200)), now));
    }
}
