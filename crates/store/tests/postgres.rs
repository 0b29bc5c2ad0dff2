//! The promises of the store, on PostgreSQL.

use std::sync::Arc;
use std::time::Duration;

use grantd_store::conformance::cluster::Cluster;
use grantd_store::{PostgresOptions, PostgresStore, conformance};
use tokio::runtime::Handle;

/// The suite is about what is promised, not about how long a slow machine may take for it.
fn patient() -> PostgresOptions {
    PostgresOptions {
        patience: Duration::from_secs(20),
        ..PostgresOptions::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_keeps_every_promise() {
    let cluster = Cluster::start();
    conformance::run(|| {
        let url = cluster.database();
        let connect = PostgresStore::connect(&url, patient());
        let connected = tokio::task::block_in_place(|| Handle::current().block_on(connect));
        Arc::new(connected.expect("a server"))
    })
    .await;
}
