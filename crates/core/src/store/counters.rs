//! What is counted: attempts to sign in, exactly; events per hour, roughly.

use async_trait::async_trait;

use super::Stored;
use crate::audit::Stamp;
use crate::clock::Timestamp;
use crate::ids::UserId;
use crate::login::throttle::{Admission, Limit, MeterKey, Outcome};

/// How an attempt ended, for one of its meters.
#[derive(Clone, Copy, Debug)]
pub struct Settlement {
    /// Which meter.
    pub key: MeterKey,
    /// What it takes.
    pub limit: Limit,
    /// When the attempt reserved its place there, if it did.
    pub reserved: Option<Timestamp>,
    /// How it ended.
    pub outcome: Outcome,
}

/// Events of one kind within an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// Of which kind.
    pub key: String,
    /// How many; what is told to the store may also take some back.
    pub used: i64,
    /// When the hour ends, and the count with it.
    pub ends_at: Timestamp,
}

/// Counters. They are exact while the engine's machine lives; what the last moments before its
/// death counted may be forgotten, since none of these steps waits for more disks than one.
///
/// Nothing here needs to be kept beyond its end, and nothing has to be deleted for an answer to be right.
#[async_trait]
pub trait CounterStore: Send + Sync {
    /// Takes a place on each of these meters, or on none, by the rule of
    /// [`Meter::admit`](crate::login::throttle::Meter::admit). Of any number of concurrent callers no more get one than
    /// there is room for. The answer is the first meter's, in order of keys, that refuses.
    async fn reserve(&self, places: Vec<(MeterKey, Limit)>, at: Timestamp) -> Stored<Admission>;
    /// Takes in how an attempt ended, by the rule of [`Meter::settle`](crate::login::throttle::Meter::settle), on all
    /// these meters or on none. A meter that this locks leaves the row that its limit names in the audit
    /// trail, about this user.
    async fn settle(
        &self,
        settlements: Vec<Settlement>,
        user: Option<UserId>,
        stamp: Stamp,
    ) -> Stored<()>;
    /// Adds to counts, and says what they have come to, in the same order. A count whose hour is over
    /// at `now` starts anew; one whose hour goes on keeps its end, whatever end is told.
    async fn add_counts(&self, counts: Vec<Count>, now: Timestamp) -> Stored<Vec<Count>>;
}
