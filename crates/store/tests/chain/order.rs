//! Rows are sealed in the order in which they are seen committed, none twice
//! and none left out.

use grantd_core::audit::chain::Head;
use grantd_store::conformance::cluster::Cluster;

use super::place::Place;

/// On PostgreSQL ids are handed out before the commit.
#[tokio::test(flavor = "multi_thread")]
async fn sec_s46_a_lower_id_that_is_committed_later_is_sealed_later() {
    let place = Place::postgresql().await;
    place.grow(1).await;
    let mut slow = place.another_connection().await;
    let open = slow.transaction().await.unwrap();
    let insert = "INSERT INTO audit (at, action, actor_kind) VALUES (1, 'user.create', 'system') RETURNING id";
    let low: i64 = open.query_one(insert, &[]).await.unwrap().get(0);
    place.grow(1).await;
    let sealed = async || {
        let rows = place.store.list_sealed(0, 10).await.unwrap();
        let ids = rows.into_iter().map(|found| found.row.unwrap().id);
        ids.collect::<Vec<_>>()
    };
    assert_eq!(sealed().await, [low - 1, low + 1]);
    open.commit().await.unwrap();
    place.seal().await;
    assert_eq!(sealed().await, [low - 1, low + 1, low]);
    let whole = place.verify().await.unwrap();
    assert_eq!((whole.verified.signed, whole.waiting), (3, 0));
}

/// A chain that lost its end while the server ran is not gone on with.
#[tokio::test(flavor = "multi_thread")]
async fn sec_s46_a_sealer_signs_no_rewritten_past() {
    let place = Place::sqlite().await;
    place.grow(3).await;
    let mut known = Head::default();
    place.row().await;
    place.sealer.batch(&mut known).await.unwrap();
    assert_eq!(known.seq, 4);
    place
        .by_hand("DELETE FROM audit_seal WHERE seq = 4; DELETE FROM audit_checkpoint WHERE seq = 4")
        .await;
    place.row().await;
    place.sealer.batch(&mut known).await.unwrap();
    let head = place.store.waiting(1).await.unwrap().head;
    assert_eq!((head.seq, known.seq), (3, 4));
}

/// A cluster whose sealer was killed: another node goes on, after the lease at the latest.
#[tokio::test(flavor = "multi_thread")]
async fn sec_s46_nodes_seal_one_after_the_other() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let (one, two) = (Place::node(&url, 1).await, Place::node(&url, 2).await);
    one.grow(2).await;
    let mut known = Head::default();
    one.row().await;
    one.sealer.batch(&mut known).await.unwrap();
    // Killed here. The other one's clock goes on.
    drop(one);
    two.seal().await;
    two.seal().await;
    let whole = two.verify().await.unwrap();
    assert_eq!((whole.verified.rows, whole.verified.signed), (3, 3));
    assert_eq!(whole.waiting, 0);
}
