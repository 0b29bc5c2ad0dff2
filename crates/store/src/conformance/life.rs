//! Promises about the life of tokens: how they are gone through, shortened, and
//! ended when idle.

use grantd_core::authorization::NewAuthorization;
use grantd_core::clock::Timestamp;
use grantd_core::ids::AuthorizationId;
use grantd_core::last_used::LastUse;
use grantd_core::store::Lived;

use super::world::*;

pub(super) const NOBODY: AuthorizationId = AuthorizationId(0);

pub(super) fn ending(new: NewAuthorization, at: Timestamp) -> NewAuthorization {
    NewAuthorization {
        expires_at: Some(at),
        ..new
    }
}

pub(super) fn ids(lived: &[Lived]) -> Vec<AuthorizationId> {
    lived.iter().map(|one| one.owned.authorization.id).collect()
}

async fn lives(w: &World) -> Vec<Lived> {
    w.store.list_lives(NOBODY, 100).await.unwrap()
}

async fn note(w: &World, id: AuthorizationId, at: i64) -> bool {
    let last = LastUse {
        at: NOW.plus(at),
        from: None,
    };
    let passed_over = w.store.note_uses(vec![(id, last)]).await.unwrap();
    passed_over.is_empty()
}

pub(super) async fn lives_are_gone_through_by_id(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let first = w.create(w.personal(&octocat, "first")).await;
    let expired = ending(w.for_app(&octocat, &app, "repo"), NOW.plus(-5));
    let second = w.create(expired).await;
    let third = w.create(w.for_app(&octocat, &app, "")).await;
    assert!(note(&w, second.id, 7).await);
    let all = lives(&w).await;
    assert_eq!(ids(&all), [first.id, second.id, third.id]);
    assert_eq!(
        (&all[1].owned.authorization, &all[1].owned.user),
        (&second, &octocat)
    );
    let uses: Vec<_> = all
        .iter()
        .map(|one| one.last_use.map(|last| last.at))
        .collect();
    assert_eq!(uses, [None, Some(NOW.plus(7)), None]);
    assert_eq!((all[1].issued_at, all[1].idle_since()), (NOW, NOW.plus(7)));
    let rest = w.store.list_lives(first.id, 1).await.unwrap();
    assert_eq!(ids(&rest), [second.id]);
}

pub(super) async fn a_token_is_issued_anew_by_reset_and_regeneration_but_not_by_an_edit(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let reset = w.create(w.for_app(&octocat, &app, "")).await;
    let regenerated = w.create(w.personal(&octocat, "a")).await;
    let edited = w.create(w.personal(&octocat, "b")).await;
    let s = &w.store;
    let done = s.reset_token(app.id, reset.token_hash, w.token(), later(5));
    assert!(done.await.unwrap().is_some());
    let done = s.regenerate_token(octocat.id, regenerated.id, w.token(), None, later(6));
    assert!(done.await.unwrap().is_some());
    let edit = grantd_core::authorization::AuthorizationEdit {
        note: Some(super::world::note("c")),
        ..Default::default()
    };
    let done = s.edit_authorization(octocat.id, edited.id, edit, later(7));
    assert!(done.await.unwrap().unwrap().is_ok());
    let issued: Vec<_> = lives(&w).await.iter().map(|one| one.issued_at).collect();
    assert_eq!(issued, [NOW.plus(5), NOW.plus(6), NOW]);
}

pub(super) async fn a_life_is_shortened_and_never_lengthened(w: World) {
    let octocat = w.user("octocat").await;
    let endless = w.create(w.personal(&octocat, "a")).await;
    let sooner = w
        .create(ending(w.personal(&octocat, "b"), NOW.plus(5)))
        .await;
    let same = w
        .create(ending(w.personal(&octocat, "c"), NOW.plus(9)))
        .await;
    let later_one = w
        .create(ending(w.personal(&octocat, "d"), NOW.plus(99)))
        .await;
    let seen = w.trail().await.len();
    let all = [&endless, &sooner, &same, &later_one];
    let ends = all.iter().map(|one| (one.id, NOW.plus(9))).collect();
    assert_eq!(w.store.shorten_lives(ends, later(1)).await.unwrap(), 2);
    let after: Vec<_> = lives(&w)
        .await
        .into_iter()
        .map(|one| one.owned.authorization)
        .map(|one| {
            (
                one.expires_at.unwrap().since(NOW),
                one.updated_at.since(NOW),
            )
        })
        .collect();
    assert_eq!(after, [(9, 1), (5, 0), (9, 0), (9, 1)]);
    let rows = w.trail().await.split_off(seen);
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.action.as_str(), row.token_hash))
        .collect();
    let short = |hash| ("oauth_access.shorten", Some(hash));
    assert_eq!(
        told,
        [short(endless.token_hash), short(later_one.token_hash)]
    );
    // At the very second of its end it is over, everywhere.
    let ends = vec![(endless.id, NOW)];
    assert_eq!(w.store.shorten_lives(ends, operator()).await.unwrap(), 1);
    assert!(!w.is_valid(endless.token_hash).await);
}

pub(super) async fn only_the_idle_are_deleted_and_their_grants_follow(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let since = NOW.plus(10);
    let idle = w.create(w.for_app(&octocat, &app, "repo")).await;
    let used = w.create(w.for_app(&octocat, &app, "gist")).await;
    let used_long_ago = w.create(w.personal(&octocat, "a")).await;
    let expired = w
        .create(ending(w.personal(&octocat, "b"), NOW.plus(20)))
        .await;
    let mut fresh = w.create(w.personal(&octocat, "c")).await;
    let renewed = w
        .store
        .regenerate_token(octocat.id, fresh.id, w.token(), None, later(11));
    fresh = renewed.await.unwrap().unwrap();
    let not_asked = w.create(w.personal(&octocat, "d")).await;
    assert!(note(&w, used.id, 11).await && note(&w, used_long_ago.id, 10).await);
    let seen = w.trail().await.len();
    let asked = [&idle, &used, &used_long_ago, &expired, &fresh];
    let asked = asked.iter().map(|one| one.id).collect();
    let stamp = grantd_core::audit::Stamp::system(NOW.plus(30));
    assert_eq!(w.store.delete_idle(asked, since, stamp).await.unwrap(), 2);
    assert_eq!(
        ids(&lives(&w).await),
        [used.id, expired.id, fresh.id, not_asked.id]
    );
    assert_eq!(w.grant(&octocat).await.scopes.to_stored(), "gist");
    let rows = w.trail().await.split_off(seen);
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.action.as_str(), row.actor_kind.as_str(), row.token_hash))
        .collect();
    let by_system = |hash| ("oauth_access.idle", "system", Some(hash));
    assert_eq!(
        told,
        [
            by_system(idle.token_hash),
            by_system(used_long_ago.token_hash)
        ]
    );
}

/// Whoever notes a use and whoever deletes meet on the record: one of them comes first.
pub(super) async fn a_use_that_is_told_before_the_deletion_saves_the_token(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let mut made = Vec::new();
    for number in 0..60 {
        let new = match number % 2 {
            0 => w.personal(&octocat, &number.to_string()),
            _ => w.for_app(&octocat, &app, &format!("scope-{number}")),
        };
        made.push(w.create(new).await.id);
    }
    let (all, some) = (made.clone(), made.clone());
    let deleting = w.race(4, move |w| {
        let all = all.clone();
        async move {
            let stamp = later(99);
            for slice in all.chunks(7) {
                let deleted = w
                    .store
                    .delete_idle(slice.to_vec(), NOW.plus(10), stamp.clone());
                deleted.await.unwrap();
            }
            drop(stamp);
        }
    });
    let using = w.race(4, move |w| {
        let some = some.clone();
        async move {
            let mut saved = Vec::new();
            for id in some.into_iter().rev() {
                if note(&w, id, 50).await {
                    saved.push(id);
                }
            }
            saved
        }
    });
    let (_, saved) = tokio::join!(deleting, using);
    let left = ids(&lives(&w).await);
    for id in saved.into_iter().flatten() {
        assert!(left.contains(&id), "{id}: its use was told, and it is gone");
    }
    // Whoever was passed over each time is deleted by the next.
    let unused: Vec<_> = lives(&w)
        .await
        .into_iter()
        .filter(|one| one.last_use.is_none())
        .collect();
    let again = w
        .store
        .delete_idle(made, NOW.plus(10), later(99))
        .await
        .unwrap();
    assert_eq!(again, unused.len());
}
