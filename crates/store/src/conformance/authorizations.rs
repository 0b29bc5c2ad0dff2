//! Promises about creating, finding and deleting authorizations.

use grantd_core::authorization::NewAuthorization;
use grantd_core::ids::AuthorizationId;
use grantd_core::note::NoteUrl;
use grantd_core::store::{NotCreated, Taken};

use super::world::*;

pub(super) async fn a_created_authorization_reads_back(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let new = NewAuthorization {
        note: note("n\u{301}ote"),
        note_url: Some(NoteUrl::from_stored(String::new())),
        fingerprint: fingerprint("fp"),
        expires_at: Some(NOW.plus(60)),
        ..w.for_app(&octocat, &app, "user repo gist")
    };
    let made = w.create(new.clone()).await;
    assert_eq!(made.user_id, octocat.id);
    assert_eq!(made.token_hash, new.token_hash);
    assert_eq!(made.token_last_eight, new.token_last_eight);
    assert_eq!((&made.note, &made.note_url), (&new.note, &new.note_url));
    assert_eq!(made.scopes.to_stored(), "user repo gist");
    assert_eq!(made.fingerprint, new.fingerprint);
    assert_eq!((made.created_at, made.updated_at), (NOW, NOW));
    assert_eq!(made.expires_at, new.expires_at);
    let summary = made.app.clone().unwrap();
    assert_eq!((summary.id, summary.client_id), (app.id, app.client_id));
    assert_eq!((summary.name, summary.url), (app.name, app.url));
    let found = w
        .store
        .find_authorization(octocat.id, made.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((found.authorization, found.user), (made, octocat));
}

pub(super) async fn a_personal_note_is_unique_with_its_fingerprint(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let with = |text, print| NewAuthorization {
        fingerprint: fingerprint(print),
        ..w.personal(&octocat, text)
    };
    w.create(with("a", "")).await;
    w.create(with("a", "1")).await;
    w.create(with("b", "1")).await;
    w.create(w.personal(&hubot, "a")).await;
    let taken = async |new| w.try_create(new, operator()).await.unwrap_err();
    assert_eq!(taken(with("a", "")).await, NotCreated::Taken(Taken::Note));
    assert_eq!(
        taken(with("a", "1")).await,
        NotCreated::Taken(Taken::Fingerprint)
    );
    assert_eq!(w.authorizations(&octocat).await.len(), 3);
}

pub(super) async fn an_app_fingerprint_is_unique_per_user_and_app(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let (app, other) = (w.app("abc", &octocat).await, w.app("other", &octocat).await);
    let with = |user, app, print| NewAuthorization {
        fingerprint: fingerprint(print),
        ..w.for_app(user, app, "")
    };
    w.create(with(&octocat, &app, "1")).await;
    w.create(with(&hubot, &app, "1")).await;
    w.create(with(&octocat, &other, "1")).await;
    w.create(with(&octocat, &app, "2")).await;
    // Several without a fingerprint are fine.
    w.create(with(&octocat, &app, "")).await;
    w.create(with(&octocat, &app, "")).await;
    let again = w.try_create(with(&octocat, &app, "1"), operator()).await;
    assert_eq!(again.unwrap_err(), NotCreated::Taken(Taken::Fingerprint));
}

pub(super) async fn expired_records_make_room(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let expiring = |new| NewAuthorization {
        fingerprint: fingerprint("1"),
        expires_at: Some(NOW.plus(60)),
        ..new
    };
    for make in [
        &(|| expiring(w.personal(&octocat, "a"))) as &(dyn Fn() -> NewAuthorization + Sync),
        &|| expiring(w.for_app(&octocat, &app, "repo")),
    ] {
        let first = w.create(make()).await;
        let early = w.try_create(make(), later(59)).await;
        assert_eq!(early.unwrap_err(), NotCreated::Taken(Taken::Fingerprint));
        let second = w.try_create(make(), later(60)).await.unwrap();
        assert!(second.id > first.id);
        let gone = w.store.find_authorization(octocat.id, first.id).await;
        assert_eq!(gone.unwrap(), None);
    }
}

pub(super) async fn nothing_is_created_for_an_app_that_is_gone_or_suspended(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let refused = async || {
        let created = w
            .try_create(w.for_app(&octocat, &app, ""), operator())
            .await;
        assert_eq!(created.unwrap_err(), NotCreated::NoApp);
        let got = w
            .get_or_create(w.for_app(&octocat, &app, ""), operator())
            .await;
        assert_eq!(got.unwrap_err(), NotCreated::NoApp);
        let grants = w.store.list_grants(octocat.id, None, ALL).await.unwrap();
        assert_eq!(grants.total, 0);
    };
    w.store
        .set_app_suspended(app.id, true, operator())
        .await
        .unwrap();
    refused().await;
    w.store.delete_app(app.id, operator()).await.unwrap();
    refused().await;
}

pub(super) async fn anothers_authorization_looks_missing(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let mine = w.create(w.personal(&octocat, "a")).await;
    for id in [mine.id, AuthorizationId(99)] {
        let found = w.store.find_authorization(hubot.id, id).await;
        assert_eq!(found.unwrap(), None);
        let deleted = w.store.delete_authorization(hubot.id, id, operator()).await;
        assert!(!deleted.unwrap());
    }
    // Its owner finds it, expired or not.
    let expired = NewAuthorization {
        expires_at: Some(NOW),
        ..w.personal(&octocat, "b")
    };
    for id in [mine.id, w.create(expired).await.id] {
        let found = w.store.find_authorization(octocat.id, id).await.unwrap();
        assert_eq!(found.unwrap().authorization.id, id);
    }
}

pub(super) async fn deleting_frees_the_key_and_keeps_the_grant(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let new = || NewAuthorization {
        fingerprint: fingerprint("1"),
        ..w.for_app(&octocat, &app, "repo")
    };
    let first = w.create(new()).await;
    let delete = async || {
        let deleted = w
            .store
            .delete_authorization(octocat.id, first.id, operator());
        deleted.await.unwrap()
    };
    assert!(delete().await);
    assert!(!delete().await);
    assert!(!w.is_valid(first.token_hash).await);
    let grant = w.grant(&octocat).await;
    w.create(new()).await;
    assert_eq!(w.grant(&octocat).await.id, grant.id);
}

pub(super) async fn authorization_ids_are_never_given_out_again(w: World) {
    let octocat = w.user("octocat").await;
    let first = w.create(w.personal(&octocat, "a")).await;
    w.store.delete_token(first.id, operator()).await.unwrap();
    assert!(w.create(w.personal(&octocat, "a")).await.id > first.id);
}
