//! Promises about who may write: nobody under credentials that have changed.

use grantd_core::audit::{Action, Actor, Stamp};
use grantd_core::authorization::AuthorizationEdit;
use grantd_core::secret::SecretHash;
use grantd_core::store::{StoreError, Stored};
use grantd_core::user::PasswordHash;

use super::world::*;

fn refused<T>(result: Stored<T>) -> bool {
    matches!(result, Err(StoreError::StaleActor))
}

pub(super) async fn a_user_with_changed_credentials_writes_nothing(w: World) {
    let octocat = w.user("octocat").await;
    let stamp = async || {
        by(Actor::User {
            id: octocat.id,
            auth_generation: w.credentials("octocat").await.auth_generation,
        })
    };
    let write = async |stamp: Stamp| {
        let new = w.personal(&octocat, &w.token().last_eight.0);
        w.store.create_authorization(new, TEN, stamp).await
    };
    let before = stamp().await;
    assert!(write(before.clone()).await.is_ok());
    let other = PasswordHash("$second".to_owned());
    w.store
        .set_password(octocat.id, other, operator())
        .await
        .unwrap();
    assert!(refused(write(before).await), "another password");
    w.store
        .set_user_suspended(octocat.id, true, operator())
        .await
        .unwrap();
    assert!(refused(write(stamp().await).await), "suspended");
    w.store
        .set_user_suspended(octocat.id, false, operator())
        .await
        .unwrap();
    let before = stamp().await;
    assert!(write(before.clone()).await.is_ok());
    w.store.delete_user(octocat.id, operator()).await.unwrap();
    assert!(refused(write(before).await), "gone");
}

pub(super) async fn an_app_with_changed_credentials_writes_nothing(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let mut hash = w.create(w.for_app(&octocat, &app, "")).await.token_hash;
    let stamp = async || {
        let found = w.store.find_app(&app.client_id).await.unwrap().unwrap();
        by(Actor::App {
            id: app.id,
            auth_generation: found.auth_generation,
        })
    };
    let mut reset = async |stamp: Stamp| {
        let token = w.token();
        let reset = w
            .store
            .reset_token(app.id, hash, token.clone(), stamp)
            .await;
        if matches!(reset, Ok(Some(_))) {
            hash = token.hash;
        }
        reset
    };
    let before = stamp().await;
    assert!(reset(before.clone()).await.unwrap().is_some());
    let rotated = w
        .store
        .rotate_app_secret(app.id, SecretHash([9; 32]), None, operator());
    assert!(rotated.await.unwrap());
    assert!(refused(reset(before).await), "another secret");
    w.store
        .set_app_suspended(app.id, true, operator())
        .await
        .unwrap();
    assert!(refused(reset(stamp().await).await), "suspended");
    w.store
        .set_app_suspended(app.id, false, operator())
        .await
        .unwrap();
    let before = stamp().await;
    assert!(reset(before.clone()).await.unwrap().is_some());
    w.store.delete_app(app.id, operator()).await.unwrap();
    assert!(refused(reset(before).await), "gone");
}

pub(super) async fn every_stamped_step_is_refused_to_a_stale_actor(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let made = w.create(w.for_app(&octocat, &app, "")).await;
    let grant = w.grant(&octocat).await;
    let rows = w.trail().await.len();
    let stale = || {
        by(Actor::User {
            id: octocat.id,
            auth_generation: -1,
        })
    };
    let (s, user, id, hash) = (&w.store, octocat.id, made.id, made.token_hash);
    let password = || PasswordHash("$second".to_owned());
    let secret = SecretHash([9; 32]);
    let edit = AuthorizationEdit {
        note: Some(note("x")),
        ..AuthorizationEdit::default()
    };
    let all = [
        refused(s.create_user(new_user("hubot"), stale()).await),
        refused(s.set_password(user, password(), stale()).await),
        refused(
            s.rehash_password(user, password(), password(), stale())
                .await,
        ),
        refused(s.set_user_suspended(user, true, stale()).await),
        refused(s.set_second_factor(user, Some(factor(&[])), stale()).await),
        refused(s.delete_user(user, stale()).await),
        refused(s.burn_recovery_code(user, [1; 32], stale()).await),
        refused(s.create_app(new_app("other", &octocat), stale()).await),
        refused(s.set_app_owner(app.id, user, stale()).await),
        refused(s.rotate_app_secret(app.id, secret, None, stale()).await),
        refused(s.set_app_suspended(app.id, true, stale()).await),
        refused(s.delete_app(app.id, stale()).await),
        refused(
            s.create_authorization(w.personal(&octocat, "a"), TEN, stale())
                .await,
        ),
        refused(
            s.get_or_create_authorization(w.for_app(&octocat, &app, ""), TEN, stale())
                .await,
        ),
        refused(s.edit_authorization(user, id, edit, stale()).await),
        refused(s.delete_authorization(user, id, stale()).await),
        refused(s.reset_token(app.id, hash, w.token(), stale()).await),
        refused(s.revoke_token(app.id, hash, stale()).await),
        refused(s.revoke_grant_by_token(app.id, hash, stale()).await),
        refused(s.delete_grant(user, grant.id, stale()).await),
        refused(s.delete_token(id, stale()).await),
        refused(
            s.record(Action::OtpMissingTooOften, Some(user), stale())
                .await,
        ),
    ];
    assert_eq!(all, [true; 22]);
    assert_eq!(w.trail().await.len(), rows);
    assert_eq!(w.check(&app, hash).await, Some(made));
}
