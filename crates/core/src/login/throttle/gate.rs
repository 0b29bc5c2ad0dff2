//! Who may ask the store about a meter next. Owns that of a crowd at one meter
//! one asks at a time and hears of settlements on this node at once; the count
//! itself is the store's.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use event_listener::Event;
use futures_util::lock::Mutex as Turn;

use super::meter::MeterKey;
use crate::clock::Timestamp;

/// Beyond this, gates at which nobody stands any more are swept away.
const SWEEP_AT: usize = 1_024;

/// The gate before one meter.
#[derive(Default)]
pub(super) struct Gate {
    /// Held by the one who asks, or waits for a reason to ask again; when the store last said that
    /// passwords are locked out here. Only time ends a lock, so within that second it would say so again.
    pub(super) turn: Turn<Option<Timestamp>>,
    /// An attempt on this node has settled.
    pub(super) settled: Event,
}

/// The gates at which somebody stands.
#[derive(Default)]
pub(super) struct Gates(Mutex<HashMap<MeterKey, Weak<Gate>>>);

impl Gates {
    pub(super) fn of(&self, key: MeterKey) -> Arc<Gate> {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gate) = gates.get(&key).and_then(Weak::upgrade) {
            return gate;
        }
        if gates.len() >= SWEEP_AT {
            gates.retain(|_, gate| gate.strong_count() > 0);
        }
        let gate = Arc::new(Gate::default());
        gates.insert(key, Arc::downgrade(&gate));
        gate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_is_shared_while_somebody_stands_at_it_and_few_are_kept() {
        let gates = Gates::default();
        let key = |number: u32| {
            let mut key = [0; 32];
            key[..4].copy_from_slice(&number.to_be_bytes());
            MeterKey(key)
        };
        let first = gates.of(key(0));
        for number in 1..100_000 {
            gates.of(key(number));
        }
        assert!(Arc::ptr_eq(&first, &gates.of(key(0))));
        assert!(gates.0.lock().unwrap().len() <= SWEEP_AT);
    }
}
