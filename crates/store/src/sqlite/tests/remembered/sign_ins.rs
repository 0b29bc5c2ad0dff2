//! What an attempt to sign in looks up: known without a look-up, and never longer than it is true.

use std::net::IpAddr;

use grantd_core::audit::Stamp;
use grantd_core::login::Address;
use grantd_core::login::throttle::{Admission, Limit, Meter, MeterKey, Outcome};
use grantd_core::store::{
    AdminStore, AuthorizationStore, CounterStore, Settlement, SignInCheck, UserStore,
};
use grantd_core::user::{Login, LoginKey, PasswordHash};
use rusqlite::Connection;

use super::super::{NOW, create, hash, open, stamp, token, user};
use super::{Place, place};

const METERS: [MeterKey; 2] = [MeterKey([1; 32]), MeterKey([2; 32])];
const LIMIT: Limit = Limit {
    most: 2,
    window: 600,
    lock: None,
    tell: None,
};

fn here() -> Address {
    IpAddr::from([192, 0, 2, 1]).into()
}

impl Place {
    /// What is found under a name, and how many statements that took.
    async fn look_up(&self, login: &str) -> (SignInCheck, u64) {
        let before = self.statements();
        let login = LoginKey::of(login);
        let found = self.store.find_credentials(&login, here(), METERS).await;
        (found.unwrap(), self.statements() - before)
    }

    /// After this, both names are answered from memory.
    async fn know(&self, logins: [&str; 2]) {
        for login in logins {
            self.look_up(login).await;
            assert_eq!(self.look_up(login).await.1, 0, "{login}");
        }
    }

    /// What is found under a name after a change: not what was kept.
    async fn anew(&self, login: &str) -> SignInCheck {
        let (found, statements) = self.look_up(login).await;
        assert_eq!(statements, 1, "{login}");
        found
    }
}

fn failure() -> Settlement {
    Settlement {
        key: METERS[0],
        limit: LIMIT,
        reserved: None,
        outcome: Outcome::Failed,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_attempt_takes_no_look_up_whoever_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder.path().join("db")).await;
    place.know(["octocat", "nobody"]).await;
    let (known, _) = place.look_up("octocat").await;
    let credentials = known.credentials.unwrap();
    assert_eq!(credentials.user, place.octocat);
    assert_eq!(credentials.password_hash.0, "$");
    assert_eq!(known.meters, [Meter::default(), Meter::default()]);
    assert!(place.look_up("nobody").await.0.credentials.is_none());
    let other = [METERS[0], MeterKey([3; 32])];
    let (before, login) = (place.statements(), LoginKey::of("octocat"));
    let there = IpAddr::from([192, 0, 2, 2]).into();
    let found = place.store.find_credentials(&login, there, other).await;
    assert_eq!(found.unwrap().last_seen, None);
    assert_eq!(place.statements(), before + 1, "from another address");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_what_is_known_of_a_user_ends_with_any_change_of_users() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder.path().join("db")).await;
    let (store, id) = (&place.store, place.octocat.id);
    let generation = |found: &SignInCheck| found.credentials.as_ref().unwrap().auth_generation;
    place.know(["octocat", "hubot"]).await;
    let before = generation(&place.look_up("octocat").await.0);

    let new = PasswordHash("$$".to_owned());
    assert!(store.set_password(id, new, stamp()).await.unwrap());
    let found = place.anew("octocat").await;
    assert!(generation(&found) > before);
    assert_eq!(found.credentials.unwrap().password_hash.0, "$$");

    place.know(["octocat", "hubot"]).await;
    assert!(store.set_user_suspended(id, true, stamp()).await.unwrap());
    let found = place.anew("octocat").await.credentials.unwrap();
    assert!(found.user.suspended_at.is_some());

    place.know(["octocat", "hubot"]).await;
    user(store, "hubot").await;
    assert!(place.anew("hubot").await.credentials.is_some());

    place.know(["octocat", "monalisa"]).await;
    let renamed = store.rename_user(id, Login::parse("monalisa").unwrap(), stamp());
    renamed.await.unwrap().unwrap().unwrap();
    assert!(place.anew("octocat").await.credentials.is_none());
    assert!(place.anew("monalisa").await.credentials.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_what_is_known_of_meters_ends_with_any_change_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder.path().join("db")).await;
    let store = &place.store;
    place.know(["octocat", "nobody"]).await;
    let reserved = store.reserve(vec![(METERS[0], LIMIT)], NOW).await.unwrap();
    assert_eq!(reserved, Admission::Reserved);
    for login in ["octocat", "nobody"] {
        assert_ne!(place.anew(login).await.meters[0], Meter::default());
    }
    for outcome in [Outcome::Returned, Outcome::Failed, Outcome::Cleared] {
        place.know(["octocat", "nobody"]).await;
        let one = Settlement {
            reserved: Some(NOW),
            outcome,
            ..failure()
        };
        store.settle(vec![one], None, stamp()).await.unwrap();
        place.anew("octocat").await;
    }
    assert_eq!(place.anew("nobody").await.meters[0], Meter::default());
    // With what others commit in the same moment, in the same transaction.
    for number in 100..120 {
        place.know(["octocat", "nobody"]).await;
        let creating = create(store, token(&place.octocat, &place.app, number));
        let (settled, _) = tokio::join!(store.settle(vec![failure()], None, stamp()), creating);
        settled.unwrap();
        assert_ne!(place.anew("octocat").await.meters[0], Meter::default());
        assert_ne!(place.anew("nobody").await.meters[0], Meter::default());
        let cleared = Settlement {
            outcome: Outcome::Cleared,
            ..failure()
        };
        store.settle(vec![cleared], None, stamp()).await.unwrap();
        assert_eq!(place.anew("nobody").await.meters[0], Meter::default());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_of_an_address_ends_when_somebody_signs_in() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder.path().join("db")).await;
    let (store, octocat) = (&place.store, place.octocat.id);
    place.know(["octocat", "nobody"]).await;
    store.remember_address(octocat, here(), NOW).await.unwrap();
    assert_eq!(place.anew("octocat").await.last_seen, Some(NOW));
    place.know(["octocat", "nobody"]).await;
    let tomorrow = Stamp {
        at: NOW.plus(86_400),
        ..stamp()
    };
    store.note_sign_in(octocat, here(), tomorrow).await.unwrap();
    let last = place.anew("octocat").await.last_seen;
    assert_eq!(last, Some(NOW.plus(86_400)));
    assert_eq!(place.look_up("nobody").await.0.last_seen, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_what_another_process_changes_counts_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let place = place(&path).await;
    let command = open(&path);
    place.know(["octocat", "nobody"]).await;
    let settled = command.settle(vec![failure()], None, stamp());
    settled.await.unwrap();
    assert_ne!(place.anew("octocat").await.meters[0], Meter::default());
    place.know(["octocat", "nobody"]).await;
    let new = PasswordHash("$$".to_owned());
    let set = command.set_password(place.octocat.id, new, stamp());
    assert!(set.await.unwrap());
    let found = place.anew("octocat").await.credentials.unwrap();
    assert_eq!(found.password_hash.0, "$$");
}

/// Else whoever creates much would be looked up each time.
#[tokio::test(flavor = "multi_thread")]
async fn creates_and_revocations_void_no_attempt() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder.path().join("db")).await;
    place.know(["octocat", "nobody"]).await;
    create(&place.store, token(&place.octocat, &place.app, 11)).await;
    let revoked = place.store.revoke_token(place.app.id, hash(1), stamp());
    assert!(revoked.await.unwrap());
    for login in ["octocat", "nobody"] {
        assert_eq!(place.look_up(login).await.1, 0, "{login}");
    }
}

/// The memory hears of these tables by the statements that name them: nothing else may change them.
#[tokio::test(flavor = "multi_thread")]
async fn no_trigger_and_no_reference_changes_meters_or_known_addresses() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let _place = place(&path).await;
    let conn = Connection::open(&path).unwrap();
    let count = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let triggers = "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'trigger'";
    assert!(count(triggers) > 0, "there are some to look at");
    for table in ["meters", "known_addresses"] {
        assert_eq!(count(&format!("{triggers} AND sql LIKE '%{table}%'")), 0);
        let acting = format!(
            "SELECT COUNT(*) FROM pragma_foreign_key_list('{table}') \
             WHERE on_delete <> 'NO ACTION' OR on_update <> 'NO ACTION'"
        );
        assert_eq!(count(&acting), 0, "{table}");
    }
}
