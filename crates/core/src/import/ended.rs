//! Which tokens have ended here. Owns that the trail has the last word: a dump
//! that was made before a revocation does not undo it.

use std::collections::HashSet;

use crate::audit::{Action, AuditRow};
use crate::store::{Store, Stored};
use crate::token::TokenHash;

/// Rows of the trail in one slice.
const SLICE: u32 = 1_000;
/// A row of a lower id may be committed later than one of a higher id, by as long as a step takes.
/// So many rows before the last one are looked at again.
const UNSETTLED: i64 = 10_000;

/// The tokens of which the trail tells an end, up to a row.
///
/// The trail is read once, from end to end, rather than asked for each token of a file.
/// Kept are eight bytes of a hash; two tokens with the same ones are met by nobody.
#[derive(Clone, Debug, Default)]
pub struct Ended {
    prefixes: HashSet<i64>,
    /// What stood in for a hash that is known now.
    moved: HashSet<i64>,
    /// Later rows the store looks at by itself, in the very step that imports.
    pub settled: i64,
}

impl Ended {
    /// Reads the trail. `tell` hears how many rows were read.
    ///
    /// # Errors
    /// The store is away.
    pub async fn gather(store: &dyn Store, mut tell: impl FnMut(u64)) -> Stored<Self> {
        let (mut ended, mut last, mut read) = (Self::default(), 0, 0);
        loop {
            let slice = store.list_audit(last, SLICE).await?;
            let Some(newest) = slice.last() else {
                ended.settled = (last - UNSETTLED).max(0);
                return Ok(ended);
            };
            last = newest.id;
            read += slice.len() as u64;
            slice.iter().for_each(|row| ended.note(row));
            tell(read);
        }
    }

    fn note(&mut self, row: &AuditRow) {
        let action = Action::from_name(&row.action);
        match (row.token_hash, action) {
            (Some(hash), Some(Action::TokenHashUpgraded)) => {
                self.moved.insert(hash.prefix());
            }
            (Some(hash), action) if action.is_none_or(Action::retires_hash) => {
                self.prefixes.insert(hash.prefix());
            }
            _ => {}
        }
    }

    /// Whether this stood in for a hash that is known now: its record is here, or was.
    pub fn has_moved(&self, hash: TokenHash) -> bool {
        self.moved.contains(&hash.prefix())
    }

    /// Whether this token has ended here.
    pub fn has(&self, hash: TokenHash) -> bool {
        self.prefixes.contains(&hash.prefix())
    }
}
