//! What one node counts, all count.

use std::sync::Arc;

use grantd_core::clock::ManualClock;
use grantd_core::hourly::{Bucket, Hourly};
use grantd_core::ids::UserId;
use grantd_core::store::{OtpUse, SharedStore, Upkeep};
use grantd_store::conformance::cluster::Cluster;
use grantd_store::conformance::door::{Answer, Door, PASSWORD, enrol};

use super::cast::*;

struct Stage {
    cluster: Cluster,
    url: String,
    clock: Arc<ManualClock>,
    stores: [SharedStore; 2],
}

impl Stage {
    /// Two nodes, one user, one time.
    async fn new() -> Self {
        let cluster = Cluster::start();
        let url = cluster.database();
        let stores: [SharedStore; 2] = [node(&url).await, node(&url).await];
        let clock = Arc::new(ManualClock::at(NOW));
        enrol(&stores[0], &*clock).await;
        Self {
            cluster,
            url,
            clock,
            stores,
        }
    }

    fn doors(&self) -> [Arc<Door>; 2] {
        let door = |store: &SharedStore| Door::new(store.clone(), self.clock.clone(), 1);
        [0, 1].map(|node| Arc::new(door(&self.stores[node])))
    }

    fn locks(&self) -> String {
        let count = "SELECT COUNT(*) FROM audit WHERE action = 'user.sign_in_locked'";
        self.cluster.execute(&self.url, count)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s05_ten_wrong_guesses_on_two_nodes_lock_on_both() {
    let stage = Stage::new().await;
    let doors = stage.doors();
    for guess in 0..10 {
        let answer = doors[guess % 2].knock(&format!("guess {guess}")).await;
        assert_eq!(answer, Answer::Wrong);
    }
    for door in &doors {
        assert_eq!(door.knock(PASSWORD).await, Answer::Locked);
    }
    assert_eq!(stage.locks(), "1");
    stage.clock.advance(300);
    for door in &doors {
        assert_eq!(door.knock(PASSWORD).await, Answer::In);
    }
}

/// An answer of "wrong" is a hash that ran; no other attempt comes so far.
#[tokio::test(flavor = "multi_thread")]
async fn sec_s05_of_two_hundred_parallel_guesses_on_two_nodes_ten_are_judged() {
    let stage = Stage::new().await;
    let doors = stage.doors();
    let guesses: Vec<_> = (0..200)
        .map(|guess| {
            let door = Arc::clone(&doors[guess % 2]);
            tokio::spawn(async move { door.knock(&format!("guess {guess}")).await })
        })
        .collect();
    let mut answers = Vec::new();
    for guess in guesses {
        answers.push(guess.await.unwrap());
    }
    let count = |what| answers.iter().filter(|answer| **answer == what).count();
    println!(
        "{} locked, {} busy",
        count(Answer::Locked),
        count(Answer::Busy)
    );
    assert_eq!(count(Answer::Wrong), 10, "{answers:?}");
    assert_eq!(count(Answer::Unavailable) + count(Answer::In), 0);
    assert_eq!(doors[1].knock(PASSWORD).await, Answer::Locked);
    assert_eq!(stage.locks(), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn places_of_a_dead_node_are_free_after_ten_seconds() {
    let stage = Stage::new().await;
    let [_, alive] = stage.doors();
    // Without a thread that hashes, its attempts are reserved and never settle.
    let dead = Door::new(stage.stores[0].clone(), stage.clock.clone(), 0);
    {
        let dead = Arc::new(dead);
        let stuck: Vec<_> = (0..10)
            .map(|guess| {
                let dead = Arc::clone(&dead);
                tokio::spawn(async move { dead.knock(&format!("guess {guess}")).await })
            })
            .collect();
        let reserved = "SELECT COUNT(*) FROM meters WHERE reserved LIKE '%*10'";
        while stage.cluster.execute(&stage.url, reserved) != "1" {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        stuck.iter().for_each(|one| one.abort());
    }
    assert_eq!(alive.knock(PASSWORD).await, Answer::Busy);
    stage.clock.advance(9);
    assert_eq!(alive.knock(PASSWORD).await, Answer::Busy);
    stage.clock.advance(1);
    assert_eq!(alive.knock(PASSWORD).await, Answer::In);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_forgets_no_failure() {
    let stage = Stage::new().await;
    for guess in 0..10 {
        let store = node(&stage.url).await;
        let door = Door::new(store.clone(), stage.clock.clone(), 1);
        let answer = door.knock(&format!("guess {guess}")).await;
        assert_eq!(answer, Answer::Wrong);
        store.close().await;
    }
    assert_eq!(stage.doors()[0].knock(PASSWORD).await, Answer::Locked);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s30_requests_of_an_hour_are_counted_together() {
    let stage = Stage::new().await;
    let (user, limit) = (Bucket::User(UserId(1)), 1_000);
    let nodes = [Hourly::default(), Hourly::default()];
    let mut passed = 0;
    for second in 0..60 {
        for (node, store) in nodes.iter().zip(&stage.stores) {
            for _ in 0..30 {
                passed += u32::from(!node.count(user, limit, NOW.plus(second)).exceeded);
            }
            node.exchange(&**store, NOW.plus(second)).await.unwrap();
        }
    }
    assert!((limit..=limit + 2 * 30).contains(&passed), "{passed}");
    // What a node that starts now does not know, it hears at its first exchange.
    let fresh = Hourly::default();
    assert!(!fresh.count(user, limit, NOW.plus(60)).exceeded);
    fresh
        .exchange(&*stage.stores[0], NOW.plus(60))
        .await
        .unwrap();
    assert!(fresh.count(user, limit, NOW.plus(60)).exceeded);
    assert!(!fresh.count(user, limit, NOW.plus(3_600)).exceeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s03_a_step_is_spent_once_on_two_nodes() {
    let stage = Stage::new().await;
    for step in 0..20 {
        let spending: Vec<_> = (0..16)
            .map(|caller| {
                let store = stage.stores[caller % 2].clone();
                let from = std::net::IpAddr::from([192, 0, 2, 1]).into();
                tokio::spawn(async move {
                    let spent = store.spend_otp_step(UserId(1), step, from, OtpUse::Once);
                    spent.await.unwrap()
                })
            })
            .collect();
        let mut spent = 0;
        for one in spending {
            spent += usize::from(one.await.unwrap());
        }
        assert_eq!(spent, 1, "step {step}");
    }
}
