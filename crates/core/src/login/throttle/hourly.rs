//! Events per key within the last hour, in bounded memory.

use std::collections::HashMap;
use std::hash::Hash;

use crate::clock::Timestamp;

pub(super) const HOUR: i64 = 3_600;
/// Memory stays bounded under any number of addresses and names.
pub(super) const MOST_ENTRIES: usize = 100_000;

/// Events per key within the last hour.
pub(super) struct Hourly<K>(pub(super) HashMap<K, Vec<Timestamp>>);

impl<K: Hash + Eq> Hourly<K> {
    pub(super) fn count(&mut self, key: &K, now: Timestamp) -> usize {
        let Some(events) = self.0.get_mut(key) else {
            return 0;
        };
        events.retain(|at| now.since(*at) < HOUR);
        events.len()
    }

    /// Adds an event and returns how many there are now; beyond `most` nothing more is kept.
    pub(super) fn add(&mut self, key: K, now: Timestamp, most: usize) -> usize {
        make_room(
            &mut self.0,
            |events| events.last().is_some_and(|at| now.since(*at) < HOUR),
            |_| false,
        );
        let count = self.count(&key, now) + 1;
        if count <= most {
            self.0.entry(key).or_default().push(now);
        }
        count
    }

    /// Takes the latest event back.
    pub(super) fn take_back(&mut self, key: &K) {
        if let Some(events) = self.0.get_mut(key) {
            events.pop();
            if events.is_empty() {
                self.0.remove(key);
            }
        }
    }
}

/// Bounds a table: drops what is over, then, if that was not half of it, every
/// second entry but the pinned ones. Forgetting some failures is the lesser
/// harm: a full table must neither grow nor keep people out.
pub(super) fn make_room<K: Hash + Eq, V>(
    table: &mut HashMap<K, V>,
    live: impl Fn(&V) -> bool,
    pinned: impl Fn(&V) -> bool,
) {
    if table.len() < MOST_ENTRIES {
        return;
    }
    table.retain(|_, value| live(value));
    if table.len() > MOST_ENTRIES / 2 {
        let mut odd = false;
        table.retain(|_, value| {
            odd = !odd;
            odd || pinned(value)
        });
    }
}
