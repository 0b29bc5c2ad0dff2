//! Checks from memory: that there are any, and that none outlives what it rests on.

use std::future::poll_fn;
use std::path::Path;
use std::pin::pin;
use std::task::Poll;

use grantd_core::app::App;
use grantd_core::secret::SecretHash;
use grantd_core::store::{
    AdminStore, AppStore, AuthorizationStore, TokenVerdict, Upkeep, UserStore,
};
use grantd_core::user::{Login, User};

use super::super::{Options, SqliteStore};
use super::{NOW, app, create, hash, is_valid, open, stamp, token, user};
use crate::db::{DbError, Undo};
use crate::toll::Kind;

mod others;
mod sign_ins;

struct Place {
    store: SqliteStore,
    octocat: User,
    app: App,
}

/// Ten valid tokens, numbers 1 to 10, and one reader.
async fn place(path: &Path) -> Place {
    let options = Options {
        readers: 1,
        ..Options::default()
    };
    let store = SqliteStore::open(path, options).unwrap();
    let octocat = user(&store, "octocat").await;
    let app = app(&store, &octocat).await;
    for number in 1..=10 {
        create(&store, token(&octocat, &app, number)).await;
    }
    Place {
        store,
        octocat,
        app,
    }
}

impl Place {
    fn statements(&self) -> u64 {
        self.store.engine.toll.load().statements
    }

    /// Whether the token of this number is valid by both look-ups, and how many statements that took.
    async fn check(&self, number: u64) -> (bool, u64) {
        let before = self.statements();
        let valid = is_valid(&self.store, &self.app, hash(number)).await;
        let verdict = self.store.find_token(hash(number), NOW).await.unwrap();
        assert_eq!(matches!(verdict, TokenVerdict::Valid(_)), valid);
        (valid, self.statements() - before)
    }

    /// After this, all ten are answered from memory.
    async fn warm_up(&self) {
        self.warm_up_but(&[]).await;
    }

    async fn warm_up_but(&self, gone: &[u64]) {
        for number in (1..=10).filter(|number| !gone.contains(number)) {
            self.check(number).await;
            assert_eq!(self.check(number).await, (true, 0), "{number}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_check_takes_no_look_up_and_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder.path().join("db")).await;
    let asked = || {
        place
            .store
            .check_token(&place.app.client_id, Some(hash(1)), NOW)
    };
    let looked_up = asked().await.unwrap().unwrap();
    let before = place.statements();
    let known = asked().await.unwrap().unwrap();
    assert_eq!(place.statements(), before);
    assert_eq!(known.token, looked_up.token);
    let shown = |app: &grantd_core::app::AppCredentials| {
        (
            app.app.clone(),
            app.secret_hash.map(|hash| hash.0),
            app.auth_generation,
        )
    };
    assert_eq!(shown(&known.credentials), shown(&looked_up.credentials));
    let alone = place.store.check_token(&place.app.client_id, None, NOW);
    assert!(alone.await.unwrap().unwrap().token.is_none());
    assert_eq!(place.statements(), before, "the app alone is known, too");
    assert!(!is_valid(&place.store, &place.app, hash(99)).await);
    assert_eq!(
        place.statements(),
        before + 1,
        "what is not valid is looked up"
    );
}

/// The look-up is done, its answer lies there, and the token is revoked before anybody has kept it.
#[tokio::test(flavor = "multi_thread")]
async fn sec_a_look_up_that_a_revocation_overtook_is_kept_for_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder.path().join("db")).await;
    // The count is accounted for, or nothing would be kept in any case.
    place.warm_up().await;
    create(&place.store, token(&place.octocat, &place.app, 11)).await;
    // The only reader is busy until it is let go.
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let engine = &place.store.engine;
    let mut busy = pin!(engine.look_up(Kind::LookUp, move |_| {
        let _ = held.recv();
        Ok(())
    }));
    let is_busy = poll_fn(|context| Poll::Ready(busy.as_mut().poll(context).is_pending()));
    assert!(is_busy.await);
    let mut overtaken = pin!(place.store.find_token(hash(11), NOW));
    let asked = poll_fn(|context| Poll::Ready(overtaken.as_mut().poll(context).is_pending()));
    assert!(asked.await, "the reader has it now");
    drop(hold);
    busy.await.unwrap();
    // The only reader works in turn: when this is answered, so is the other.
    place.store.find_user_by_id(place.octocat.id).await.unwrap();
    let revoked = place.store.revoke_token(place.app.id, hash(11), stamp());
    assert!(revoked.await.unwrap());
    let verdict = overtaken.await.unwrap();
    assert!(
        matches!(verdict, TokenVerdict::Valid(_)),
        "read before the revocation"
    );
    let (valid, statements) = place.check(11).await;
    assert!(!valid && statements == 2, "{valid} {statements}");
    // And without a revocation it would have been kept: this test can fail.
    create(&place.store, token(&place.octocat, &place.app, 12)).await;
    place.store.find_token(hash(12), NOW).await.unwrap();
    let before = place.statements();
    place.store.find_token(hash(12), NOW).await.unwrap();
    assert_eq!(place.statements(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_voids_what_rests_on_it_before_it_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder.path().join("db")).await;
    let (store, app) = (&place.store, &place.app);
    place.warm_up().await;

    assert!(store.revoke_token(app.id, hash(1), stamp()).await.unwrap());
    assert!(!place.check(1).await.0, "revoked");

    let new = grantd_core::authorization::NewToken {
        hash: hash(20),
        last_eight: grantd_core::token::TokenLastEight("87654321".to_owned()),
    };
    let reset = store
        .reset_token(app.id, hash(2), new, stamp())
        .await
        .unwrap();
    assert!(reset.is_some() && !place.check(2).await.0, "reset");
    assert!(place.check(20).await.0);

    place.warm_up_but(&[1, 2]).await;
    let renamed = store.rename_user(place.octocat.id, Login::parse("monalisa").unwrap(), stamp());
    renamed.await.unwrap().unwrap().unwrap();
    let TokenVerdict::Valid(found) = store.find_token(hash(3), NOW).await.unwrap() else {
        panic!("3 is valid");
    };
    assert_eq!(found.user.login.as_str(), "monalisa");

    let secret = SecretHash([8; 32]);
    place.warm_up_but(&[1, 2]).await;
    let rotated = store.rotate_app_secret(app.id, secret, None, stamp());
    assert!(rotated.await.unwrap());
    let check = store.check_token(&app.client_id, None, NOW).await.unwrap();
    assert_eq!(
        check.unwrap().credentials.secret_hash.map(|hash| hash.0),
        Some([8; 32])
    );

    place.warm_up_but(&[1, 2]).await;
    assert!(
        store
            .set_app_suspended(app.id, true, stamp())
            .await
            .unwrap()
    );
    assert!(!place.check(3).await.0, "the app is suspended");
    assert!(
        store
            .set_app_suspended(app.id, false, stamp())
            .await
            .unwrap()
    );
    assert!(place.check(3).await.0);

    place.warm_up_but(&[1, 2]).await;
    let suspended = store.set_user_suspended(place.octocat.id, true, stamp());
    assert!(suspended.await.unwrap());
    let verdict = store.find_token(hash(3), NOW).await.unwrap();
    assert_eq!(verdict, TokenVerdict::OwnerSuspended);
    assert!(!is_valid(store, app, hash(3)).await);
    let unsuspended = store.set_user_suspended(place.octocat.id, false, stamp());
    assert!(unsuspended.await.unwrap());

    place.warm_up_but(&[1, 2]).await;
    let revoked = store.revoke_grant_by_token(app.id, hash(3), stamp());
    assert!(revoked.await.unwrap());
    for number in 3..=10 {
        assert!(!place.check(number).await.0, "{number}: the grant is gone");
    }
}

/// Else checks beside many creates would be as dear as if nothing were kept.
#[tokio::test(flavor = "multi_thread")]
async fn creates_and_neighbours_void_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder.path().join("db")).await;
    place.warm_up().await;
    for number in 100..150 {
        create(&place.store, token(&place.octocat, &place.app, number)).await;
        assert_eq!(place.check(1 + number % 10).await, (true, 0), "{number}");
    }
    let revoked = place.store.revoke_token(place.app.id, hash(1), stamp());
    assert!(revoked.await.unwrap());
    assert_eq!(place.check(2).await, (true, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn expiry_is_compared_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder.path().join("db")).await;
    let mut new = token(&place.octocat, &place.app, 11);
    new.expires_at = Some(NOW.plus(10));
    create(&place.store, new).await;
    assert!(place.check(11).await.0);
    assert_eq!(place.check(11).await, (true, 0));
    let at = |now| {
        place
            .store
            .check_token(&place.app.client_id, Some(hash(11)), now)
    };
    let last = at(NOW.plus(9)).await.unwrap().unwrap();
    assert!(last.token.is_some());
    let over = at(NOW.plus(10)).await.unwrap().unwrap();
    assert!(over.token.is_none());
}

/// Steps that write nothing, or fail, commit nothing that would have to be accounted for.
#[tokio::test(flavor = "multi_thread")]
async fn empty_and_failing_steps_leave_the_account_right() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let place = place(&path).await;
    let command = open(&path);
    place.warm_up().await;
    let store = &place.store;
    assert!(
        !store
            .revoke_token(place.app.id, hash(99), stamp())
            .await
            .unwrap()
    );
    let failing = store.engine.change::<()>(|conn| {
        conn.execute("DELETE FROM authorizations", [])
            .map_err(DbError::from)?;
        Err(Undo::Engine(DbError::Missing))
    });
    assert!(failing.await.is_err());
    for number in 1..=10 {
        assert!(place.check(number).await.0, "{number}: the step was undone");
    }
    place.warm_up().await;
    let revoked = command.revoke_token(place.app.id, hash(1), stamp());
    assert!(revoked.await.unwrap());
    assert!(!place.check(1).await.0);
    assert!(place.check(2).await.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_known_after_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder.path().join("db")).await;
    place.warm_up().await;
    place.store.close().await;
    let check = place
        .store
        .check_token(&place.app.client_id, Some(hash(1)), NOW);
    assert!(check.await.is_err());
    assert!(place.store.find_token(hash(1), NOW).await.is_err());
}
