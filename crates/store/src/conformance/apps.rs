//! Promises about apps.

use grantd_core::app::{ClientId, NewApp};
use grantd_core::ids::{AppId, UserId};
use grantd_core::secret::SecretHash;
use grantd_core::store::{PageRequest, StoreError, Taken};

use super::world::*;

pub(super) async fn client_ids_are_unique(w: World) {
    let octocat = w.user("octocat").await;
    w.app("abc", &octocat).await;
    let again = w
        .store
        .create_app(new_app("abc", &octocat), operator())
        .await;
    assert_eq!(again.unwrap(), Err(Taken::ClientId));
}

pub(super) async fn an_app_reads_back_whatever_its_state(w: World) {
    let octocat = w.user("octocat").await;
    let made = w.app("abc", &octocat).await;
    assert_eq!(made.callback_urls, new_app("abc", &octocat).callback_urls);
    assert_eq!((made.created_at, made.public), (NOW, false));
    let found = w.store.find_app(&made.client_id).await.unwrap().unwrap();
    assert_eq!(found.app, made);
    assert!(found.secret_hash.unwrap().matches(&SecretHash([7; 32])));
    w.store
        .set_app_suspended(made.id, true, operator())
        .await
        .unwrap();
    let suspended = w.store.find_app(&made.client_id).await.unwrap().unwrap();
    assert_eq!(suspended.app.suspended_at, Some(NOW));
    let unknown = ClientId::from_stored("ABC".to_owned());
    assert!(w.store.find_app(&unknown).await.unwrap().is_none());
}

pub(super) async fn apps_are_listed_by_id(w: World) {
    let octocat = w.user("octocat").await;
    for client_id in ["c", "a", "b"] {
        w.app(client_id, &octocat).await;
    }
    let page = w
        .store
        .list_apps(PageRequest {
            page: 2,
            per_page: 2,
        })
        .await
        .unwrap();
    assert_eq!(page.total, 3);
    assert_eq!(page.items.len(), 1);
    assert_eq!(page.items[0].client_id.as_str(), "b");
}

pub(super) async fn an_app_needs_an_owner_and_can_change_hands(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let app = w.app("abc", &octocat).await;
    assert!(
        w.store
            .set_app_owner(app.id, hubot.id, later(9))
            .await
            .unwrap()
    );
    let found = w.store.find_app(&app.client_id).await.unwrap().unwrap().app;
    assert_eq!((found.owner_id, found.updated_at), (hubot.id, NOW.plus(9)));
    assert!(
        !w.store
            .set_app_owner(AppId(99), hubot.id, operator())
            .await
            .unwrap()
    );
    let ownerless = NewApp {
        owner_id: UserId(99),
        ..new_app("other", &octocat)
    };
    let refused = w.store.create_app(ownerless, operator()).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))));
    assert_eq!(w.store.list_apps(ALL).await.unwrap().total, 1);
}

pub(super) async fn a_new_secret_raises_the_generation(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let before = w.store.find_app(&app.client_id).await.unwrap().unwrap();
    let rotate = async |id| {
        let set = w
            .store
            .rotate_app_secret(id, SecretHash([8; 32]), None, operator());
        set.await.unwrap()
    };
    assert!(rotate(app.id).await);
    let after = w.store.find_app(&app.client_id).await.unwrap().unwrap();
    assert!(after.secret_hash.unwrap().matches(&SecretHash([8; 32])));
    assert!(after.auth_generation > before.auth_generation);
    let public = NewApp {
        secret_hash: None,
        ..new_app("public", &octocat)
    };
    let public = w
        .store
        .create_app(public, operator())
        .await
        .unwrap()
        .unwrap();
    assert!(public.public);
    assert!(!rotate(public.id).await);
    assert!(!rotate(AppId(99)).await);
}

pub(super) async fn suspending_an_app_raises_the_generation_once(w: World) {
    let app = w.app("abc", &w.user("octocat").await).await;
    let mut generation = 0;
    for (suspended, changes) in [(true, true), (true, false), (false, true), (false, false)] {
        let set = w
            .store
            .set_app_suspended(app.id, suspended, operator())
            .await;
        assert_eq!(set.unwrap(), changes);
        let after = w.store.find_app(&app.client_id).await.unwrap().unwrap();
        assert_eq!(after.auth_generation > generation, changes);
        assert_eq!(after.app.suspended_at.is_some(), suspended);
        generation = after.auth_generation;
    }
    assert!(
        !w.store
            .set_app_suspended(AppId(99), true, operator())
            .await
            .unwrap()
    );
}

pub(super) async fn deleting_an_app_deletes_its_grants_and_tokens(w: World) {
    let octocat = w.user("octocat").await;
    let (app, other) = (w.app("abc", &octocat).await, w.app("other", &octocat).await);
    let gone = w.create(w.for_app(&octocat, &app, "repo")).await;
    let kept = w.create(w.for_app(&octocat, &other, "repo")).await;
    assert!(w.store.delete_app(app.id, operator()).await.unwrap());
    assert!(!w.store.delete_app(app.id, operator()).await.unwrap());
    assert!(!w.is_valid(gone.token_hash).await);
    assert!(w.is_valid(kept.token_hash).await);
    assert_eq!(w.grant(&octocat).await.app.id, other.id);
    assert!(w.store.find_app(&app.client_id).await.unwrap().is_none());
}

pub(super) async fn app_ids_are_never_given_out_again(w: World) {
    let octocat = w.user("octocat").await;
    let first = w.app("abc", &octocat).await;
    w.store.delete_app(first.id, operator()).await.unwrap();
    assert!(w.app("abc", &octocat).await.id > first.id);
}
