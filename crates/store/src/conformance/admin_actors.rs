//! Promises about under which credentials site admins write, and why they say they do.

use grantd_core::audit::{Actor, Stamp};
use grantd_core::authorization::{Authorization, AuthorizationEdit};
use grantd_core::scope::ScopeChange;
use grantd_core::store::{AppAdministration, StoreError, Stored};

use super::admin::{acting, admin, impersonate, login, of};
use super::world::*;

fn is_stale<T>(result: Stored<T>) -> bool {
    matches!(result, Err(StoreError::StaleActor))
}

pub(super) async fn sec_s10_an_admin_token_writes_while_token_scope_and_office_hold(w: World) {
    let (boss, octocat) = (admin(&w, "boss").await, w.user("octocat").await);
    let app = w.app("abc", &octocat).await;
    let mint = async |names: &str| {
        let mut new = w.for_app(&boss, &app, names);
        new.expires_at = Some(NOW.plus(100));
        w.create(new).await
    };
    let stamp = |token: &Authorization| {
        by(Actor::AdminToken {
            user: token.user_id,
            token: token.id,
            hash: token.token_hash,
        })
    };
    let write = async |stamp: Stamp| {
        let rename = w
            .store
            .rename_user(octocat.id, octocat.login.clone(), stamp);
        !is_stale(rename.await)
    };
    let token = mint("repo site_admin user").await;
    assert!(write(stamp(&token)).await);
    assert!(!write(stamp(&mint("repo").await)).await, "no such scope");
    assert!(!write(stamp(&mint("site_administration sitexadmin").await)).await);
    let later = Stamp {
        at: NOW.plus(100),
        ..stamp(&token)
    };
    assert!(!write(later).await, "expired");
    for (site_admin, may) in [(false, false), (true, true)] {
        let set = w.store.set_site_admin(boss.id, site_admin, operator());
        assert!(set.await.unwrap());
        assert_eq!(write(stamp(&token)).await, may, "office");
    }
    for (suspended, may) in [(true, false), (false, true)] {
        let set = w.store.set_user_suspended(boss.id, suspended, operator());
        assert!(set.await.unwrap());
        assert_eq!(write(stamp(&token)).await, may, "user");
    }
    for (suspended, may) in [(true, false), (false, true)] {
        let set = w.store.set_app_suspended(app.id, suspended, operator());
        assert!(set.await.unwrap());
        assert_eq!(write(stamp(&token)).await, may, "app");
    }
    let foreign = by(Actor::AdminToken {
        user: boss.id,
        token: w.create(w.for_app(&octocat, &app, "site_admin")).await.id,
        hash: token.token_hash,
    });
    assert!(!write(foreign).await, "another's token");
    let edit = AuthorizationEdit {
        scopes: ScopeChange::Replace(scopes("repo")),
        ..AuthorizationEdit::default()
    };
    let edited = w
        .store
        .edit_authorization(boss.id, token.id, edit, operator());
    assert!(edited.await.unwrap().unwrap().is_ok());
    assert!(!write(stamp(&token)).await, "the scope is gone");
    let token = mint("site_admin").await;
    let reset = w
        .store
        .reset_token(app.id, token.token_hash, w.token(), operator());
    assert!(reset.await.unwrap().is_some());
    assert!(!write(stamp(&token)).await, "another token");
    let token = mint("site_admin").await;
    assert!(w.store.delete_token(token.id, operator()).await.unwrap());
    assert!(!write(stamp(&token)).await, "no token");
    // What is written names the person.
    let token = mint("site_admin").await;
    let rows = w.trail().await.len();
    let renamed = w
        .store
        .rename_user(octocat.id, login("mona"), stamp(&token));
    assert!(renamed.await.unwrap().unwrap().is_ok());
    let row = &w.trail().await[rows];
    assert_eq!(
        (row.actor_kind.as_str(), row.actor_id),
        ("user", Some(boss.id.0))
    );
}

pub(super) async fn no_step_of_admins_is_done_for_a_stale_actor(w: World) {
    let (boss, octocat) = (admin(&w, "boss").await, w.user("octocat").await);
    let app = w.app("abc", &octocat).await;
    let made = impersonate(&w, &octocat, acting(&w, &boss).await).await;
    let rows = w.trail().await.len();
    let stale = || {
        by(Actor::User {
            id: boss.id,
            auth_generation: -1,
        })
    };
    let (s, user) = (&w.store, octocat.id);
    let change = AppAdministration {
        suspended: Some(true),
        ..AppAdministration::default()
    };
    let all = [
        is_stale(s.rename_user(user, login("other"), stale()).await),
        is_stale(s.impersonate(of(&w, &octocat, ""), stale()).await),
        is_stale(s.end_impersonation(user, stale()).await),
        is_stale(s.administer_app(app.id, change, stale()).await),
    ];
    assert_eq!(all, [true; 4]);
    assert_eq!(w.trail().await.len(), rows);
    assert!(w.is_valid(made.authorization.token_hash).await);
}

pub(super) async fn a_reason_stands_in_the_trail(w: World) {
    let octocat = w.user("octocat").await;
    let because = |reason: Option<&str>| Stamp {
        reason: reason.map(str::to_owned),
        ..operator()
    };
    for (suspended, reason) in [(true, Some("left")), (false, None)] {
        let set = w
            .store
            .set_user_suspended(octocat.id, suspended, because(reason));
        assert!(set.await.unwrap());
        let trail = w.trail().await;
        assert_eq!(trail.last().unwrap().details.as_deref(), reason);
    }
}
