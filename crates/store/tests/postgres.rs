//! The promises of the store, on PostgreSQL.

use std::sync::Arc;

use grantd_store::conformance;
use grantd_store::conformance::cluster::Cluster;
use grantd_store::conformance::database::patiently;
use tokio::runtime::Handle;

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_keeps_every_promise() {
    let cluster = Cluster::start();
    conformance::run(|| {
        let url = cluster.database();
        let open = patiently(&url);
        Arc::new(tokio::task::block_in_place(|| {
            Handle::current().block_on(open)
        }))
    })
    .await;
}
