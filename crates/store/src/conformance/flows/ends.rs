//! Promises about what ends codes, device codes and refresh tokens.

use grantd_core::audit::Action;
use grantd_core::store::{Reaped, StoreError, Stored};
use grantd_core::user::PasswordHash;

use super::*;

/// One of each, not used yet.
struct Pending {
    code: NewCode,
    device: NewDeviceCode,
    refresh: Access,
}

async fn pending(w: &World, user: &User, app: &App) -> Pending {
    let used = consented(w, user, app, "repo").await;
    let refresh = expiring(w);
    issued(w, &used, refresh.clone()).await;
    let device = waiting(w, app, "repo").await;
    assert!(approve(w, user, &device, "repo").await);
    Pending {
        code: consented(w, user, app, "repo").await,
        device,
        refresh,
    }
}

impl Pending {
    /// Whether code, device code and refresh token still bring something.
    async fn alive(&self, w: &World) -> [bool; 3] {
        let hash = self.refresh.refresh.unwrap().hash;
        let app = self.device.app;
        let rotated = w
            .store
            .rotate_refresh_token(app, hash, expiring(w), LIMITS, operator());
        let rotated = rotated.await.unwrap();
        [
            matches!(
                redeem(w, &self.code, access(w)).await,
                CodeRedemption::Issued(_)
            ),
            matches!(
                spend(w, &self.device, access(w)).await,
                DeviceRedemption::Issued(_)
            ),
            matches!(rotated, grantd_core::store::Rotation::Issued(..)),
        ]
    }
}

pub(in crate::conformance) async fn sec_s21_a_deleted_grant_takes_everything_along(w: World) {
    let octocat = w.user("octocat").await;
    let (app, other) = (w.app("abc", &octocat).await, w.app("other", &octocat).await);
    let kept = pending(&w, &octocat, &other).await;
    for again in [false, true] {
        let gone = pending(&w, &octocat, &app).await;
        let grants = w.store.list_grants(octocat.id, Some("abc"), ALL).await;
        let grant = grants.unwrap().items[0].id;
        let deleted = w.store.delete_grant(octocat.id, grant, operator());
        assert!(deleted.await.unwrap());
        assert!(w.store.find_code(gone.code.hash).await.unwrap().is_none());
        assert_eq!(poll(&w, &gone.device, NOW).await, None);
        if again {
            // A grant that is made again brings nothing back.
            consented(&w, &octocat, &app, "repo").await;
        }
        assert_eq!(gone.alive(&w).await, [false; 3]);
        assert!(!w.is_valid(gone.refresh.token.hash).await);
    }
    assert_eq!(kept.alive(&w).await, [true; 3]);
}

pub(in crate::conformance) async fn an_app_ends_the_grant_of_its_token_with_everything(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let gone = pending(&w, &octocat, &app).await;
    let hash = gone.refresh.token.hash;
    let revoked = w.store.revoke_grant_by_token(app.id, hash, operator());
    assert!(revoked.await.unwrap());
    assert_eq!(gone.alive(&w).await, [false; 3]);
}

pub(in crate::conformance) async fn other_credentials_of_the_user_end_codes(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let before = pending(&w, &octocat, &app).await;
    let password = PasswordHash("$second".to_owned());
    let set = w.store.set_password(octocat.id, password, operator());
    assert!(set.await.unwrap());
    // A refresh token is no sign-in.
    assert_eq!(before.alive(&w).await, [false, false, true]);
    // What a code has made is still revoked by its replay.
    let used = consented(&w, &octocat, &app, "user").await;
    let made = issued(&w, &used, access(&w)).await;
    let password = PasswordHash("$third".to_owned());
    let set = w.store.set_password(octocat.id, password, operator());
    assert!(set.await.unwrap());
    let replayed = redeem(&w, &used, access(&w)).await;
    assert_eq!(replayed, CodeRedemption::Replayed);
    assert!(!w.is_valid(made.token_hash).await);
}

pub(in crate::conformance) async fn a_suspended_user_gets_nothing(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let before = pending(&w, &octocat, &app).await;
    let suspend = async |suspended| {
        let set = w
            .store
            .set_user_suspended(octocat.id, suspended, operator());
        assert!(set.await.unwrap());
    };
    suspend(true).await;
    assert_eq!(before.alive(&w).await, [false; 3]);
    suspend(false).await;
    assert_eq!(before.alive(&w).await, [false, false, true]);
}

pub(in crate::conformance) async fn a_suspended_apps_codes_are_gone(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let before = pending(&w, &octocat, &app).await;
    let undecided = waiting(&w, &app, "").await;
    for suspended in [true, false] {
        let set = w.store.set_app_suspended(app.id, suspended, operator());
        assert!(set.await.unwrap());
    }
    assert_eq!(before.alive(&w).await, [false, false, true]);
    assert_eq!(poll(&w, &undecided, NOW).await, None);
}

pub(in crate::conformance) async fn a_deleted_app_or_user_leaves_nothing(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let (app, other) = (w.app("abc", &octocat).await, w.app("other", &octocat).await);
    let (of_app, of_user) = (
        pending(&w, &hubot, &app).await,
        pending(&w, &hubot, &other).await,
    );
    let undecided = waiting(&w, &app, "").await;
    assert!(w.store.delete_app(app.id, operator()).await.unwrap());
    assert!(w.store.delete_user(hubot.id, operator()).await.unwrap());
    for gone in [of_app, of_user] {
        assert!(w.store.find_code(gone.code.hash).await.unwrap().is_none());
        assert_eq!(poll(&w, &gone.device, NOW).await, None);
        assert_eq!(gone.alive(&w).await, [false; 3]);
    }
    assert_eq!(poll(&w, &undecided, NOW).await, None);
}

pub(in crate::conformance) async fn what_has_expired_is_reaped(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let long = pending(&w, &octocat, &app).await;
    for _ in 0..4 {
        consented(&w, &octocat, &app, "repo").await;
    }
    let reap = async |at, limit| {
        let stamp = Stamp::system(NOW.plus(at));
        w.store.reap(NOW.plus(-1), limit, stamp).await.unwrap()
    };
    let codes = |codes| Reaped {
        codes,
        ..Reaped::default()
    };
    assert_eq!(reap(599, 10).await, codes(0));
    assert_eq!(reap(600, 4).await, codes(4), "a batch is bounded");
    assert_eq!(reap(600, 4).await, codes(2));
    // An expired device code is told apart from none for an hour.
    assert_eq!(reap(900 + 3_599, 10).await, codes(0));
    let expired = poll(&w, &long.device, NOW.plus(4_499)).await;
    assert_eq!(expired, Some(Poll::Expired));
    assert_eq!(reap(900 + 3_600, 10).await, codes(1));
    assert_eq!(poll(&w, &long.device, NOW).await, None);
    assert_eq!(reap(REFRESH_SECONDS - 1, 10).await, codes(0));
    assert_eq!(reap(REFRESH_SECONDS, 10).await, codes(1));
}

pub(in crate::conformance) async fn a_stale_actor_is_refused(w: World) {
    fn refused<T>(result: Stored<T>) -> bool {
        matches!(result, Err(StoreError::StaleActor))
    }
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let before = pending(&w, &octocat, &app).await;
    let stale = || {
        by(Actor::User {
            id: octocat.id,
            auth_generation: -1,
        })
    };
    let rows = w.trail().await.len();
    let (s, id) = (&w.store, app.id);
    let (code, device) = (before.code.hash, before.device.device_code);
    let user_code = before.device.user_code;
    let refresh = before.refresh.refresh.unwrap().hash;
    let new = super::code(&w, &octocat, &app, "repo");
    let all = [
        refused(s.create_code(new, Consented::Now, stale()).await),
        refused(s.redeem_code(code, access(&w), stale()).await),
        refused(s.end_codes_of_session(SESSION, stale()).await),
        refused(s.create_device_code(device_of(&w, &app), stale()).await),
        refused(
            s.decide_device_code(user_code, DeviceDecision::Deny, stale())
                .await,
        ),
        refused(s.redeem_device_code(id, device, access(&w), stale()).await),
        refused(
            s.rotate_refresh_token(id, refresh, expiring(&w), LIMITS, stale())
                .await,
        ),
        refused(s.revoke_refresh_token(id, refresh, stale()).await),
        refused(
            s.revoke_leaked(refresh, Action::TokenReported, stale())
                .await,
        ),
        refused(s.edit_app(id, Default::default(), stale()).await),
        refused(s.end_previous_secret(id, stale()).await),
        refused(s.set_app_logo(id, None, stale()).await),
    ];
    assert_eq!(all, [true; 12]);
    assert_eq!(w.trail().await.len(), rows);
    assert_eq!(before.alive(&w).await, [true; 3]);
}

fn device_of(w: &World, app: &App) -> NewDeviceCode {
    super::device(w, app, "")
}
