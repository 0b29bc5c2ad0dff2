//! Promises about what an app's owner decides of it.

use grantd_core::app::{AppCounts, AppCredentials, AppEdit, AppSettings, NewApp};
use grantd_core::clock::Timestamp;
use grantd_core::ids::AppId;
use grantd_core::logo::Logo;
use grantd_core::store::PageRequest;

use super::*;

async fn credentials(w: &World, app: &App) -> AppCredentials {
    w.store.find_app(&app.client_id).await.unwrap().unwrap()
}

pub(in crate::conformance) async fn an_app_keeps_its_settings(w: World) {
    let octocat = w.user("octocat").await;
    let settings = AppSettings {
        device_flow: false,
        sub_path_callbacks: true,
        expiring_tokens: true,
        allowed_scopes: Some(scopes("user repo")),
        resource_server: true,
    };
    let new = NewApp {
        description: Some("It builds".to_owned()),
        settings: settings.clone(),
        ..new_app("abc", &octocat)
    };
    let made = w.store.create_app(new, operator()).await.unwrap().unwrap();
    assert_eq!(made.settings, settings);
    assert_eq!(made.description.as_deref(), Some("It builds"));
    assert_eq!(credentials(&w, &made).await.app, made);
    let check = w.store.check_token(&made.client_id, None, NOW).await;
    assert_eq!(check.unwrap().unwrap().credentials.app, made);
    let plain = w.app("other", &octocat).await;
    assert_eq!(plain.settings, AppSettings::default());
}

pub(in crate::conformance) async fn an_edit_changes_an_app_as_it_is(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let seen = w.trail().await.len();
    let edit = async |id, edit: AppEdit, at| {
        let edited = w.store.edit_app(id, edit, later(at));
        edited.await.unwrap()
    };
    let all = AppEdit {
        name: Some("Other".to_owned()),
        url: Some("https://other.example".to_owned()),
        description: Some(Some("Says".to_owned())),
        callback_urls: Some(vec!["app:/".to_owned()]),
        device_flow: Some(false),
        sub_path_callbacks: Some(true),
        expiring_tokens: Some(true),
        allowed_scopes: Some(Some(scopes(""))),
        resource_server: Some(true),
    };
    let after = edit(app.id, all.clone(), 5).await.unwrap();
    assert_eq!(after, all.apply(&app, NOW.plus(5)));
    assert_eq!(after.updated_at, NOW.plus(5));
    assert_eq!(credentials(&w, &app).await.app, after);
    assert_eq!(w.actions(seen).await, ["oauth_application.update"]);
    assert_eq!(edit(app.id, all, 6).await, Some(after.clone()), "no change");
    let clear = AppEdit {
        description: Some(None),
        allowed_scopes: Some(None),
        ..AppEdit::default()
    };
    let cleared = edit(app.id, clear, 7).await.unwrap();
    assert_eq!((cleared.description, cleared.name), (None, after.name));
    assert_eq!(cleared.settings.allowed_scopes, None);
    assert_eq!(edit(AppId(99), AppEdit::default(), 8).await, None);
    assert_eq!(w.actions(seen).await.len(), 2);
    // Of edits at once none is lost.
    let turn = std::sync::atomic::AtomicUsize::new(0);
    let id = app.id;
    w.race(30, |w| {
        let edit = match turn.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 3 {
            0 => AppEdit {
                name: Some("Third".to_owned()),
                ..AppEdit::default()
            },
            1 => AppEdit {
                device_flow: Some(true),
                ..AppEdit::default()
            },
            _ => AppEdit {
                expiring_tokens: Some(false),
                ..AppEdit::default()
            },
        };
        async move { w.store.edit_app(id, edit, operator()).await.unwrap() }
    })
    .await;
    let last = credentials(&w, &app).await.app;
    assert_eq!(last.name, "Third");
    assert!(last.settings.device_flow && !last.settings.expiring_tokens);
}

pub(in crate::conformance) async fn a_replaced_secret_is_accepted_for_a_while(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let rotate = async |to: u8, until: Option<Timestamp>| {
        let set = w
            .store
            .rotate_app_secret(app.id, SecretHash([to; 32]), until, operator());
        assert!(set.await.unwrap());
    };
    let accepts = async |secret: u8, at: i64| {
        let check = w.store.check_token(&app.client_id, None, NOW).await;
        let checked = check.unwrap().unwrap().credentials;
        let found = credentials(&w, &app).await;
        let (hash, at) = (SecretHash([secret; 32]), NOW.plus(at));
        let one = AppCredentials::proves(Some(&checked), &hash, at);
        assert_eq!(one, AppCredentials::proves(Some(&found), &hash, at));
        one
    };
    rotate(8, Some(NOW.plus(60))).await;
    let until = credentials(&w, &app).await.app.previous_secret_until;
    assert_eq!(until, Some(NOW.plus(60)));
    assert!(accepts(8, 0).await && accepts(8, 99).await);
    assert!(accepts(7, 0).await && accepts(7, 59).await && !accepts(7, 60).await);
    // The one before the previous one is not.
    rotate(9, Some(NOW.plus(60))).await;
    assert!(accepts(9, 0).await && accepts(8, 0).await && !accepts(7, 0).await);
    rotate(10, None).await;
    assert!(accepts(10, 0).await && !accepts(9, 0).await && !accepts(8, 0).await);
    let end = async |id| w.store.end_previous_secret(id, operator()).await.unwrap();
    assert!(!end(app.id).await && !end(AppId(99)).await, "there is none");
    rotate(11, Some(NOW.plus(60))).await;
    let before = credentials(&w, &app).await;
    let seen = w.trail().await.len();
    assert!(end(app.id).await);
    assert!(accepts(11, 0).await && !accepts(10, 0).await);
    let after = credentials(&w, &app).await;
    assert!(after.auth_generation > before.auth_generation);
    assert_eq!(after.app.previous_secret_until, None);
    let row = "oauth_application.remove_previous_secret";
    assert_eq!(w.actions(seen).await, [row]);
}

pub(in crate::conformance) async fn an_owners_apps_are_listed_and_counted(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let app = w.app("b", &octocat).await;
    w.app("c", &hubot).await;
    w.app("a", &octocat).await;
    let page = |page| PageRequest { page, per_page: 1 };
    for (number, client_id) in [(1, "b"), (2, "a")] {
        let list = w.store.list_apps_of_owner(octocat.id, page(number));
        let list = list.await.unwrap();
        assert_eq!(list.total, 2);
        assert_eq!(list.items[0].client_id.as_str(), client_id);
    }
    for user in [&octocat, &hubot, &hubot] {
        w.create(w.for_app(user, &app, "repo")).await;
    }
    let counts = w.store.count_app(app.id).await.unwrap();
    assert_eq!((counts.users, counts.tokens), (2, 3));
    let none = w.store.count_app(AppId(99)).await.unwrap();
    assert_eq!(none, AppCounts::default());
}

pub(in crate::conformance) async fn a_logo_is_set_replaced_and_removed(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let logo = |last: u8| Logo::parse([b"GIF89a".as_slice(), &[0, last]].concat()).unwrap();
    let set = async |id, logo, at| {
        let set = w.store.set_app_logo(id, logo, later(at));
        set.await.unwrap()
    };
    let find = async || w.store.find_app_logo(app.id).await.unwrap();
    assert!(!set(app.id, None, 1).await && find().await.is_none());
    assert!(!set(AppId(99), Some(logo(1)), 1).await);
    assert!(!set(AppId(99), None, 1).await);
    for number in [1, 2] {
        assert!(set(app.id, Some(logo(number)), number.into()).await);
        assert_eq!(find().await, Some(logo(number)));
        let found = credentials(&w, &app).await.app;
        assert_eq!(found.logo_at, Some(NOW.plus(number.into())));
    }
    let seen = w.trail().await.len();
    assert!(set(app.id, None, 3).await);
    assert_eq!(
        (find().await, credentials(&w, &app).await.app.logo_at),
        (None, None)
    );
    assert_eq!(w.actions(seen).await, ["oauth_application.update"]);
    assert!(set(app.id, Some(logo(3)), 4).await);
    assert!(w.store.delete_app(app.id, operator()).await.unwrap());
    assert_eq!(find().await, None);
}
