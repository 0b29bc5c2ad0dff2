//! Promises about one-time codes, recovery codes and known addresses.

use grantd_core::ids::UserId;
use grantd_core::store::OtpUse::{self, Once, ReusableFromSameAddress as Again};
use grantd_core::user::NewUser;

use super::world::*;

async fn spend(w: &World, id: UserId, step: i64, from: u8, how: OtpUse) -> bool {
    let spent = w.store.spend_otp_step(id, step, address(from), how);
    spent.await.unwrap()
}

pub(super) async fn a_step_for_once_is_dead_for_both_uses(w: World) {
    let id = w.user("octocat").await.id;
    let other = w.user("hubot").await.id;
    assert!(spend(&w, id, 5, 1, Once).await);
    assert!(!spend(&w, id, 5, 1, Once).await);
    assert!(!spend(&w, id, 5, 1, Again).await);
    // Another step, another user.
    assert!(spend(&w, id, 6, 1, Once).await);
    assert!(spend(&w, other, 5, 1, Once).await);
}

pub(super) async fn a_reusable_step_serves_its_first_address_only(w: World) {
    let id = w.user("octocat").await.id;
    assert!(spend(&w, id, 5, 1, Again).await);
    assert!(spend(&w, id, 5, 1, Again).await);
    assert!(!spend(&w, id, 5, 2, Again).await);
    assert!(spend(&w, id, 5, 1, Again).await);
}

pub(super) async fn a_reused_step_is_dead_for_once(w: World) {
    let id = w.user("octocat").await.id;
    assert!(spend(&w, id, 5, 1, Again).await);
    assert!(!spend(&w, id, 5, 1, Once).await);
    // A refused attempt changes nothing.
    assert!(spend(&w, id, 5, 1, Again).await);
}

pub(super) async fn one_of_a_hundred_spends_a_step(w: World) {
    let id = w.user("octocat").await.id;
    let spent = w.race(100, |w| async move { spend(&w, id, 5, 1, Once).await });
    let yes = spent.await.into_iter().filter(|spent| *spent).count();
    assert_eq!(yes, 1);
}

pub(super) async fn one_of_a_hundred_burns_a_recovery_code(w: World) {
    let new = NewUser {
        second_factor: Some(factor(&[[1; 32], [2; 32]])),
        ..new_user("octocat")
    };
    let id = w.user_of(new).await.id;
    let burn = |w: World| async move {
        let burnt = w.store.burn_recovery_code(id, [1; 32], operator());
        burnt.await.unwrap()
    };
    let burnt = w.race(100, burn).await;
    assert_eq!(burnt.into_iter().filter(|burnt| *burnt).count(), 1);
    let other = w.store.burn_recovery_code(id, [2; 32], operator());
    assert!(other.await.unwrap());
}

pub(super) async fn a_recovery_code_is_bound_to_its_user(w: World) {
    let new = NewUser {
        second_factor: Some(factor(&[[1; 32]])),
        ..new_user("octocat")
    };
    let (octocat, hubot) = (w.user_of(new).await, w.user("hubot").await);
    let burn = async |id| {
        let burnt = w.store.burn_recovery_code(id, [1; 32], operator());
        burnt.await.unwrap()
    };
    assert!(!burn(hubot.id).await);
    assert!(burn(octocat.id).await);
}

pub(super) async fn an_address_is_remembered_with_its_latest_time(w: World) {
    let id = w.user("octocat").await.id;
    w.user("hubot").await;
    let seen = async |last| w.last_seen("octocat", address(last)).await;
    assert_eq!(seen(1).await, None);
    for at in [NOW, NOW.plus(60), NOW.plus(30)] {
        w.store.remember_address(id, address(1), at).await.unwrap();
    }
    assert_eq!(seen(1).await, Some(NOW.plus(60)));
    assert_eq!(seen(2).await, None);
    for other in ["hubot", "nobody"] {
        assert_eq!(w.last_seen(other, address(1)).await, None);
    }
}
