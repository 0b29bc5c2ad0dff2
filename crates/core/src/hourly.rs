//! Events per hour, for limits that may be overstepped a little. Owns the
//! counts of this node and what it has heard of the others'; must not know what
//! the limits are nor how a refusal looks.
//!
//! Counting never waits for the store. Every second ([`EXCHANGE_EVERY`]) a node
//! that has counted something tells the store how much, and hears what all
//! nodes together have come to. So beyond a limit pass, of all nodes together,
//! at most as many events as each node lets in between two exchanges; after a
//! restart, as many as the one node does.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Timestamp;
use crate::ids::{AppId, UserId};
use crate::login::Address;
use crate::store::{Count, CounterStore, Stored};

/// Between two exchanges.
pub const EXCHANGE_EVERY: Duration = Duration::from_secs(1);

const HOUR: i64 = 3_600;
/// Memory stays bounded under any number of addresses.
const MOST_BUCKETS: usize = 100_000;
/// Counts in one step of the store: none of them takes long.
const MOST_AT_ONCE: usize = 500;

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// A user's requests, by password and by token.
    User(UserId),
    /// An app's own requests.
    App(AppId),
    /// Everybody's requests from one address who is not known.
    Anonymous(Address),
    /// Wrong secrets for one app from one address.
    WrongSecrets(AppId, Address),
    /// Device codes given out for one app to one address.
    DeviceCodes(AppId, Address),
    /// Tickets made for one address.
    Tickets(Address),
    /// Mails with links sent to one user.
    LinksByMail(UserId),
    /// Reports of leaked credentials from one address.
    LeakReports(Address),
    /// Mails with links sent to one address that may be nobody's, by its keyed hash.
    LinksToAddress(u64),
    /// Wishes for an account from one address.
    SignUps(Address),
}

impl Bucket {
    /// Whose it is, if it is a user's.
    pub fn user(self) -> Option<UserId> {
        match self {
            Self::User(id) | Self::LinksByMail(id) => Some(id),
            _ => None,
        }
    }

    /// Which app's it is, if it is one's.
    pub fn app(self) -> Option<AppId> {
        match self {
            Self::App(id) | Self::WrongSecrets(id, _) | Self::DeviceCodes(id, _) => Some(id),
            _ => None,
        }
    }
}

/// The name in the store, and in the trail.
impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "requests of user {}", id.0),
            Self::App(id) => write!(f, "requests of app {}", id.0),
            Self::Anonymous(address) => write!(f, "requests from {address}"),
            Self::WrongSecrets(id, address) => {
                write!(f, "wrong secrets of app {} from {address}", id.0)
            }
            Self::DeviceCodes(id, address) => {
                write!(f, "device codes of app {} for {address}", id.0)
            }
            Self::Tickets(address) => write!(f, "tickets for {address}"),
            Self::LinksByMail(id) => write!(f, "links by mail to user {}", id.0),
            Self::LeakReports(address) => write!(f, "leak reports from {address}"),
            Self::LinksToAddress(hash) => write!(f, "links by mail to address {hash:016x}"),
            Self::SignUps(address) => write!(f, "sign-ups from {address}"),
        }
    }
}

/// A bucket's hour, as far as this node knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hour {
    /// Events so far, this one included.
    pub used: u32,
    /// When the hour ends.
    pub ends_at: Timestamp,
    /// The limit was spent before this event, which is not counted.
    pub exceeded: bool,
}

/// What a node knows of a bucket.
#[derive(Clone, Copy)]
struct Window {
    /// What all nodes had come to at the last exchange.
    known: i64,
    /// Told to the store; the answer is on its way.
    told: i64,
    /// Counted here since.
    untold: i64,
    ends_at: Timestamp,
    refused: Refused,
}

/// Whether the trail is to hear of a bucket.
#[derive(Clone, Copy, PartialEq)]
enum Refused {
    Nobody,
    Somebody,
    Told,
}

impl Window {
    fn starting(now: Timestamp) -> Self {
        Self {
            known: 0,
            told: 0,
            untold: 0,
            ends_at: now.plus(HOUR),
            refused: Refused::Nobody,
        }
    }

    fn hour(&self, exceeded: bool) -> Hour {
        let used = (self.known + self.told + self.untold).max(0);
        Hour {
            used: u32::try_from(used).unwrap_or(u32::MAX),
            ends_at: self.ends_at,
            exceeded,
        }
    }
}

/// The buckets of one node.
#[derive(Default)]
pub struct Hourly(Mutex<HashMap<Bucket, Window>>);

impl Hourly {
    /// Looks at a bucket without counting.
    pub fn look(&self, bucket: Bucket, now: Timestamp) -> Hour {
        let windows = self.lock();
        let window = windows.get(&bucket).filter(|window| window.ends_at > now);
        let window = window.copied().unwrap_or_else(|| Window::starting(now));
        window.hour(false)
    }

    /// Counts an event, unless `limit` is spent.
    pub fn count(&self, bucket: Bucket, limit: u32, now: Timestamp) -> Hour {
        let mut windows = self.lock();
        if windows.len() >= MOST_BUCKETS && !windows.contains_key(&bucket) {
            make_room(&mut windows, now);
        }
        let window = windows
            .entry(bucket)
            .or_insert_with(|| Window::starting(now));
        if window.ends_at <= now {
            *window = Window::starting(now);
        }
        let exceeded = window.hour(false).used >= limit;
        if !exceeded {
            window.untold += 1;
        } else if window.refused == Refused::Nobody {
            window.refused = Refused::Somebody;
        }
        window.hour(exceeded)
    }

    /// Takes one back.
    pub fn take_back(&self, bucket: Bucket) {
        if let Some(window) = self.lock().get_mut(&bucket) {
            window.untold -= 1;
        }
    }

    /// Tells the store what was counted since the last time, and takes in what it says. Without
    /// anything to tell, the store is not asked. One call at a time.
    ///
    /// # Errors
    /// The store is away; what was to be told is told the next time.
    pub async fn exchange(&self, store: &dyn CounterStore, now: Timestamp) -> Stored<()> {
        let mut news = self.take_news(now);
        // In one order on all nodes, so that none waits for another in a circle.
        news.sort_by(|(_, a), (_, b)| a.key.cmp(&b.key));
        let mut slices = news.chunks(MOST_AT_ONCE);
        while let Some(slice) = slices.next() {
            let counts = slice.iter().map(|(_, count)| count.clone()).collect();
            match store.add_counts(counts, now).await {
                Ok(totals) => self.take_in(slice, &totals),
                Err(error) => {
                    for slice in std::iter::once(slice).chain(slices) {
                        self.keep_for_later(slice);
                    }
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Buckets whose limit has refused somebody in this hour, each once.
    pub fn take_refused(&self) -> Vec<Bucket> {
        let mut windows = self.lock();
        let refused = windows
            .iter_mut()
            .filter(|(_, window)| window.refused == Refused::Somebody);
        refused
            .map(|(bucket, window)| {
                window.refused = Refused::Told;
                *bucket
            })
            .collect()
    }

    fn take_news(&self, now: Timestamp) -> Vec<(Bucket, Count)> {
        let mut windows = self.lock();
        let news = windows
            .iter_mut()
            .filter(|(_, window)| window.untold != 0 && window.ends_at > now);
        news.map(|(bucket, window)| {
            window.told = std::mem::take(&mut window.untold);
            let count = Count {
                key: bucket.to_string(),
                used: window.told,
                ends_at: window.ends_at,
            };
            (*bucket, count)
        })
        .collect()
    }

    fn take_in(&self, told: &[(Bucket, Count)], totals: &[Count]) {
        let mut windows = self.lock();
        for ((bucket, told), total) in told.iter().zip(totals) {
            // Not one that has started anew meanwhile.
            let window = windows.get_mut(bucket);
            if let Some(window) = window.filter(|window| window.ends_at == told.ends_at) {
                window.told = 0;
                window.known = total.used;
                window.ends_at = total.ends_at;
            }
        }
    }

    fn keep_for_later(&self, told: &[(Bucket, Count)]) {
        let mut windows = self.lock();
        for (bucket, _) in told {
            if let Some(window) = windows.get_mut(bucket) {
                window.untold += std::mem::take(&mut window.told);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Bucket, Window>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is over goes first, then what strangers can make any number of.
fn make_room(windows: &mut HashMap<Bucket, Window>, now: Timestamp) {
    windows.retain(|_, window| window.ends_at > now);
    if windows.len() > MOST_BUCKETS / 2 {
        windows.retain(|bucket, _| matches!(bucket, Bucket::User(_) | Bucket::App(_)));
    }
}

#[cfg(test)]
mod tests;
