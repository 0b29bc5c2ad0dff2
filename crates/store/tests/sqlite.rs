//! The promises of the store, on SQLite.

use std::sync::Arc;

use grantd_core::clock::{ManualClock, Timestamp};
use grantd_core::store::SharedStore;
use grantd_store::conformance::door::{Answer, Door, PASSWORD, enrol};
use grantd_store::{Options, SqliteStore, conformance};

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_every_promise() {
    conformance::run(|| Arc::new(SqliteStore::temporary().expect("a temporary file"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_forgets_no_failure() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = || -> SharedStore {
        let store = SqliteStore::open(&folder.path().join("grantd.db"), Options::default());
        Arc::new(store.expect("a file"))
    };
    let clock = Arc::new(ManualClock::at(Timestamp(1_600_000_000)));
    enrol(&open(), &*clock).await;
    for guess in 0..10 {
        let store = open();
        let door = Door::new(store.clone(), clock.clone(), 1);
        let answer = door.knock(&format!("guess {guess}")).await;
        assert_eq!(answer, Answer::Wrong);
        store.close().await;
    }
    let door = Door::new(open(), clock.clone(), 1);
    assert_eq!(door.knock(PASSWORD).await, Answer::Locked);
    clock.advance(300);
    assert_eq!(door.knock(PASSWORD).await, Answer::In);
}
