//! Promises about tokens that somebody found and reported.

use grantd_core::audit::Action;
use grantd_core::store::Leaked;

use super::refresh::{first, next};
use super::*;

const FOUND: Action = Action::TokenReported;

async fn revoke_at(w: &World, hash: TokenHash, at: i64) -> Option<Leaked> {
    let revoked = w.store.revoke_leaked(hash, FOUND, later(at));
    revoked.await.unwrap()
}

async fn revoke(w: &World, hash: TokenHash) -> Option<Leaked> {
    revoke_at(w, hash, 0).await
}

pub(in crate::conformance) async fn sec_s36_a_leaked_token_is_revoked_whoevers_it_is(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let personal = w.create(w.personal(&octocat, "n")).await;
    let of_app = w.create(w.for_app(&octocat, &app, "repo")).await;
    for (record, app) in [(personal, None), (of_app, Some(app.id))] {
        let seen = w.trail().await.len();
        let expected = Leaked {
            user: octocat.id,
            app,
            last_eight: Some(record.token_last_eight),
        };
        assert_eq!(revoke(&w, record.token_hash).await, Some(expected));
        assert!(!w.is_valid(record.token_hash).await);
        let rows = w.trail().await.split_off(seen);
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].action, FOUND.name());
        assert_eq!(rows[0].token_hash, Some(record.token_hash));
        assert_eq!(revoke(&w, record.token_hash).await, None, "once");
        assert_eq!(w.trail().await.len(), seen + 1);
    }
    assert_eq!(w.grant(&octocat).await.scopes, scopes("repo"));
}

pub(in crate::conformance) async fn a_leaked_token_does_not_wait_for_its_owner_or_app_to_be_back(
    w: World,
) {
    let octocat = w.user("octocat").await;
    let owner = w.user("owner").await;
    let app = w.app("abc", &owner).await;
    let [one, other] = [
        w.create(w.for_app(&octocat, &app, "repo")).await.token_hash,
        w.create(w.for_app(&octocat, &app, "user")).await.token_hash,
    ];
    let suspend = async |user, app_too, is| {
        let user_set = w.store.set_user_suspended(user, is, operator());
        assert!(user_set.await.unwrap());
        if app_too {
            let app_set = w.store.set_app_suspended(app.id, is, operator());
            assert!(app_set.await.unwrap());
        }
    };
    suspend(octocat.id, false, true).await;
    assert!(revoke(&w, one).await.is_some());
    suspend(octocat.id, false, false).await;
    suspend(octocat.id, true, true).await;
    assert!(revoke(&w, other).await.is_some());
    suspend(octocat.id, true, false).await;
    assert!(!w.is_valid(one).await && !w.is_valid(other).await);
}

pub(in crate::conformance) async fn a_leaked_refresh_token_ends_its_family(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let one = first(&w, &octocat, &app).await;
    let two = next(&w, &app, &one, 1).await;
    let seen = w.trail().await.len();
    let hash = one.refresh.unwrap().hash;
    let expected = Leaked {
        user: octocat.id,
        app: Some(app.id),
        last_eight: None,
    };
    assert_eq!(revoke(&w, hash).await, Some(expected), "superseded or not");
    assert!(!w.is_valid(two.token.hash).await);
    let rows = w.trail().await.split_off(seen);
    assert!(rows.iter().all(|row| row.action == FOUND.name()));
    let named: Vec<_> = rows.iter().filter_map(|row| row.token_hash).collect();
    assert_eq!(named, [hash, two.token.hash]);
    for access in [&one, &two] {
        assert_eq!(revoke(&w, access.refresh.unwrap().hash).await, None);
    }
    assert_eq!(w.grant(&octocat).await.scopes, scopes("repo user"));
}

pub(in crate::conformance) async fn what_has_expired_or_is_nothing_leaks_nothing(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let one = first(&w, &octocat, &app).await;
    let seen = w.trail().await.len();
    assert_eq!(revoke(&w, w.token().hash).await, None);
    assert_eq!(revoke_at(&w, one.token.hash, 100).await, None);
    let refresh = one.refresh.unwrap().hash;
    assert_eq!(revoke_at(&w, refresh, REFRESH_SECONDS).await, None);
    assert_eq!(w.trail().await.len(), seen);
    assert!(revoke_at(&w, refresh, REFRESH_SECONDS - 1).await.is_some());
}

pub(in crate::conformance) async fn one_of_fifty_reports_revokes(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let personal = w.create(w.personal(&octocat, "n")).await.token_hash;
    let refresh = first(&w, &octocat, &app).await.refresh.unwrap().hash;
    for hash in [personal, refresh] {
        let all = w
            .race(50, move |w: World| async move { revoke(&w, hash).await })
            .await;
        assert_eq!(all.iter().flatten().count(), 1);
    }
}
