//! Several nodes, one truth.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use grantd_core::audit::{Actor, Stamp};
use grantd_core::clock::{Clock, ManualClock, SystemClock};
use grantd_core::login::throttle::MeterKey;
use grantd_core::store::{
    AuthorizationStore, GotOrCreated, PageRequest, StoreError, Upkeep, UserStore,
};
use grantd_core::user::{LoginKey, PasswordHash};
use grantd_store::conformance::cluster::Cluster;
use grantd_store::conformance::database::patiently;
use grantd_store::conformance::wire::Wire;
use grantd_store::{DatabaseUrl, PostgresOptions, PostgresStore};

use super::cast::*;

const ALL: PageRequest = PageRequest {
    page: 1,
    per_page: 100,
};

#[tokio::test(flavor = "multi_thread")]
async fn of_many_nodes_that_start_at_once_one_migrates() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let starting: Vec<_> = (0..12)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { node(&url).await })
        })
        .collect();
    for one in starting {
        one.await.unwrap().ping().await.unwrap();
    }
    let known = DatabaseUrl::parse(&url).unwrap().schema().await;
    let known = known.unwrap().known;
    // The lock's row is one of them.
    let versions = "SELECT COUNT(*), MAX(version) FROM schema_migrations";
    let expected = format!("{}|{known}", known + 1);
    assert_eq!(cluster.execute(&url, versions), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_grantd_is_refused() {
    let cluster = Cluster::start();
    let url = cluster.database();
    node(&url).await.close().await;
    cluster.execute(
        &url,
        "INSERT INTO schema_migrations VALUES (9999, 'future')",
    );
    let opened = PostgresStore::connect(&url, Default::default()).await;
    assert!(opened.err().unwrap().to_string().contains("9999"));
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_clients_on_two_nodes_never_pass_ten_tokens() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let nodes = [node(&url).await, node(&url).await];
    let (user, app) = user_and_app(&nodes[0]).await;
    let done = Arc::new(AtomicBool::new(false));
    let watch = {
        let (node, user, done) = (nodes[1].clone(), user.id, Arc::clone(&done));
        tokio::spawn(async move {
            let mut looks = 0;
            while !done.load(Ordering::Relaxed) {
                let page = node.list_authorizations(user, None, ALL).await.unwrap();
                assert!(page.total <= 10 && page.total == page.items.len() as u64);
                looks += 1;
            }
            looks
        })
    };
    let clients: Vec<_> = (0..40)
        .map(|client| {
            let (node, user, app) = (nodes[client % 2].clone(), user.clone(), app.clone());
            tokio::spawn(async move {
                for _ in 0..5 {
                    create(&node, &user, &app).await;
                }
            })
        })
        .collect();
    let started = Instant::now();
    for one in clients {
        one.await.unwrap();
    }
    let took = started.elapsed();
    done.store(true, Ordering::Relaxed);
    let looks = watch.await.unwrap();
    println!("200 creations under one grant's lock: {took:?}, {looks} lists meanwhile");
    let page = nodes[0].list_authorizations(user.id, None, ALL).await;
    assert_eq!(page.unwrap().total, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_hundred_get_or_creates_on_two_nodes_one_creates() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let nodes = [node(&url).await, node(&url).await];
    let (user, app) = user_and_app(&nodes[0]).await;
    let clients: Vec<_> = (0..200)
        .map(|client| {
            let (node, new) = (nodes[client % 2].clone(), authorization(&user, &app));
            tokio::spawn(async move {
                let got = node.get_or_create_authorization(new, TEN, stamp()).await;
                matches!(got.unwrap().unwrap(), GotOrCreated::Created(_))
            })
        })
        .collect();
    let mut created = 0;
    for one in clients {
        created += usize::from(one.await.unwrap());
    }
    assert_eq!(created, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_revoked_is_valid_on_no_other() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let (a, b) = (node(&url).await, node(&url).await);
    let (user, app) = user_and_app(&a).await;
    let done = Arc::new(AtomicBool::new(false));
    let noise: Vec<_> = (0..8)
        .map(|_| {
            let (node, app, done) = (b.clone(), app.clone(), Arc::clone(&done));
            tokio::spawn(async move {
                let mut checks = 0_u64;
                while !done.load(Ordering::Relaxed) {
                    is_valid(&node, &app, token().hash).await.unwrap();
                    checks += 1;
                }
                checks
            })
        })
        .collect();
    let started = Instant::now();
    for round in 0..1_000 {
        let hash = create(&a, &user, &app).await;
        assert!(
            is_valid(&b, &app, hash).await.unwrap(),
            "created before, {round}"
        );
        assert!(a.revoke_token(app.id, hash, stamp()).await.unwrap());
        assert!(
            !is_valid(&b, &app, hash).await.unwrap(),
            "revoked before, {round}"
        );
    }
    let took = started.elapsed();
    done.store(true, Ordering::Relaxed);
    let mut checks = 0;
    for one in noise {
        checks += one.await.unwrap();
    }
    println!("1,000 rounds of create, check, revoke, check: {took:?}, {checks} checks meanwhile");
}

/// What a user does to themselves on two nodes at once: no waiting for each other in a circle.
#[tokio::test(flavor = "multi_thread")]
async fn changing_oneself_twice_at_once_is_no_deadlock() {
    let cluster = Cluster::start();
    let url = cluster.database();
    // Sooner than anybody gives up waiting for a lock.
    cluster.execute(&url, "ALTER SYSTEM SET deadlock_timeout = '100ms'");
    cluster.execute(&url, "SELECT pg_reload_conf()");
    let nodes = [node(&url).await, node(&url).await];
    let (user, _) = user_and_app(&nodes[0]).await;
    let (login, meters) = (LoginKey::of("octocat"), [MeterKey([0; 32]); 2]);
    let from = std::net::IpAddr::from([192, 0, 2, 1]).into();
    let found = nodes[0].find_credentials(&login, from, meters).await;
    let found = found.unwrap();
    let by = Actor::User {
        id: user.id,
        auth_generation: found.credentials.unwrap().auth_generation,
    };
    let clients: Vec<_> = (0..16)
        .map(|client| {
            let node = nodes[client % 2].clone();
            let stamp = Stamp { by, ..stamp() };
            let hash = PasswordHash(format!("${client}"));
            tokio::spawn(async move { node.set_password(user.id, hash, stamp).await })
        })
        .collect();
    let mut done = 0;
    for one in clients {
        match one.await.unwrap() {
            Ok(set) => done += usize::from(set),
            Err(error) => assert!(matches!(error, StoreError::StaleActor), "{error:?}"),
        }
    }
    assert_eq!(
        done, 1,
        "the others acted under a password that was no more"
    );
    // Not even one that was tried again.
    assert!(
        !cluster.log().contains("deadlock detected"),
        "{}",
        cluster.log()
    );
}

/// A request that is dropped does not end its step halfway.
#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_request_does_not_end_its_step() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let node = node(&url).await;
    let (user, app) = user_and_app(&node).await;
    for _ in 0..10 {
        let new = authorization(&user, &app);
        let hash = new.token_hash;
        tokio::select! {
            biased;
            _ = node.create_authorization(new, TEN, stamp()) => panic!("without a round trip?"),
            () = std::future::ready(()) => {}
        }
        let started = Instant::now();
        while !is_valid(&node, &app, hash).await.unwrap() {
            assert!(started.elapsed() < Duration::from_secs(60));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// A check whose answer is on its way does not answer one that was asked after a revocation.
#[tokio::test(flavor = "multi_thread")]
async fn a_later_check_is_not_answered_with_an_earlier_one() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let wire = Wire::before(&url).await;
    let options = PostgresOptions {
        lines: 1,
        patience: Duration::from_secs(20),
        ..PostgresOptions::default()
    };
    let named = format!("{}?application_name=slow", wire.url);
    let slow = Arc::new(PostgresStore::connect(&named, options).await.unwrap());
    let other = node(&url).await;
    let (user, app) = user_and_app(&other).await;
    let hash = create(&other, &user, &app).await;
    assert!(is_valid(&slow, &app, hash).await.unwrap());
    let check = || {
        let (node, app) = (slow.clone(), app.clone());
        tokio::spawn(async move { is_valid(&node, &app, hash).await.unwrap() })
    };
    wire.answers.freeze();
    let now = cluster.execute(&url, "SELECT clock_timestamp()");
    let earlier = check();
    let answered = format!(
        "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'slow' \
         AND query_start > '{now}' AND state = 'idle'"
    );
    while cluster.execute(&url, &answered) == "0" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(other.revoke_token(app.id, hash, stamp()).await.unwrap());
    let later = [check(), check()];
    tokio::time::sleep(Duration::from_millis(100)).await;
    wire.answers.thaw();
    assert!(earlier.await.unwrap(), "answered before the revocation");
    for one in later {
        assert!(!one.await.unwrap(), "asked after the revocation");
    }
}

/// A node that lives by another time is not ready.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_clock_is_off_is_not_ready() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let ready = async |seconds: i64| {
        let store = patiently(&url).await;
        store.ping().await.unwrap();
        // Not earlier: it stands still, and the database's does not.
        let clock = ManualClock::at(SystemClock.now().plus(seconds));
        let pinged = store.held_to(Arc::new(clock)).ping().await;
        pinged.map_err(|error| error.to_string())
    };
    assert_eq!(ready(0).await, Ok(()));
    assert!(ready(60).await.unwrap_err().contains("ahead"));
    assert!(ready(-60).await.unwrap_err().contains("ahead"));
}

/// Of several hosts the one that takes writes is found: the first is away, the second a standby
/// as far as it says.
#[tokio::test(flavor = "multi_thread")]
async fn of_several_hosts_the_one_that_takes_writes_is_found() {
    let (standby, primary) = (Cluster::start(), Cluster::start());
    let read_only = "ALTER SYSTEM SET default_transaction_read_only = on; SELECT pg_reload_conf()";
    let (second, third) = (standby.database(), primary.database());
    for command in read_only.split("; ") {
        standby.execute(&second, command);
    }
    let address = |url: &str| url.split(['@', '/']).nth(3).unwrap().to_owned();
    let (second, third) = (address(&second), address(&third));
    let url = format!("postgres://grantd@127.0.0.1:1,{second},{third}/grantd_0");
    let node = node(&url).await;
    node.ping().await.unwrap();
    let tables = "SELECT COUNT(*) FROM pg_tables WHERE tablename = 'users'";
    assert_eq!(primary.execute(&url, tables), "1");
}

/// Callers at the same moment share round trips.
#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_checks_take_few_transactions() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let node = node(&url).await;
    let (user, app) = user_and_app(&node).await;
    let hash = create(&node, &user, &app).await;
    let transactions =
        "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
    let started = Instant::now();
    let clients: Vec<_> = (0..200)
        .map(|_| {
            let (node, app) = (node.clone(), app.clone());
            tokio::spawn(async move {
                for _ in 0..50 {
                    assert!(is_valid(&node, &app, hash).await.unwrap());
                }
            })
        })
        .collect();
    for one in clients {
        one.await.unwrap();
    }
    let took = started.elapsed();
    node.close().await;
    // Sessions report when they end.
    let sessions = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'grantd'";
    while cluster.execute(&url, sessions) != "0" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let count: u64 = cluster.execute(&url, transactions).parse().unwrap();
    println!("10,000 checks from 200 clients: {took:?}, at most {count} transactions");
    assert!(count < 2_000, "{count}");
}
