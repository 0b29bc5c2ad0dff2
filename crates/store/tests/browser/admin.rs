//! What site admins may do, and nobody else.

use grantd_core::Error;
use grantd_core::admin::AdminRefusal;
use grantd_core::audit::Action;
use grantd_core::session::BrowserSession;
use grantd_core::store::PageRequest;

use crate::place::*;

const ALL: PageRequest = PageRequest {
    page: 1,
    per_page: 100,
};

fn name<T>(result: Result<T, AdminRefusal>) -> String {
    match result {
        Ok(_) => "done".to_owned(),
        Err(AdminRefusal::Other(error)) => format!("{error:?}"),
        Err(refusal) => format!("{refusal:?}"),
    }
}

/// Every write, upon this user, app and token.
async fn writes(place: &Place, who: &BrowserSession) -> Vec<String> {
    let hubot = place.user("hubot").await;
    let (app, _, token) = place.app_with_token(&hubot).await;
    let token = place.authority.token(&token, from(1)).await.unwrap();
    let (id, client_id) = (token.token().authorization.id, app.client_id.as_str());
    let a = &place.authority;
    vec![
        name(
            a.admin_set_user_suspended(who, hubot.id, true, from(1))
                .await,
        ),
        name(a.admin_set_site_admin(who, hubot.id, true, from(1)).await),
        name(a.admin_reset_factors(who, hubot.id, from(1)).await),
        name(a.admin_delete_token(who, id, from(1)).await),
        name(
            a.admin_set_app_suspended(who, client_id, true, from(1))
                .await,
        ),
        name(a.admin_delete_app(who, client_id, from(1)).await),
        name(a.admin_delete_user(who, hubot.id, from(1)).await),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s10_to_others_nothing_of_an_admins_is_there() {
    let place = Place::new();
    place.user("octocat").await;
    let who = place.sign_in("octocat").await.session;
    assert_eq!(writes(&place, &who).await, ["NotFound"; 7]);
    let (a, id) = (&place.authority, &who.identity);
    let octocat = id.user.id;
    for refused in [
        a.admin_users(id, "", ALL).await.map(drop),
        a.admin_user(id, "octocat").await.map(drop),
        a.admin_grants(id, octocat, ALL).await.map(drop),
        a.admin_apps(id, "", ALL).await.map(drop),
        a.admin_app(id, "abc").await.map(drop),
        a.admin_tokens(id, "12345678", ALL).await.map(drop),
        a.admin_events(id, None, None, None, 10).await.map(drop),
    ] {
        assert!(matches!(refused, Err(Error::NotFound)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_does_all_of_it_upon_a_fresh_proof() {
    let place = Place::new();
    let admin = place.admin("monalisa").await;
    let mut expected = ["done"; 7];
    expected[2] = "Unchanged";
    assert_eq!(writes(&place, &admin).await, expected);
    let mut stale = admin.clone();
    stale.sudo = false;
    assert_eq!(writes(&place, &stale).await, ["FreshProofNeeded"; 7]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_ends_themselves() {
    let place = Place::new();
    let admin = place.admin("monalisa").await;
    let (a, id) = (&place.authority, admin.identity.user.id);
    for refused in [
        name(a.admin_set_user_suspended(&admin, id, true, from(1)).await),
        name(a.admin_set_site_admin(&admin, id, false, from(1)).await),
        name(a.admin_reset_factors(&admin, id, from(1)).await),
        name(a.admin_delete_user(&admin, id, from(1)).await),
    ] {
        assert_eq!(refused, "Yourself");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_s10_a_demoted_admin_has_no_power_left() {
    let place = Place::new();
    let (first, second) = (place.admin("monalisa").await, place.admin("hubot2").await);
    let octocat = place.user("octocat").await;
    let a = &place.authority;
    let demoted = a.admin_set_site_admin(&first, second.identity.user.id, false, from(1));
    assert_eq!(name(demoted.await), "done");
    // What a request has read before the demotion does not help it.
    let late = a.admin_set_user_suspended(&second, octocat.id, true, from(1));
    assert_eq!(name(late.await), "BadCredentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_finds_tokens_by_what_is_known_of_them() {
    let place = Place::new();
    let octocat = place.user("octocat").await;
    let admin = place.admin("monalisa").await.identity;
    let (_, _, token) = place.app_with_token(&octocat).await;
    place.app_with_token(&octocat).await;
    let a = &place.authority;
    let found = async |what: &str| {
        let page = a.admin_tokens(&admin, what, ALL).await.unwrap();
        let hashes = page.items.iter().map(|one| one.authorization.token_hash);
        hashes.collect::<Vec<_>>()
    };
    let hash = data_encoding::HEXLOWER.encode(&token.hash().0);
    for what in [token.last_eight().0, hash, format!(" {} ", token.expose())] {
        assert_eq!(found(&what).await, [token.hash()]);
    }
    for nothing in ["", "1234567", "abcdefgh", "%%%%%%%%"] {
        assert_eq!(found(nothing).await, []);
    }
    let one = a.admin_tokens(&admin, &token.last_eight().0, ALL).await;
    let id = one.unwrap().items[0].authorization.id;
    let record = a.admin_token(&admin, id).await.unwrap();
    assert_eq!(record.user.id, octocat.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_finds_people_apps_and_events() {
    let place = Place::new();
    let octocat = place.user("octocat").await;
    let admin = place.admin("monalisa").await.identity;
    let (app, ..) = place.app_with_token(&octocat).await;
    let a = &place.authority;
    for (beginning, total) in [("", 2), ("Octo", 1), ("monalisa@ex", 1), ("x", 0)] {
        let found = a.admin_users(&admin, beginning, ALL).await.unwrap();
        assert_eq!(found.total, total, "{beginning}");
    }
    assert_eq!(
        a.admin_user(&admin, "OCTOCAT").await.unwrap().id,
        octocat.id
    );
    let (found, counts) = a.admin_app(&admin, app.client_id.as_str()).await.unwrap();
    assert_eq!((found.id, counts.tokens), (app.id, 1));
    assert_eq!(a.admin_apps(&admin, " ", ALL).await.unwrap().total, 1);
    let grants = a.admin_grants(&admin, octocat.id, ALL).await.unwrap();
    assert_eq!(grants.total, 1);
    let (user, action) = (Some(octocat.id), Some(Action::AuthorizationCreated));
    let events = a.admin_events(&admin, user, action, None, 10).await;
    let rows = events.unwrap().rows;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].user_id, user);
}
