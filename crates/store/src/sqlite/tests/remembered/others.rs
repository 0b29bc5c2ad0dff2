//! What another process or thread commits: no check asked afterwards rests on what was before.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use grantd_core::store::AuthorizationStore;
use rusqlite::Connection;

use super::super::{app, create, hash, is_valid, open, stamp, token, user};
use super::place;

/// A command, or anything else that writes into the file.
#[tokio::test(flavor = "multi_thread")]
async fn sec_what_another_process_commits_counts_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let place = place(&path).await;
    let command = open(&path);
    for number in 1..=10 {
        place.check(number).await;
        assert_eq!(place.check(number).await, (true, 0));
        let revoked = command.revoke_token(place.app.id, hash(number), stamp());
        assert!(revoked.await.unwrap());
        assert!(!place.check(number).await.0, "{number}");
    }
    // Somebody who knows nothing of grantd.
    create(&place.store, token(&place.octocat, &place.app, 11)).await;
    place.check(11).await;
    assert_eq!(place.check(11).await, (true, 0));
    let foreign = Connection::open(&path).unwrap();
    let prefix = hash(11).prefix();
    let deleted = foreign.execute("DELETE FROM authorizations WHERE hash_prefix = ?", [prefix]);
    assert_eq!(deleted.unwrap(), 1);
    assert!(!place.check(11).await.0);
}

/// Two servers on one file, which nobody should run: each writes, each has a memory of its own.
#[tokio::test(flavor = "multi_thread")]
async fn sec_two_that_write_in_turn_never_take_each_others_commits_for_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let place = place(&path).await;
    let other = open(&path);
    for number in 1..=10 {
        place.check(number).await;
        // One commit of its own before and one after: what is accounted for must not just be counted.
        create(
            &place.store,
            token(&place.octocat, &place.app, 100 + number),
        )
        .await;
        let revoked = other.revoke_token(place.app.id, hash(number), stamp());
        let (revoked, _) = tokio::join!(
            revoked,
            create(
                &place.store,
                token(&place.octocat, &place.app, 200 + number)
            )
        );
        assert!(revoked.unwrap());
        assert!(!place.check(number).await.0, "{number}");
    }
}

/// While tokens are revoked one after the other, by this server and by another process, checks run
/// on all threads: whoever asks after a revocation was answered never hears that the token is valid.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sec_no_check_asked_after_a_revocation_says_valid() {
    const TOKENS: u64 = 150;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let store = Arc::new(open(&path));
    let command = Arc::new(open(&path));
    let octocat = user(&store, "octocat").await;
    let app = app(&store, &octocat).await;
    for number in 1..=TOKENS {
        create(&store, token(&octocat, &app, number)).await;
    }
    // All up to here are revoked, and that was answered.
    let revoked = Arc::new(AtomicU64::new(0));
    let checkers: Vec<_> = (0..4)
        .map(|_| {
            let (store, app, revoked) = (Arc::clone(&store), app.clone(), Arc::clone(&revoked));
            tokio::spawn(async move {
                let mut seen_invalid = 0;
                loop {
                    let done = revoked.load(Ordering::SeqCst);
                    for number in [done, done + 1, done + 2] {
                        if !(1..=TOKENS).contains(&number) {
                            continue;
                        }
                        let valid = is_valid(&store, &app, hash(number)).await;
                        assert!(!(valid && number <= done), "{number} after {done}");
                        assert!(!(valid && number <= seen_invalid), "{number} came back");
                        if !valid {
                            seen_invalid = seen_invalid.max(number);
                        }
                    }
                    if done == TOKENS {
                        return;
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for number in 1..=TOKENS {
        let by = if number % 2 == 0 { &store } else { &command };
        assert!(
            by.revoke_token(app.id, hash(number), stamp())
                .await
                .unwrap()
        );
        revoked.store(number, Ordering::SeqCst);
    }
    for checker in checkers {
        checker.await.unwrap();
    }
}
