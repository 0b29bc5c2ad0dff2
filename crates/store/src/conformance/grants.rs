//! Promises about grants.

use grantd_core::authorization::AuthorizationEdit;
use grantd_core::ids::GrantId;
use grantd_core::scope::ScopeChange;

use super::world::*;

pub(super) async fn a_grant_shows_the_union_of_its_tokens(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let first = w.create(w.for_app(&octocat, &app, "repo")).await;
    let grant = w.grant(&octocat).await;
    assert_eq!((grant.user_id, grant.app.id), (octocat.id, app.id));
    assert_eq!(grant.scopes, scopes("repo"));
    w.try_create(w.for_app(&octocat, &app, "user repo"), later(5))
        .await
        .unwrap();
    let wider = w.grant(&octocat).await;
    assert_eq!((wider.id, wider.scopes), (grant.id, scopes("repo user")));
    assert_eq!((wider.created_at, wider.updated_at), (NOW, NOW.plus(5)));
    w.store
        .revoke_token(app.id, first.token_hash, later(6))
        .await
        .unwrap();
    assert_eq!(w.grant(&octocat).await.scopes, scopes("user repo"));
    let found = w.store.find_grant(octocat.id, grant.id).await.unwrap();
    assert_eq!(found, Some(w.grant(&octocat).await));
}

pub(super) async fn a_grant_without_tokens_shows_what_was_consented(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let made = w.create(w.for_app(&octocat, &app, "repo")).await;
    let edit = AuthorizationEdit {
        scopes: ScopeChange::Replace(scopes("user")),
        ..AuthorizationEdit::default()
    };
    let edited = w
        .store
        .edit_authorization(octocat.id, made.id, edit, later(5))
        .await;
    edited.unwrap().unwrap().unwrap();
    let grant = w.grant(&octocat).await;
    assert_eq!(
        (grant.scopes, grant.updated_at),
        (scopes("user"), NOW.plus(5))
    );
    w.store
        .delete_authorization(octocat.id, made.id, later(6))
        .await
        .unwrap();
    let grant = w.grant(&octocat).await;
    assert_eq!(
        (grant.scopes, grant.updated_at),
        (scopes("repo user"), NOW.plus(6))
    );
}

pub(super) async fn updated_at_moves_only_with_the_set(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let first = w.create(w.for_app(&octocat, &app, "repo user")).await;
    let create = async |set, at| {
        w.try_create(w.for_app(&octocat, &app, set), later(at))
            .await
    };
    create("user repo", 5).await.unwrap();
    create("user", 6).await.unwrap();
    // Another order is not another set.
    w.store
        .revoke_token(app.id, first.token_hash, later(7))
        .await
        .unwrap();
    let grant = w.grant(&octocat).await;
    assert_eq!((grant.scopes, grant.updated_at), (scopes("user repo"), NOW));
}

pub(super) async fn anothers_grant_looks_missing(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let app = w.app("abc", &octocat).await;
    w.create(w.for_app(&octocat, &app, "")).await;
    for id in [w.grant(&octocat).await.id, GrantId(99)] {
        assert_eq!(w.store.find_grant(hubot.id, id).await.unwrap(), None);
        assert!(
            !w.store
                .delete_grant(hubot.id, id, operator())
                .await
                .unwrap()
        );
    }
}

pub(super) async fn deleting_a_grant_deletes_its_tokens(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let (app, other) = (w.app("abc", &octocat).await, w.app("other", &octocat).await);
    let gone = [
        w.create(w.for_app(&octocat, &app, "repo")).await,
        w.create(w.for_app(&octocat, &app, "user")).await,
    ];
    let grant = w.grant(&octocat).await;
    let kept = [
        w.create(w.for_app(&octocat, &other, "repo")).await,
        w.create(w.for_app(&hubot, &app, "repo")).await,
        w.create(w.personal(&octocat, "a")).await,
    ];
    assert!(
        w.store
            .delete_grant(octocat.id, grant.id, operator())
            .await
            .unwrap()
    );
    assert!(
        !w.store
            .delete_grant(octocat.id, grant.id, operator())
            .await
            .unwrap()
    );
    for one in gone {
        assert!(!w.is_valid(one.token_hash).await);
    }
    for one in kept {
        assert!(w.is_valid(one.token_hash).await);
    }
    assert_eq!(
        w.store.find_grant(octocat.id, grant.id).await.unwrap(),
        None
    );
}

pub(super) async fn an_app_deletes_the_grant_of_its_token(w: World) {
    let octocat = w.user("octocat").await;
    let (app, other) = (w.app("abc", &octocat).await, w.app("other", &octocat).await);
    let one = w.create(w.for_app(&octocat, &app, "repo")).await;
    let two = w.create(w.for_app(&octocat, &app, "user")).await;
    let revoke = async |app: &grantd_core::app::App| {
        let revoked = w
            .store
            .revoke_grant_by_token(app.id, one.token_hash, operator());
        revoked.await.unwrap()
    };
    assert!(!revoke(&other).await);
    assert!(w.is_valid(two.token_hash).await);
    assert!(revoke(&app).await);
    assert!(!revoke(&app).await);
    assert!(!w.is_valid(one.token_hash).await && !w.is_valid(two.token_hash).await);
    assert_eq!(
        w.store
            .list_grants(octocat.id, None, ALL)
            .await
            .unwrap()
            .total,
        0
    );
}

pub(super) async fn grant_ids_are_never_given_out_again(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    w.create(w.for_app(&octocat, &app, "")).await;
    let first = w.grant(&octocat).await;
    w.store
        .delete_grant(octocat.id, first.id, operator())
        .await
        .unwrap();
    w.create(w.for_app(&octocat, &app, "")).await;
    assert!(w.grant(&octocat).await.id > first.id);
}
