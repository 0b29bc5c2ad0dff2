//! Who is locked, who waits, who is not touched, over counters in memory.

use std::net::IpAddr;
use std::sync::atomic::Ordering;

use super::*;
use crate::audit::Actor;
use crate::clock::ManualClock;
use crate::entropy::SeededEntropy;
use crate::login::testing::{Counters, NoTimer, block_on};

struct Node {
    throttle: Arc<Throttle>,
    store: Arc<Counters>,
    clock: Arc<ManualClock>,
}

impl Node {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp(1_000_000)));
        Self::on(Arc::default(), clock)
    }

    fn on(store: Arc<Counters>, clock: Arc<ManualClock>) -> Self {
        let key = Arc::new(InstanceKey::generate(&SeededEntropy::new(1)));
        let policy = ThrottlePolicy::default();
        let throttle = Throttle::new(policy, store.clone(), key, clock.clone(), Arc::new(NoTimer));
        Self {
            throttle: Arc::new(throttle),
            store,
            clock,
        }
    }

    fn who(&self, login: &str, last: u8) -> Metered {
        let address = Address::from(IpAddr::from([192, 0, 2, last]));
        Metered {
            keys: self.throttle.keys(&LoginKey::of(login), address),
            user: None,
            stamp: Stamp {
                at: self.clock.now(),
                by: Actor::System,
                address: None,
                request_id: None,
                reason: None,
            },
        }
    }

    fn meter(&self, key: MeterKey) -> Meter {
        let meters = self.store.meters.lock().unwrap();
        meters.get(&key).cloned().unwrap_or_default()
    }

    fn is_locked(&self, login: &str, last: u8) -> bool {
        let pair = self.meter(self.who(login, last).keys.pair);
        self.throttle.admit(&pair).is_err()
    }

    fn is_closed(&self, login: &str) -> bool {
        let login = self.meter(self.who(login, 0).keys.login);
        self.throttle.closed_to_new_addresses(&login).is_some()
    }

    fn reserve(&self, login: &str, last: u8, code_of: Option<UserId>) -> Result<Reservation> {
        block_on(self.throttle.reserve(self.who(login, last), code_of))
    }

    fn end(&self, login: &str, last: u8, code_of: Option<UserId>, outcome: Outcome) {
        let Ok(reservation) = self.reserve(login, last, code_of) else {
            panic!("not admitted");
        };
        block_on(reservation.settle(outcome)).unwrap();
    }

    fn fail(&self, login: &str, last: u8) {
        self.end(login, last, None, Outcome::Failed);
    }
}

#[test]
fn ten_failures_lock_the_pair_for_five_minutes_and_nobody_else() {
    let node = Node::new();
    for _ in 0..10 {
        assert!(!node.is_locked("octocat", 1));
        node.fail("octocat", 1);
    }
    assert!(node.is_locked("octocat", 1));
    assert!(!node.is_locked("octocat", 2));
    assert!(!node.is_locked("hubot", 1));
    assert_eq!(*node.store.trail.lock().unwrap(), [Action::SignInLocked]);
    node.clock.advance(299);
    assert!(node.is_locked("octocat", 1));
    node.clock.advance(1);
    assert!(!node.is_locked("octocat", 1));
}

#[test]
fn a_success_clears_and_a_given_back_reservation_counts_nothing() {
    let node = Node::new();
    for outcome in [Outcome::Returned, Outcome::Cleared] {
        for _ in 0..9 {
            node.fail("octocat", 1);
        }
        node.end("octocat", 1, None, outcome);
        if outcome == Outcome::Returned {
            block_on(node.throttle.clear(node.who("octocat", 1))).unwrap();
        }
    }
    assert_eq!(
        node.meter(node.who("octocat", 1).keys.pair),
        Meter::default()
    );
}

#[test]
fn sec_s05_who_waits_is_told_after_a_while_and_woken_by_a_settlement() {
    let node = Node::new();
    let mut held: Vec<_> = (0..10)
        .map(|_| node.reserve("octocat", 1, None).ok().unwrap())
        .collect();
    let refused = node.reserve("octocat", 1, None);
    assert!(
        matches!(refused, Err(Error::Throttled { .. })),
        "NoTimer ends the wait"
    );
    let first = held.pop().unwrap();
    block_on(first.settle(Outcome::Returned)).unwrap();
    held.push(node.reserve("octocat", 1, None).ok().unwrap());
    for reservation in held {
        block_on(reservation.settle(Outcome::Failed)).unwrap();
    }
    let refused = node.reserve("octocat", 1, None);
    assert!(matches!(refused, Err(Error::Forbidden(_))));
}

#[test]
fn a_crowd_at_one_pair_asks_one_after_the_other() {
    let node = Node::new();
    let gate = node.throttle.gates.of(node.who("octocat", 1).keys.pair);
    let turn = gate.turn.try_lock().unwrap();
    assert!(node.reserve("octocat", 1, None).is_err(), "not its turn");
    assert!(node.reserve("octocat", 2, None).is_ok(), "another gate");
    drop(turn);
    assert!(node.reserve("octocat", 1, None).is_ok());
}

#[test]
fn a_crowd_at_a_locked_pair_asks_once_a_second() {
    let node = Node::new();
    for _ in 0..10 {
        node.fail("octocat", 1);
    }
    let _standing = node.throttle.gates.of(node.who("octocat", 1).keys.pair);
    let is_locked = || match node.reserve("octocat", 1, None) {
        Err(Error::Forbidden(_)) => true,
        Err(Error::Unavailable(_)) => false,
        _ => panic!("neither locked nor away"),
    };
    assert!(is_locked());
    node.store.away.store(true, Ordering::Relaxed);
    assert!(is_locked(), "the store was not asked");
    node.clock.advance(1);
    assert!(!is_locked(), "it was");
}

#[test]
fn a_hundred_failures_from_everywhere_close_a_login_to_new_addresses() {
    let node = Node::new();
    for last in 0..100 {
        assert!(!node.is_closed("octocat"));
        node.fail("octocat", last);
    }
    assert!(node.is_closed("octocat"));
    assert!(!node.is_closed("hubot"));
    node.clock.advance(3_600);
    assert!(!node.is_closed("octocat"));
}

#[test]
fn sec_s05_twenty_wrong_codes_close_a_user_and_right_ones_do_not_count() {
    let node = Node::new();
    let user = Some(UserId(1));
    for _ in 0..20 {
        node.end("octocat", 1, user, Outcome::Cleared);
    }
    for last in 0..20 {
        node.end("octocat", last, user, Outcome::Failed);
    }
    let refused = node.reserve("octocat", 99, user);
    assert!(matches!(refused, Err(Error::Forbidden(_))));
    assert!(node.reserve("hubot", 99, Some(UserId(2))).is_ok());
    assert!(node.reserve("octocat", 99, None).is_ok(), "passwords go on");
    node.clock.advance(3_600);
    assert!(node.reserve("octocat", 99, user).is_ok());
}

#[test]
fn sec_s02_missing_codes_overflow_once_an_hour_and_lock_nobody() {
    let node = Node::new();
    let miss = || {
        let missed = node
            .throttle
            .missing_code(node.who("octocat", 1), UserId(1));
        block_on(missed).unwrap();
        node.store.trail.lock().unwrap().len()
    };
    assert_eq!((0..60).map(|_| miss()).max(), Some(0));
    assert_eq!((0..200).map(|_| miss()).max(), Some(1));
    node.clock.advance(3_600);
    assert_eq!(miss(), 1);
    assert!(!node.is_locked("octocat", 1));
    // An accepted code empties the bucket.
    for _ in 0..50 {
        miss();
    }
    node.end("octocat", 1, Some(UserId(1)), Outcome::Cleared);
    assert_eq!((0..60).map(|_| miss()).max(), Some(1));
}

#[test]
fn nobody_is_told_anything_when_the_end_cannot_be_kept() {
    let node = Node::new();
    let reservation = node.reserve("octocat", 1, None).ok().unwrap();
    node.store.away.store(true, Ordering::Relaxed);
    let settled = block_on(reservation.settle(Outcome::Cleared));
    assert!(matches!(settled, Err(Error::Unavailable(_))));
    let refused = node.reserve("octocat", 1, None);
    assert!(matches!(refused, Err(Error::Unavailable(_))));
}

#[test]
fn what_was_typed_is_in_no_key() {
    let node = Node::new();
    let (one, other) = (node.who("hunter2", 1).keys, node.who("hunter2", 2).keys);
    assert_ne!(one.pair, other.pair);
    assert_eq!(one.login, other.login);
    let plain = crate::secret::Secret::new("hunter2".into()).hash();
    assert_ne!(one.login.0, plain.0, "a keyed hash, not one to be guessed");
}
