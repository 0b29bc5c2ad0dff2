//! Promises about sessions in browsers.

use grantd_core::audit::{Actor, Stamp};
use grantd_core::authority::BrowserIdentity;
use grantd_core::clock::Timestamp;
use grantd_core::ids::SessionId;
use grantd_core::secret::SecretHash;
use grantd_core::store::{Consented, LiveSession, NewCode, NewSession, Sighting, StoreError};
use grantd_core::user::{PasswordHash, User};

use super::world::*;

const DAY: i64 = 86_400;

/// The hash of no other secret.
pub(super) fn fresh_hash(w: &World) -> SecretHash {
    SecretHash(w.token().hash.0)
}

/// A session, and the hash of its secret.
pub(super) async fn sign_in_at(
    w: &World,
    user: &User,
    at: Timestamp,
) -> (BrowserIdentity, SecretHash) {
    let credentials = w.credentials(user.login.as_str()).await;
    let auth_generation = credentials.auth_generation;
    let hash = fresh_hash(w);
    let new = NewSession {
        hash,
        user_agent: "Mozilla/5.0".to_owned(),
        expires_at: at.plus(14 * DAY),
        sudo_until: at.plus(300),
        most: 50,
    };
    let stamp = Stamp {
        at,
        address: Some([192, 0, 2, 7].into()),
        ..by(Actor::User {
            id: user.id,
            auth_generation,
        })
    };
    let session = w.store.create_session(new, stamp).await.unwrap();
    let who = BrowserIdentity {
        user: credentials.user,
        auth_generation,
        session,
    };
    (who, hash)
}

pub(super) async fn sign_in(w: &World, user: &User) -> (BrowserIdentity, SecretHash) {
    sign_in_at(w, user, NOW).await
}

pub(super) async fn find(w: &World, hash: SecretHash) -> Option<LiveSession> {
    w.store.find_session(hash, NOW).await.unwrap()
}

/// A code under a session, not used yet; whether it is still there is for [`is_kept`].
pub(super) async fn code(w: &World, who: &BrowserIdentity) -> [u8; 32] {
    let client_id = format!("app-{}", w.token().last_eight.0);
    let app = w.app(&client_id, &who.user).await;
    let hash = fresh_hash(w).0;
    let new = NewCode {
        hash,
        app: app.id,
        user: who.user.id,
        session: who.session,
        redirect_uri: "https://app.example/back".to_owned(),
        challenge: None,
        scopes: scopes("repo"),
        expires_at: NOW.plus(600),
    };
    let made = w.store.create_code(new, Consented::Now, by(who.actor()));
    assert!(made.await.unwrap());
    hash
}

pub(super) async fn is_kept(w: &World, code: [u8; 32]) -> bool {
    w.store.find_code(code).await.unwrap().is_some()
}

pub(super) async fn a_session_is_of_the_acting_user(w: World) {
    let octocat = w.user("octocat").await;
    let (who, hash) = sign_in(&w, &octocat).await;
    let found = find(&w, hash).await.unwrap();
    assert_eq!(found.user, octocat);
    assert_eq!(found.auth_generation, who.auth_generation);
    let record = &found.record;
    assert_eq!(
        (record.id, record.created_at, record.seen_at),
        (who.session, NOW, NOW)
    );
    assert_eq!(
        (record.expires_at, record.sudo_until),
        (NOW.plus(14 * DAY), NOW.plus(300))
    );
    assert_eq!(
        (record.address.as_str(), record.user_agent.as_str()),
        ("192.0.2.7", "Mozilla/5.0")
    );
    assert!(find(&w, fresh_hash(&w)).await.is_none());
    let new = || NewSession {
        hash: fresh_hash(&w),
        user_agent: String::new(),
        expires_at: NOW,
        sudo_until: NOW,
        most: 50,
    };
    let nobodys = w.store.create_session(new(), operator()).await;
    assert!(matches!(nobodys, Err(StoreError::StaleActor)));
    let stale = Actor::User {
        id: octocat.id,
        auth_generation: who.auth_generation - 1,
    };
    let refused = w.store.create_session(new(), by(stale)).await;
    assert!(matches!(refused, Err(StoreError::StaleActor)));
    assert_eq!(w.actions(1).await, ["user.login"]);
}

pub(super) async fn each_term_of_a_sessions_life_counts(w: World) {
    let octocat = w.user("octocat").await;
    let (who, hash) = sign_in(&w, &octocat).await;
    let at = async |seconds| w.store.find_session(hash, NOW.plus(seconds)).await.unwrap();
    assert!(at(14 * DAY - 1).await.is_some());
    assert!(at(14 * DAY).await.is_none(), "its end");
    w.store
        .set_user_suspended(octocat.id, true, operator())
        .await
        .unwrap();
    assert!(at(0).await.is_none(), "suspended");
    w.store
        .set_user_suspended(octocat.id, false, operator())
        .await
        .unwrap();
    assert!(at(0).await.is_none(), "the generation has risen");
    let list = w.store.list_sessions(octocat.id, NOW).await.unwrap();
    assert!(list.is_empty());
    let (_, hash) = sign_in(&w, &who.user).await;
    let second = PasswordHash("$second".to_owned());
    w.store
        .set_password(octocat.id, second, operator())
        .await
        .unwrap();
    assert!(find(&w, hash).await.is_none(), "another password");
    let (_, hash) = sign_in(&w, &who.user).await;
    assert!(find(&w, hash).await.is_some());
    w.store.delete_user(octocat.id, operator()).await.unwrap();
    assert!(find(&w, hash).await.is_none(), "gone");
}

pub(super) async fn the_latest_use_of_a_session_stays(w: World) {
    let octocat = w.user("octocat").await;
    let (who, hash) = sign_in(&w, &octocat).await;
    let see = async |seconds: i64, last: &str| {
        let sighting = Sighting {
            session: who.session,
            at: NOW.plus(seconds),
            address: format!("192.0.2.{last}"),
            expires_at: NOW.plus(seconds + 14 * DAY),
        };
        w.store.see_session(sighting).await.unwrap();
    };
    see(600, "2").await;
    see(300, "1").await;
    let record = find(&w, hash).await.unwrap().record;
    assert_eq!(
        (record.seen_at, record.expires_at),
        (NOW.plus(600), NOW.plus(600 + 14 * DAY))
    );
    assert_eq!(record.address, "192.0.2.2");
    // A use that is noted after the end brings nothing back.
    see(20 * DAY, "3").await;
    let late = w.store.find_session(hash, NOW.plus(20 * DAY)).await;
    assert!(late.unwrap().is_none());
    w.store
        .end_session(octocat.id, who.session, operator())
        .await
        .unwrap();
    see(700, "4").await;
    assert!(find(&w, hash).await.is_none());
    assert_eq!(w.actions(1).await, ["user.login", "user.logout"]);
}

pub(super) async fn a_fresh_proof_changes_the_secret(w: World) {
    let octocat = w.user("octocat").await;
    let (who, old) = sign_in(&w, &octocat).await;
    let new = fresh_hash(&w);
    let until = NOW.plus(900);
    let renew = async |from, to| {
        let renewed = w
            .store
            .renew_session(who.session, from, to, until, by(who.actor()));
        renewed.await.unwrap()
    };
    assert!(!renew(fresh_hash(&w), new).await, "not its secret");
    assert!(renew(old, new).await);
    assert!(!renew(old, fresh_hash(&w)).await, "not any more");
    assert!(find(&w, old).await.is_none());
    let found = find(&w, new).await.unwrap();
    assert_eq!(
        (found.record.id, found.record.sudo_until),
        (who.session, until)
    );
    assert_eq!(w.actions(1).await, ["user.login", "user.enter_sudo"]);
}

pub(super) async fn one_of_a_hundred_renews_a_session(w: World) {
    let octocat = w.user("octocat").await;
    let (who, old) = sign_in(&w, &octocat).await;
    let renewed = w.race(100, |w| {
        let stamp = by(who.actor());
        async move {
            let new = fresh_hash(&w);
            let renewed = w.store.renew_session(who.session, old, new, NOW, stamp);
            renewed.await.unwrap().then_some(new)
        }
    });
    let renewed: Vec<_> = renewed.await.into_iter().flatten().collect();
    assert_eq!(renewed.len(), 1);
    assert!(find(&w, renewed[0]).await.is_some());
}

pub(super) async fn sessions_are_listed_by_their_last_use(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let (first, _) = sign_in_at(&w, &octocat, NOW).await;
    let (second, _) = sign_in_at(&w, &octocat, NOW.plus(-60)).await;
    let (over, _) = sign_in_at(&w, &octocat, NOW.plus(-14 * DAY)).await;
    sign_in(&w, &hubot).await;
    let ids = async || -> Vec<SessionId> {
        let list = w.store.list_sessions(octocat.id, NOW).await.unwrap();
        list.into_iter().map(|one| one.id).collect()
    };
    assert_eq!(ids().await, [first.session, second.session]);
    assert!(!ids().await.contains(&over.session));
    let sighting = Sighting {
        session: second.session,
        at: NOW.plus(60),
        address: "192.0.2.1".to_owned(),
        expires_at: NOW.plus(14 * DAY),
    };
    w.store.see_session(sighting).await.unwrap();
    assert_eq!(ids().await, [second.session, first.session]);
}

pub(super) async fn an_ended_session_takes_its_codes_along(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let (who, hash) = sign_in(&w, &octocat).await;
    let (other, _) = sign_in(&w, &octocat).await;
    let (code_of_it, code_of_other) = (code(&w, &who).await, code(&w, &other).await);
    let end = async |user: &User, id| w.store.end_session(user.id, id, operator()).await.unwrap();
    assert!(!end(&hubot, who.session).await, "another user's");
    assert!(find(&w, hash).await.is_some());
    assert!(end(&octocat, who.session).await);
    assert!(!end(&octocat, who.session).await);
    assert!(find(&w, hash).await.is_none());
    assert!(!is_kept(&w, code_of_it).await);
    assert!(is_kept(&w, code_of_other).await);
}

pub(super) async fn all_sessions_but_one_end_at_once(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let (own, own_hash) = sign_in(&w, &octocat).await;
    let mut codes = Vec::new();
    for _ in 0..3 {
        let (other, _) = sign_in(&w, &octocat).await;
        codes.push(code(&w, &other).await);
    }
    let (_, of_hubot) = sign_in(&w, &hubot).await;
    let end = async |except| {
        let ended = w.store.end_sessions(octocat.id, except, operator());
        ended.await.unwrap()
    };
    let rows = w.trail().await.len();
    assert_eq!(end(Some(own.session)).await, 3);
    assert_eq!(w.actions(rows).await, ["user.logout"; 3]);
    for code in codes {
        assert!(!is_kept(&w, code).await);
    }
    assert!(find(&w, own_hash).await.is_some());
    assert_eq!(end(None).await, 1);
    assert!(find(&w, own_hash).await.is_none());
    assert!(find(&w, of_hubot).await.is_some());
}

/// Whatever order sign-ins, sign-outs and a change of password come in, no session of before it is left.
pub(super) async fn signing_in_while_the_password_changes_leaves_no_old_session(w: World) {
    let octocat = w.user("octocat").await;
    let generation = w.credentials("octocat").await.auth_generation;
    let stale = by(Actor::User {
        id: octocat.id,
        auth_generation: generation,
    });
    let signing_in = w.race(40, |w| {
        let stamp = stale.clone();
        async move {
            let hash = fresh_hash(&w);
            let new = NewSession {
                hash,
                user_agent: String::new(),
                expires_at: NOW.plus(DAY),
                sudo_until: NOW,
                most: 50,
            };
            // Whoever comes too late is refused.
            let _ = w.store.create_session(new, stamp).await;
            hash
        }
    });
    let second = PasswordHash("$second".to_owned());
    let changing = w.store.set_password(octocat.id, second, operator());
    let (hashes, changed) = tokio::join!(signing_in, changing);
    assert!(changed.unwrap());
    for hash in hashes {
        assert!(find(&w, hash).await.is_none());
    }
}

pub(super) async fn ended_sessions_and_tickets_are_reaped(w: World) {
    let octocat = w.user("octocat").await;
    let (_, stays) = sign_in(&w, &octocat).await;
    for days in 1..=3 {
        sign_in_at(&w, &octocat, NOW.plus(-(14 + days) * DAY)).await;
        super::tickets::add_until(&w, NOW.plus(-days)).await;
    }
    let ticket = super::tickets::add_until(&w, NOW.plus(1)).await;
    let mut reaped = Vec::new();
    for _ in 0..3 {
        let batch = w.store.reap(NOW, 2, Stamp::system(NOW)).await.unwrap();
        reaped.push(batch.sessions);
    }
    assert_eq!(reaped, [2, 1, 0]);
    assert!(find(&w, stays).await.is_some());
    assert!(super::tickets::is_there(&w, ticket).await);
    // They are gone, not only over: nothing is left to end.
    let left = w.store.end_sessions(octocat.id, None, operator());
    assert_eq!(left.await.unwrap(), 1);
}

pub(super) async fn no_code_outlives_its_session(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    for _ in 0..20 {
        let (who, _) = sign_in_at(&w, &octocat, NOW).await;
        let new = NewCode {
            hash: fresh_hash(&w).0,
            app: app.id,
            user: octocat.id,
            session: who.session,
            redirect_uri: "https://app.example/cb".to_owned(),
            challenge: None,
            scopes: scopes("repo"),
            expires_at: NOW.plus(600),
        };
        let making = w
            .store
            .create_code(new.clone(), Consented::Now, by(who.actor()));
        let ending = w
            .store
            .end_session(octocat.id, who.session, by(who.actor()));
        let (made, ended) = tokio::join!(making, ending);
        assert!(ended.unwrap());
        assert!(matches!(made, Ok(true) | Err(StoreError::StaleActor)));
        assert!(w.store.find_code(new.hash).await.unwrap().is_none());
        let later = w.store.create_code(new, Consented::Now, by(who.actor()));
        assert!(matches!(later.await, Err(StoreError::StaleActor)));
    }
}
