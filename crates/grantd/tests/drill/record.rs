//! Where all clients write down what they did. Owns the one clock, and when
//! each node last answered.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::history::{Event, Moment, Node};
use super::outages::Kind;

/// The history of a run while it is written.
pub(crate) struct Record {
    started: Instant,
    events: Mutex<Vec<Event>>,
    /// When each node last answered a check, and a write.
    answered: Vec<[AtomicU64; 2]>,
    surprises: Mutex<Vec<String>>,
}

impl Record {
    pub(crate) fn of(nodes: usize) -> Self {
        Self {
            started: Instant::now(),
            events: Mutex::default(),
            answered: (0..nodes).map(|_| Default::default()).collect(),
            surprises: Mutex::default(),
        }
    }

    pub(crate) fn now(&self) -> Moment {
        let elapsed = self.started.elapsed().as_nanos();
        Moment(u64::try_from(elapsed).expect("a run is shorter than centuries"))
    }

    pub(crate) fn add(&self, event: Event) {
        let of_node = self.answered.get(event.node.0);
        if let (Some(answered), Some(kind)) = (of_node, Kind::of(&event)) {
            answered[kind as usize].fetch_max(event.completed.0, Ordering::Relaxed);
        }
        lock(&self.events).push(event);
    }

    /// An answer that no operation of the API has.
    pub(crate) fn surprise(&self, what: String) {
        lock(&self.surprises).push(what);
    }

    /// Waits until the node has answered a check and a write after this moment.
    pub(crate) async fn answers_after(&self, node: Node, moment: Moment) {
        let answered = &self.answered[node.0];
        let late = |kind: &AtomicU64| kind.load(Ordering::Relaxed) <= moment.0;
        let asked = Instant::now();
        while answered.iter().any(late) {
            let waited = asked.elapsed();
            assert!(waited < Duration::from_secs(60), "{node:?} does not answer");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Everything so far.
    ///
    /// # Panics
    /// There was an answer that no operation of the API has.
    pub(crate) fn events(&self) -> Vec<Event> {
        let surprises = lock(&self.surprises);
        assert!(surprises.is_empty(), "{surprises:#?}");
        lock(&self.events).clone()
    }
}

/// A task that panicked has failed the run already.
pub(crate) fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().expect("no holder has panicked")
}
