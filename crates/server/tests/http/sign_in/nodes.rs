//! What one node has counted holds on the next, and after a restart: each node
//! here has a memory of its own, and the store in common.

use std::collections::BTreeMap;

use crate::support::{Client, Setup, TestApp};

const LOCKED: &str = "Maximum number of login attempts exceeded. Please try again later.";

fn steps(t: &TestApp) -> Vec<(&'static str, usize)> {
    t.store.take().into_iter().collect()
}

async fn fail(client: &Client, times: usize) {
    for _ in 0..times {
        client.get("/user").await.refuses(401, "Bad credentials");
    }
}

#[tokio::test]
async fn sec_s05_wrong_passwords_on_two_nodes_lock_on_both_and_after_a_restart() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let other = t.beside(|_| {});
    fail(&octocat.with_wrong_password(), 5).await;
    fail(&octocat.with_wrong_password().at(&other), 5).await;
    for node in [&t, &other, &t.beside(|_| {})] {
        octocat.at(node).get("/user").await.refuses(403, LOCKED);
    }
    let locks = t.audit().await;
    let locks = locks
        .iter()
        .filter(|action| *action == "user.sign_in_locked");
    assert_eq!(locks.count(), 1, "one row per lock");
    t.clock.advance(300);
    octocat.at(&other).get("/user").await.is(200);
}

#[tokio::test]
async fn sec_s05_wrong_codes_count_on_all_nodes() {
    let t = TestApp::new().await;
    let monalisa = t.user_with_otp("monalisa").await;
    for attempt in 0..20 {
        let wrong = monalisa.with_otp(&monalisa.wrong_code());
        let node = t.beside(|_| {});
        let from = format!("198.51.100.{attempt}");
        wrong.at(&node).from(&from).get("/user").await.is(401);
    }
    let answer = monalisa.with_code().get("/user").await;
    answer.refuses(403, LOCKED);
}

#[tokio::test]
async fn sec_s30_requests_of_an_hour_count_on_all_nodes() {
    let few = |setup: &mut Setup| setup.settings.requests_per_hour = Some(5);
    let t = TestApp::with(few).await;
    let octocat = t.user("octocat").await;
    let other = t.beside(few);
    for node in [&t, &other, &t] {
        octocat.at(node).get("/user").await.is(200);
    }
    for node in [&t, &other] {
        node.authority.exchange_counts().await.expect("a store");
    }
    for remaining in ["1", "0"] {
        let answer = octocat.at(&other).get("/user").await;
        assert_eq!(answer.header("x-ratelimit-remaining"), Some(remaining));
    }
    octocat.at(&other).get("/user").await.is(403);
    other.authority.exchange_counts().await.expect("a store");
    // A node that was just started learns of it with its first exchange.
    let fresh = t.beside(few);
    octocat.at(&fresh).get("/user").await.is(200);
    fresh.authority.exchange_counts().await.expect("a store");
    octocat.at(&fresh).get("/user").await.is(403);
}

/// What sign-in asks of the store, door by door.
#[tokio::test]
async fn a_password_that_was_right_a_moment_ago_costs_one_look_up() {
    let t = TestApp::new().await;
    let (octocat, monalisa) = (t.user("octocat").await, t.user_with_otp("monalisa").await);
    let counted = |more: &[&'static str]| {
        let mut all = BTreeMap::from([("find_credentials", 1)]);
        all.extend(more.iter().map(|step| (*step, 1)));
        all.into_iter().collect::<Vec<_>>()
    };
    let _ = steps(&t);
    octocat.get("/user").await.is(200);
    let first = ["reserve", "settle", "note_sign_in"];
    assert_eq!(steps(&t), counted(&first));
    octocat.get("/user").await.is(200);
    assert_eq!(steps(&t), counted(&[]));
    fail(&octocat.with_wrong_password(), 1).await;
    assert_eq!(steps(&t), counted(&["reserve", "settle"]));
    octocat.get("/user").await.is(200);
    assert_eq!(
        steps(&t),
        counted(&["settle"]),
        "there is something to clear"
    );
    octocat.get("/user").await.is(200);
    assert_eq!(steps(&t), counted(&[]));
    fail(&octocat.with_wrong_password(), 10).await;
    let _ = steps(&t);
    octocat.get("/user").await.is(403);
    assert_eq!(steps(&t), counted(&[]), "locked");

    monalisa.with_code().get("/user").await.is(200);
    let _ = steps(&t);
    monalisa.get("/user").await.is(401);
    assert_eq!(steps(&t), counted(&["settle"]), "a missing code");
    monalisa.with_code().get("/user").await.is(200);
    assert_eq!(steps(&t), counted(&["reserve", "settle", "spend_otp_step"]));
}

/// A flood that finds no place in the queue writes nothing.
#[tokio::test]
async fn sec_s27_a_full_queue_costs_one_look_up() {
    let t = TestApp::with(|setup| setup.pool.queue = 0).await;
    let octocat = t.user("octocat").await;
    let _ = steps(&t);
    octocat.get("/user").await.is(503);
    assert_eq!(steps(&t), [("find_credentials", 1)]);
}
