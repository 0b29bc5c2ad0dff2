//! Counters that have ended, which nobody but the engine can see.

use grantd_core::audit::Stamp;
use grantd_core::store::{Reaped, Upkeep};
use rusqlite::Connection;

use super::super::connection;
use super::{NOW, open};

#[tokio::test(flavor = "multi_thread")]
async fn counters_that_ended_are_deleted_in_batches() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let store = open(&path);
    let conn = connection::writer(&path).unwrap();
    for number in 0..30_u8 {
        // Each ends a second after the one before.
        let ends = NOW.0 + i64::from(number);
        let (meter, count) = ([number; 32], format!("key-{number}"));
        let add =
            "INSERT INTO meters (key, failures, reserved, expires_at) VALUES ($1, '', '', $2)";
        conn.execute(add, (meter, ends)).unwrap();
        let add = "INSERT INTO hourly_counts (key, used, expires_at) VALUES ($1, 1, $2)";
        conn.execute(add, (count, ends)).unwrap();
    }
    let left = |conn: &Connection| -> (i64, i64) {
        let count = "SELECT (SELECT COUNT(*) FROM meters), (SELECT COUNT(*) FROM hourly_counts)";
        conn.query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
    };
    let reap = async || {
        let stamp = Stamp::system(NOW.plus(19));
        store.reap(NOW, 15, stamp).await.unwrap()
    };
    let counters = |counters| Reaped {
        tokens: 0,
        counters,
        codes: 0,
        sessions: 0,
    };
    assert_eq!(reap().await, counters(15));
    assert_eq!(left(&conn), (15, 15));
    assert_eq!(reap().await, counters(5));
    assert_eq!(reap().await, counters(0));
    assert_eq!(left(&conn), (10, 10), "what has not ended stays");
}
