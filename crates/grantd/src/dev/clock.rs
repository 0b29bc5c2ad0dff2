//! The time of dev mode. Owns that it runs with the machine's clock until a
//! test stops, sets or advances it; must not know who asks.

use std::sync::{Mutex, MutexGuard, PoisonError};

use grantd_core::clock::{Clock, SystemClock, Timestamp};

/// A clock with hands that can be moved.
pub(super) struct DevClock {
    machine: Box<dyn Clock>,
    hand: Mutex<Hand>,
}

#[derive(Clone, Copy)]
enum Hand {
    /// So many seconds away from the machine's.
    Runs(i64),
    /// Here, until it is moved.
    Stands(Timestamp),
}

impl DevClock {
    /// Stands at `start`; without one, goes with the machine.
    pub(super) fn starting_at(start: Option<Timestamp>) -> Self {
        Self::beside(Box::new(SystemClock), start)
    }

    fn beside(machine: Box<dyn Clock>, start: Option<Timestamp>) -> Self {
        Self {
            machine,
            hand: Mutex::new(start.map_or(Hand::Runs(0), Hand::Stands)),
        }
    }

    /// Where it was at the start.
    pub(super) fn reset(&self, start: Option<Timestamp>) {
        *self.lock() = start.map_or(Hand::Runs(0), Hand::Stands);
    }

    /// Whether it goes on by itself.
    pub(super) fn runs(&self) -> bool {
        matches!(*self.lock(), Hand::Runs(_))
    }

    /// Moves it, and lets it run or stand from there on: each as it was where nothing is said.
    pub(super) fn set(&self, at: Option<Timestamp>, runs: Option<bool>) {
        let mut hand = self.lock();
        let at = at.unwrap_or_else(|| self.read(*hand));
        let goes_on = runs.unwrap_or(matches!(*hand, Hand::Runs(_)));
        *hand = match goes_on {
            true => Hand::Runs(at.since(self.machine.now())),
            false => Hand::Stands(at),
        };
    }

    /// Moves it by so many seconds.
    pub(super) fn advance(&self, seconds: i64) {
        let mut hand = self.lock();
        *hand = match *hand {
            Hand::Runs(offset) => Hand::Runs(offset.saturating_add(seconds)),
            Hand::Stands(at) => Hand::Stands(at.plus(seconds)),
        };
    }

    fn read(&self, hand: Hand) -> Timestamp {
        match hand {
            Hand::Runs(offset) => self.machine.now().plus(offset),
            Hand::Stands(at) => at,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Hand> {
        // Nothing under the lock can panic halfway.
        self.hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for DevClock {
    fn now(&self) -> Timestamp {
        let hand = *self.lock();
        self.read(hand)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use grantd_core::clock::ManualClock;

    use super::*;

    struct Shared(Arc<ManualClock>);

    impl Clock for Shared {
        fn now(&self) -> Timestamp {
            self.0.now()
        }
    }

    fn clock(start: Option<i64>) -> (Arc<ManualClock>, DevClock) {
        let machine = Arc::new(ManualClock::at(Timestamp(1_000)));
        let shared = Box::new(Shared(Arc::clone(&machine)));
        (machine, DevClock::beside(shared, start.map(Timestamp)))
    }

    #[test]
    fn it_runs_with_the_machine_from_wherever_it_was_put() {
        let (machine, clock) = clock(None);
        machine.advance(5);
        assert_eq!(clock.now(), Timestamp(1_005));
        clock.advance(100);
        machine.advance(1);
        assert_eq!(clock.now(), Timestamp(1_106));
        clock.set(Some(Timestamp(50)), None);
        machine.advance(1);
        assert_eq!((clock.now(), clock.runs()), (Timestamp(51), true));
    }

    #[test]
    fn it_stands_where_it_was_told_to_and_runs_on_from_there() {
        let (machine, clock) = clock(Some(7));
        machine.advance(5);
        clock.advance(3);
        assert_eq!((clock.now(), clock.runs()), (Timestamp(10), false));
        clock.set(None, Some(true));
        machine.advance(2);
        assert_eq!(clock.now(), Timestamp(12));
        clock.set(None, Some(false));
        machine.advance(2);
        assert_eq!(clock.now(), Timestamp(12));
        clock.reset(None);
        assert_eq!((clock.now(), clock.runs()), (Timestamp(1_009), true));
    }
}
