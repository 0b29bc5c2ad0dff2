//! Promises about the trail and the engine itself.

use std::net::IpAddr;

use grantd_core::audit::{Action, Actor, Stamp};
use grantd_core::authorization::AuthorizationEdit;
use grantd_core::ids::{AppId, AuthorizationId, GrantId, UserId};
use grantd_core::secret::SecretHash;
use grantd_core::store::StoreError;
use grantd_core::token::TokenHash;
use grantd_core::user::PasswordHash;

use super::world::*;

pub(super) async fn every_change_leaves_its_row(w: World) {
    let (s, mut seen) = (w.store.clone(), 0);
    let mut left = async |expected: &[&str]| {
        let actions = w.actions(seen).await;
        seen += actions.len();
        assert_eq!(actions, expected);
    };
    let octocat = w.user("octocat").await;
    left(&["user.create"]).await;
    let second = PasswordHash("$second".to_owned());
    s.set_password(octocat.id, second.clone(), operator())
        .await
        .unwrap();
    s.rehash_password(octocat.id, second.clone(), second, operator())
        .await
        .unwrap();
    left(&["user.change_password", "user.rehash_password"]).await;
    s.set_user_suspended(octocat.id, true, operator())
        .await
        .unwrap();
    s.set_user_suspended(octocat.id, false, operator())
        .await
        .unwrap();
    left(&["user.suspend", "user.unsuspend"]).await;
    let new = factor(&[[1; 32]]);
    s.set_second_factor(octocat.id, Some(new), operator())
        .await
        .unwrap();
    s.burn_recovery_code(octocat.id, [1; 32], operator())
        .await
        .unwrap();
    s.set_second_factor(octocat.id, None, operator())
        .await
        .unwrap();
    left(&[
        "two_factor.enable",
        "two_factor.recovery_code_used",
        "two_factor.disable",
    ])
    .await;

    let app = w.app("abc", &octocat).await;
    s.set_app_owner(app.id, octocat.id, operator())
        .await
        .unwrap();
    s.rotate_app_secret(app.id, SecretHash([9; 32]), None, operator())
        .await
        .unwrap();
    s.set_app_suspended(app.id, true, operator()).await.unwrap();
    s.set_app_suspended(app.id, false, operator())
        .await
        .unwrap();
    left(&[
        "oauth_application.create",
        "oauth_application.transfer",
        "oauth_application.reset_secret",
        "oauth_application.suspend",
        "oauth_application.unsuspend",
    ])
    .await;

    let first = w.create(w.for_app(&octocat, &app, "repo")).await;
    left(&["oauth_authorization.create", "oauth_access.create"]).await;
    w.create(w.for_app(&octocat, &app, "user")).await;
    left(&["oauth_access.create"]).await;
    let edit = AuthorizationEdit {
        note: Some(note("x")),
        ..AuthorizationEdit::default()
    };
    let edited = s
        .edit_authorization(octocat.id, first.id, edit, operator())
        .await;
    edited.unwrap().unwrap().unwrap();
    let token = w.token();
    s.reset_token(app.id, first.token_hash, token.clone(), operator())
        .await
        .unwrap();
    s.revoke_token(app.id, token.hash, operator())
        .await
        .unwrap();
    left(&[
        "oauth_access.update",
        "oauth_access.regenerate",
        "oauth_access.revoke",
    ])
    .await;
    let grant = w.grant(&octocat).await;
    s.delete_grant(octocat.id, grant.id, operator())
        .await
        .unwrap();
    left(&["oauth_authorization.destroy", "oauth_access.destroy"]).await;
    for _ in 0..11 {
        w.create(w.for_app(&octocat, &app, "repo")).await;
    }
    let actions = w.actions(0).await;
    assert_eq!(actions.last().unwrap(), "oauth_access.evict");
    let before = actions.len();
    s.delete_user(octocat.id, operator()).await.unwrap();
    let mut actions = w.actions(before).await;
    actions.dedup();
    assert_eq!(
        actions,
        [
            "oauth_authorization.destroy",
            "oauth_access.destroy",
            "oauth_application.destroy",
            "user.delete"
        ]
    );
    // Ten tokens, each with its row.
    assert_eq!(w.actions(before).await.len(), 13);
}

pub(super) async fn no_change_leaves_no_row(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    w.create(w.personal(&octocat, "a")).await;
    let (s, rows) = (w.store.clone(), w.trail().await.len());
    let nobody = UserId(99);
    let password = || PasswordHash("$other".to_owned());
    let hash = TokenHash([0; 32]);
    s.create_user(new_user("octocat"), operator())
        .await
        .unwrap()
        .unwrap_err();
    s.set_password(nobody, password(), operator())
        .await
        .unwrap();
    s.rehash_password(octocat.id, password(), password(), operator())
        .await
        .unwrap();
    s.set_user_suspended(octocat.id, false, operator())
        .await
        .unwrap();
    s.set_second_factor(nobody, None, operator()).await.unwrap();
    s.burn_recovery_code(octocat.id, [1; 32], operator())
        .await
        .unwrap();
    s.delete_user(nobody, operator()).await.unwrap();
    s.create_app(new_app("abc", &octocat), operator())
        .await
        .unwrap()
        .unwrap_err();
    s.set_app_owner(AppId(99), octocat.id, operator())
        .await
        .unwrap();
    s.set_app_suspended(app.id, false, operator())
        .await
        .unwrap();
    s.delete_app(AppId(99), operator()).await.unwrap();
    w.try_create(w.personal(&octocat, "a"), operator())
        .await
        .unwrap_err();
    s.delete_authorization(octocat.id, AuthorizationId(99), operator())
        .await
        .unwrap();
    s.reset_token(app.id, hash, w.token(), operator())
        .await
        .unwrap();
    s.revoke_token(app.id, hash, operator()).await.unwrap();
    s.revoke_grant_by_token(app.id, hash, operator())
        .await
        .unwrap();
    s.delete_grant(octocat.id, GrantId(99), operator())
        .await
        .unwrap();
    s.delete_token(AuthorizationId(99), operator())
        .await
        .unwrap();
    assert_eq!(w.trail().await.len(), rows);
}

pub(super) async fn a_row_says_who_what_when_and_where(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let ip: IpAddr = [192, 0, 2, 1].into();
    let stamp = Stamp {
        at: NOW.plus(5),
        by: Actor::User {
            id: octocat.id,
            auth_generation: w.credentials("octocat").await.auth_generation,
        },
        address: Some(ip),
        request_id: Some("ABCD".to_owned()),
        reason: None,
    };
    let made = w
        .try_create(w.for_app(&octocat, &app, "repo"), stamp)
        .await
        .unwrap();
    let grant = w.grant(&octocat).await;
    let row = w.trail().await.pop().unwrap();
    assert_eq!(
        (row.at, row.action.as_str()),
        (NOW.plus(5), "oauth_access.create")
    );
    assert_eq!(
        (row.actor_kind.as_str(), row.actor_id),
        ("user", Some(octocat.id.0))
    );
    assert_eq!((row.user_id, row.app_id), (Some(octocat.id), Some(app.id)));
    assert_eq!(
        (row.authorization_id, row.grant_id),
        (Some(made.id), Some(grant.id))
    );
    assert_eq!(row.token_hash, Some(made.token_hash));
    assert_eq!(row.token_last_eight, Some(made.token_last_eight));
    assert_eq!(row.address.as_deref(), Some("192.0.2.1"));
    assert_eq!(row.request_id.as_deref(), Some("ABCD"));
    let system = by(Actor::System);
    w.store
        .record(Action::OtpMissingTooOften, Some(octocat.id), system)
        .await
        .unwrap();
    let row = w.trail().await.pop().unwrap();
    assert_eq!(row.action, "two_factor.missing_code_overflow");
    assert_eq!((row.actor_kind.as_str(), row.actor_id), ("system", None));
    assert_eq!((row.user_id, row.address), (Some(octocat.id), None));
}

pub(super) async fn the_trail_is_read_in_slices(w: World) {
    for login in ["a", "b", "c", "d", "e"] {
        w.user(login).await;
    }
    let mut ids = Vec::new();
    loop {
        let after = ids.last().copied().unwrap_or(0);
        let slice = w.store.list_audit(after, 2).await.unwrap();
        assert!(slice.len() <= 2);
        if slice.is_empty() {
            break;
        }
        ids.extend(slice.into_iter().map(|row| row.id));
    }
    assert_eq!(ids.len(), 5);
    assert!(ids.is_sorted());
}

pub(super) async fn the_first_instance_key_stays(w: World) {
    let claim = async |key| w.store.claim_instance_key(key).await.unwrap();
    assert_eq!(claim("one").await, "one");
    assert_eq!(claim("two").await, "one");
}

pub(super) async fn a_ping_reads_and_writes(w: World) {
    w.store.ping().await.unwrap();
    w.store.ping().await.unwrap();
}

pub(super) async fn a_closed_store_is_unavailable(w: World) {
    let octocat = w.user("octocat").await;
    w.store.close().await;
    w.store.close().await;
    let read = w.store.find_user_by_id(octocat.id).await;
    assert!(matches!(read, Err(StoreError::Unavailable(_))));
    let written = w.store.create_user(new_user("hubot"), operator()).await;
    assert!(matches!(written, Err(StoreError::Unavailable(_))));
    assert!(w.store.ping().await.is_err());
}
