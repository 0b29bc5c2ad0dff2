//! A database that is stopped, frozen, locked or changed under our feet.

use std::sync::Arc;
use std::time::{Duration, Instant};

use grantd_core::store::{AuthorizationStore, StoreError, Stored, Upkeep, UserStore};
use grantd_core::user::LoginKey;
use grantd_store::conformance::cluster::Cluster;
use grantd_store::conformance::wire::Wire;
use grantd_store::{PostgresOptions, PostgresStore};

use super::cast::*;

const DEFAULT: Duration = Duration::from_millis(800);

/// How long it took to be told that the store is unavailable.
async fn refusal<T>(step: impl Future<Output = Stored<T>>) -> Duration {
    let started = Instant::now();
    let outcome = step.await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))));
    started.elapsed()
}

/// Everything says so within a second: checks, look-ups, lists and writes.
async fn all_are_refused_in_time(node: &Node) {
    let key = LoginKey::of("octocat");
    let app = grantd_core::app::ClientId::from_stored("abc".to_owned());
    let slowest = [
        refusal(node.check_token(&app, None, NOW)).await,
        refusal(node.find_token(token().hash, NOW)).await,
        refusal(node.find_user(&key)).await,
        refusal(node.list_audit(0, 10)).await,
        refusal(node.create_user(new_user("hubot"), stamp())).await,
        refusal(node.ping()).await,
    ];
    let slowest = slowest.into_iter().max().unwrap();
    println!("the slowest refusal took {slowest:?}");
    assert!(slowest < Duration::from_secs(1));
}

async fn recovers(node: &Node) {
    let started = Instant::now();
    while node.ping().await.is_err() {
        assert!(started.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    println!("it answered again after {:?}", started.elapsed());
    let found = node.find_user(&LoginKey::of("octocat")).await;
    assert!(found.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_database_is_unavailable_and_comes_back() {
    let mut cluster = Cluster::start();
    let url = cluster.database();
    let node = node_with(&url, DEFAULT).await;
    let (user, app) = user_and_app(&node).await;
    let hash = create(&node, &user, &app).await;
    for _ in 0..2 {
        cluster.stop();
        all_are_refused_in_time(&node).await;
        cluster.restart();
        recovers(&node).await;
        assert!(is_valid(&node, &app, hash).await.unwrap());
    }
}

/// A thousand at once, none of whom waits longer than one alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_before_a_stopped_database_is_refused_in_time() {
    let mut cluster = Cluster::start();
    let url = cluster.database();
    let node = node_with(&url, DEFAULT).await;
    let (_, app) = user_and_app(&node).await;
    cluster.stop();
    let crowd: Vec<_> = (0..1_000)
        .map(|number| {
            let (node, app) = (node.clone(), app.clone());
            tokio::spawn(async move {
                match number % 2 {
                    0 => refusal(is_valid(&node, &app, token().hash)).await,
                    _ => refusal(node.create_user(new_user("hubot"), stamp())).await,
                }
            })
        })
        .collect();
    let mut slowest = Duration::ZERO;
    for one in crowd {
        slowest = slowest.max(one.await.unwrap());
    }
    println!("the slowest of 1,000 refusals took {slowest:?}");
    assert!(slowest < Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_database_is_unavailable_and_comes_back() {
    let cluster = Cluster::start();
    let wire = Wire::before(&cluster.database()).await;
    let node = node_with(&wire.url, DEFAULT).await;
    let (user, app) = user_and_app(&node).await;
    let hash = create(&node, &user, &app).await;
    wire.questions.freeze();
    wire.answers.freeze();
    all_are_refused_in_time(&node).await;
    all_are_refused_in_time(&node).await;
    wire.questions.thaw();
    wire.answers.thaw();
    recovers(&node).await;
    assert!(is_valid(&node, &app, hash).await.unwrap());
}

/// Somebody holds a table, as a careless migration does.
#[tokio::test(flavor = "multi_thread")]
async fn a_locked_table_is_unavailable_and_others_are_not() {
    let cluster = Arc::new(Cluster::start());
    let url = cluster.database();
    let node = node_with(&url, DEFAULT).await;
    let (user, app) = user_and_app(&node).await;
    let hash = create(&node, &user, &app).await;
    let holder = {
        let (cluster, url) = (Arc::clone(&cluster), url.clone());
        let hold = "BEGIN; LOCK TABLE authorizations; SELECT pg_sleep(3); COMMIT";
        tokio::task::spawn_blocking(move || cluster.execute(&url, hold))
    };
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(refusal(is_valid(&node, &app, hash)).await < Duration::from_secs(1));
    let new = authorization(&user, &app);
    let refused = refusal(node.create_authorization(new, TEN, stamp())).await;
    assert!(refused < Duration::from_secs(1));
    let other = node.create_user(new_user("hubot"), stamp()).await;
    assert!(other.unwrap().is_ok());
    holder.await.unwrap();
    assert!(is_valid(&node, &app, hash).await.unwrap());
}

/// Prepared statements outlive the schema that they were prepared for.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_schema_is_no_failure() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let node = node_with(&url, DEFAULT).await;
    let (user, app) = user_and_app(&node).await;
    let hash = create(&node, &user, &app).await;
    for size in [300, 301, 302] {
        let alter = format!(
            "ALTER TABLE users ALTER COLUMN login TYPE VARCHAR({size}); \
             ALTER TABLE apps ALTER COLUMN name TYPE VARCHAR({size}); \
             ALTER TABLE apps ALTER COLUMN url TYPE VARCHAR({size})"
        );
        assert!(is_valid(&node, &app, hash).await.unwrap());
        node.find_user(&LoginKey::of("octocat")).await.unwrap();
        cluster.execute(&url, &alter);
        assert!(is_valid(&node, &app, hash).await.unwrap());
        let found = node.find_user(&LoginKey::of("octocat")).await;
        assert!(found.unwrap().is_some());
        create(&node, &user, &app).await;
    }
}

/// A host that accepts connections and says nothing, as a machine with a hung disk does, is no
/// reason not to ask the next.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_host_does_not_hide_the_next() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let wires = [Wire::before(&url).await, Wire::before(&url).await];
    let (start, database) = wires[0].url.rsplit_once('/').unwrap();
    let (_, other) = wires[1].url.rsplit_once('@').unwrap();
    let (other, _) = other.split_once('/').unwrap();
    let both = format!("{start},{other}/{database}");
    let node = node_with(&both, DEFAULT).await;
    let (user, app) = user_and_app(&node).await;
    let hash = create(&node, &user, &app).await;
    for silent in [0, 1] {
        wires[silent].freeze();
        // Until every connection has been found out.
        let started = Instant::now();
        let mut well = 0;
        while well < 20 {
            let new = authorization(&user, &app);
            let made = node.create_authorization(new, TEN, stamp()).await;
            let checked = is_valid(&node, &app, hash).await;
            well = if made.is_ok() && checked.is_ok() {
                well + 1
            } else {
                0
            };
            assert!(started.elapsed() < Duration::from_secs(30));
        }
        println!("all connections are new after {:?}", started.elapsed());
        let beginning = node_with(&both, DEFAULT).await;
        assert!(is_valid(&beginning, &app, hash).await.is_ok());
        wires[silent].lead_to(cluster.port());
    }
}

/// Nobody waits for ever when there is no other.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_database_ends_a_start_with_words() {
    let cluster = Cluster::start();
    let wire = Wire::before(&cluster.database()).await;
    wire.freeze();
    let started = Instant::now();
    let opened = PostgresStore::connect(&wire.url, PostgresOptions::default()).await;
    let refused = opened.err().expect("a refusal").to_string();
    assert_eq!(refused, "the database does not answer");
    assert!(started.elapsed() < Duration::from_secs(30));
}
