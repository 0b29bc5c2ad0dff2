//! Promises about what has expired: it is deleted in time, and nothing else is.

use std::sync::Arc;

use grantd_core::authorization::NewAuthorization;
use grantd_core::clock::{Clock, ManualClock, Timestamp};
use grantd_core::reaper::Reaper;
use grantd_core::store::{Reaped, TokenFilter};

use super::world::*;

const DAY: i64 = 86_400;

fn expiring(new: NewAuthorization, at: Timestamp) -> NewAuthorization {
    NewAuthorization {
        expires_at: Some(at),
        ..new
    }
}

async fn tokens(w: &World) -> u64 {
    w.store
        .list_tokens(TokenFilter::All, ALL)
        .await
        .unwrap()
        .total
}

pub(super) async fn expired_tokens_end_after_their_time_and_others_do_not(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let soon = NOW.plus(10);
    let stays = w.create(w.for_app(&octocat, &app, "repo")).await;
    let ends = w
        .create(expiring(w.for_app(&octocat, &app, "user"), soon))
        .await;
    let later = w
        .create(expiring(w.personal(&octocat, "a"), soon.plus(1)))
        .await;
    assert_eq!(w.grant(&octocat).await.scopes.to_stored(), "repo user");
    let seen = w.trail().await.len();

    let none = w
        .store
        .reap(soon.plus(-1), 10, later_system())
        .await
        .unwrap();
    assert_eq!(none, Reaped::default());
    let one = w.store.reap(soon, 10, later_system()).await.unwrap();
    assert_eq!(one.tokens, 1);
    let left: Vec<_> = w
        .authorizations(&octocat)
        .await
        .iter()
        .map(|a| a.id)
        .collect();
    assert_eq!(left, [stays.id, later.id]);
    assert_eq!(
        w.grant(&octocat).await.scopes.to_stored(),
        "repo",
        "the grant shrinks"
    );
    let row = &w.trail().await[seen];
    assert_eq!(
        (row.action.as_str(), row.actor_kind.as_str()),
        ("oauth_access.expire", "system")
    );
    assert_eq!(row.authorization_id, Some(ends.id));
    assert_eq!(row.token_hash, Some(ends.token_hash));
    assert_eq!(w.trail().await.len(), seen + 1);
}

fn later_system() -> grantd_core::audit::Stamp {
    grantd_core::audit::Stamp::system(NOW.plus(DAY))
}

pub(super) async fn a_batch_is_bounded_and_takes_the_oldest(w: World) {
    let octocat = w.user("octocat").await;
    let mut made = Vec::new();
    for second in [5, 3, 1, 4, 2] {
        let new = w.personal(&octocat, &format!("{second}"));
        made.push((second, w.create(expiring(new, NOW.plus(second))).await.id));
    }
    made.sort();
    for round in 0..5 {
        let left: Vec<_> = made[round..].iter().map(|(_, id)| *id).collect();
        let mut there: Vec<_> = w
            .authorizations(&octocat)
            .await
            .iter()
            .map(|a| a.id)
            .collect();
        there.sort_by_key(|id| left.iter().position(|other| other == id));
        assert_eq!(there, left);
        let reaped = w.store.reap(NOW.plus(9), 1, later_system()).await.unwrap();
        assert_eq!(reaped.tokens, 1);
    }
    let reaped = w.store.reap(NOW.plus(9), 1, later_system()).await.unwrap();
    assert_eq!(reaped.tokens, 0);
}

/// Two months of tokens that live for a day each: the store stops growing.
pub(super) async fn the_number_of_tokens_reaches_a_plateau(w: World) {
    const RETENTION: u32 = 7;
    const EACH_DAY: u64 = 5;
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let clock = Arc::new(ManualClock::at(NOW));
    let reaper = Reaper {
        store: w.store.clone(),
        clock: clock.clone(),
        token_retention_days: RETENTION,
        counts: Arc::default(),
    };
    let mut sizes = Vec::new();
    for day in 0..60 {
        for number in 0..EACH_DAY {
            let new = match number {
                // The rule of ten tokens must not be what keeps the number down.
                0 => w.for_app(&octocat, &app, &format!("scope-{day}")),
                _ => w.personal(&octocat, &format!("{day} {number}")),
            };
            let new = expiring(new, clock.now().plus(DAY));
            let stamp = grantd_core::audit::Stamp::operator(clock.now());
            w.try_create(new, stamp).await.unwrap();
        }
        clock.advance(DAY);
        reaper.batch().await.unwrap();
        sizes.push(tokens(&w).await);
    }
    // What expired a whole week ago is gone: six days of expired ones and today's are left.
    let plateau = u64::from(RETENTION) * EACH_DAY;
    assert_eq!(sizes[5], 6 * EACH_DAY, "at first it grows: {sizes:?}");
    assert!(sizes[7..].iter().all(|size| *size == plateau), "{sizes:?}");
}

/// Two nodes at once delete each token once, and nobody is kept out meanwhile.
pub(super) async fn reapers_are_in_nobodys_way(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    for number in 0..40 {
        let new = w.for_app(&octocat, &app, &format!("scope-{number}"));
        w.create(expiring(new, NOW.plus(1))).await;
        w.create(expiring(
            w.personal(&octocat, &format!("{number}")),
            NOW.plus(1),
        ))
        .await;
    }
    let reaped = w.race(8, |w| async move {
        let mut reaped = 0;
        for _ in 0..20 {
            let batch = w.store.reap(NOW.plus(DAY), 10, later_system()).await;
            reaped += batch.unwrap().tokens;
        }
        reaped
    });
    let minting = w.race(8, |w| async move {
        let octocat = w.credentials("octocat").await.user;
        let note = w.token().last_eight.0;
        w.try_create(w.personal(&octocat, &note), operator())
            .await
            .unwrap();
    });
    let (reaped, minted) = tokio::join!(reaped, minting);
    let mut total: usize = reaped.into_iter().sum();
    // Whoever found all held by others has passed them over.
    loop {
        let batch = w
            .store
            .reap(NOW.plus(DAY), 10, later_system())
            .await
            .unwrap();
        if batch.tokens == 0 {
            break;
        }
        total += batch.tokens;
    }
    assert_eq!((total, minted.len() as u64), (80, tokens(&w).await));
    let rows = w.actions(0).await;
    let rows = rows
        .iter()
        .filter(|action| *action == "oauth_access.expire");
    assert_eq!(rows.count(), 80);
}
