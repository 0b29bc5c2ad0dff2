//! Promises about meters of sign-in and events per hour.

use grantd_core::audit::{Action, Actor, Stamp};
use grantd_core::login::throttle::{Admission, Limit, Meter, MeterKey, Outcome};
use grantd_core::store::{Count, Settlement};
use grantd_core::user::LoginKey;

use super::world::*;

const FIRST: MeterKey = MeterKey([1; 32]);
const SECOND: MeterKey = MeterKey([2; 32]);
const LOCKING: Limit = Limit {
    most: 10,
    window: 300,
    lock: Some(Action::SignInLocked),
    tell: None,
};
const SLIDING: Limit = Limit {
    lock: None,
    tell: None,
    ..LOCKING
};

fn places(keys: &[MeterKey]) -> Vec<(MeterKey, Limit)> {
    keys.iter().map(|key| (*key, LOCKING)).collect()
}

fn settlement(key: MeterKey, reserved: Option<i64>, outcome: Outcome) -> Settlement {
    Settlement {
        key,
        limit: LOCKING,
        reserved: reserved.map(|seconds| NOW.plus(seconds)),
        outcome,
    }
}

impl World {
    async fn reserve(&self, keys: &[MeterKey], seconds: i64) -> Admission {
        let reserved = self.store.reserve(places(keys), NOW.plus(seconds));
        reserved.await.unwrap()
    }

    async fn settle(&self, settlements: Vec<Settlement>, seconds: i64) {
        let settled = self.store.settle(settlements, None, later(seconds));
        settled.await.unwrap();
    }

    async fn meters(&self) -> [Meter; 2] {
        let nobody = LoginKey::of("nobody");
        let found = self
            .store
            .find_credentials(&nobody, address(1), [FIRST, SECOND])
            .await;
        found.unwrap().meters
    }

    async fn add(&self, counts: &[(&str, i64, i64)], seconds: i64) -> Vec<(i64, i64)> {
        let count = |(key, used, ends): &(&str, i64, i64)| Count {
            key: (*key).to_owned(),
            used: *used,
            ends_at: NOW.plus(*ends),
        };
        let counts = counts.iter().map(count).collect();
        let totals = self.store.add_counts(counts, NOW.plus(seconds)).await;
        let total = |count: Count| (count.used, count.ends_at.since(NOW));
        totals.unwrap().into_iter().map(total).collect()
    }
}

pub(super) async fn a_look_up_shows_both_meters_whoever_is_found(w: World) {
    w.user("octocat").await;
    assert_eq!(w.meters().await, [Meter::default(), Meter::default()]);
    w.settle(vec![settlement(SECOND, None, Outcome::Failed)], 0)
        .await;
    w.reserve(&[FIRST], 3).await;
    for (login, is_there) in [("octocat", true), ("nobody", false), ("octo\0cat", false)] {
        let login = LoginKey::of(login);
        let found = w
            .store
            .find_credentials(&login, address(1), [FIRST, SECOND])
            .await;
        let found = found.unwrap();
        assert_eq!(found.credentials.is_some(), is_there);
        let [first, second] = found.meters;
        assert_eq!(first.reserved.to_stored(), NOW.plus(3).0.to_string());
        assert_eq!(second.failures.to_stored(), NOW.0.to_string());
    }
}

pub(super) async fn places_are_given_while_there_is_room(w: World) {
    for _ in 0..10 {
        assert_eq!(w.reserve(&[FIRST], 0).await, Admission::Reserved);
    }
    assert_eq!(w.reserve(&[FIRST], 0).await, Admission::Wait);
    assert_eq!(w.reserve(&[SECOND], 0).await, Admission::Reserved);
    let back = vec![settlement(FIRST, Some(0), Outcome::Returned)];
    w.settle(back, 1).await;
    assert_eq!(w.reserve(&[FIRST], 1).await, Admission::Reserved);
    assert_eq!(w.reserve(&[FIRST], 1).await, Admission::Wait);
}

pub(super) async fn a_place_is_taken_on_all_meters_or_on_none(w: World) {
    for _ in 0..10 {
        w.reserve(&[SECOND], 0).await;
    }
    assert_eq!(w.reserve(&[FIRST, SECOND], 0).await, Admission::Wait);
    assert_eq!(w.reserve(&[SECOND, FIRST], 0).await, Admission::Wait);
    assert_eq!(w.meters().await[0], Meter::default());
    for _ in 0..10 {
        w.settle(vec![settlement(FIRST, None, Outcome::Failed)], 0)
            .await;
    }
    assert_eq!(w.reserve(&[SECOND, FIRST], 0).await, Admission::Locked);
}

pub(super) async fn places_of_the_dead_are_free_after_ten_seconds(w: World) {
    for _ in 0..10 {
        w.reserve(&[FIRST], 0).await;
    }
    assert_eq!(w.reserve(&[FIRST], 9).await, Admission::Wait);
    assert_eq!(w.reserve(&[FIRST], 10).await, Admission::Reserved);
}

pub(super) async fn the_last_failure_locks_and_leaves_one_row(w: World) {
    let octocat = w.user("octocat").await;
    let before = w.trail().await.len();
    let stamp = |seconds: i64| Stamp {
        at: NOW.plus(seconds),
        by: Actor::System,
        address: Some([192, 0, 2, 1].into()),
        request_id: Some("1:2:3".to_owned()),
        reason: None,
    };
    for seconds in 0..12 {
        let failed = vec![settlement(FIRST, None, Outcome::Failed)];
        let settled = w.store.settle(failed, Some(octocat.id), stamp(seconds));
        settled.await.unwrap();
    }
    let rows = w.trail().await.split_off(before);
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!(row.action, "user.sign_in_locked");
    assert_eq!(row.at, NOW.plus(9));
    assert_eq!(
        (row.user_id, row.actor_kind.as_str()),
        (Some(octocat.id), "system")
    );
    assert_eq!(row.address.as_deref(), Some("192.0.2.1"));
    assert_eq!(row.request_id.as_deref(), Some("1:2:3"));
    assert!(w.meters().await[0].is_locked(NOW.plus(308)));
    assert_eq!(w.reserve(&[FIRST], 308).await, Admission::Locked);
    assert_eq!(w.reserve(&[FIRST], 309).await, Admission::Reserved);
}

pub(super) async fn a_limit_without_a_lock_slides_and_leaves_no_row(w: World) {
    for seconds in 0..12 {
        let failed = Settlement {
            limit: SLIDING,
            ..settlement(FIRST, None, Outcome::Failed)
        };
        w.settle(vec![failed], seconds).await;
    }
    assert_eq!(w.meters().await[0].failures(300, NOW.plus(12)), 10);
    let reserve = async |seconds| {
        let places = vec![(FIRST, SLIDING)];
        w.store.reserve(places, NOW.plus(seconds)).await.unwrap()
    };
    assert_eq!(reserve(299).await, Admission::Locked);
    assert_eq!(reserve(300).await, Admission::Reserved);
    assert!(w.trail().await.is_empty());
}

pub(super) async fn a_success_clears_and_leaves_nothing_behind(w: World) {
    for _ in 0..9 {
        w.settle(vec![settlement(FIRST, None, Outcome::Failed)], 0)
            .await;
    }
    w.reserve(&[FIRST], 1).await;
    w.settle(vec![settlement(FIRST, Some(1), Outcome::Cleared)], 2)
        .await;
    assert_eq!(w.meters().await[0], Meter::default());
    // Of what is not there, nothing comes about.
    for outcome in [Outcome::Cleared, Outcome::Returned] {
        w.settle(vec![settlement(SECOND, Some(0), outcome)], 2)
            .await;
    }
    assert_eq!(w.meters().await[1], Meter::default());
}

pub(super) async fn several_meters_settle_at_once(w: World) {
    w.reserve(&[FIRST, SECOND], 0).await;
    let both = vec![
        settlement(SECOND, Some(0), Outcome::Returned),
        settlement(FIRST, Some(0), Outcome::Failed),
    ];
    w.settle(both, 5).await;
    let [first, second] = w.meters().await;
    assert_eq!(first.failures.to_stored(), NOW.plus(5).0.to_string());
    assert_eq!(first.reserved.to_stored(), "");
    assert_eq!(second, Meter::default());
}

pub(super) async fn of_two_hundred_attempts_ten_get_a_place(w: World) {
    let attempt = |w: World| async move { w.reserve(&[FIRST, SECOND], 0).await };
    let admitted = w.race(200, attempt).await;
    let count = |what| admitted.iter().filter(|one| **one == what).count();
    assert_eq!(
        (count(Admission::Reserved), count(Admission::Wait)),
        (10, 190)
    );
}

pub(super) async fn of_a_hundred_failures_at_once_none_is_lost(w: World) {
    let limit = Limit {
        most: 1_000,
        window: 3_600,
        lock: None,
        tell: None,
    };
    let fail = move |w: World| async move {
        let failed = [FIRST, SECOND].map(|key| Settlement {
            key,
            limit,
            reserved: None,
            outcome: Outcome::Failed,
        });
        w.settle(failed.into(), 0).await;
    };
    w.race(100, fail).await;
    for meter in w.meters().await {
        assert_eq!(meter.failures(3_600, NOW), 100);
    }
}

pub(super) async fn failing_and_clearing_at_once_loses_no_meter(w: World) {
    let turn = |w: World| async move {
        let (failed, cleared) = (Outcome::Failed, Outcome::Cleared);
        for outcome in [failed, cleared, failed, cleared] {
            w.settle(vec![settlement(FIRST, None, outcome)], 0).await;
        }
    };
    w.race(50, turn).await;
    w.settle(vec![settlement(FIRST, None, Outcome::Cleared)], 300)
        .await;
    assert_eq!(w.meters().await[0], Meter::default());
}

pub(super) async fn counts_add_up_until_their_hour_ends(w: World) {
    assert_eq!(w.add(&[("a", 3, 3_600)], 0).await, [(3, 3_600)]);
    // The hour that goes on keeps its end.
    assert_eq!(w.add(&[("a", 4, 3_700)], 100).await, [(7, 3_600)]);
    assert_eq!(w.add(&[("a", -2, 9_999)], 3_599).await, [(5, 3_600)]);
    assert_eq!(w.add(&[("a", 1, 7_200)], 3_600).await, [(1, 7_200)]);
}

pub(super) async fn counts_are_answered_in_the_order_of_the_question(w: World) {
    w.add(&[("b", 20, 60), ("c", 30, 70)], 0).await;
    let totals = w.add(&[("a", 1, 80), ("b", 1, 80), ("c", 1, 80)], 0).await;
    assert_eq!(totals, [(1, 80), (21, 60), (31, 70)]);
    assert_eq!(w.add(&[], 0).await, []);
}

pub(super) async fn of_a_hundred_counts_at_once_none_is_lost(w: World) {
    let add = |w: World| async move {
        w.add(&[("a", 1, 60), ("b", 2, 60)], 0).await;
    };
    w.race(100, add).await;
    let totals = w.add(&[("a", 0, 60), ("b", 0, 60)], 0).await;
    assert_eq!(totals, [(100, 60), (200, 60)]);
}

/// Whoever reaps goes by this: a row is of use until then, and no longer.
pub(super) async fn what_is_over_counts_for_nothing_though_nobody_deletes_it(w: World) {
    for _ in 0..10 {
        w.settle(vec![settlement(FIRST, None, Outcome::Failed)], 0)
            .await;
    }
    let [locked, _] = w.meters().await;
    assert_eq!(locked.expires_at(&LOCKING), Some(NOW.plus(300)));
    assert!(!locked.is_locked(NOW.plus(300)));
    assert_eq!(locked.failures(300, NOW.plus(300)), 0);
    assert_eq!(w.reserve(&[FIRST], 300).await, Admission::Reserved);
}
