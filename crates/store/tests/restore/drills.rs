//! 200 random histories, a crash each, and what is valid afterwards.

use std::sync::Arc;
use std::time::Duration;

use grantd_core::clock::{SystemClock, Timestamp};
use grantd_core::login::throttle::MeterKey;
use grantd_core::store::{SharedStore, TokenVerdict};
use grantd_store::conformance::cluster::Cluster;
use grantd_store::{DatabaseUrl, lift};

use crate::history::{Dice, Ledger, World};
use crate::stage::{KEY, Stage, place, restored};

/// Clients at work at once.
const CLIENTS: u64 = 4;

#[expect(
    clippy::disallowed_methods,
    reason = "a test is told how long to run by its environment"
)]
fn histories() -> u64 {
    let said = std::env::var("GRANTD_RESTORE_HISTORIES");
    said.ok().and_then(|text| text.parse().ok()).unwrap_or(12)
}

/// What was found out.
#[derive(Default, Debug)]
struct Tally {
    ended_and_refused: usize,
    untouched_and_valid: usize,
    suspended: usize,
    secrets: usize,
    passwords: usize,
    demoted: usize,
    replayed: u64,
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s46_with_the_archive_nothing_that_was_revoked_revives() {
    drill(None, None, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s46_without_it_nothing_whose_revocation_was_exported() {
    drill(None, None, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s46_postgres_with_the_archive_nothing_that_was_revoked_revives() {
    let cluster = Cluster::start();
    drill(Some(&cluster), Some(&cluster), true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s46_postgres_without_it_nothing_whose_revocation_was_exported() {
    let cluster = Cluster::start();
    // From one engine into the other.
    drill(Some(&cluster), None, false).await;
}

async fn drill(from: Option<&Cluster>, to: Option<&Cluster>, archived: bool) {
    let (mut tally, count) = (Tally::default(), histories());
    for seed in 0..count {
        one(seed, from, to, archived, &mut tally).await;
    }
    println!("{count} histories: {tally:?}");
    assert!(tally.ended_and_refused as u64 > 3 * count, "{tally:?}");
    assert!(tally.untouched_and_valid > 0, "{tally:?}");
    assert!(tally.replayed > 3 * count, "{tally:?}");
}

async fn one(
    seed: u64,
    from: Option<&Cluster>,
    to: Option<&Cluster>,
    archived: bool,
    tally: &mut Tally,
) {
    let mut dice = Dice::new(seed + 1);
    let stage = Stage::open(from, archived).await;
    let world = World::new(stage.store.clone()).await;
    for number in 0..4 {
        // Most of this user's are left in peace.
        world.mint_for(3, number % 2).await;
    }
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let work = Arc::clone(&world).work(seed * CLIENTS + client + 1, client == 0);
            tokio::spawn(work)
        })
        .collect();
    let mut pause = async |most: u64| {
        tokio::time::sleep(Duration::from_millis(5 + dice.roll(most))).await;
    };
    pause(60).await;
    let before = world.ledger().clone();
    let backup = stage.backup(world.now()).await;
    pause(80).await;
    // The crash: what was acknowledged until now must be in the file that is left.
    let acknowledged = world.ledger().clone();
    let trail = match archived {
        true => stage.archived(),
        false => stage.export().await,
    };
    pause(10).await;
    world.end();
    for client in clients {
        client.await.unwrap();
    }
    let touched = world.ledger().touched.clone();
    stage.store.close().await;

    let folder = tempfile::tempdir().unwrap();
    let url = place(to, &folder, "restored.db");
    let restored = restored(&backup, &[&trail], &url, None).await.unwrap();
    tally.replayed += restored.replayed.rows;
    let falls_by_itself = archived && from.is_none();
    // What was in flight when PostgreSQL's file was read has taken an id, too.
    assert!(
        from.is_some() || restored.replayed.missing == 0,
        "history {seed}"
    );
    assert_eq!(
        restored.fence.lifted_at.is_some(),
        falls_by_itself,
        "history {seed}"
    );
    if !falls_by_itself {
        let until = restored.fence.covered_until;
        let fence = lift(&url, until, Timestamp(1_700_000_001)).await.unwrap();
        assert!(fence.lifted_at.is_some());
    }
    let store = opened(&url).await;
    ended(&*store, &world, &acknowledged, tally, seed).await;
    for held in before.alive {
        let spared = !touched.contains(&held.hash.0)
            && !world.ledger().ever_suspended.contains(&held.user.0)
            && !world
                .ledger()
                .ended_grants
                .contains(&(held.user.0, held.app.0));
        if spared {
            let verdict = store.find_token(held.hash, world.now()).await.unwrap();
            assert!(
                matches!(verdict, TokenVerdict::Valid(_)),
                "history {seed}: token {} was never touched",
                held.id.0
            );
            tally.untouched_and_valid += 1;
        }
    }
    store.close().await;
}

async fn opened(url: &DatabaseUrl) -> SharedStore {
    let store = url.open(Arc::new(SystemClock)).await.unwrap();
    assert_eq!(store.claim_instance_key("another").await.unwrap(), KEY);
    store
}

/// What was acknowledged to be over is over.
async fn ended(
    store: &dyn grantd_core::store::Store,
    world: &World,
    acknowledged: &Ledger,
    tally: &mut Tally,
    seed: u64,
) {
    for hash in &acknowledged.dead {
        let hash = grantd_core::token::TokenHash(*hash);
        let verdict = store.find_token(hash, world.now()).await.unwrap();
        assert_eq!(
            verdict,
            TokenVerdict::Unknown,
            "history {seed}: {hash} revives"
        );
        for app in &world.apps {
            let check = store
                .check_token(&app.client_id, Some(hash), world.now())
                .await;
            let found = check.unwrap().and_then(|check| check.token);
            assert!(found.is_none(), "history {seed}: {hash} revives");
        }
        tally.ended_and_refused += 1;
    }
    for user in &world.users {
        let found = store.find_user_by_id(user.id).await.unwrap().unwrap();
        if acknowledged.suspended.contains(&user.id.0) && !later(world, acknowledged, user.id.0) {
            assert!(found.suspended_at.is_some(), "history {seed}");
            tally.suspended += 1;
        }
        if acknowledged.demoted.contains(&user.id.0) {
            assert!(!found.site_admin, "history {seed}");
            tally.demoted += 1;
        }
        let meters = [MeterKey([0xfe; 32]), MeterKey([0xff; 32])];
        let from = std::net::IpAddr::from([192, 0, 2, 1]).into();
        let credentials = store
            .find_credentials(&user.login.key(), from, meters)
            .await;
        let hash = credentials.unwrap().credentials.unwrap().password_hash;
        if let Some(old) = acknowledged.old_passwords.get(&user.id.0) {
            assert!(!old.contains(&hash.0), "history {seed}");
            tally.passwords += 1;
        }
    }
    for app in &world.apps {
        let found = store.find_app(&app.client_id).await.unwrap().unwrap();
        let secret = found.secret_hash.unwrap().0;
        if let Some(old) = acknowledged.old_secrets.get(&app.id.0) {
            assert!(!old.contains(&secret), "history {seed}");
            tally.secrets += 1;
        }
    }
}

/// Whether somebody was about to change it again when the file was read.
fn later(world: &World, acknowledged: &Ledger, user: i64) -> bool {
    world.ledger().suspensions.get(&user) != acknowledged.suspensions.get(&user)
}
