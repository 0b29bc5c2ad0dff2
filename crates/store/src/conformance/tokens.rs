//! Promises about checking, resetting and revoking tokens.

use grantd_core::app::ClientId;
use grantd_core::authorization::NewAuthorization;
use grantd_core::ids::AuthorizationId;
use grantd_core::store::TokenVerdict;
use grantd_core::token::TokenHash;

use super::world::*;

pub(super) async fn each_term_of_validity_counts(w: World) {
    let octocat = w.user("octocat").await;
    let owner = w.user("hubot").await;
    let app = w.app("abc", &owner).await;
    let expiring = NewAuthorization {
        expires_at: Some(NOW.plus(60)),
        ..w.for_app(&octocat, &app, "")
    };
    let hash = w.create(expiring).await.token_hash;
    let said = async |at: i64| {
        let now = NOW.plus(at);
        let check = w.check_at(&app, hash, now).await.is_some();
        let verdict = w.store.find_token(hash, now).await.unwrap();
        (check, matches!(verdict, TokenVerdict::Valid(_)))
    };
    let (yes, no) = ((true, true), (false, false));
    assert_eq!(said(59).await, yes);
    assert_eq!(said(60).await, no, "expired, to the second");
    for (suspended, expected) in [(true, no), (false, yes)] {
        w.store
            .set_user_suspended(octocat.id, suspended, operator())
            .await
            .unwrap();
        assert_eq!(said(0).await, expected, "owner suspended: {suspended}");
    }
    for (suspended, expected) in [(true, no), (false, yes)] {
        w.store
            .set_app_suspended(app.id, suspended, operator())
            .await
            .unwrap();
        assert_eq!(said(0).await, expected, "app suspended: {suspended}");
    }
    // The app's owner is not the token's.
    w.store
        .set_user_suspended(owner.id, true, operator())
        .await
        .unwrap();
    assert_eq!(said(0).await, yes);
    let grant = w.grant(&octocat).await;
    w.store
        .delete_grant(octocat.id, grant.id, operator())
        .await
        .unwrap();
    assert_eq!(said(0).await, no, "grant deleted");
    let personal = w.create(w.personal(&octocat, "a")).await;
    assert!(w.is_valid(personal.token_hash).await);
    w.store
        .delete_authorization(octocat.id, personal.id, operator())
        .await
        .unwrap();
    assert!(!w.is_valid(personal.token_hash).await, "deleted");
}

pub(super) async fn a_suspended_owner_is_told_apart(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let expiring = NewAuthorization {
        expires_at: Some(NOW.plus(60)),
        ..w.for_app(&octocat, &app, "")
    };
    let hash = w.create(expiring).await.token_hash;
    let verdict = async |at| w.store.find_token(hash, NOW.plus(at)).await.unwrap();
    w.store
        .set_user_suspended(octocat.id, true, operator())
        .await
        .unwrap();
    assert_eq!(verdict(0).await, TokenVerdict::OwnerSuspended);
    // Only where all else holds.
    assert_eq!(verdict(60).await, TokenVerdict::Unknown);
    w.store
        .set_app_suspended(app.id, true, operator())
        .await
        .unwrap();
    assert_eq!(verdict(0).await, TokenVerdict::Unknown);
    let unknown = w.store.find_token(TokenHash([0; 32]), NOW).await;
    assert_eq!(unknown.unwrap(), TokenVerdict::Unknown);
}

pub(super) async fn an_app_is_found_with_or_without_a_token(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let made = w.create(w.for_app(&octocat, &app, "repo")).await;
    let check = async |hash| {
        w.store
            .check_token(&app.client_id, hash, NOW)
            .await
            .unwrap()
    };
    let found = check(Some(made.token_hash)).await.unwrap();
    assert_eq!(found.credentials.app, app);
    let token = found.token.unwrap();
    let found = (token.authorization.clone(), token.user.clone());
    assert_eq!(found, (made.clone(), octocat));
    for hash in [None, Some(TokenHash([0; 32]))] {
        let found = check(hash).await.unwrap();
        assert_eq!(found.credentials.app, app);
        assert!(found.token.is_none());
    }
    // A suspended app is still found: its secret is compared first.
    w.store
        .set_app_suspended(app.id, true, operator())
        .await
        .unwrap();
    let found = check(Some(made.token_hash)).await.unwrap();
    assert_eq!(found.credentials.app.suspended_at, Some(NOW));
    assert!(found.token.is_none());
    let unknown = ClientId::from_stored("unknown".to_owned());
    let unknown = w
        .store
        .check_token(&unknown, Some(made.token_hash), NOW)
        .await;
    assert!(unknown.unwrap().is_none());
}

pub(super) async fn another_apps_token_looks_like_none(w: World) {
    let octocat = w.user("octocat").await;
    let (app, other) = (w.app("abc", &octocat).await, w.app("other", &octocat).await);
    let of_app = w.create(w.for_app(&octocat, &app, "")).await.token_hash;
    let personal = w.create(w.personal(&octocat, "a")).await.token_hash;
    for hash in [of_app, personal] {
        assert_eq!(w.check(&other, hash).await, None);
        let reset = w
            .store
            .reset_token(other.id, hash, w.token(), operator())
            .await;
        assert_eq!(reset.unwrap(), None);
        assert!(
            !w.store
                .revoke_token(other.id, hash, operator())
                .await
                .unwrap()
        );
        let revoked = w
            .store
            .revoke_grant_by_token(other.id, hash, operator())
            .await;
        assert!(!revoked.unwrap());
        assert!(w.is_valid(hash).await);
    }
}

pub(super) async fn eight_equal_bytes_are_not_enough(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let first = w.for_app(&octocat, &app, "");
    let mut twin = w.for_app(&octocat, &app, "");
    twin.token_hash = first.token_hash;
    twin.token_hash.0[31] ^= 1;
    let mut stranger = first.token_hash;
    stranger.0[8] ^= 1;
    let (first, twin) = (w.create(first).await, w.create(twin).await);
    for one in [&first, &twin] {
        assert_eq!(w.check(&app, one.token_hash).await.unwrap().id, one.id);
    }
    assert_eq!(w.check(&app, stranger).await, None);
    assert!(!w.is_valid(stranger).await);
    assert!(
        !w.store
            .revoke_token(app.id, stranger, operator())
            .await
            .unwrap()
    );
    assert!(
        w.store
            .revoke_token(app.id, twin.token_hash, operator())
            .await
            .unwrap()
    );
    assert!(w.is_valid(first.token_hash).await && !w.is_valid(twin.token_hash).await);
}

pub(super) async fn a_reset_keeps_the_record_and_replaces_the_token(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let made = w.create(w.for_app(&octocat, &app, "repo")).await;
    let token = w.token();
    let reset = w
        .store
        .reset_token(app.id, made.token_hash, token.clone(), later(5))
        .await;
    let reset = reset.unwrap().unwrap();
    assert_eq!(reset.user, octocat);
    let mut expected = made.clone();
    expected.token_hash = token.hash;
    expected.token_last_eight = token.last_eight;
    expected.updated_at = NOW.plus(5);
    assert_eq!(reset.authorization, expected);
    assert_eq!(w.check(&app, token.hash).await, Some(expected));
    assert!(!w.is_valid(made.token_hash).await);
}

pub(super) async fn a_revoked_token_is_gone_and_its_grant_stays(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let made = w.create(w.for_app(&octocat, &app, "repo")).await;
    let revoke = async || {
        let revoked = w.store.revoke_token(app.id, made.token_hash, operator());
        revoked.await.unwrap()
    };
    assert!(revoke().await);
    assert!(!revoke().await);
    assert_eq!(w.check(&app, made.token_hash).await, None);
    assert!(w.authorizations(&octocat).await.is_empty());
    w.grant(&octocat).await;
}

pub(super) async fn an_operator_deletes_any_token(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    for new in [w.personal(&octocat, "a"), w.for_app(&octocat, &app, "repo")] {
        let made = w.create(new).await;
        assert!(w.store.delete_token(made.id, operator()).await.unwrap());
        assert!(!w.store.delete_token(made.id, operator()).await.unwrap());
        assert!(!w.is_valid(made.token_hash).await);
    }
    w.grant(&octocat).await;
    let unknown = w.store.delete_token(AuthorizationId(99), operator()).await;
    assert!(!unknown.unwrap());
}

pub(super) async fn invalid_tokens_are_neither_reset_nor_revoked(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let expiring = NewAuthorization {
        expires_at: Some(NOW.plus(60)),
        ..w.for_app(&octocat, &app, "")
    };
    let hash = w.create(expiring).await.token_hash;
    let reset = w
        .store
        .reset_token(app.id, hash, w.token(), later(60))
        .await;
    assert_eq!(reset.unwrap(), None);
    assert!(!w.store.revoke_token(app.id, hash, later(60)).await.unwrap());
    let revoked = w.store.revoke_grant_by_token(app.id, hash, later(60)).await;
    assert!(!revoked.unwrap());
    w.store
        .set_user_suspended(octocat.id, true, operator())
        .await
        .unwrap();
    assert!(
        !w.store
            .revoke_token(app.id, hash, operator())
            .await
            .unwrap()
    );
}
