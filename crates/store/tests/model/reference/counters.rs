//! Meters and counts. How a meter moves is core's rule; here stands which
//! meters are touched, and what is kept.

use async_trait::async_trait;
use grantd_core::audit::Stamp;
use grantd_core::clock::Timestamp;
use grantd_core::ids::UserId;
use grantd_core::login::throttle::{Admission, Limit, Meter, MeterKey};
use grantd_core::store::{Count, CounterStore, Settlement, Stored};

use super::{Reference, State};

/// A meter that somebody has used.
pub(super) struct Metered {
    key: MeterKey,
    meter: Meter,
    ends_at: Timestamp,
}

impl State {
    /// The meter; one that nobody has used is empty.
    pub(super) fn meter(&self, key: MeterKey) -> Meter {
        let found = self.meters.iter().find(|one| one.key == key);
        found.map(|one| one.meter.clone()).unwrap_or_default()
    }

    fn keep(&mut self, key: MeterKey, meter: Meter, limit: &Limit) {
        self.meters.retain(|one| one.key != key);
        if let Some(ends_at) = meter.expires_at(limit) {
            self.meters.push(Metered {
                key,
                meter,
                ends_at,
            });
        }
    }

    /// Deletes counters that ended first. How many of the kind of which the most were.
    pub(super) fn reap_counters(&mut self, now: Timestamp, limit: usize) -> usize {
        self.meters.sort_by_key(|one| (one.ends_at, one.key));
        let meters = self.meters.iter().take_while(|one| one.ends_at <= now);
        let meters = meters.count().min(limit);
        self.meters.drain(..meters);
        self.counts
            .sort_by(|a, b| (a.ends_at, &a.key).cmp(&(b.ends_at, &b.key)));
        let counts = self.counts.iter().take_while(|one| one.ends_at <= now);
        let counts = counts.count().min(limit);
        self.counts.drain(..counts);
        meters.max(counts)
    }
}

#[async_trait]
impl CounterStore for Reference {
    async fn reserve(
        &self,
        mut places: Vec<(MeterKey, Limit)>,
        at: Timestamp,
    ) -> Stored<Admission> {
        let mut state = self.open().await?;
        places.sort_by_key(|(key, _)| *key);
        let mut admitted = Vec::new();
        for (key, limit) in places {
            let mut meter = state.meter(key);
            match meter.admit(&limit, at) {
                Admission::Reserved => admitted.push((key, meter, limit)),
                refusal => return Ok(refusal),
            }
        }
        for (key, meter, limit) in admitted {
            state.keep(key, meter, &limit);
        }
        Ok(Admission::Reserved)
    }

    async fn settle(
        &self,
        settlements: Vec<Settlement>,
        user: Option<UserId>,
        stamp: Stamp,
    ) -> Stored<()> {
        let mut state = self.change(&stamp).await?;
        for one in settlements {
            let before = state.meter(one.key);
            let mut meter = before.clone();
            let locked = meter.settle(one.reserved, one.outcome, &one.limit, stamp.at);
            if meter != before {
                state.keep(one.key, meter, &one.limit);
            }
            if let (true, Some(action)) = (locked, one.limit.lock) {
                state.tell(action, &stamp, |row| row.user_id = user);
            }
        }
        Ok(())
    }

    async fn add_counts(&self, counts: Vec<Count>, now: Timestamp) -> Stored<Vec<Count>> {
        let mut state = self.open().await?;
        let mut totals = Vec::new();
        for added in counts {
            let going_on = state
                .counts
                .iter()
                .find(|one| one.key == added.key && one.ends_at > now);
            let total = match going_on {
                Some(there) => Count {
                    used: there.used + added.used,
                    ..there.clone()
                },
                None => added,
            };
            state.counts.retain(|one| one.key != total.key);
            state.counts.push(total.clone());
            totals.push(total);
        }
        Ok(totals)
    }
}
