//! The state of one thing that is throttled, and the rules by which it moves.
//! Owns who is let in and what a failure leaves; must not know what is metered
//! nor where the state is kept. Stores apply these rules under a row's lock.

use super::tally::Tally;
use crate::audit::Action;
use crate::clock::Timestamp;

/// So long a place is kept for an attempt of which nothing more is heard: its
/// node has died, or its caller has gone.
pub const RESERVED_SECONDS: u32 = 10;

/// Names a meter: an HMAC under the instance key, since people type passwords
/// where a login belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MeterKey(pub [u8; 32]);

/// How much a meter takes.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// So many failures.
    pub most: u32,
    /// Within so many seconds.
    pub window: u32,
    /// If set, reaching the limit locks the meter for `window` seconds and
    /// forgets the failures; the trail gets this row, once per lock.
    pub lock: Option<Action>,
    /// If set where nothing locks, reaching the limit leaves this row, once in `window` seconds.
    pub tell: Option<Action>,
}

impl Limit {
    /// What the trail is told when the limit is reached.
    pub fn row(&self) -> Option<Action> {
        self.lock.or(self.tell)
    }
}

/// Whether an attempt may be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It has its place.
    Reserved,
    /// Attempts in flight could use up what is left; one of them has to settle first.
    Wait,
    /// Failures have used it up.
    Locked,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Undecided: as if it had not been.
    Returned,
    /// A failure.
    Failed,
    /// A success: failures are forgotten. A lock stays until its end.
    Cleared,
}

/// What one meter remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meter {
    /// Failures that count towards the limit.
    pub failures: Tally,
    /// Attempts in flight.
    pub reserved: Tally,
    /// Nobody is let in before; where nothing locks, the trail is not told again before.
    pub locked_until: Option<Timestamp>,
}

impl Meter {
    /// Whether the meter is locked.
    pub fn is_locked(&self, now: Timestamp) -> bool {
        self.locked_until.is_some_and(|until| until > now)
    }

    /// How many failures of the last `window` seconds there are.
    pub fn failures(&self, window: u32, now: Timestamp) -> u32 {
        self.failures.count(window, now)
    }

    /// Lets an attempt in, if failures and attempts in flight leave room for one more.
    pub fn admit(&mut self, limit: &Limit, now: Timestamp) -> Admission {
        self.forget_old(limit, now);
        let failures = self.failures.count(limit.window, now);
        if self.locks_now(limit, now) || failures >= limit.most {
            return Admission::Locked;
        }
        if failures + self.reserved.count(RESERVED_SECONDS, now) >= limit.most {
            return Admission::Wait;
        }
        self.reserved.add(now, 0, RESERVED_SECONDS);
        Admission::Reserved
    }

    /// Takes an attempt's end in, with the moment of its reservation if it had one. Whether the trail
    /// is to be told: this locked the meter, or reached a limit that is worth a row. A failure beyond
    /// the limit adds nothing.
    pub fn settle(
        &mut self,
        reserved: Option<Timestamp>,
        outcome: Outcome,
        limit: &Limit,
        now: Timestamp,
    ) -> bool {
        self.forget_old(limit, now);
        if let Some(moment) = reserved {
            self.reserved.remove(moment);
        }
        match outcome {
            Outcome::Returned => false,
            Outcome::Cleared => {
                self.failures.clear();
                false
            }
            Outcome::Failed => self.fail(limit, now),
        }
    }

    /// When nothing here is of use any more; `None` when nothing is now.
    pub fn expires_at(&self, limit: &Limit) -> Option<Timestamp> {
        let after = |moment: Option<Timestamp>, seconds: u32| Some(moment?.plus(seconds.into()));
        let failures = after(self.failures.latest(), limit.window);
        let reserved = after(self.reserved.latest(), RESERVED_SECONDS);
        failures.max(reserved).max(self.locked_until)
    }

    fn fail(&mut self, limit: &Limit, now: Timestamp) -> bool {
        let before = self.failures.count(limit.window, now);
        if self.locks_now(limit, now) || before >= limit.most {
            return false;
        }
        self.failures.add(now, limit.most, limit.window);
        let told = limit.row().is_some() && before + 1 == limit.most && !self.is_locked(now);
        if told {
            self.locked_until = Some(now.plus(limit.window.into()));
        }
        if told && limit.lock.is_some() {
            self.failures.clear();
        }
        told
    }

    fn locks_now(&self, limit: &Limit, now: Timestamp) -> bool {
        limit.lock.is_some() && self.is_locked(now)
    }

    fn forget_old(&mut self, limit: &Limit, now: Timestamp) {
        self.failures.forget_old(limit.window, now);
        self.reserved.forget_old(RESERVED_SECONDS, now);
        self.locked_until = self.locked_until.filter(|until| *until > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);
    const PAIR: Limit = Limit {
        most: 10,
        window: 300,
        lock: Some(Action::SignInLocked),
        tell: None,
    };
    const SLIDING: Limit = Limit { lock: None, ..PAIR };
    const TELLING: Limit = Limit {
        tell: Some(Action::WrongCodesTooOften),
        ..SLIDING
    };

    fn fail(meter: &mut Meter, limit: &Limit, at: i64) -> bool {
        meter.settle(None, Outcome::Failed, limit, NOW.plus(at))
    }

    #[test]
    fn a_limit_without_a_lock_is_told_of_once_in_its_window() {
        let mut meter = Meter::default();
        let told: Vec<_> = (0..300).map(|at| fail(&mut meter, &TELLING, at)).collect();
        let when: Vec<_> = (0..300).filter(|at| told[*at]).collect();
        assert_eq!(when, [9]);
        // It is a limit all the same, and slides: it is reached again and again, and told of when the window is over.
        assert_eq!(meter.admit(&TELLING, NOW.plus(299)), Admission::Locked);
        let mut told = vec![9];
        told.extend((300..1_500).filter(|at| fail(&mut meter, &TELLING, *at)));
        assert!(told.len() > 3, "{told:?}");
        assert!(
            told.windows(2).all(|two| two[1] - two[0] >= 300),
            "{told:?}"
        );
        assert_eq!(meter.failures(300, NOW.plus(1_499)), 10);
        let mut silent = Meter::default();
        assert!((0..300).all(|at| !fail(&mut silent, &SLIDING, at)));
        assert_eq!(silent.failures, {
            let mut same = Meter::default();
            for at in 0..300 {
                fail(&mut same, &TELLING, at);
            }
            same.failures
        });
    }

    #[test]
    fn the_tenth_failure_locks_once_for_the_window() {
        let mut meter = Meter::default();
        let locked: Vec<_> = (0..12).map(|at| fail(&mut meter, &PAIR, at)).collect();
        assert_eq!(locked.iter().filter(|locked| **locked).count(), 1);
        assert!(locked[9]);
        assert!(meter.is_locked(NOW.plus(308)) && !meter.is_locked(NOW.plus(309)));
        assert_eq!(meter.admit(&PAIR, NOW.plus(308)), Admission::Locked);
        assert_eq!(meter.admit(&PAIR, NOW.plus(309)), Admission::Reserved);
    }

    #[test]
    fn failures_older_than_the_window_do_not_count() {
        let mut meter = Meter::default();
        for at in [0, 0, 0, 0, 0, 0, 0, 0, 0, 300] {
            assert!(!fail(&mut meter, &PAIR, at));
        }
        assert_eq!(meter.failures(300, NOW.plus(300)), 1);
    }

    #[test]
    fn without_a_lock_the_oldest_failure_makes_room() {
        let mut meter = Meter::default();
        for at in 0..15 {
            assert!(!fail(&mut meter, &SLIDING, at));
        }
        assert_eq!(meter.failures(300, NOW.plus(14)), 10, "no more than count");
        assert_eq!(meter.admit(&SLIDING, NOW.plus(299)), Admission::Locked);
        assert_eq!(meter.admit(&SLIDING, NOW.plus(300)), Admission::Reserved);
        assert_eq!(meter.admit(&SLIDING, NOW.plus(300)), Admission::Wait);
    }

    #[test]
    fn sec_s05_attempts_in_flight_cannot_exceed_the_limit() {
        let mut meter = Meter::default();
        fail(&mut meter, &PAIR, 0);
        for _ in 0..9 {
            assert_eq!(meter.admit(&PAIR, NOW), Admission::Reserved);
        }
        assert_eq!(meter.admit(&PAIR, NOW), Admission::Wait);
        meter.settle(Some(NOW), Outcome::Returned, &PAIR, NOW);
        assert_eq!(meter.admit(&PAIR, NOW), Admission::Reserved);
        meter.settle(Some(NOW), Outcome::Failed, &PAIR, NOW);
        assert_eq!(meter.admit(&PAIR, NOW), Admission::Wait);
    }

    #[test]
    fn a_place_of_which_nothing_is_heard_is_free_after_ten_seconds() {
        let mut meter = Meter::default();
        for _ in 0..10 {
            meter.admit(&PAIR, NOW);
        }
        assert_eq!(meter.admit(&PAIR, NOW.plus(9)), Admission::Wait);
        assert_eq!(meter.admit(&PAIR, NOW.plus(10)), Admission::Reserved);
        // The dead may still speak: their failure counts, another's place stays.
        meter.settle(Some(NOW), Outcome::Failed, &PAIR, NOW.plus(11));
        assert_eq!(meter.failures(300, NOW.plus(11)), 1);
        assert_eq!(meter.reserved.to_stored(), NOW.plus(10).0.to_string());
    }

    #[test]
    fn a_success_clears_failures_and_leaves_other_places_and_a_lock() {
        let mut meter = Meter::default();
        for at in 0..9 {
            fail(&mut meter, &PAIR, at);
        }
        meter.admit(&PAIR, NOW.plus(9));
        meter.settle(None, Outcome::Cleared, &PAIR, NOW.plus(9));
        assert_eq!(meter.failures(300, NOW.plus(9)), 0);
        assert_eq!(meter.reserved.count(RESERVED_SECONDS, NOW.plus(9)), 1);
        for at in 10..20 {
            fail(&mut meter, &PAIR, at);
        }
        meter.settle(None, Outcome::Cleared, &PAIR, NOW.plus(20));
        assert!(meter.is_locked(NOW.plus(20)));
    }

    #[test]
    fn a_meter_expires_with_the_last_thing_it_remembers() {
        let mut meter = Meter::default();
        assert_eq!(meter.expires_at(&PAIR), None);
        meter.admit(&PAIR, NOW);
        assert_eq!(meter.expires_at(&PAIR), Some(NOW.plus(10)));
        fail(&mut meter, &PAIR, 5);
        assert_eq!(meter.expires_at(&PAIR), Some(NOW.plus(305)));
        meter.settle(None, Outcome::Cleared, &PAIR, NOW.plus(20));
        assert_eq!(meter.expires_at(&PAIR), None);
    }
}
