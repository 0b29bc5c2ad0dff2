//! When tokens were last used. Owns the uses that the store was not told of
//! yet; must not know what a use was for.
//!
//! Noting a use never waits for the store. Once a minute ([`FLUSH_EVERY`]) and
//! at the end a node tells the store the latest use of each token. A process
//! that is killed forgets at most that minute.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::authority::Authority;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::AuthorizationId;
use crate::store::{Stored, UseStore};

/// Seconds between two flushes.
pub const FLUSH_EVERY: i64 = 60;
/// Memory stays bounded under any number of tokens: uses of more than these within a minute are forgotten.
const MOST_TOKENS: usize = 100_000;
/// Uses in one step of the store: none of them takes long.
const MOST_AT_ONCE: usize = 200;

/// What kind of address a use came from. Not which: that would say where a person was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressClass {
    /// The server's own machine.
    Loopback,
    /// A private or link-local network.
    Private,
    /// The internet.
    Public,
}

impl AddressClass {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Loopback, Self::Private, Self::Public];

    /// The class of an address.
    pub fn of(address: IpAddr) -> Self {
        let (loopback, private) = match address.to_canonical() {
            IpAddr::V4(ip) => (ip.is_loopback(), is_private_v4(ip)),
            IpAddr::V6(ip) => (ip.is_loopback(), is_private_v6(ip)),
        };
        match (loopback, private) {
            (true, _) => Self::Loopback,
            (false, true) => Self::Private,
            (false, false) => Self::Public,
        }
    }

    /// The name in the store, and what a page's words are looked up by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::Public => "public",
        }
    }

    /// The class with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

impl fmt::Display for AddressClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// RFC 1918, RFC 6598 (shared by carriers) and RFC 3927.
fn is_private_v4(ip: Ipv4Addr) -> bool {
    let [first, second, ..] = ip.octets();
    let shared = first == 100 && second & 0b1100_0000 == 64;
    ip.is_private() || ip.is_link_local() || shared
}

/// RFC 4193 and RFC 4291, section 2.5.6.
fn is_private_v6(ip: Ipv6Addr) -> bool {
    ip.is_unique_local() || ip.is_unicast_link_local()
}

/// The last use of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastUse {
    /// When.
    pub at: Timestamp,
    /// From what kind of address, if that is kept.
    pub from: Option<AddressClass>,
}

/// A use that waits.
#[derive(Clone, Copy)]
struct Waiting {
    last: LastUse,
    /// The store has passed it over once.
    again: bool,
}

/// What waits, and since when nothing was told.
#[derive(Default)]
struct Batch {
    waiting: HashMap<AuthorizationId, Waiting>,
    told_at: Option<Timestamp>,
}

/// The uses that this node has not told of.
#[derive(Default)]
pub struct LastUsed(Mutex<Batch>);

impl LastUsed {
    /// Notes a use. The latest one of a token counts.
    pub fn note(&self, id: AuthorizationId, last: LastUse) {
        let mut batch = self.lock();
        if batch.waiting.len() >= MOST_TOKENS && !batch.waiting.contains_key(&id) {
            return;
        }
        let fresh = Waiting { last, again: false };
        let kept = batch.waiting.entry(id).or_insert(fresh);
        if kept.last.at <= last.at {
            *kept = fresh;
        }
    }

    /// Whether it is time to tell the store.
    fn is_due(&self, now: Timestamp) -> bool {
        let mut batch = self.lock();
        if batch.waiting.is_empty() {
            return false;
        }
        let since = *batch.told_at.get_or_insert(now);
        now.since(since) >= FLUSH_EVERY
    }

    /// Tells the store all that waits, in the order of ids. One call at a time.
    ///
    /// # Errors
    /// The store is away; what was to be told is told the next time.
    pub async fn flush(&self, store: &dyn UseStore, now: Timestamp) -> Stored<()> {
        let news = self.take(now);
        let mut slices = news.chunks(MOST_AT_ONCE);
        while let Some(slice) = slices.next() {
            let uses = slice.iter().map(|&(id, one)| (id, one.last)).collect();
            match store.note_uses(uses).await {
                Ok(passed_over) => self.keep_passed_over(slice, &passed_over),
                Err(error) => {
                    for &(id, one) in std::iter::once(slice).chain(slices).flatten() {
                        self.keep(id, one);
                    }
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    fn take(&self, now: Timestamp) -> Vec<(AuthorizationId, Waiting)> {
        let mut batch = self.lock();
        batch.told_at = Some(now);
        let sorted: BTreeMap<_, _> = std::mem::take(&mut batch.waiting).into_iter().collect();
        sorted.into_iter().collect()
    }

    /// Somebody was at the record, or it is gone: it is tried once more.
    fn keep_passed_over(
        &self,
        told: &[(AuthorizationId, Waiting)],
        passed_over: &[AuthorizationId],
    ) {
        for &(id, one) in told {
            if !one.again && passed_over.contains(&id) {
                self.keep(id, Waiting { again: true, ..one });
            }
        }
    }

    /// Unless there was a use since.
    fn keep(&self, id: AuthorizationId, one: Waiting) {
        self.lock().waiting.entry(id).or_insert(one);
    }

    fn lock(&self) -> MutexGuard<'_, Batch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Authority {
    /// Notes that a token was used, from where only if the policy says so. Waits for nothing.
    pub(crate) fn token_used(&self, id: AuthorizationId, address: IpAddr) {
        let from = self
            .policy
            .last_used_address_class
            .then(|| AddressClass::of(address));
        let at = self.clock.now();
        self.last_used.note(id, LastUse { at, from });
    }

    /// Tells the store of last uses if a minute has passed since the last time.
    ///
    /// # Errors
    /// `Unavailable`; they are told the next time.
    pub async fn flush_last_used_if_due(&self) -> Result<()> {
        match self.last_used.is_due(self.clock.now()) {
            true => self.flush_last_used().await,
            false => Ok(()),
        }
    }

    /// Tells the store of all last uses: before the end.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn flush_last_used(&self) -> Result<()> {
        let now = self.clock.now();
        Ok(self.last_used.flush(&*self.store, now).await?)
    }
}

#[cfg(test)]
mod tests;
