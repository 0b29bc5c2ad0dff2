//! What tests of core stand on: a runtime, which polls on the present thread,
//! and counters that forget with the process.

use std::collections::HashMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use async_trait::async_trait;

use super::throttle::{Admission, Limit, Meter, MeterKey};
use crate::audit::{Action, Stamp};
use crate::clock::{Timer, Timestamp};
use crate::ids::UserId;
use crate::store::{Count, CounterStore, Settlement, StoreError, Stored};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// A timer whose waits are over at once.
pub(crate) struct NoTimer;

impl Timer for NoTimer {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::ready(()))
    }
}

/// Counters in memory.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) meters: Mutex<HashMap<MeterKey, Meter>>,
    pub(crate) counts: Mutex<HashMap<String, Count>>,
    pub(crate) trail: Mutex<Vec<Action>>,
    /// Every step fails while this is set.
    pub(crate) away: std::sync::atomic::AtomicBool,
}

impl Counters {
    fn answers(&self) -> Stored<()> {
        match self.away.load(std::sync::atomic::Ordering::Relaxed) {
            true => Err(StoreError::Unavailable("away".into())),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl CounterStore for Counters {
    async fn reserve(&self, places: Vec<(MeterKey, Limit)>, at: Timestamp) -> Stored<Admission> {
        self.answers()?;
        let mut meters = self.meters.lock().unwrap();
        let mut admitted = Vec::new();
        for (key, limit) in places {
            let mut meter = meters.get(&key).cloned().unwrap_or_default();
            match meter.admit(&limit, at) {
                Admission::Reserved => admitted.push((key, meter)),
                refusal => return Ok(refusal),
            }
        }
        meters.extend(admitted);
        Ok(Admission::Reserved)
    }

    async fn settle(
        &self,
        settlements: Vec<Settlement>,
        _: Option<UserId>,
        stamp: Stamp,
    ) -> Stored<()> {
        self.answers()?;
        let mut meters = self.meters.lock().unwrap();
        for one in settlements {
            let meter = meters.entry(one.key).or_default();
            if meter.settle(one.reserved, one.outcome, &one.limit, stamp.at) {
                self.trail.lock().unwrap().extend(one.limit.lock);
            }
        }
        Ok(())
    }

    async fn add_counts(&self, counts: Vec<Count>, now: Timestamp) -> Stored<Vec<Count>> {
        self.answers()?;
        let mut all = self.counts.lock().unwrap();
        let add = |count: Count| {
            let old = all.get(&count.key).filter(|old| old.ends_at > now);
            let total = match old {
                Some(old) => Count {
                    used: old.used + count.used,
                    ..old.clone()
                },
                None => count,
            };
            all.insert(total.key.clone(), total.clone());
            total
        };
        Ok(counts.into_iter().map(add).collect())
    }
}
