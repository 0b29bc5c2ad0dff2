//! Promises about what site admins do by the API.

use grantd_core::app::{AppEdit, IMPERSONATION_CLIENT_ID};
use grantd_core::audit::{Actor, Stamp};
use grantd_core::authorization::Authorization;
use grantd_core::ids::AppId;
use grantd_core::store::{
    AppAdministration, Impersonation, NewImpersonation, NotCreated, OwnedApp, Taken, TokenFilter,
};
use grantd_core::user::{Login, NewUser, User};

use super::sessions::{find, sign_in};
use super::world::*;

pub(super) fn login(text: &str) -> Login {
    Login::from_stored(text.to_owned())
}

pub(super) async fn admin(w: &World, name: &str) -> User {
    let new = NewUser {
        site_admin: true,
        ..new_user(name)
    };
    w.user_of(new).await
}

pub(super) async fn acting(w: &World, user: &User) -> Stamp {
    by(Actor::User {
        id: user.id,
        auth_generation: w.credentials(user.login.as_str()).await.auth_generation,
    })
}

pub(super) fn of(w: &World, user: &User, names: &str) -> NewImpersonation {
    let token = w.token();
    NewImpersonation {
        user_id: user.id,
        token_hash: token.hash,
        token_last_eight: token.last_eight,
        scopes: scopes(names),
        expires_at: Some(NOW.plus(1_000)),
    }
}

pub(super) async fn impersonate(w: &World, user: &User, stamp: Stamp) -> Impersonation {
    let made = w.store.impersonate(of(w, user, "repo"), stamp).await;
    made.unwrap().unwrap().unwrap()
}

pub(super) async fn a_renamed_user_keeps_everything_but_the_login(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let (_, session) = sign_in(&w, &octocat).await;
    let token = w.create(w.personal(&octocat, "note")).await;
    let rows = w.trail().await.len();
    let before = w.credentials("octocat").await.auth_generation;
    let rename = async |to: &str| {
        let renamed = w.store.rename_user(octocat.id, login(to), later(5));
        renamed.await.unwrap()
    };
    let same = rename("octocat").await.unwrap().unwrap();
    assert_eq!((same, w.trail().await.len()), (octocat.clone(), rows));
    assert_eq!(rename("HUBOT").await, Some(Err(Taken::Login)));
    let renamed = rename("Monalisa").await.unwrap().unwrap();
    let expected = User {
        login: login("Monalisa"),
        updated_at: NOW.plus(5),
        ..octocat.clone()
    };
    assert_eq!(renamed, expected);
    assert_eq!(w.credentials("MONALISA").await.auth_generation, before);
    assert!(find(&w, session).await.is_some() && w.is_valid(token.token_hash).await);
    let trail = w.trail().await;
    let row = trail.last().unwrap();
    assert_eq!(
        (row.action.as_str(), trail.len()),
        ("user.rename", rows + 1)
    );
    assert_eq!(row.details.as_deref(), Some("octocat"));
    assert_eq!(row.user_id, Some(octocat.id));
    // The login is free, for another case of one's own too.
    assert!(rename("monalisa").await.unwrap().is_ok());
    let freed = w.store.rename_user(hubot.id, login("octocat"), operator());
    assert!(freed.await.unwrap().unwrap().is_ok());
    w.store.delete_user(octocat.id, operator()).await.unwrap();
    assert_eq!(rename("gone").await, None);
}

pub(super) async fn one_impersonation_of_a_user_is_left(w: World) {
    let (boss, octocat) = (admin(&w, "boss").await, w.user("octocat").await);
    let other = w.create(w.personal(&octocat, "note")).await;
    let stamp = acting(&w, &boss).await;
    let rows = w.trail().await.len();
    let first = impersonate(&w, &octocat, stamp.clone()).await;
    assert!(!first.replaced);
    let record = &first.authorization;
    let app = record.app.as_ref().unwrap();
    assert_eq!(app.client_id.as_str(), IMPERSONATION_CLIENT_ID);
    assert_eq!(app.name, "GitHub Site Administrator");
    assert_eq!(
        (&record.note, record.expires_at),
        (&None, Some(NOW.plus(1_000)))
    );
    assert_eq!(
        (record.user_id, &record.scopes),
        (octocat.id, &scopes("repo"))
    );
    assert!(w.is_valid(record.token_hash).await);
    let expected = [
        "oauth_application.create",
        "oauth_authorization.create",
        "oauth_access.create",
    ];
    assert_eq!(w.actions(rows).await, expected);
    let second = impersonate(&w, &octocat, stamp.clone()).await;
    assert!(second.replaced);
    assert!(!w.is_valid(record.token_hash).await);
    assert!(w.is_valid(second.authorization.token_hash).await);
    let made = w
        .race(20, move |w| {
            let (octocat, stamp) = (octocat.clone(), stamp.clone());
            async move { impersonate(&w, &octocat, stamp).await.authorization }
        })
        .await;
    let mut alive = 0;
    for one in &made {
        alive += usize::from(w.is_valid(one.token_hash).await);
    }
    assert_eq!(alive, 1);
    assert!(w.is_valid(other.token_hash).await);
    w.store
        .delete_user(other.user_id, operator())
        .await
        .unwrap();
    let gone = NewImpersonation {
        user_id: other.user_id,
        ..of(&w, &boss, "")
    };
    assert_eq!(w.store.impersonate(gone, operator()).await.unwrap(), None);
}

fn app_of(record: &Authorization) -> AppId {
    record.app.as_ref().unwrap().id
}

pub(super) async fn the_app_of_impersonations_is_in_no_list_and_outlives_its_owner(w: World) {
    let (boss, chief) = (admin(&w, "boss").await, admin(&w, "chief").await);
    let octocat = w.user("octocat").await;
    let made = impersonate(&w, &octocat, acting(&w, &boss).await).await;
    let (id, hash) = (app_of(&made.authorization), made.authorization.token_hash);
    let found = w.store.find_owned_app(id).await.unwrap().unwrap();
    assert_eq!(found.owner.id, boss.id);
    assert!(found.app.public && found.app.callback_urls.is_empty());
    assert!(!found.app.settings.device_flow);
    assert_eq!(w.store.list_apps(ALL).await.unwrap().total, 0);
    assert_eq!(w.store.list_owned_apps(ALL).await.unwrap().total, 0);
    let own = w.store.list_apps_of_owner(boss.id, ALL).await.unwrap();
    assert_eq!((own.total, own.items.len()), (0, 0));
    let stamp = acting(&w, &chief).await;
    assert!(w.store.delete_user(boss.id, stamp).await.unwrap());
    let found = w.store.find_owned_app(id).await.unwrap().unwrap();
    assert_eq!(found.owner.id, chief.id);
    assert!(w.is_valid(hash).await);
    // While it is suspended there is no impersonation.
    let suspended = w.store.set_app_suspended(id, true, operator()).await;
    assert!(suspended.unwrap() && !w.is_valid(hash).await);
    let refused = w.store.impersonate(of(&w, &octocat, ""), operator()).await;
    assert_eq!(refused.unwrap(), Some(Err(NotCreated::NoApp)));
    assert!(w.store.delete_app(id, operator()).await.unwrap());
    // Nobody acts: it is the user's own.
    let made = impersonate(&w, &octocat, operator()).await;
    let id = app_of(&made.authorization);
    let found = w.store.find_owned_app(id).await.unwrap().unwrap();
    assert_eq!(found.owner.id, octocat.id);
    w.store.delete_user(octocat.id, operator()).await.unwrap();
    assert_eq!(w.store.find_owned_app(id).await.unwrap(), None);
}

pub(super) async fn an_impersonation_ends_with_token_grant_or_user(w: World) {
    let (boss, octocat) = (admin(&w, "boss").await, w.user("octocat").await);
    let stamp = acting(&w, &boss).await;
    let end = async || {
        let ended = w.store.end_impersonation(octocat.id, stamp.clone());
        ended.await.unwrap()
    };
    assert!(!end().await, "there is no app yet");
    let made = impersonate(&w, &octocat, stamp.clone()).await.authorization;
    assert_eq!(
        w.authorizations(&octocat).await,
        std::slice::from_ref(&made)
    );
    assert!(end().await && !end().await);
    assert!(!w.is_valid(made.token_hash).await);
    let grants = w.store.list_grants(octocat.id, None, ALL).await.unwrap();
    assert_eq!(grants.total, 0);
    let made = impersonate(&w, &octocat, stamp.clone()).await.authorization;
    let grant = w.grant(&octocat).await;
    let deleted = w.store.delete_grant(octocat.id, grant.id, operator()).await;
    assert!(deleted.unwrap() && !w.is_valid(made.token_hash).await);
    assert!(!end().await);
    let made = impersonate(&w, &octocat, stamp.clone()).await.authorization;
    let deleted = w
        .store
        .delete_authorization(octocat.id, made.id, operator());
    assert!(deleted.await.unwrap() && !end().await);
    let made = impersonate(&w, &octocat, stamp.clone()).await.authorization;
    w.store.delete_user(octocat.id, operator()).await.unwrap();
    assert!(!w.is_valid(made.token_hash).await);
}

pub(super) async fn apps_are_listed_with_their_owners(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let (one, two) = (w.app("one", &octocat).await, w.app("two", &hubot).await);
    let listed = w.store.list_owned_apps(ALL).await.unwrap();
    let owned = |app, owner: &User| OwnedApp {
        app,
        owner: owner.clone(),
    };
    let expected = [owned(one.clone(), &octocat), owned(two, &hubot)];
    assert_eq!((listed.total, listed.items.as_slice()), (2, &expected[..]));
    let found = w.store.find_owned_app(one.id).await.unwrap();
    assert_eq!(found.as_ref(), Some(&expected[0]));
    assert_eq!(w.store.find_owned_app(AppId(999)).await.unwrap(), None);
}

pub(super) async fn an_app_is_administered_in_one_step(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let app = w.app("abc", &octocat).await;
    let rows = w.trail().await.len();
    let change = AppAdministration {
        edit: AppEdit {
            name: Some("Other".to_owned()),
            ..AppEdit::default()
        },
        owner: Some(hubot.id),
        suspended: Some(true),
    };
    let administer = async |change: AppAdministration| {
        let changed = w.store.administer_app(app.id, change, later(5));
        changed.await.unwrap()
    };
    let after = administer(change.clone()).await.unwrap();
    assert_eq!(
        (after.app.name.as_str(), after.owner.id),
        ("Other", hubot.id)
    );
    assert_eq!(after.app.suspended_at, Some(NOW.plus(5)));
    let expected = [
        "oauth_application.update",
        "oauth_application.transfer",
        "oauth_application.suspend",
    ];
    assert_eq!(w.actions(rows).await, expected);
    assert_eq!(administer(change.clone()).await, Some(after));
    assert_eq!(w.trail().await.len(), rows + 3, "it is so already");
    let back = AppAdministration {
        suspended: Some(false),
        ..AppAdministration::default()
    };
    let after = administer(back).await.unwrap();
    assert_eq!(
        (after.app.name.as_str(), after.app.suspended_at),
        ("Other", None)
    );
    assert!(w.store.delete_app(app.id, operator()).await.unwrap());
    assert_eq!(administer(change).await, None);
}

pub(super) async fn everybodys_personal_tokens_are_listed(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let app = w.app("abc", &octocat).await;
    let one = w.create(w.personal(&octocat, "one")).await;
    w.create(w.for_app(&octocat, &app, "")).await;
    let two = w.create(w.personal(&hubot, "two")).await;
    let listed = w
        .store
        .list_tokens(TokenFilter::Personal, ALL)
        .await
        .unwrap();
    let ids: Vec<_> = listed
        .items
        .iter()
        .map(|one| one.authorization.id)
        .collect();
    assert_eq!((listed.total, ids), (2, vec![one.id, two.id]));
}
