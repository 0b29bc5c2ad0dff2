//! The chain of the trail, and what one node at a time does.

use async_trait::async_trait;

use super::Stored;
use crate::audit::chain::{Head, Seal, SealedRow};
use crate::audit::{AuditRow, Checkpoint};
use crate::clock::Timestamp;

/// Who may do what one node at a time does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// What it is about.
    pub name: &'static str,
    /// A name that nobody else has.
    pub holder: String,
    /// Until when nobody else may.
    pub expires_at: Timestamp,
}

/// What there is to seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The newest seal.
    pub head: Head,
    /// The newest checkpoint.
    pub checkpoint: Option<Checkpoint>,
    /// Some of the rows without a seal, ids ascending.
    pub rows: Vec<AuditRow>,
}

/// What is amiss beside the chain, as far as was looked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Strays {
    /// The last id that was looked at; none when there are no more rows.
    pub last: Option<i64>,
    /// A row that neither has a seal nor waits for one.
    pub stray: Option<i64>,
    /// The id of a row that waits for its seal and is gone.
    pub gone: Option<i64>,
    /// So many of those looked at wait for their seal.
    pub waiting: u64,
}

/// The chain of the trail.
///
/// Every new row of the trail waits for its seal from the very step that writes it.
#[async_trait]
pub trait ChainStore: Send + Sync {
    /// The chain's end, and at most `limit` of the rows that wait for their seal, the lowest ids first.
    async fn waiting(&self, limit: u32) -> Stored<Waiting>;
    /// Adds seals and a checkpoint if the lease can be had, which is held from then on; the sealed rows wait no
    /// more. All of it or nothing: false when the lease is somebody else's, or a number, row or place is taken.
    async fn seal(
        &self,
        lease: Lease,
        now: Timestamp,
        seals: Vec<Seal>,
        checkpoint: Option<Checkpoint>,
    ) -> Stored<bool>;
    /// Seals above `after` with their rows, numbers ascending, at most `limit`. What cannot be read is none.
    async fn list_sealed(&self, after: i64, limit: u32) -> Stored<Vec<SealedRow>>;
    /// Checkpoints above `after`, numbers ascending, at most `limit`.
    async fn list_checkpoints(&self, after: i64, limit: u32) -> Stored<Vec<Checkpoint>>;
    /// The newest checkpoint at or below `seq`.
    async fn find_checkpoint(&self, seq: i64) -> Stored<Option<Checkpoint>>;
    /// The seal of a row.
    async fn find_seal(&self, audit_id: i64) -> Stored<Option<Seal>>;
    /// Looks at `limit` rows of the trail above id `after` for what has no place in the chain and waits for none.
    async fn find_strays(&self, after: i64, limit: u32) -> Stored<Strays>;
}

/// What one node at a time does, and how far it is.
#[async_trait]
pub trait LeaseStore: Send + Sync {
    /// A lease as it was taken last, over or not, and how far its work is.
    async fn find_lease(&self, name: &'static str) -> Stored<Option<(Lease, i64)>>;
    /// Takes a lease that is nobody's or over, or prolongs the holder's own; how far its work is (0 at first).
    /// `None` when it is somebody else's.
    async fn hold_lease(&self, lease: Lease, now: Timestamp) -> Stored<Option<i64>>;
    /// Notes how far the work is, and prolongs the lease; false when it is somebody else's by now.
    async fn advance_lease(&self, lease: Lease, position: i64) -> Stored<bool>;
}
