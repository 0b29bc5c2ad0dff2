//! Promises about editing an authorization.

use grantd_core::authorization::{AuthorizationEdit, NewAuthorization};
use grantd_core::note::NoteUrl;
use grantd_core::scope::ScopeChange;
use grantd_core::store::Taken;

use super::world::*;

fn scope_edit(add: &str, remove: &str) -> AuthorizationEdit {
    AuthorizationEdit {
        scopes: ScopeChange::Edit {
            add: scopes(add),
            remove: scopes(remove),
        },
        ..AuthorizationEdit::default()
    }
}

pub(super) async fn an_edit_applies_to_the_record_as_it_is(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let made = w.create(w.for_app(&octocat, &app, "repo")).await;
    let edit = async |edit, at| {
        let edited = w
            .store
            .edit_authorization(octocat.id, made.id, edit, later(at));
        edited.await.unwrap().unwrap().unwrap()
    };
    edit(scope_edit("gist", ""), 5).await;
    edit(scope_edit("user", "repo"), 6).await;
    let all = AuthorizationEdit {
        note: Some(note("n")),
        note_url: Some(Some(NoteUrl::from_stored("u".to_owned()))),
        fingerprint: Some(fingerprint("f")),
        ..AuthorizationEdit::default()
    };
    let edited = edit(all.clone(), 7).await;
    assert_eq!(edited.scopes, scopes("gist user"));
    assert_eq!(
        (&edited.note, &edited.note_url),
        (&note("n"), &all.note_url.unwrap())
    );
    assert_eq!(edited.fingerprint, fingerprint("f"));
    assert_eq!((edited.created_at, edited.updated_at), (NOW, NOW.plus(7)));
    assert_eq!(edited.token_hash, made.token_hash);
    let found = w
        .store
        .find_authorization(octocat.id, made.id)
        .await
        .unwrap();
    assert_eq!(found.unwrap().authorization, edited);
    // The grant's scopes follow.
    assert_eq!(w.grant(&octocat).await.scopes, scopes("gist user"));
}

pub(super) async fn an_edit_that_changes_nothing_leaves_no_trace(w: World) {
    let octocat = w.user("octocat").await;
    let made = w.create(w.personal(&octocat, "a")).await;
    let rows = w.trail().await.len();
    let edit = AuthorizationEdit {
        note: Some(note("a")),
        ..scope_edit("", "gist")
    };
    let edited = w
        .store
        .edit_authorization(octocat.id, made.id, edit, later(5))
        .await;
    assert_eq!(edited.unwrap(), Some(Ok(made)));
    assert_eq!(w.trail().await.len(), rows);
}

pub(super) async fn an_edit_cannot_take_a_taken_key(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let to = |text, print| AuthorizationEdit {
        note: Some(note(text)),
        fingerprint: Some(fingerprint(print)),
        ..AuthorizationEdit::default()
    };
    w.create(w.personal(&octocat, "a")).await;
    let fingerprinted = |new| NewAuthorization {
        fingerprint: fingerprint("1"),
        expires_at: Some(NOW.plus(60)),
        ..new
    };
    w.create(fingerprinted(w.personal(&octocat, "a"))).await;
    w.create(fingerprinted(w.for_app(&octocat, &app, ""))).await;
    let personal = w.create(w.personal(&octocat, "b")).await;
    let of_app = w.create(w.for_app(&octocat, &app, "")).await;
    let edit = async |id, edit, at| {
        let edited = w.store.edit_authorization(octocat.id, id, edit, later(at));
        edited.await.unwrap().unwrap()
    };
    assert_eq!(edit(personal.id, to("a", ""), 0).await, Err(Taken::Note));
    assert_eq!(
        edit(personal.id, to("a", "1"), 0).await,
        Err(Taken::Fingerprint)
    );
    assert_eq!(
        edit(of_app.id, to("x", "1"), 0).await,
        Err(Taken::Fingerprint)
    );
    let found = w
        .store
        .find_authorization(octocat.id, personal.id)
        .await
        .unwrap();
    assert_eq!(found.unwrap().authorization, personal);
    // Expired records make room here too.
    assert!(edit(personal.id, to("a", "1"), 60).await.is_ok());
    assert!(edit(of_app.id, to("x", "1"), 60).await.is_ok());
}

pub(super) async fn an_edit_of_anothers_record_finds_nothing(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let made = w.create(w.personal(&octocat, "a")).await;
    let edit = scope_edit("repo", "");
    let edited = w
        .store
        .edit_authorization(hubot.id, made.id, edit, operator())
        .await;
    assert_eq!(edited.unwrap(), None);
    assert_eq!(w.authorizations(&octocat).await, [made]);
}
