//! What a store has to do with that is not its database: the archive of its
//! trail, and a gate that is shut while the fence of a restored store stands.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::archive::Archive;

/// What a store is given beside its database.
#[derive(Clone, Default)]
pub struct Outside {
    /// Where each row of the trail is durable before its step is answered.
    pub archive: Option<Arc<Archive>>,
    /// What is shut while the fence of a restored store stands.
    pub gate: Gate,
}

/// A door that every step of a store goes through.
///
/// It is asked, not the database: a fence stands from before the first node opened the database
/// (`restore` hands it over no sooner) and is only ever lifted. So a node that was told once that it
/// is lifted need not ask again, and no look-up pays for it.
#[derive(Clone, Default)]
pub struct Gate(Arc<AtomicBool>);

/// Nothing is served yet.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(
    "this store was restored from a backup and its fence stands: no credential is accepted; \
     `grantd restore status` says why, `grantd restore lift` ends it"
)]
pub struct Fenced;

impl Gate {
    /// From now on steps are refused.
    pub fn shut(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// From now on steps are done.
    pub fn open(&self) {
        self.0.store(false, Ordering::Release);
    }

    /// Whether steps are refused.
    pub fn is_shut(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    pub(crate) fn pass(&self) -> Result<(), Fenced> {
        if self.is_shut() { Err(Fenced) } else { Ok(()) }
    }
}
