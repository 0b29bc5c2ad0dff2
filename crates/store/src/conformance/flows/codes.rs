//! Promises about codes.

use grantd_core::app::ClientId;
use grantd_core::ids::{AppId, GrantId, SessionId};
use grantd_core::pkce::Challenge;
use grantd_core::store::{CodeRedemption, Consented, MintLimits, NewCode};

use super::*;

pub(in crate::conformance) async fn consent_is_found_with_the_app_its_owner_and_the_grant(
    w: World,
) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let app = w.app("abc", &octocat).await;
    let find = async |client_id: &str, user| {
        let client_id = ClientId::from_stored(client_id.to_owned());
        w.store.find_consent(&client_id, user).await.unwrap()
    };
    assert!(find("nope", None).await.is_none());
    assert!(find("ab\0c", None).await.is_none());
    let found = find("abc", Some(hubot.id)).await.unwrap();
    assert_eq!((found.credentials.app, found.owner), (app.clone(), octocat));
    assert_eq!(found.grant, None);
    consented(&w, &hubot, &app, "repo user").await;
    let (grant, held) = find("abc", Some(hubot.id)).await.unwrap().grant.unwrap();
    assert_eq!(grant, w.grant(&hubot).await.id);
    assert_eq!(held, scopes("repo user"));
    assert_eq!(find("abc", None).await.unwrap().grant, None);
}

pub(in crate::conformance) async fn a_consent_creates_or_widens_the_grant(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let seen = w.trail().await.len();
    consented(&w, &octocat, &app, "repo").await;
    assert_eq!(w.grant(&octocat).await.scopes, scopes("repo"));
    consented(&w, &octocat, &app, "user").await;
    assert_eq!(w.grant(&octocat).await.scopes, scopes("repo user"));
    let (made, said_yes) = ("oauth_authorization.create", "oauth_authorization.consent");
    assert_eq!(w.actions(seen).await, [made, said_yes, said_yes]);
    let row = w.trail().await.pop().unwrap();
    assert_eq!((row.user_id, row.app_id), (Some(octocat.id), Some(app.id)));
}

pub(in crate::conformance) async fn a_code_needs_an_active_app_and_its_grant(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let create = async |new: NewCode, consented| {
        let hash = new.hash;
        let made = w.store.create_code(new, consented, operator());
        let made = made.await.unwrap();
        let found = w.store.find_code(hash).await.unwrap();
        assert_eq!(found.is_some(), made);
        made
    };
    let new = || code(&w, &octocat, &app, "repo");
    assert!(!create(new(), Consented::Before(GrantId(1))).await);
    assert!(create(new(), Consented::Now).await);
    let grant = w.grant(&octocat).await.id;
    let seen = w.trail().await.len();
    assert!(create(new(), Consented::Before(grant)).await);
    assert_eq!(w.actions(seen).await, [""; 0]);
    let other = Consented::Before(GrantId(grant.0 + 1));
    assert!(!create(new(), other).await);
    let nowhere = NewCode {
        app: AppId(99),
        ..new()
    };
    assert!(!create(nowhere, Consented::Now).await);
    let suspend = w.store.set_app_suspended(app.id, true, operator());
    assert!(suspend.await.unwrap());
    for consented in [Consented::Now, Consented::Before(grant)] {
        assert!(!create(new(), consented).await);
    }
}

pub(in crate::conformance) async fn a_code_is_found_with_what_it_is_bound_to(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let challenge = Challenge::from_stored("challenge".to_owned());
    let new = NewCode {
        challenge: Some(challenge.clone()),
        expires_at: NOW.plus(-1),
        ..code(&w, &octocat, &app, "")
    };
    let (hash, consented) = (new.hash, Consented::Now);
    let made = w.store.create_code(new, consented, operator());
    assert!(made.await.unwrap());
    let found = w.store.find_code(hash).await.unwrap().unwrap();
    assert_eq!((found.app, &found.user), (app.id, &octocat));
    assert_eq!(found.redirect_uri, "https://app.example/cb");
    assert_eq!(found.challenge, Some(challenge));
    let used = super::consented(&w, &octocat, &app, "").await;
    issued(&w, &used, access(&w)).await;
    assert_eq!(
        w.store
            .find_code(used.hash)
            .await
            .unwrap()
            .unwrap()
            .challenge,
        None
    );
    assert!(w.store.find_code([0; 32]).await.unwrap().is_none());
}

pub(in crate::conformance) async fn a_code_makes_what_was_consented_to_as_far_as_allowed(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let code = consented(&w, &octocat, &app, "user repo gist").await;
    let seen = w.trail().await.len();
    let narrow = Access {
        allowed: Some(scopes("gist user")),
        expires_at: Some(NOW.plus(60)),
        ..access(&w)
    };
    let hash = narrow.token.hash;
    let made = issued(&w, &code, narrow).await;
    assert_eq!(made.scopes, scopes("user gist"));
    assert_eq!((made.user_id, made.token_hash), (octocat.id, hash));
    assert_eq!(made.app.as_ref().map(|app| app.id), Some(app.id));
    assert_eq!(made.expires_at, Some(NOW.plus(60)));
    assert_eq!((made.note.clone(), made.note_url.clone()), (None, None));
    assert_eq!(w.check(&app, hash).await, Some(made));
    assert_eq!(w.actions(seen).await, ["oauth_access.create"]);
    // What was consented to stays, whatever a token has of it.
    let found = w.store.find_consent(&app.client_id, Some(octocat.id));
    let held = found.await.unwrap().unwrap().grant.unwrap().1;
    assert_eq!(held, scopes("user repo gist"));
}

pub(in crate::conformance) async fn a_code_that_is_expired_or_unknown_makes_nothing(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let code = consented(&w, &octocat, &app, "repo").await;
    let at = |seconds| {
        let redeemed = w.store.redeem_code(code.hash, access(&w), later(seconds));
        async move { redeemed.await.unwrap() }
    };
    assert_eq!(at(600).await, CodeRedemption::Dead);
    assert!(matches!(at(599).await, CodeRedemption::Issued(_)));
    // A replay of what has expired is none.
    assert_eq!(at(600).await, CodeRedemption::Dead);
    assert_eq!(w.authorizations(&octocat).await.len(), 1);
    let unknown = w.store.redeem_code([0; 32], access(&w), operator());
    assert_eq!(unknown.await.unwrap(), CodeRedemption::Dead);
}

pub(in crate::conformance) async fn a_replay_deletes_what_the_code_made(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let other = consented(&w, &octocat, &app, "user").await;
    let other = issued(&w, &other, access(&w)).await;
    let code = consented(&w, &octocat, &app, "repo").await;
    let made = issued(&w, &code, access(&w)).await;
    let seen = w.trail().await.len();
    for _ in 0..2 {
        let again = redeem(&w, &code, access(&w)).await;
        assert_eq!(again, CodeRedemption::Replayed);
        assert!(!w.is_valid(made.token_hash).await);
    }
    assert_eq!(w.actions(seen).await, ["oauth_access.code_replayed"]);
    assert!(w.is_valid(other.token_hash).await);
    assert_eq!(w.grant(&octocat).await.scopes, scopes("user"));
    // With everything that followed it by refresh tokens.
    let code = consented(&w, &octocat, &app, "repo").await;
    let first = expiring(&w);
    issued(&w, &code, first.clone()).await;
    let second = expiring(&w);
    let hash = first.refresh.unwrap().hash;
    let rotated = w
        .store
        .rotate_refresh_token(app.id, hash, second.clone(), LIMITS, operator());
    rotated.await.unwrap();
    assert!(w.is_valid(second.token.hash).await);
    let again = redeem(&w, &code, access(&w)).await;
    assert_eq!(again, CodeRedemption::Replayed);
    assert!(!w.is_valid(second.token.hash).await);
    let hash = second.refresh.unwrap().hash;
    let revoked = w.store.revoke_refresh_token(app.id, hash, operator());
    assert!(!revoked.await.unwrap(), "the family is gone");
}

/// The one that is issued something is revoked by the others, which are replays.
pub(in crate::conformance) async fn one_of_two_hundred_redemptions_is_issued_something(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let code = consented(&w, &octocat, &app, "repo").await;
    let (hash, limits) = (code.hash, TEN);
    let redeem = move |w: World| async move {
        let access = Access {
            limits,
            ..access(&w)
        };
        w.store.redeem_code(hash, access, operator()).await.unwrap()
    };
    let all = w.race(200, redeem).await;
    let issued = |one: &&CodeRedemption| matches!(one, CodeRedemption::Issued(_));
    assert_eq!(all.iter().filter(issued).count(), 1);
    let replayed = all.iter().filter(|one| **one == CodeRedemption::Replayed);
    assert_eq!(replayed.count(), 199);
    assert_eq!(w.authorizations(&octocat).await, []);
    let made = w.actions(0).await;
    let made = made.iter().filter(|one| *one == "oauth_access.create");
    assert_eq!(made.count(), 1);
}

pub(in crate::conformance) async fn codes_obey_the_limits_on_tokens(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    for _ in 0..12 {
        let code = consented(&w, &octocat, &app, "repo").await;
        issued(&w, &code, access(&w)).await;
    }
    assert_eq!(w.authorizations(&octocat).await.len(), 10);
    let code = consented(&w, &octocat, &app, "repo").await;
    let per_hour = |most| Access {
        limits: MintLimits {
            per_hour: Some(most),
            ..TEN
        },
        ..access(&w)
    };
    let refused = redeem(&w, &code, per_hour(12)).await;
    assert_eq!(refused, CodeRedemption::TooMany);
    issued(&w, &code, per_hour(13)).await;
}

pub(in crate::conformance) async fn a_session_that_ends_takes_its_unused_codes_along(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let (ends, used) = (
        consented(&w, &octocat, &app, "repo").await,
        consented(&w, &octocat, &app, "repo").await,
    );
    let made = issued(&w, &used, access(&w)).await;
    let elsewhere = NewCode {
        session: SessionId(78),
        ..code(&w, &octocat, &app, "repo")
    };
    let kept = w
        .store
        .create_code(elsewhere.clone(), Consented::Now, operator());
    assert!(kept.await.unwrap());
    let ended = w.store.end_codes_of_session(SESSION, operator());
    ended.await.unwrap();
    assert_eq!(redeem(&w, &ends, access(&w)).await, CodeRedemption::Dead);
    assert!(w.is_valid(made.token_hash).await);
    // A used one is still known, so that its replay is.
    let replayed = redeem(&w, &used, access(&w)).await;
    assert_eq!(replayed, CodeRedemption::Replayed);
    issued(&w, &elsewhere, access(&w)).await;
}
