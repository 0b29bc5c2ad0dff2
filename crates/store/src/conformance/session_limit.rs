//! Promises about how many sessions a user has.

use grantd_core::audit::Stamp;
use grantd_core::authority::BrowserIdentity;
use grantd_core::secret::SecretHash;
use grantd_core::store::{NewSession, Sighting};

use super::sessions::{code, find, fresh_hash, is_kept, sign_in};
use super::world::*;

const DAY: i64 = 86_400;

/// A session of which `most` may be alive with it.
async fn sign_in_among(w: &World, who: &BrowserIdentity, at: i64, most: u32) -> SecretHash {
    let hash = fresh_hash(w);
    let new = NewSession {
        hash,
        user_agent: String::new(),
        expires_at: NOW.plus(at + DAY),
        sudo_until: NOW,
        most,
    };
    let stamp = Stamp {
        at: NOW.plus(at),
        ..by(who.actor())
    };
    w.store.create_session(new, stamp).await.unwrap();
    hash
}

pub(super) async fn only_so_many_sessions_of_a_user_stay(w: World) {
    let octocat = w.user("octocat").await;
    let (hubot, of_hubot) = sign_in(&w, &w.user("hubot").await).await;
    let (who, first) = sign_in(&w, &octocat).await;
    let unused = code(&w, &who).await;
    let second = sign_in_among(&w, &who, 1, 3).await;
    let third = sign_in_among(&w, &who, 2, 3).await;
    for hash in [first, second, third] {
        assert!(find(&w, hash).await.is_some(), "there is room");
    }
    // The first was used last, so the second goes.
    let sighting = Sighting {
        session: who.session,
        at: NOW.plus(10),
        address: String::new(),
        expires_at: NOW.plus(DAY),
    };
    w.store.see_session(sighting).await.unwrap();
    let seen = w.trail().await.len();
    let fourth = sign_in_among(&w, &who, 11, 3).await;
    assert_eq!(w.actions(seen).await, ["user.login", "user.logout"]);
    assert!(find(&w, second).await.is_none());
    for hash in [first, third, fourth] {
        assert!(find(&w, hash).await.is_some());
    }
    // Whoever is signed in now stays, even by a clock that is behind; the code goes with its session.
    let last = sign_in_among(&w, &who, -5, 1).await;
    assert!(find(&w, last).await.is_some());
    let list = w.store.list_sessions(octocat.id, NOW).await.unwrap();
    assert_eq!(list.len(), 1);
    assert!(!is_kept(&w, unused).await);
    assert!(find(&w, of_hubot).await.is_some(), "another's");
    // What is over already takes no room.
    sign_in_among(&w, &hubot, -DAY, 2).await;
    sign_in_among(&w, &hubot, 1, 2).await;
    assert!(find(&w, of_hubot).await.is_some());
}

pub(super) async fn of_forty_who_sign_in_at_once_so_many_stay(w: World) {
    let octocat = w.user("octocat").await;
    let (who, _) = sign_in(&w, &octocat).await;
    let all = w
        .race(40, |w| {
            let who = who.clone();
            async move { sign_in_among(&w, &who, 1, 5).await }
        })
        .await;
    let mut alive = 0;
    for hash in all {
        alive += usize::from(find(&w, hash).await.is_some());
    }
    assert_eq!(alive, 5);
    let list = w.store.list_sessions(octocat.id, NOW).await.unwrap();
    assert_eq!(list.len(), 5);
}
