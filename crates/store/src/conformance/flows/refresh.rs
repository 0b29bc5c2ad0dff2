//! Promises about refresh tokens.

use grantd_core::app::App;
use grantd_core::authorization::AuthorizationEdit;
use grantd_core::ids::AppId;
use grantd_core::scope::ScopeChange;
use grantd_core::store::{LiveRefreshToken, MintLimits, Rotation};

use super::*;

/// A first token, and what to refresh it with.
pub(super) async fn first(w: &World, user: &User, app: &App) -> Access {
    let code = consented(w, user, app, "repo user").await;
    let access = expiring(w);
    issued(w, &code, access.clone()).await;
    access
}

fn refresh_of(access: &Access) -> TokenHash {
    access.refresh.unwrap().hash
}

async fn rotate_at(w: &World, app: &App, by: &Access, to: &Access, at: i64) -> Rotation {
    let (hash, to) = (refresh_of(by), to.clone());
    let rotated = w
        .store
        .rotate_refresh_token(app.id, hash, to, LIMITS, later(at));
    rotated.await.unwrap()
}

/// The next token by the refresh token of one.
pub(super) async fn next(w: &World, app: &App, by: &Access, at: i64) -> Access {
    let to = expiring(w);
    match rotate_at(w, app, by, &to, at).await {
        Rotation::Issued(made, _) => assert_eq!(made.token_hash, to.token.hash),
        other => panic!("{other:?}"),
    }
    to
}

async fn refused(w: &World, app: &App, by: &Access, at: i64) -> Rotation {
    rotate_at(w, app, by, &expiring(w), at).await
}

pub(in crate::conformance) async fn a_refresh_replaces_token_and_refresh_token(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let one = first(&w, &octocat, &app).await;
    let seen = w.trail().await.len();
    let two = next(&w, &app, &one, 10).await;
    assert!(!w.is_valid(one.token.hash).await);
    let made = w.check(&app, two.token.hash).await.unwrap();
    assert_eq!(made.scopes, scopes("repo user"));
    assert_eq!(made.created_at, NOW.plus(10));
    let rows = ["oauth_access.refresh", "oauth_access.create"];
    assert_eq!(w.actions(seen).await, rows);
    assert_eq!(w.authorizations(&octocat).await, [made]);
    let three = next(&w, &app, &two, 20).await;
    assert!(!w.is_valid(two.token.hash).await && w.is_valid(three.token.hash).await);
    // Never beyond what is allowed by now.
    let narrow = Access {
        allowed: Some(scopes("user")),
        ..expiring(&w)
    };
    assert!(matches!(
        rotate_at(&w, &app, &three, &narrow, 30).await,
        Rotation::Issued(made, _) if made.scopes == scopes("user")
    ));
    // What was lost so does not come back.
    let four = next(&w, &app, &narrow, 40).await;
    let made = w.check(&app, four.token.hash).await.unwrap();
    assert_eq!(made.scopes, scopes("user"));
}

pub(in crate::conformance) async fn a_refresh_token_is_its_apps_and_ends(w: World) {
    let octocat = w.user("octocat").await;
    let (app, other) = (w.app("abc", &octocat).await, w.app("other", &octocat).await);
    let one = first(&w, &octocat, &app).await;
    assert_eq!(refused(&w, &other, &one, 0).await, Rotation::Unknown);
    let end = REFRESH_SECONDS;
    assert_eq!(refused(&w, &app, &one, end).await, Rotation::Unknown);
    let unknown = expiring(&w);
    assert_eq!(refused(&w, &app, &unknown, 0).await, Rotation::Unknown);
    let hourly = Access {
        limits: MintLimits {
            per_hour: Some(1),
            ..TEN
        },
        ..expiring(&w)
    };
    assert_eq!(
        rotate_at(&w, &app, &one, &hourly, 0).await,
        Rotation::TooMany
    );
    assert!(w.is_valid(one.token.hash).await, "nothing was harmed");
    // Long after its token has ended.
    let two = next(&w, &app, &one, end - 1).await;
    // A superseded one that has expired is none, and ends nothing.
    assert_eq!(refused(&w, &app, &one, end).await, Rotation::Unknown);
    let kept = w
        .store
        .list_authorizations(octocat.id, None, ALL)
        .await
        .unwrap();
    assert_eq!(kept.items[0].token_hash, two.token.hash);
}

pub(in crate::conformance) async fn a_family_ends_however_often_it_is_refreshed(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let mut last = first(&w, &octocat, &app).await;
    let (step, end) = (REFRESH_SECONDS - 1, LIMITS.family);
    let ends = async |by: &Access, at: i64| {
        let mut to = expiring(&w);
        let refresh = to.refresh.as_mut().unwrap();
        refresh.expires_at = NOW.plus(at + REFRESH_SECONDS);
        match rotate_at(&w, &app, by, &to, at).await {
            Rotation::Issued(_, ends) => (to, ends.unwrap()),
            other => panic!("{other:?}"),
        }
    };
    let told;
    (last, told) = ends(&last, step).await;
    assert_eq!(
        told,
        NOW.plus(step + REFRESH_SECONDS),
        "its own end is nearer"
    );
    for at in [step + 1, 2 * step, end - 5, end - 1] {
        let told;
        (last, told) = ends(&last, at).await;
        assert_eq!(told, NOW.plus((at + REFRESH_SECONDS).min(end)));
    }
    assert_eq!(refused(&w, &app, &last, end).await, Rotation::Unknown);
    // A shorter limit counts for families that began under a longer one.
    let one = first(&w, &octocat, &app).await;
    let two = next(&w, &app, &one, 10).await;
    let short = RotationLimits {
        family: 60,
        ..LIMITS
    };
    for (at, good) in [(60, false), (59, true)] {
        let hash = refresh_of(&two);
        let rotated = w
            .store
            .rotate_refresh_token(app.id, hash, expiring(&w), short, later(at));
        let rotated = rotated.await.unwrap();
        assert_eq!(matches!(rotated, Rotation::Issued(..)), good, "{rotated:?}");
    }
    // A superseded one is a theft as long as its family lasts, and nothing any more afterwards.
    assert_eq!(refused(&w, &app, &one, end).await, Rotation::Unknown);
    assert_eq!(refused(&w, &app, &one, 100).await, Rotation::Reused);
}

pub(in crate::conformance) async fn a_repetition_in_time_is_issued_once_more(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let one = first(&w, &octocat, &app).await;
    let two = next(&w, &app, &one, 10).await;
    let again = next(&w, &app, &one, 10 + 29).await;
    for token in [&two, &again] {
        assert!(w.is_valid(token.token.hash).await, "both may have arrived");
    }
    // Whichever is used, the other one's refresh token is superseded with it.
    let three = next(&w, &app, &again, 50).await;
    assert!(!w.is_valid(two.token.hash).await && !w.is_valid(again.token.hash).await);
    assert!(w.is_valid(three.token.hash).await);
    assert_eq!(refused(&w, &app, &two, 51).await, Rotation::Reused);
    assert!(!w.is_valid(three.token.hash).await);
}

pub(in crate::conformance) async fn a_superseded_refresh_token_ends_its_family(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let bystander = first(&w, &octocat, &app).await;
    // Too late.
    let one = first(&w, &octocat, &app).await;
    let two = next(&w, &app, &one, 10).await;
    let seen = w.trail().await.len();
    assert_eq!(refused(&w, &app, &one, 40).await, Rotation::Reused);
    assert!(!w.is_valid(two.token.hash).await);
    let rows = w.actions(seen).await;
    assert_eq!(rows, ["oauth_access.refresh_token_reused"]);
    assert_eq!(refused(&w, &app, &two, 41).await, Rotation::Unknown);
    // In time, but its successor was used.
    let one = first(&w, &octocat, &app).await;
    let two = next(&w, &app, &one, 10).await;
    let three = next(&w, &app, &two, 11).await;
    assert_eq!(refused(&w, &app, &one, 12).await, Rotation::Reused);
    assert!(!w.is_valid(three.token.hash).await);
    assert_eq!(refused(&w, &app, &three, 13).await, Rotation::Unknown);
    assert!(w.is_valid(bystander.token.hash).await);
}

pub(in crate::conformance) async fn a_deleted_token_is_not_refreshed(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let one = first(&w, &octocat, &app).await;
    let revoked = w.store.revoke_token(app.id, one.token.hash, operator());
    assert!(revoked.await.unwrap());
    assert_eq!(refused(&w, &app, &one, 1).await, Rotation::Unknown);
    // Nor by a repetition, once its successor's token was deleted.
    let one = first(&w, &octocat, &app).await;
    let two = next(&w, &app, &one, 10).await;
    let revoked = w.store.revoke_token(app.id, two.token.hash, operator());
    assert!(revoked.await.unwrap());
    assert_eq!(refused(&w, &app, &one, 11).await, Rotation::Reused);
    assert_eq!(w.authorizations(&octocat).await, []);
    // A reset leaves the record, and so its refresh token.
    let one = first(&w, &octocat, &app).await;
    let reset = w
        .store
        .reset_token(app.id, one.token.hash, w.token(), operator());
    let reset = reset.await.unwrap().unwrap().authorization;
    next(&w, &app, &one, 1).await;
    assert!(!w.is_valid(reset.token_hash).await);
}

pub(in crate::conformance) async fn a_refresh_token_outlives_what_expired_and_was_reaped(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let one = first(&w, &octocat, &app).await;
    let reaped = w.store.reap(NOW.plus(100), 10, later(200)).await.unwrap();
    assert_eq!((reaped.tokens, reaped.codes), (1, 0));
    assert_eq!(w.authorizations(&octocat).await, []);
    next(&w, &app, &one, 300).await;
}

pub(in crate::conformance) async fn an_edit_of_the_token_is_kept_by_its_refresh_token(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let one = first(&w, &octocat, &app).await;
    let id = w.authorizations(&octocat).await[0].id;
    let edit = AuthorizationEdit {
        scopes: ScopeChange::Replace(scopes("user")),
        ..AuthorizationEdit::default()
    };
    let edited = w.store.edit_authorization(octocat.id, id, edit, operator());
    assert!(edited.await.unwrap().unwrap().is_ok());
    let two = next(&w, &app, &one, 1).await;
    let made = w.check(&app, two.token.hash).await.unwrap();
    assert_eq!(made.scopes, scopes("user"));
}

pub(in crate::conformance) async fn of_fifty_refreshes_at_once_all_are_repetitions(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let one = first(&w, &octocat, &app).await;
    let (id, hash) = (app.id, refresh_of(&one));
    let all = w
        .race(50, move |w: World| async move {
            let to = expiring(&w);
            let rotated = w
                .store
                .rotate_refresh_token(id, hash, to.clone(), LIMITS, operator());
            (rotated.await.unwrap(), to)
        })
        .await;
    let issued = |one: &Rotation| matches!(one, Rotation::Issued(..));
    assert!(all.iter().all(|(one, _)| issued(one)));
    // The ten-tokens rule holds, and the first to go on supersedes all others.
    assert_eq!(w.authorizations(&octocat).await.len(), 10);
    let newest = w.authorizations(&octocat).await.pop().unwrap().token_hash;
    let (_, last) = all.iter().find(|(_, to)| to.token.hash == newest).unwrap();
    next(&w, &app, last, 1).await;
    assert_eq!(w.authorizations(&octocat).await.len(), 1);
}

pub(in crate::conformance) async fn a_revoked_refresh_token_ends_its_family(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let revoke = async |app: AppId, access: &Access| {
        let revoked = w
            .store
            .revoke_refresh_token(app, refresh_of(access), operator());
        revoked.await.unwrap()
    };
    let one = first(&w, &octocat, &app).await;
    let two = next(&w, &app, &one, 1).await;
    assert!(!revoke(AppId(99), &two).await);
    assert!(w.is_valid(two.token.hash).await);
    let seen = w.trail().await.len();
    assert!(revoke(app.id, &one).await, "superseded or not");
    assert_eq!(w.actions(seen).await, ["oauth_access.revoke"]);
    assert!(!w.is_valid(two.token.hash).await);
    assert!(!revoke(app.id, &one).await && !revoke(app.id, &two).await);
    assert_eq!(w.grant(&octocat).await.scopes, scopes("repo user"));
}

/// The refresh token that came with an access, if it can be found then.
async fn found(w: &World, access: &Access, at: i64) -> Option<LiveRefreshToken> {
    let found = w.store.find_refresh_token(refresh_of(access), NOW.plus(at));
    found.await.unwrap()
}

pub(in crate::conformance) async fn a_refresh_token_is_found_while_it_could_be_exchanged(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let one = first(&w, &octocat, &app).await;
    let live = found(&w, &one, 0).await.unwrap();
    assert_eq!((live.app.id, live.user.id), (app.id, octocat.id));
    assert_eq!(live.scopes, scopes("repo user"));
    assert_eq!(live.expires_at, NOW.plus(REFRESH_SECONDS));
    let access = w.store.find_refresh_token(one.token.hash, NOW).await;
    assert_eq!(access.unwrap(), None, "an access token is none");
    // To the second, and beyond its access token's end and reaping.
    assert!(found(&w, &one, REFRESH_SECONDS - 1).await.is_some());
    assert!(found(&w, &one, REFRESH_SECONDS).await.is_none());
    w.store.reap(NOW.plus(100), 10, later(200)).await.unwrap();
    assert!(found(&w, &one, 300).await.is_some());
    // Suspensions are looked at each time.
    for suspended in [true, false] {
        let set = w
            .store
            .set_user_suspended(octocat.id, suspended, operator());
        assert!(set.await.unwrap());
        assert_eq!(found(&w, &one, 1).await.is_none(), suspended);
    }
    for suspended in [true, false] {
        let set = w.store.set_app_suspended(app.id, suspended, operator());
        assert!(set.await.unwrap());
        assert_eq!(found(&w, &one, 1).await.is_none(), suspended);
    }
    // What is superseded, deleted with its token, or lost its grant, is not found.
    let two = next(&w, &app, &one, 1).await;
    assert!(found(&w, &one, 1).await.is_none());
    let revoked = w.store.revoke_token(app.id, two.token.hash, operator());
    assert!(revoked.await.unwrap());
    assert!(found(&w, &two, 1).await.is_none());
    let three = first(&w, &octocat, &app).await;
    let id = w.grant(&octocat).await.id;
    assert!(
        w.store
            .delete_grant(octocat.id, id, operator())
            .await
            .unwrap()
    );
    assert!(found(&w, &three, 1).await.is_none());
}

pub(in crate::conformance) async fn sec_s20_what_an_app_ends_is_ended_valid_or_not(w: World) {
    let octocat = w.user("octocat").await;
    let (app, other) = (w.app("abc", &octocat).await, w.app("other", &octocat).await);
    let end = async |app: &App, hash, at| {
        let ended = w.store.end_token(app.id, hash, later(at));
        ended.await.unwrap()
    };
    let suspend = async |suspended| {
        let set = w
            .store
            .set_user_suspended(octocat.id, suspended, operator());
        assert!(set.await.unwrap());
    };
    let token = w.create(w.for_app(&octocat, &app, "repo user")).await;
    let personal = w.create(w.personal(&octocat, "n")).await;
    assert!(!end(&other, token.token_hash, 0).await);
    assert!(!end(&app, personal.token_hash, 0).await);
    assert!(w.is_valid(token.token_hash).await && w.is_valid(personal.token_hash).await);
    let seen = w.trail().await.len();
    suspend(true).await;
    assert!(end(&app, token.token_hash, 1).await);
    assert!(!end(&app, token.token_hash, 1).await);
    suspend(false).await;
    assert!(!w.is_valid(token.token_hash).await, "it is gone for good");
    let trail = w.actions(seen).await;
    assert_eq!(
        trail,
        ["user.suspend", "oauth_access.revoke", "user.unsuspend"]
    );
    assert_eq!(w.grant(&octocat).await.scopes, scopes("repo user"));
    // An expired one, too; a refresh token with its family, by a suspended user as well.
    let one = first(&w, &octocat, &app).await;
    assert!(end(&app, one.token.hash, 100).await);
    assert!(found(&w, &one, 1).await.is_none());
    let one = first(&w, &octocat, &app).await;
    let two = next(&w, &app, &one, 1).await;
    assert!(!end(&other, refresh_of(&two), 1).await);
    suspend(true).await;
    assert!(end(&app, refresh_of(&two), 1).await);
    suspend(false).await;
    assert!(!w.is_valid(two.token.hash).await && found(&w, &two, 1).await.is_none());
    assert!(!end(&app, refresh_of(&two), 1).await);
}
