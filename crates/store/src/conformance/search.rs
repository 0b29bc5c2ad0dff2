//! Promises about what people look for, and about who is a site admin.

use grantd_core::app::NewApp;
use grantd_core::audit::{Action, Actor, Stamp};
use grantd_core::store::{About, EventFilter, PageRequest, Party, StoreError, Stored};
use grantd_core::user::{LoginKey, NewUser, User};

use super::passkeys::new_passkey;
use super::sessions::{find, sign_in};
use super::world::*;

fn is_stale<T>(result: Stored<T>) -> bool {
    matches!(result, Err(StoreError::StaleActor))
}

async fn acting(w: &World, user: &User) -> Stamp {
    by(Actor::User {
        id: user.id,
        auth_generation: w.credentials(user.login.as_str()).await.auth_generation,
    })
}

async fn events(w: &World, filter: EventFilter, before: Option<i64>, limit: u32) -> Vec<i64> {
    let rows = w.store.list_events(filter, before, limit).await.unwrap();
    rows.into_iter().map(|row| row.id).collect()
}

pub(super) async fn a_users_events_are_those_about_and_by_the_user(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let app = w.app("abc", &hubot).await;
    // About octocat, by octocat, both; then what is neither, though an app has octocat's number.
    let suspended = w
        .store
        .set_app_suspended(app.id, true, acting(&w, &octocat).await);
    assert!(suspended.await.unwrap());
    w.create(w.personal(&octocat, "about")).await;
    let new = w.personal(&octocat, "both");
    w.try_create(new, acting(&w, &octocat).await).await.unwrap();
    w.create(w.personal(&hubot, "neither")).await;
    let as_app = Stamp {
        by: Actor::System,
        ..operator()
    };
    let record = w.store.record(Action::OtpMissingTooOften, None, as_app);
    record.await.unwrap();
    let filter = EventFilter {
        party: Some(Party::User(octocat.id)),
        action: None,
    };
    let rows = w.store.list_events(filter, None, 10).await.unwrap();
    let actions: Vec<&str> = rows.iter().map(|row| row.action.as_str()).collect();
    let expected = [
        "oauth_access.create",
        "oauth_access.create",
        "oauth_application.suspend",
        "user.create",
    ];
    assert_eq!(actions, expected);
}

pub(super) async fn an_apps_events_are_those_about_and_by_the_app(w: World) {
    let hubot = w.user("hubot").await;
    let (app, other) = (w.app("abc", &hubot).await, w.app("def", &hubot).await);
    let found = w.store.find_app(&app.client_id).await.unwrap();
    let auth_generation = found.unwrap().auth_generation;
    let as_app = || {
        by(Actor::App {
            id: app.id,
            auth_generation,
        })
    };
    let mine = w.create(w.for_app(&hubot, &app, "repo")).await;
    let others = w.create(w.for_app(&hubot, &other, "repo")).await;
    let revoke = async |id| w.store.delete_token(id, as_app()).await.unwrap();
    assert!(revoke(mine.id).await && revoke(others.id).await);
    let filter = |action| EventFilter {
        party: Some(Party::App(app.id)),
        action,
    };
    let rows = w.store.list_events(filter(None), None, 10).await.unwrap();
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row.action.as_str(), row.app_id))
        .collect();
    let expected = [
        ("oauth_access.revoke", Some(other.id)),
        ("oauth_access.revoke", Some(app.id)),
        ("oauth_access.create", Some(app.id)),
        ("oauth_authorization.create", Some(app.id)),
        ("oauth_application.create", Some(app.id)),
    ];
    assert_eq!(found, expected);
    let revoked = filter(Some(Action::TokenRevoked));
    assert_eq!(
        events(&w, revoked, None, 1).await,
        [rows[0].id],
        "the newest"
    );
    let older = events(&w, revoked, Some(rows[0].id), 10).await;
    assert_eq!(older, [rows[1].id]);
}

pub(super) async fn rows_about_one_thing_are_listed_from_the_oldest(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let app = w.app("abc", &hubot).await;
    let made = w.create(w.for_app(&octocat, &app, "repo")).await;
    let other = w.create(w.for_app(&octocat, &app, "repo")).await;
    assert!(w.store.delete_token(made.id, operator()).await.unwrap());
    let suspend = w.store.set_app_suspended(app.id, true, operator());
    assert!(suspend.await.unwrap());
    let about = async |about, after, limit| {
        let rows = w.store.list_about(about, after, limit).await.unwrap();
        let names = rows.iter().map(|row| (row.id, row.action.clone()));
        names.unzip::<i64, String, Vec<_>, Vec<_>>()
    };
    let (ids, names) = about(About::Authorization(made.id), 0, 10).await;
    assert_eq!(names, ["oauth_access.create", "oauth_access.revoke"]);
    let record = About::Authorization(made.id);
    assert_eq!(about(record, 0, 1).await.0, ids[..1]);
    assert_eq!(about(record, ids[0], 10).await.0, ids[1..]);
    let former = |hash| about(About::FormerHash(hash), 0, 10);
    assert_eq!(former(made.token_hash).await.1, ["oauth_access.revoke"]);
    assert!(former(other.token_hash).await.1.is_empty());
    let account = about(About::Account(octocat.id), 0, 10).await;
    assert_eq!(account.1, ["user.create", "oauth_authorization.create"]);
    let itself = about(About::AppItself(app.id), 0, 10).await;
    assert_eq!(itself.1, ["oauth_application.suspend"]);
}

pub(super) async fn events_are_filtered_and_paged_from_the_newest(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    for number in 0..5 {
        w.create(w.personal(&octocat, &format!("o{number}"))).await;
        w.create(w.personal(&hubot, &format!("h{number}"))).await;
    }
    let trail = w.trail().await;
    for user in [None, Some(octocat.id), Some(hubot.id)] {
        for action in [
            None,
            Some(Action::AuthorizationCreated),
            Some(Action::AppEdited),
        ] {
            let mut expected: Vec<i64> = trail
                .iter()
                .filter(|row| user.is_none() || row.user_id == user)
                .filter(|row| action.is_none_or(|action| row.action == action.name()))
                .map(|row| row.id)
                .collect();
            expected.reverse();
            let party = user.map(Party::User);
            let filter = EventFilter { party, action };
            assert_eq!(events(&w, filter, None, 100).await, expected);
            let (mut paged, mut before) = (Vec::new(), None);
            loop {
                let page = events(&w, filter, before, 3).await;
                assert!(page.len() <= 3);
                let Some(last) = page.last() else { break };
                before = Some(*last);
                paged.extend(page);
            }
            assert_eq!(paged, expected);
        }
    }
}

pub(super) async fn users_are_found_by_the_beginning_of_login_or_address(w: World) {
    let with = |login: &str, address: &str| NewUser {
        email: email(address),
        ..new_user(login)
    };
    let octocat = w.user_of(with("Octocat", "cat@example.com")).await;
    let octo = w.user_of(with("octo", "zz@example.com")).await;
    let hubot = w.user_of(with("hubot", "Octo@example.com")).await;
    let both = w.user_of(with("octavia", "octavia@example.com")).await;
    let search = async |text: &str, page| {
        let found = w.store.search_users(&LoginKey::of(text), page).await;
        let found = found.unwrap();
        let ids: Vec<_> = found.items.into_iter().map(|one| one.id).collect();
        (found.total, ids)
    };
    assert_eq!(
        search("OCTO", ALL).await,
        (3, vec![octocat.id, octo.id, hubot.id])
    );
    assert_eq!(search("octocat", ALL).await, (1, vec![octocat.id]));
    assert_eq!(search("octavia", ALL).await, (1, vec![both.id]), "once");
    assert_eq!(search("cat@", ALL).await, (1, vec![octocat.id]));
    for nobody in ["tocat", "%", "octo_", "octo\0", "\u{10FFFF}"] {
        assert_eq!(search(nobody, ALL).await, (0, vec![]), "{nobody:?}");
    }
    let second = PageRequest {
        page: 2,
        per_page: 2,
    };
    assert_eq!(search("oct", second).await, (4, vec![hubot.id, both.id]));
}

pub(super) async fn apps_are_found_by_name_client_id_or_owner(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("Hubot").await);
    let make = async |client_id: &str, name: &str, owner: &User| {
        let new = NewApp {
            name: name.to_owned(),
            ..new_app(client_id, owner)
        };
        w.store
            .create_app(new, operator())
            .await
            .unwrap()
            .unwrap()
            .id
    };
    let builder = make("Iv1.abc", "The Builder", &octocat).await;
    let percent = make("def", "100% \u{dc}ber_All!", &octocat).await;
    let other = make("builder", "Another", &hubot).await;
    let search = async |text: &str, page| {
        let found = w.store.search_apps(text, page).await.unwrap();
        let ids: Vec<_> = found.items.into_iter().map(|one| one.id).collect();
        (found.total, ids)
    };
    assert_eq!(search("BUILDER", ALL).await, (2, vec![builder, other]));
    assert_eq!(search("uilder", ALL).await, (1, vec![builder]));
    for text in ["100%", "0% ", "\u{dc}ber", "R_a", "all!"] {
        assert_eq!(search(text, ALL).await, (1, vec![percent]), "{text}");
    }
    assert_eq!(search("iv1.", ALL).await, (1, vec![builder]));
    assert_eq!(search("HUB", ALL).await, (1, vec![other]));
    assert_eq!(search("octocat", ALL).await, (2, vec![builder, percent]));
    for nothing in ["v1.", "%e", "r_B", "ubot", "x\0", "!", "\\"] {
        let expected = if nothing == "!" {
            vec![percent]
        } else {
            vec![]
        };
        assert_eq!(search(nothing, ALL).await.1, expected, "{nothing:?}");
    }
    let second = PageRequest {
        page: 2,
        per_page: 1,
    };
    assert_eq!(search("octo", second).await, (2, vec![percent]));
}

pub(super) async fn a_site_admin_is_made_and_unmade_once(w: World) {
    let octocat = w.user("octocat").await;
    let before = w.credentials("octocat").await.auth_generation;
    let (_, session) = sign_in(&w, &octocat).await;
    let rows = w.trail().await.len();
    let set = async |site_admin| {
        let set = w.store.set_site_admin(octocat.id, site_admin, later(5));
        set.await.unwrap()
    };
    assert!(!set(false).await);
    assert!(set(true).await && !set(true).await);
    let after = w.credentials("octocat").await;
    assert!(after.user.site_admin);
    assert_eq!(
        (after.auth_generation, after.user.updated_at),
        (before + 1, NOW.plus(5))
    );
    assert!(find(&w, session).await.is_none());
    assert!(set(false).await);
    let after = w.credentials("octocat").await;
    assert!(!after.user.site_admin);
    assert_eq!(after.auth_generation, before + 2);
    let expected = ["user.promote", "user.logout", "user.demote"];
    assert_eq!(w.actions(rows).await, expected);
    w.store.delete_user(octocat.id, operator()).await.unwrap();
    assert!(!set(true).await, "there is no such user");
}

pub(super) async fn an_admins_power_ends_with_the_demotion(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let set = w.store.set_site_admin(octocat.id, true, operator());
    assert!(set.await.unwrap());
    let stamp = acting(&w, &octocat).await;
    let suspend = async |suspended| {
        let set = w
            .store
            .set_user_suspended(hubot.id, suspended, stamp.clone());
        set.await
    };
    assert!(suspend(true).await.unwrap());
    let set = w.store.set_site_admin(octocat.id, false, operator());
    assert!(set.await.unwrap());
    assert!(is_stale(suspend(false).await));
}

pub(super) async fn of_two_admins_who_demote_each_other_one_stays(w: World) {
    for round in 0..10 {
        let admin = |name: &str| NewUser {
            site_admin: true,
            ..new_user(&format!("{name}{round}"))
        };
        let (one, other) = (w.user_of(admin("a")).await, w.user_of(admin("b")).await);
        let (by_one, by_other) = (acting(&w, &one).await, acting(&w, &other).await);
        let (first, second) = tokio::join!(
            w.store.set_site_admin(other.id, false, by_one),
            w.store.set_site_admin(one.id, false, by_other),
        );
        assert_ne!(matches!(first, Ok(true)), matches!(second, Ok(true)));
        assert_ne!(is_stale(first), is_stale(second));
    }
}

pub(super) async fn no_step_of_pages_is_done_for_a_stale_actor(w: World) {
    let octocat = w.user("octocat").await;
    let (who, _) = sign_in(&w, &octocat).await;
    let made = w.create(w.personal(&octocat, "note")).await;
    let added = w
        .store
        .add_passkey(who.clone(), new_passkey(b"one"), operator());
    let passkey = added.await.unwrap().unwrap().id;
    let rows = w.trail().await.len();
    // The passkey has raised the generation: `who` is of before.
    let (s, user, stale) = (&w.store, octocat.id, || by(who.actor()));
    let all = [
        is_stale(
            s.add_passkey(who.clone(), new_passkey(b"two"), operator())
                .await,
        ),
        is_stale(s.remove_passkey(who.clone(), passkey, operator()).await),
        is_stale(
            s.rename_passkey(user, passkey, "x".to_owned(), stale())
                .await,
        ),
        is_stale(s.reset_factors(user, stale()).await),
        is_stale(
            s.regenerate_token(user, made.id, w.token(), None, stale())
                .await,
        ),
        is_stale(s.delete_personal_token(user, made.id, stale()).await),
        is_stale(s.delete_grants(user, stale()).await),
        is_stale(s.set_site_admin(user, true, stale()).await),
    ];
    assert_eq!(all, [true; 8]);
    assert_eq!(w.trail().await.len(), rows);
    assert!(w.is_valid(made.token_hash).await);
}
