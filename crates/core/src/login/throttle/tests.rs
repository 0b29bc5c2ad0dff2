//! Who is locked, who waits, who is not touched.

use super::hourly::{HOUR, MOST_ENTRIES};
use super::*;
use crate::clock::ManualClock;
use crate::login::testing::{NoTimer, block_on};
use std::net::IpAddr;

fn throttle() -> (Arc<Throttle>, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(Timestamp(1_000_000)));
    (
        Arc::new(Throttle::new(
            ThrottlePolicy::default(),
            clock.clone(),
            Arc::new(NoTimer),
        )),
        clock,
    )
}

fn pair(login: &str, last: u8) -> Pair {
    (
        LoginKey::of(login),
        Address::from(IpAddr::from([192, 0, 2, last])),
    )
}

fn fail(throttle: &Arc<Throttle>, pair: &Pair) {
    let Ok(reservation) = block_on(throttle.reserve(pair.clone())) else {
        panic!("not admitted");
    };
    reservation.fail();
}

#[test]
fn ten_failures_lock_the_pair_for_five_minutes_and_nobody_else() {
    let (throttle, clock) = throttle();
    for _ in 0..10 {
        assert!(throttle.admit(&pair("octocat", 1)).is_ok());
        fail(&throttle, &pair("octocat", 1));
    }
    assert!(throttle.admit(&pair("octocat", 1)).is_err());
    assert!(throttle.admit(&pair("octocat", 2)).is_ok());
    assert!(throttle.admit(&pair("hubot", 1)).is_ok());
    clock.advance(299);
    assert!(throttle.admit(&pair("octocat", 1)).is_err());
    clock.advance(1);
    assert!(throttle.admit(&pair("octocat", 1)).is_ok());
}

#[test]
fn failures_older_than_the_window_do_not_count() {
    let (throttle, clock) = throttle();
    for _ in 0..9 {
        fail(&throttle, &pair("octocat", 1));
    }
    clock.advance(300);
    fail(&throttle, &pair("octocat", 1));
    assert!(throttle.admit(&pair("octocat", 1)).is_ok());
}

#[test]
fn a_success_clears_and_a_given_back_reservation_counts_nothing() {
    let (throttle, _) = throttle();
    for _ in 0..9 {
        fail(&throttle, &pair("octocat", 1));
    }
    drop(block_on(throttle.reserve(pair("octocat", 1))).ok());
    throttle.clear(&pair("octocat", 1), UserId(1));
    for _ in 0..9 {
        fail(&throttle, &pair("octocat", 1));
    }
    assert!(throttle.admit(&pair("octocat", 1)).is_ok());
}

#[test]
fn sec_s05_attempts_in_flight_cannot_exceed_the_limit() {
    let (throttle, _) = throttle();
    let held: Vec<_> = (0..10)
        .map(|_| block_on(throttle.reserve(pair("octocat", 1))).ok().unwrap())
        .collect();
    assert!(matches!(
        throttle.begin(&pair("octocat", 1)),
        Begin::Wait(_)
    ));
    assert!(
        matches!(
            block_on(throttle.reserve(pair("octocat", 1))),
            Err(Error::Throttled { .. })
        ),
        "NoTimer ends the wait"
    );
    for reservation in held {
        reservation.fail();
    }
    assert!(matches!(throttle.begin(&pair("octocat", 1)), Begin::Locked));
}

#[test]
fn a_hundred_failures_from_everywhere_close_a_login_to_new_addresses() {
    let (throttle, clock) = throttle();
    for last in 0..100 {
        assert!(
            throttle
                .closed_to_new_addresses(&LoginKey::of("octocat"))
                .is_none()
        );
        fail(&throttle, &pair("octocat", last));
    }
    assert!(
        throttle
            .closed_to_new_addresses(&LoginKey::of("octocat"))
            .is_some()
    );
    assert!(
        throttle
            .closed_to_new_addresses(&LoginKey::of("hubot"))
            .is_none()
    );
    clock.advance(HOUR);
    assert!(
        throttle
            .closed_to_new_addresses(&LoginKey::of("octocat"))
            .is_none()
    );
}

#[test]
fn twenty_wrong_codes_close_a_user_and_right_ones_do_not_count() {
    let (throttle, _) = throttle();
    for _ in 0..20 {
        throttle.reserve_code(UserId(1)).unwrap();
        throttle.return_code(UserId(1));
    }
    for _ in 0..20 {
        throttle.reserve_code(UserId(1)).unwrap();
    }
    assert!(throttle.reserve_code(UserId(1)).is_err());
    assert!(throttle.reserve_code(UserId(2)).is_ok());
}

#[test]
fn sec_s02_missing_codes_overflow_once_an_hour_and_lock_nobody() {
    let (throttle, clock) = throttle();
    let overflows = (0..200)
        .filter(|_| throttle.missing_code_overflows(UserId(1)))
        .count();
    assert_eq!(overflows, 1);
    clock.advance(HOUR);
    assert!(!throttle.missing_code_overflows(UserId(1)));
    assert!(throttle.admit(&pair("octocat", 1)).is_ok());
}

#[test]
fn memory_stays_bounded_under_a_million_addresses() {
    let (throttle, _) = throttle();
    for number in 0..1_000_000u32 {
        let address = Address::from(IpAddr::from(number.to_be_bytes()));
        fail(&throttle, &(LoginKey::of("octocat"), address));
    }
    assert!(throttle.lock().pairs.len() <= MOST_ENTRIES);
}
