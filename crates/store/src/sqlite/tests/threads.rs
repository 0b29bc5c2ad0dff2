//! Batches: what a reader may answer from, and what survives a failure.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use grantd_core::store::{AuthorizationStore, StoreError, Upkeep, UserStore};
use grantd_core::user::LoginKey;
use rusqlite::{Connection, params};
use tokio::task::JoinHandle;

use super::super::db::{self, Lent};
use super::super::{Options, SqliteStore, check};
use super::{NOW, app, create, hash, is_valid, open, stamp, token, user};
use crate::db::{DbError, DbResult, Undo};
use crate::sql;
use crate::toll::Kind;

fn one_reader(path: &std::path::Path, queue: usize) -> SqliteStore {
    let options = Options {
        readers: 1,
        queue,
        ..Options::default()
    };
    SqliteStore::open(path, options).unwrap()
}

async fn unavailable<T>(step: impl Future<Output = Result<T, StoreError>>) -> bool {
    matches!(step.await, Err(StoreError::Unavailable(_)))
}

/// Waits until the store's thread has taken what waits.
async fn eventually(holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(10));
        tokio::task::yield_now().await;
    }
}

fn is_there(conn: &Connection, key: &str) -> DbResult<bool> {
    Ok(conn.prepare(sql::audit::GET_META)?.exists([key])?)
}

/// Steps that arrive until the release share the next transaction.
fn hold_the_writer(
    store: &Arc<SqliteStore>,
) -> (mpsc::Sender<()>, JoinHandle<Result<bool, StoreError>>) {
    let store = Arc::clone(store);
    let (reached, at_the_hold) = mpsc::channel();
    let (release, held) = mpsc::channel();
    let hold = tokio::spawn(async move {
        let step = store.engine.change(move |_| {
            reached.send(()).unwrap();
            Ok(held.recv().is_ok())
        });
        step.await
    });
    at_the_hold.recv().unwrap();
    (release, hold)
}

/// A reader is held between two look-ups of one snapshot, a token is revoked
/// meanwhile: the held look-up may still see it, a check that came later never.
#[tokio::test(flavor = "multi_thread")]
async fn a_later_check_is_not_answered_from_an_earlier_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(one_reader(&folder.path().join("db"), 100));
    let octocat = user(&store, "octocat").await;
    let app = app(&store, &octocat).await;
    create(&store, token(&octocat, &app, 1)).await;
    let (reached, at_the_hold) = mpsc::channel();
    let (release, held) = mpsc::channel();
    let client_id = app.client_id.clone();
    let hold = {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let both = store.engine.look_up(Kind::LookUp, move |conn| {
                let of = (client_id, Some(hash(1)), NOW);
                let mut look = || db::run(check(&Lent::new(conn), &of));
                let before = look()?.is_some_and(|check| check.token.is_some());
                reached.send(()).unwrap();
                held.recv().unwrap();
                let after = look()?.is_some_and(|check| check.token.is_some());
                Ok((before, after))
            });
            both.await.unwrap()
        })
    };
    at_the_hold.recv().unwrap();
    assert!(store.revoke_token(app.id, hash(1), stamp()).await.unwrap());
    let later = {
        let (store, app) = (Arc::clone(&store), app.clone());
        tokio::spawn(async move { is_valid(&store, &app, hash(1)).await })
    };
    eventually(|| store.engine.reads.len() == 1).await;
    release.send(()).unwrap();
    assert_eq!(
        hold.await.unwrap(),
        (true, true),
        "one snapshot is one state"
    );
    assert!(!later.await.unwrap(), "asked after the revocation");
}

/// The neighbours of a batch: one fails, one panics, one refuses, two do their work.
#[tokio::test(flavor = "multi_thread")]
async fn a_failing_step_takes_nothing_of_its_neighbours_along() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let store = Arc::new(open(&path));
    let (release, hold) = hold_the_writer(&store);
    let claim = |key: &'static str, then: fn() -> Result<(), Undo<()>>| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let step = store.engine.change(move |conn| {
                conn.execute(sql::audit::CLAIM_META, [key, "x"])?;
                then()
            });
            step.await
        })
    };
    let first = claim("first", || Ok(()));
    let failing = claim("failing", || Err(Undo::Engine(DbError::Missing)));
    let panicking = claim("panicking", || panic!("on purpose"));
    let refusing = claim("refusing", || Err(Undo::answer(())));
    let last = claim("last", || Ok(()));
    eventually(|| store.engine.writes.len() == 5).await;
    release.send(()).unwrap();
    assert!(hold.await.unwrap().unwrap());
    assert!(first.await.unwrap().is_ok() && last.await.unwrap().is_ok());
    assert!(failing.await.unwrap().is_err() && panicking.await.unwrap().is_err());
    assert!(refusing.await.unwrap().is_ok());
    let there = |key: &'static str| {
        store
            .engine
            .look_up(Kind::LookUp, move |conn| is_there(conn, key))
    };
    for (key, kept) in [
        ("first", true),
        ("failing", false),
        ("panicking", false),
        ("refusing", false),
        ("last", true),
    ] {
        assert_eq!(there(key).await.unwrap(), kept, "{key}");
    }
}

/// A batch of three, the second of which runs `culprit`.
async fn nothing_is_left_of_a_batch_with(culprit: &'static str) {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(&folder.path().join("db")));
    let (release, hold) = hold_the_writer(&store);
    let mut batch = Vec::new();
    for (index, sql) in ["", culprit, ""].into_iter().enumerate() {
        let step = {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let step = store.engine.change(move |conn| {
                    conn.execute(sql::audit::CLAIM_META, ["there", "x"])?;
                    Ok(conn.execute_batch(sql)?)
                });
                step.await
            })
        };
        batch.push(step);
        eventually(|| store.engine.writes.len() == index + 1).await;
    }
    release.send(()).unwrap();
    assert!(hold.await.unwrap().unwrap());
    for step in batch {
        assert!(unavailable(async { step.await.unwrap() }).await);
    }
    let there = store
        .engine
        .look_up(Kind::LookUp, |conn| is_there(conn, "there"));
    assert!(!there.await.unwrap());
    store.ping().await.unwrap();
}

/// What "disk full" does: the whole transaction is gone, whoever's step met it.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_transaction_is_unavailable_to_all_and_the_next_one_works() {
    nothing_is_left_of_a_batch_with("ROLLBACK").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_commit_is_unavailable_to_all_and_the_next_one_works() {
    nothing_is_left_of_a_batch_with(
        "PRAGMA defer_foreign_keys = ON; \
         INSERT INTO recovery_codes (user_id, code_hash) VALUES (99, x'00')",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panicking_look_up_leaves_its_thread_alive() {
    let folder = tempfile::tempdir().unwrap();
    let store = one_reader(&folder.path().join("db"), 100);
    let panicking = store
        .engine
        .look_up(Kind::LookUp, |_| -> DbResult<()> { panic!("on purpose") });
    assert!(unavailable(panicking).await);
    assert!(
        store
            .find_user(&LoginKey::of("octocat"))
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(one_reader(&folder.path().join("db"), 2));
    let (reached, at_the_hold) = mpsc::channel();
    let (release, held) = mpsc::channel::<()>();
    let hold = {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let held = store.engine.look_up(Kind::LookUp, move |_| {
                reached.send(()).unwrap();
                Ok(held.recv().is_ok())
            });
            held.await
        })
    };
    at_the_hold.recv().unwrap();
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.find_user(&LoginKey::of("octocat")).await })
        })
        .collect();
    eventually(|| store.engine.reads.len() == 2).await;
    assert!(unavailable(store.find_user(&LoginKey::of("octocat"))).await);
    release.send(()).unwrap();
    hold.await.unwrap().unwrap();
    for one in waiting {
        assert!(one.await.unwrap().unwrap().is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_without_end_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let store = one_reader(&folder.path().join("db"), 100);
    let started = Instant::now();
    let endless = store.engine.look_up(Kind::LookUp, |conn| {
        Ok(conn.query_row(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n",
            params![],
            |row| row.get::<_, i64>(0),
        )?)
    });
    assert!(unavailable(endless).await);
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(
        store
            .find_user(&LoginKey::of("octocat"))
            .await
            .unwrap()
            .is_none()
    );
}
