//! The trail, and what an engine is asked about itself.

use async_trait::async_trait;

use super::Stored;
use crate::audit::{Action, AuditRow, Stamp};
use crate::clock::Timestamp;
use crate::hourly::Bucket;
use crate::ids::UserId;

/// How much a call of [`Upkeep::reap`] has deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reaped {
    /// Expired tokens.
    pub tokens: usize,
    /// Counters, of the kind of which the most were.
    pub counters: usize,
    /// Codes, device codes or refresh tokens, of the kind of which the most were.
    pub codes: usize,
    /// Sessions or tickets, of the kind of which the most were.
    pub sessions: usize,
}

/// The trail, and the engine's own state.
#[async_trait]
pub trait Upkeep: Send + Sync {
    /// Adds a row to the audit trail that no other change brings along.
    async fn record(&self, action: Action, user: Option<UserId>, stamp: Stamp) -> Stored<()>;
    /// Adds a row for each limit that has refused somebody, with its name as details.
    async fn record_refusals(&self, refused: Vec<Bucket>, stamp: Stamp) -> Stored<()>;
    /// The trail after row `after`, at most `limit` rows.
    async fn list_audit(&self, after: i64, limit: u32) -> Stored<Vec<AuditRow>>;
    /// Remembers the instance key's fingerprint if none is kept yet; the kept one.
    async fn claim_instance_key(&self, fingerprint: &str) -> Stored<String>;
    /// Deletes what is of no use any more, the oldest first (of one moment the lowest key), at most `limit` rows of each kind: tokens that
    /// expired before `tokens_before`, each with its audit row, their grants following as at any deletion;
    /// counters, codes, device codes, refresh tokens, sessions and tickets that ended before the stamp's time. A refresh token outlives
    /// the token that it came with. What somebody else is at stays for another time.
    async fn reap(&self, tokens_before: Timestamp, limit: u32, stamp: Stamp) -> Stored<Reaped>;
    /// Whether the engine answers a read and takes a write, and lives by the same time.
    async fn ping(&self) -> Stored<()>;
    /// Ends background work and lets go of the files, after all steps in flight.
    async fn close(&self);
}
