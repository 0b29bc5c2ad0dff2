//! The promises of the store, on SQLite.

use std::sync::Arc;

use grantd_store::{SqliteStore, conformance};

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_every_promise() {
    conformance::run(|| Arc::new(SqliteStore::temporary().expect("a temporary file"))).await;
}
