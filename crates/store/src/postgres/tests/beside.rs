//! Steps of several users in one transaction: what becomes of each.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use grantd_core::ids::UserId;
use grantd_core::store::Stored;

use super::super::{Options, PostgresStore};
use crate::conformance::cluster::Cluster;
use crate::db::{Db, Running, Undo};
use crate::steps::{Beside, Engine};

/// How a step ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Well,
    Refusing,
    Failing,
    Stale,
}

/// Writes down in which transaction it was, and then ends in its way.
fn step<'a>(
    db: &'a (dyn Db + 'a),
    (key, way): &'a (String, Way),
) -> Running<'a, Result<bool, Undo<bool>>> {
    const NOTE: &str = "INSERT INTO meta (key, value) VALUES ($1, pg_current_xact_id()::TEXT)";
    Box::pin(async move {
        db.run(NOTE, &[key]).await?;
        // Another round trip, in which the others go on.
        db.run("SELECT 1", &[]).await?;
        match way {
            Way::Well => Ok(true),
            Way::Refusing => Err(Undo::answer(false)),
            Way::Failing => Ok(db.run(NOTE, &[key]).await.map(|()| true)?),
            Way::Stale => Err(Undo::Stale),
        }
    })
}

/// Does the steps at once; how each ended, and the transactions of those that left something.
async fn run(steps: Vec<(i64, Way)>) -> (Vec<Stored<bool>>, HashMap<String, String>) {
    let cluster = Cluster::start();
    let url = cluster.database();
    let options = Options {
        patience: Duration::from_secs(20),
        ..Options::default()
    };
    let store = Arc::new(PostgresStore::connect(&url, options).await.unwrap());
    let start = |(index, (user, way))| {
        let store = Arc::clone(&store);
        let beside = Beside {
            user: UserId(user),
            kind: 0,
        };
        let of = (format!("step-{index}"), way);
        tokio::spawn(async move { store.engine.write_beside(beside, of, step).await })
    };
    let running: Vec<_> = steps.into_iter().enumerate().map(start).collect();
    let mut ends = Vec::new();
    for one in running {
        ends.push(one.await.unwrap());
    }
    let left = "SELECT string_agg(key || '=' || value, ',') FROM meta WHERE key LIKE 'step-%'";
    let left = cluster.execute(&url, left);
    let pairs = left.split(',').filter_map(|pair| pair.split_once('='));
    let owned = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
    (ends, owned.collect())
}

fn transactions(left: &HashMap<String, String>) -> usize {
    let mut all: Vec<_> = left.values().collect();
    all.sort();
    all.dedup();
    all.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_of_many_users_share_transactions() {
    let (ends, left) = run((0..64).map(|user| (user, Way::Well)).collect()).await;
    assert!(ends.iter().all(|end| matches!(end, Ok(true))));
    assert_eq!(left.len(), 64);
    assert!(transactions(&left) < 32, "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_steps_of_a_user_never_share_a_transaction() {
    let (ends, left) = run((0..16).map(|index| (index / 8, Way::Well)).collect()).await;
    assert!(ends.iter().all(|end| matches!(end, Ok(true))));
    for user in 0..2 {
        let own = (0..8).map(|index| left[&format!("step-{}", user * 8 + index)].clone());
        let own: std::collections::HashSet<_> = own.collect();
        assert_eq!(own.len(), 8, "{left:?}");
    }
}

/// Nothing is left of those, all is left of the others, and each hears its own answer.
async fn neighbours_of(way: Way, expected: fn(&Stored<bool>) -> bool) {
    let way_of = |user| if user % 8 == 5 { way } else { Way::Well };
    let (ends, left) = run((0..48).map(|user| (user, way_of(user))).collect()).await;
    for (index, end) in ends.iter().enumerate() {
        let well = way_of(index as i64) == Way::Well;
        assert_eq!(matches!(end, Ok(true)), well, "{index}: {end:?}");
        assert!(well || expected(end), "{index}: {end:?}");
        assert_eq!(left.contains_key(&format!("step-{index}")), well, "{index}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_its_callers_alone() {
    neighbours_of(Way::Refusing, |end| matches!(end, Ok(false))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_its_callers_alone() {
    use grantd_core::store::StoreError::{StaleActor, Unavailable};
    neighbours_of(Way::Failing, |end| matches!(end, Err(Unavailable(_)))).await;
    neighbours_of(Way::Stale, |end| matches!(end, Err(StaleActor))).await;
}
