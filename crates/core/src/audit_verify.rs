//! Whether the trail in the store is the one that was sealed. Owns the order of
//! questions; what is right is the chain's own rule.
//!
//! Read page by page while everybody goes on writing. What is sealed meanwhile
//! is followed, too; what is signed meanwhile is not asked for.

use crate::audit::chain::{Broken, Head, Verified, Verifier, Wrong};
use crate::audit::{Checkpoint, PublicKey};
use crate::store::{ChainStore, StoreError, Stored};

/// Rows in one read.
const PAGE: u32 = 500;
/// Also numbers that nobody gave out are looked at.
const FROM_THE_FIRST: i64 = i64::MIN;

/// A trail that is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole {
    /// The chain.
    pub verified: Verified,
    /// So many rows wait for their seal.
    pub waiting: u64,
}

/// Why it is not known to be whole.
#[derive(Debug, thiserror::Error)]
pub enum NotWhole {
    /// The store is away.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something was changed.
    #[error(transparent)]
    Broken(#[from] Broken),
}

/// Follows the chain from its beginning, then looks for rows that have no place in it. `tell` hears of each page
/// how many rows are done.
///
/// # Errors
/// The first thing that is wrong, or the store is away.
pub async fn verify(
    store: &dyn ChainStore,
    keys: &[PublicKey],
    kept: &[Checkpoint],
    tell: &mut (dyn FnMut(u64) + Send),
) -> Result<Whole, NotWhole> {
    // Signed later, of what is sealed later: nobody vouches for it yet.
    let newest = store.find_checkpoint(i64::MAX).await?;
    let mut checkpoints = Checkpoints::new(store, newest.map(|newest| newest.seq));
    let mut verifier = Verifier::new(keys, Head::default(), 0, kept);
    let (mut after, mut done) = (FROM_THE_FIRST, 0);
    loop {
        let page = store.list_sealed(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for found in page {
            if let Some(stray) = checkpoints.below(found.seq).await? {
                return Err(Broken::at(stray.seq, Wrong::CheckpointPlace).into());
            }
            let line = found.row.map(|row| row.line());
            verifier.row(found.seq, found.chain, line.as_deref())?;
            while let Some(here) = checkpoints.below(found.seq.saturating_add(1)).await? {
                verifier.checkpoint(&here)?;
                checkpoints.take();
            }
            done += 1;
        }
        tell(done);
    }
    if checkpoints.are_left() {
        return Err(Broken::at(verifier.head().seq + 1, Wrong::CutOff).into());
    }
    let next = verifier.head().seq + 1;
    let verified = verifier.end()?;
    let waiting = look_for_strays(store, next).await?;
    Ok(Whole { verified, waiting })
}

/// How many rows wait.
async fn look_for_strays(store: &dyn ChainStore, next: i64) -> Result<u64, NotWhole> {
    let (mut after, mut waiting) = (FROM_THE_FIRST, 0);
    loop {
        let found = store.find_strays(after, PAGE).await?;
        if let Some(stray) = found.stray {
            return Err(Broken::at(next, Wrong::Stray(stray)).into());
        }
        if let Some(gone) = found.gone {
            return Err(Broken::at(next, Wrong::WaitingGone(gone)).into());
        }
        waiting += found.waiting;
        match found.last {
            Some(last) => after = last,
            None => return Ok(waiting),
        }
    }
}

/// Checkpoints in order, page by page.
struct Checkpoints<'s> {
    store: &'s dyn ChainStore,
    page: std::vec::IntoIter<Checkpoint>,
    next: Option<Checkpoint>,
    after: i64,
    /// The last one; none when there are no more.
    last: Option<i64>,
}

impl<'s> Checkpoints<'s> {
    fn new(store: &'s dyn ChainStore, last: Option<i64>) -> Self {
        Self {
            store,
            page: Vec::new().into_iter(),
            next: None,
            after: FROM_THE_FIRST,
            last,
        }
    }

    /// The next one if it is below `seq`; it stays until it is taken.
    async fn below(&mut self, seq: i64) -> Stored<Option<Checkpoint>> {
        if self.next.is_none() {
            self.next = self.page.next();
        }
        if self.next.is_none() && self.are_left() {
            let page = self.store.list_checkpoints(self.after, PAGE).await?;
            self.page = page.into_iter();
            self.next = self.page.next();
        }
        let last = self.last;
        let known = self.next.clone().filter(|one| Some(one.seq) <= last);
        Ok(known.filter(|next| next.seq < seq))
    }

    fn are_left(&self) -> bool {
        self.last.is_some_and(|last| self.after < last)
    }

    fn take(&mut self) {
        if let Some(taken) = self.next.take() {
            self.after = taken.seq;
        }
    }
}
