//! Promises about what an operator watches.

use std::time::Duration;

use grantd_core::authorization::NewAuthorization;
use grantd_core::clock::Timestamp;
use grantd_core::cost::Bill;
use grantd_core::store::{EngineLoad, Stock};
use grantd_core::token::TokenHash;

use super::sessions::sign_in;
use super::world::*;

const DAY: i64 = 86_400;
/// More than any case makes.
const MOST: u32 = 1_000;

async fn fill(w: &World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let expiring = |name: &str, expires_at: Option<Timestamp>| NewAuthorization {
        expires_at,
        ..w.personal(&octocat, name)
    };
    w.create(w.for_app(&octocat, &app, "repo")).await;
    for (name, at) in [
        ("past", -1),
        ("now", 0),
        ("in a second", 1),
        ("in a day", DAY),
        ("in a week", 7 * DAY),
        ("in a month", 30 * DAY),
        ("later", 30 * DAY + 1),
    ] {
        w.create(expiring(name, Some(NOW.plus(at)))).await;
    }
    w.create(expiring("never", None)).await;
    sign_in(w, &octocat).await;
    sign_in(w, &octocat).await;
}

pub(super) async fn stock_is_what_has_not_ended(w: World) {
    fill(&w).await;
    let stock = Stock {
        tokens: 7,
        expiring: [4, 3, 2],
        sessions: 2,
    };
    assert_eq!(w.store.take_stock(NOW, MOST).await.unwrap(), stock);
    let later = w.store.take_stock(NOW.plus(31 * DAY), MOST).await.unwrap();
    let only = Stock {
        tokens: 2,
        ..Stock::default()
    };
    assert_eq!(later, only);
}

pub(super) async fn stock_is_counted_up_to_a_bound(w: World) {
    fill(&w).await;
    let stock = w.store.take_stock(NOW, 1).await.unwrap();
    assert!(stock.tokens <= 1);
    assert_eq!((stock.expiring, stock.sessions), ([1; 3], 1));
}

pub(super) async fn steps_are_counted_by_kind(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let made = w.create(w.for_app(&octocat, &app, "repo")).await;
    let before = w.store.load();
    w.check(&app, made.token_hash).await;
    w.is_valid(made.token_hash).await;
    w.authorizations(&octocat).await;
    w.create(w.personal(&octocat, "another")).await;
    let after = w.store.load();
    assert_eq!(after.checks.count - before.checks.count, 2);
    assert!(after.look_ups.count > before.look_ups.count);
    assert_eq!(after.changes.count - before.changes.count, 1);
    assert!(after.changes.time > before.changes.time);
    assert!(after.statements >= before.statements + 5);
    assert_eq!(after.changes.unavailable, 0);
    match after.engine {
        EngineLoad::Sqlite {
            commits, committed, ..
        } => assert!(commits > 0 && committed >= commits),
        EngineLoad::Postgres {
            connections, lines, ..
        } => {
            assert!(connections.0 > 0 && connections.0 <= connections.1);
            assert!(lines.0 > 0 && lines.0 <= lines.1);
        }
        EngineLoad::Other => panic!("an engine says what it is"),
    }
    w.store.close().await;
    assert!(w.store.take_stock(NOW, MOST).await.is_err());
    let closed = w.store.load();
    assert_eq!(closed.look_ups.unavailable, after.look_ups.unavailable + 1);
}

/// Checks that share a round trip, and changes that share a commit, are each caller's own.
pub(super) async fn callers_pay_for_their_own_steps(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    // Of what is no token nothing is known without a look-up.
    let hash = TokenHash([0; 32]);
    let costs = w
        .race(20, |w| {
            let (app, octocat) = (app.clone(), octocat.clone());
            async move {
                let checks = Bill::default();
                checks
                    .pays_for(async {
                        w.check(&app, hash).await;
                        w.is_valid(hash).await;
                    })
                    .await;
                let changes = Bill::default();
                changes
                    .pays_for(w.create(w.for_app(&octocat, &app, "user")))
                    .await;
                (checks.total(), changes.total())
            }
        })
        .await;
    for (checks, changes) in &costs {
        assert_eq!(checks.statements, 2);
        assert!(checks.time > Duration::ZERO);
        assert!((3..40).contains(&changes.statements), "{changes:?}");
        assert!(changes.time > Duration::ZERO);
    }
    let free = Bill::default();
    assert!(free.pays_for(async { Bill::current() }).await.is_some());
    assert_eq!(free.total().statements, 0);
}
