//! Promises about callers at the same moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use grantd_core::audit::Actor;
use grantd_core::authorization::{AuthorizationEdit, NewAuthorization};
use grantd_core::scope::{ScopeChange, Scopes};
use grantd_core::store::{GotOrCreated, NotCreated, StoreError};

use super::world::*;

pub(super) async fn one_of_two_hundred_get_or_creates_creates(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    for print in ["", "1"] {
        let (user, app) = (octocat.clone(), app.clone());
        let put = move |w: World| {
            let new = NewAuthorization {
                fingerprint: fingerprint(print),
                ..w.for_app(&user, &app, "repo")
            };
            async move { w.get_or_create(new, operator()).await.unwrap() }
        };
        let (mut created, mut ids) = (0, Vec::new());
        for got in w.race(200, put).await {
            ids.push(match got {
                GotOrCreated::Created(made) => {
                    created += 1;
                    made.id
                }
                GotOrCreated::Existing(there) => there.id,
            });
        }
        ids.dedup();
        assert_eq!((created, ids.len()), (1, 1));
    }
}

pub(super) async fn two_hundred_creators_never_pass_ten_tokens(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let done = Arc::new(AtomicBool::new(false));
    let watch = {
        let (w, user, done) = (w.clone(), octocat.clone(), Arc::clone(&done));
        tokio::spawn(async move {
            while !done.load(Ordering::Relaxed) {
                assert!(w.authorizations(&user).await.len() <= 10);
            }
        })
    };
    let (user, of) = (octocat.clone(), app.clone());
    let post = move |w: World| {
        let new = w.for_app(&user, &of, "repo");
        async move { w.create(new).await.id }
    };
    let mut ids = w.race(200, post).await;
    done.store(true, Ordering::Relaxed);
    watch.await.unwrap();
    ids.sort();
    let left: Vec<_> = w
        .authorizations(&octocat)
        .await
        .into_iter()
        .map(|one| one.id)
        .collect();
    assert_eq!(left, ids[190..], "the newest ten stay");
}

/// Some go well, some are refused for a reason of their own, and none matters to another.
pub(super) async fn creations_of_many_users_do_not_touch_one_another(w: World) {
    let mut users = Vec::new();
    for number in 0..24 {
        users.push(w.user(&format!("user-{number}")).await);
    }
    let app = w.app("abc", &users[0]).await;
    let before = w.trail().await.len();
    let mut running = Vec::new();
    for user in &users {
        let (id, generation) = (user.id, 1);
        let mut create = |new: NewAuthorization, auth_generation| {
            let (w, stamp) = (
                w.clone(),
                by(Actor::User {
                    id,
                    auth_generation,
                }),
            );
            let task = async move { w.store.create_authorization(new, TEN, stamp).await };
            running.push(tokio::spawn(task));
        };
        create(w.personal(user, "same"), generation);
        create(w.personal(user, "same"), generation);
        create(w.for_app(user, &app, "repo"), generation);
        create(w.personal(user, "stale"), generation + 1);
    }
    let (mut made, mut taken, mut stale) = (0, 0, 0);
    for one in running {
        match one.await.unwrap() {
            Ok(Ok(one)) => {
                assert!(w.is_valid(one.token_hash).await);
                made += 1;
            }
            Ok(Err(NotCreated::Taken(_))) => taken += 1,
            Err(StoreError::StaleActor) => stale += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((made, taken, stale), (48, 24, 24));
    for user in &users {
        let found = w.authorizations(user).await;
        let personal = found.iter().filter(|one| one.app.is_none()).count();
        assert_eq!((found.len(), personal), (2, 1));
        assert_eq!(w.grant(user).await.scopes, scopes("repo"));
    }
    let actions = w.actions(before).await;
    assert_eq!(w.trail().await.len() - before, 48 + 24, "{actions:?}");
}

pub(super) async fn one_of_two_hundred_takes_a_note(w: World) {
    let octocat = w.user("octocat").await;
    let post = move |w: World| {
        let new = w.personal(&octocat, "a");
        async move { w.try_create(new, operator()).await.is_ok() }
    };
    let created = w.race(200, post).await;
    assert_eq!(created.into_iter().filter(|made| *made).count(), 1);
}

pub(super) async fn one_of_two_resets_succeeds(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    for _ in 0..20 {
        let old = w.create(w.for_app(&octocat, &app, "")).await.token_hash;
        let app_id = app.id;
        let reset = move |w: World| async move {
            let token = w.token();
            let reset = w
                .store
                .reset_token(app_id, old, token.clone(), operator())
                .await;
            (reset.unwrap().is_some(), token.hash)
        };
        let resets = w.race(2, reset).await;
        assert_eq!(resets.iter().filter(|(done, _)| *done).count(), 1);
        for (done, hash) in resets {
            assert_eq!(w.is_valid(hash).await, done);
        }
        assert!(!w.is_valid(old).await);
    }
}

pub(super) async fn a_reset_and_a_revocation_leave_one_outcome(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    for _ in 0..20 {
        let old = w.create(w.for_app(&octocat, &app, "")).await.token_hash;
        let token = w.token();
        let (reset, revoked) = tokio::join!(
            w.store.reset_token(app.id, old, token.clone(), operator()),
            w.store.revoke_token(app.id, old, operator()),
        );
        let (reset, revoked) = (reset.unwrap().is_some(), revoked.unwrap());
        assert!(reset != revoked, "each finds the token or not, never both");
        assert!(!w.is_valid(old).await);
        assert_eq!(w.is_valid(token.hash).await, reset);
    }
}

pub(super) async fn a_reset_and_a_deleted_grant_leave_one_outcome(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    for _ in 0..20 {
        let old = w.create(w.for_app(&octocat, &app, "")).await.token_hash;
        let token = w.token();
        let (reset, deleted) = tokio::join!(
            w.store.reset_token(app.id, old, token.clone(), operator()),
            w.store.revoke_grant_by_token(app.id, old, operator()),
        );
        let (reset, deleted) = (reset.unwrap().is_some(), deleted.unwrap());
        assert!(reset != deleted, "each finds the token or not, never both");
        assert!(!w.is_valid(old).await);
        assert_eq!(w.is_valid(token.hash).await, reset);
    }
}

pub(super) async fn of_concurrent_edits_none_is_lost(w: World) {
    let octocat = w.user("octocat").await;
    let made = w.create(w.personal(&octocat, "a")).await;
    let (user, id) = (octocat.id, made.id);
    let edit = move |w: World| async move {
        let mine = w.token().last_eight.0;
        let edit = AuthorizationEdit {
            scopes: ScopeChange::Edit {
                add: scopes(&mine),
                remove: Scopes::default(),
            },
            ..AuthorizationEdit::default()
        };
        w.store.edit_authorization(user, id, edit, operator()).await
    };
    for edited in w.race(20, edit).await {
        assert!(edited.unwrap().unwrap().is_ok());
    }
    let scopes = &w.authorizations(&octocat).await[0].scopes;
    assert_eq!(scopes.sorted().to_stored().split(' ').count(), 20);
}

pub(super) async fn no_check_after_a_revocation_says_valid(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let done = Arc::new(AtomicBool::new(false));
    let noise: Vec<_> = (0..8)
        .map(|_| {
            let (w, app, done) = (w.clone(), app.clone(), Arc::clone(&done));
            tokio::spawn(async move {
                while !done.load(Ordering::Relaxed) {
                    w.check(&app, w.token().hash).await;
                }
            })
        })
        .collect();
    for _ in 0..50 {
        let hash = w.create(w.for_app(&octocat, &app, "")).await.token_hash;
        assert!(w.check(&app, hash).await.is_some(), "created before");
        assert!(
            w.store
                .revoke_token(app.id, hash, operator())
                .await
                .unwrap()
        );
        let check = {
            let app = app.clone();
            move |w: World| {
                let app = app.clone();
                async move { w.check(&app, hash).await.is_some() }
            }
        };
        assert!(!w.race(4, check).await.contains(&true), "revoked before");
    }
    done.store(true, Ordering::Relaxed);
    for one in noise {
        one.await.unwrap();
    }
}

pub(super) async fn creating_while_the_grant_is_deleted_leaves_no_orphan(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    for _ in 0..20 {
        w.create(w.for_app(&octocat, &app, "repo")).await;
        let grant = w.grant(&octocat).await;
        let (made, deleted) = tokio::join!(
            w.try_create(w.for_app(&octocat, &app, "user"), operator()),
            w.store.delete_grant(octocat.id, grant.id, operator()),
        );
        assert!(deleted.unwrap());
        let made = made.unwrap();
        // Before the deletion: gone with it. After: valid, under a new grant.
        let alive = w.is_valid(made.token_hash).await;
        assert_eq!(w.authorizations(&octocat).await.len(), usize::from(alive));
        let grants = w.store.list_grants(octocat.id, None, ALL).await.unwrap();
        assert_eq!(grants.total, u64::from(alive));
    }
}
