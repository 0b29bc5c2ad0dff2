//! Promises about passkeys.

use grantd_core::authority::BrowserIdentity;
use grantd_core::passkey::{NewPasskey, Passkey, PasskeyUse};
use grantd_core::store::{MOST_PASSKEYS, PasskeyNotAdded};
use grantd_core::user::User;

use super::sessions::{find, sign_in};
use super::world::*;

pub(super) fn new_passkey(credential: &[u8]) -> NewPasskey {
    NewPasskey {
        credential_id: credential.to_vec(),
        name: "☂ key".to_owned(),
        data: b"{\"cred\":\"\\u0000\"}\0\xff".to_vec(),
        counter: 0,
    }
}

/// A passkey under a session of its own.
async fn add(w: &World, user: &User, credential: &[u8]) -> Result<Passkey, PasskeyNotAdded> {
    let (who, _) = sign_in(w, user).await;
    let added = w
        .store
        .add_passkey(who, new_passkey(credential), operator());
    added.await.unwrap()
}

async fn names(w: &World, user: &User) -> Vec<String> {
    let all = w.store.list_passkeys(user.id).await.unwrap();
    all.into_iter().map(|one| one.name).collect()
}

pub(super) async fn a_passkey_reads_back_for_its_user_and_for_a_sign_in(w: World) {
    let octocat = w.user("octocat").await;
    let rows = w.trail().await.len();
    let first = add(&w, &octocat, b"one").await.unwrap();
    assert_eq!(first.name, "☂ key");
    assert_eq!(first.data, new_passkey(b"").data);
    assert_eq!((first.counter, first.created_at), (0, NOW));
    assert_eq!((first.user_id, first.last_used_at), (octocat.id, None));
    assert_eq!(w.actions(rows + 1).await, ["passkey.create"]);
    let second = add(&w, &octocat, b"\0").await.unwrap();
    let listed = w.store.list_passkeys(octocat.id).await.unwrap();
    assert_eq!(listed, [first.clone(), second]);
    let found = w.store.find_passkey(b"one".to_vec()).await.unwrap();
    let found = found.unwrap();
    assert_eq!((found.passkey, found.user.id), (first, octocat.id));
    let nobodys = w.store.find_passkey(b"On".to_vec()).await.unwrap();
    assert_eq!(nobodys, None);
    let suspended = w.store.set_user_suspended(octocat.id, true, operator());
    assert!(suspended.await.unwrap());
    let found = w.store.find_passkey(b"one".to_vec()).await.unwrap();
    assert!(found.unwrap().user.suspended_at.is_some());
}

pub(super) async fn a_credential_is_one_passkey(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    add(&w, &octocat, b"one").await.unwrap();
    let generation = w.credentials("hubot").await.auth_generation;
    assert_eq!(add(&w, &hubot, b"one").await, Err(PasskeyNotAdded::Taken));
    assert_eq!(add(&w, &octocat, b"one").await, Err(PasskeyNotAdded::Taken));
    assert_eq!(w.credentials("hubot").await.auth_generation, generation);
}

pub(super) async fn one_of_a_hundred_adds_a_credential(w: World) {
    let octocat = w.user("octocat").await;
    let hubot = w.user("hubot").await;
    let (one, _) = sign_in(&w, &octocat).await;
    let (other, _) = sign_in(&w, &hubot).await;
    let added = w.race(100, move |w| {
        let who = match w.token().last_eight.0.ends_with(['1', '3', '5', '7', '9']) {
            true => one.clone(),
            false => other.clone(),
        };
        async move {
            let added = w.store.add_passkey(who, new_passkey(b"one"), operator());
            matches!(added.await, Ok(Ok(_)))
        }
    });
    let added = added.await;
    assert_eq!(added.iter().filter(|added| **added).count(), 1);
}

pub(super) async fn a_user_has_so_many_passkeys(w: World) {
    let octocat = w.user("octocat").await;
    for number in 0..MOST_PASSKEYS as u8 {
        add(&w, &octocat, &[number]).await.unwrap();
    }
    assert_eq!(
        add(&w, &octocat, b"more").await,
        Err(PasskeyNotAdded::TooMany)
    );
    let hubot = w.user("hubot").await;
    assert!(add(&w, &hubot, b"more").await.is_ok());
}

pub(super) async fn after_a_passkey_comes_or_goes_the_own_session_goes_on(w: World) {
    let octocat = w.user("octocat").await;
    let (who, own) = sign_in(&w, &octocat).await;
    let (_, other) = sign_in(&w, &octocat).await;
    let added = w
        .store
        .add_passkey(who.clone(), new_passkey(b"one"), operator());
    let id = added.await.unwrap().unwrap().id;
    let goes_on = |generation| BrowserIdentity {
        auth_generation: generation,
        ..who.clone()
    };
    let live = find(&w, own).await.unwrap();
    assert_eq!(live.auth_generation, who.auth_generation + 1);
    assert!(find(&w, other).await.is_none());

    let (_, other) = sign_in(&w, &octocat).await;
    let renamed = w
        .store
        .rename_passkey(octocat.id, id, "other".to_owned(), operator());
    assert!(renamed.await.unwrap());
    assert_eq!(names(&w, &octocat).await, ["other"]);
    let live = find(&w, other).await.unwrap();
    assert_eq!(live.auth_generation, who.auth_generation + 1);

    let who = goes_on(live.auth_generation);
    let rows = w.trail().await.len();
    let removed = w.store.remove_passkey(who.clone(), id, operator());
    assert!(removed.await.unwrap());
    assert_eq!(names(&w, &octocat).await, [""; 0]);
    assert_eq!(w.actions(rows).await, ["passkey.destroy", "user.logout"]);
    let live = find(&w, own).await.unwrap();
    assert_eq!(live.auth_generation, who.auth_generation + 1);
    assert!(find(&w, other).await.is_none());
}

pub(super) async fn anothers_passkey_looks_missing(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let id = add(&w, &octocat, b"one").await.unwrap().id;
    let (other, _) = sign_in(&w, &hubot).await;
    let rows = w.trail().await.len();
    let renamed = w
        .store
        .rename_passkey(hubot.id, id, "mine".to_owned(), operator());
    assert!(!renamed.await.unwrap());
    let removed = w.store.remove_passkey(other.clone(), id, operator());
    assert!(!removed.await.unwrap());
    let generation = w.credentials("hubot").await.auth_generation;
    assert_eq!(generation, other.auth_generation);
    assert_eq!(names(&w, &octocat).await, ["☂ key"]);
    assert_eq!(w.trail().await.len(), rows);
}

pub(super) async fn a_counter_goes_up_or_never_counts(w: World) {
    let octocat = w.user("octocat").await;
    let passkey = add(&w, &octocat, b"one").await.unwrap();
    let used = async |counter: u32, at: i64| {
        let used = PasskeyUse {
            id: passkey.id,
            data: counter.to_string().into_bytes(),
            counter,
            at: NOW.plus(at),
        };
        w.store.use_passkey(used).await.unwrap()
    };
    assert!(used(0, 1).await && used(0, 2).await, "it does not count");
    assert!(used(5, 3).await, "it begins to count");
    for counter in [0, 4, 5] {
        assert!(!used(counter, 9).await, "{counter}");
    }
    assert!(used(u32::MAX, 4).await);
    let kept = w.store.find_passkey(b"one".to_vec()).await.unwrap();
    let kept = kept.unwrap().passkey;
    assert_eq!(kept.counter, u32::MAX);
    assert_eq!(kept.data, u32::MAX.to_string().into_bytes());
    assert_eq!(kept.last_used_at, Some(NOW.plus(4)));
    w.store.reset_factors(octocat.id, operator()).await.unwrap();
    assert!(!used(7, 9).await, "it is gone");
}

pub(super) async fn factors_are_reset_together(w: World) {
    let octocat = w.user("octocat").await;
    let reset = async || w.store.reset_factors(octocat.id, operator()).await.unwrap();
    assert!(!reset().await, "there are none");
    let set = w
        .store
        .set_second_factor(octocat.id, Some(factor(&[[1; 32]])), operator());
    assert!(set.await.unwrap());
    add(&w, &octocat, b"one").await.unwrap();
    add(&w, &octocat, b"two").await.unwrap();
    let before = w.credentials("octocat").await;
    let rows = w.trail().await.len();
    assert!(reset().await);
    let after = w.credentials("octocat").await;
    assert_eq!(after.auth_generation, before.auth_generation + 1);
    assert!(!after.user.two_factor && after.totp_seed.is_none());
    assert_eq!(names(&w, &octocat).await, [""; 0]);
    let expected = ["two_factor.disable", "passkey.destroy", "passkey.destroy"];
    assert_eq!(w.actions(rows).await, expected);
    let burnt = w.store.burn_recovery_code(octocat.id, [1; 32], operator());
    assert!(!burnt.await.unwrap());
    // Passkeys alone are enough.
    add(&w, &octocat, b"one").await.unwrap();
    let before = w.credentials("octocat").await.auth_generation;
    assert!(reset().await);
    let after = w.credentials("octocat").await.auth_generation;
    assert_eq!(after, before + 1);
}

pub(super) async fn passkey_ids_are_never_given_out_again(w: World) {
    let octocat = w.user("octocat").await;
    let first = add(&w, &octocat, b"one").await.unwrap().id;
    w.store.reset_factors(octocat.id, operator()).await.unwrap();
    let second = add(&w, &octocat, b"one").await.unwrap().id;
    assert!(first < second);
}

pub(super) async fn passkeys_go_with_their_user(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    add(&w, &octocat, b"one").await.unwrap();
    add(&w, &hubot, b"two").await.unwrap();
    assert!(w.store.delete_user(octocat.id, operator()).await.unwrap());
    assert_eq!(w.store.find_passkey(b"one".to_vec()).await.unwrap(), None);
    assert_eq!(names(&w, &hubot).await.len(), 1);
    assert!(
        add(&w, &hubot, b"one").await.is_ok(),
        "the credential is free"
    );
}
