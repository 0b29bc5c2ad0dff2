//! The file: what is in it after the end, and who else may use it.

use std::path::Path;
use std::sync::Arc;

use grantd_core::store::{AppStore, AuthorizationStore, Upkeep, UserStore};
use rusqlite::Connection;

use super::super::{OpenError, Options, SqliteStore};
use super::{app, create, hash, is_valid, open, stamp, token, user};
use crate::migrate::{self, MigrateError};

#[tokio::test(flavor = "multi_thread")]
async fn reopening_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let store = open(&path);
    let octocat = user(&store, "octocat").await;
    let made = app(&store, &octocat).await;
    create(&store, token(&octocat, &made, 1)).await;
    let trail = store.list_audit(0, 100).await.unwrap();
    store.close().await;
    drop(store);
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1, "the log was folded into the file");

    let store = open(&path);
    assert_eq!(
        store.find_user_by_id(octocat.id).await.unwrap(),
        Some(octocat)
    );
    let found = store.find_app(&made.client_id).await.unwrap().unwrap();
    assert_eq!(found.app, made);
    assert!(is_valid(&store, &made, hash(1)).await);
    assert_eq!(store.list_audit(0, 100).await.unwrap(), trail);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_on_the_same_file_sees_writes_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let (server, command) = (open(&path), open(&path));
    let octocat = user(&command, "octocat").await;
    let app = app(&server, &octocat).await;
    for number in 0..20 {
        create(&server, token(&octocat, &app, number)).await;
        assert!(is_valid(&command, &app, hash(number)).await);
        assert!(
            command
                .revoke_token(app.id, hash(number), stamp())
                .await
                .unwrap()
        );
        assert!(!is_valid(&server, &app, hash(number)).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_write_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let (one, two) = (Arc::new(open(&path)), Arc::new(open(&path)));
    let octocat = user(&one, "octocat").await;
    let app = app(&one, &octocat).await;
    let writing: Vec<_> = (0..100)
        .map(|number| {
            let store = Arc::clone(if number % 2 == 0 { &one } else { &two });
            let new = token(&octocat, &app, number);
            tokio::spawn(async move { create(&store, new).await })
        })
        .collect();
    for one in writing {
        one.await.unwrap();
    }
    for number in 0..100 {
        assert!(is_valid(&one, &app, hash(number)).await);
    }
}

#[test]
fn a_new_file_may_be_opened_by_several_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| open(&path));
        }
    });
}

fn version(path: &Path) -> (i64, i64) {
    let conn = Connection::open(path).unwrap();
    let versions = "SELECT COUNT(*), MAX(version) FROM schema_migrations";
    conn.query_row(versions, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
}

#[test]
fn migrations_apply_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let known = migrate::SQLITE.len() as i64;
    for _ in 0..3 {
        drop(open(&path));
        assert_eq!(version(&path), (known, known));
    }
}

#[test]
fn a_file_of_a_newer_grantd_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    drop(open(&path));
    let conn = Connection::open(&path).unwrap();
    conn.execute(
        "INSERT INTO schema_migrations VALUES (9999, 'future', NULL)",
        [],
    )
    .unwrap();
    let refused = SqliteStore::open(&path, Options::default());
    assert!(matches!(
        refused,
        Err(OpenError::Migrate(MigrateError::Newer { found: 9_999, .. }))
    ));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("db"));
    user(&store, "octocat").await;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.path().display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_stays_short_under_twenty_thousand_writes() {
    const BOUND: u64 = 2 << 20;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let options = Options {
        log_bound: BOUND,
        queue: 32_768,
        ..Options::default()
    };
    let store = Arc::new(SqliteStore::open(&path, options).unwrap());
    let octocat = user(&store, "octocat").await;
    let mut longest = 0;
    for _ in 0..20 {
        let writing: Vec<_> = (0..1_000_i64)
            .map(|second| {
                let (store, id) = (Arc::clone(&store), octocat.id);
                tokio::spawn(async move {
                    let from = std::net::IpAddr::from([192, 0, (second >> 8) as u8, second as u8]);
                    let at = super::NOW.plus(second);
                    store.remember_address(id, from.into(), at).await.unwrap();
                    store
                        .record(
                            grantd_core::audit::Action::OtpMissingTooOften,
                            Some(id),
                            stamp(),
                        )
                        .await
                })
            })
            .collect();
        for one in writing {
            one.await.unwrap().unwrap();
            let log = std::fs::metadata(folder.path().join("db-wal")).unwrap();
            longest = longest.max(log.len());
        }
    }
    // One batch may go beyond the bound before the log is cut.
    assert!(longest < BOUND + (4 << 20), "{longest} bytes");
    assert!(longest > 0);
}
