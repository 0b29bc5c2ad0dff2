//! Who may: a site admin by password, or by a token with the scope, as long as
//! both hold.

use std::sync::Arc;

use grantd_core::audit::Stamp;
use http::Method;
use serde_json::json;

use super::Stage;
use crate::support::{TestApp, User};

async fn set_site_admin(t: &TestApp, user: &User, site_admin: bool) {
    let stamp = Stamp::operator(t.clock.now());
    let store = &t.authority.store;
    let set = store.set_site_admin(user.id, site_admin, stamp).await;
    assert!(set.unwrap(), "nothing changed");
}

use grantd_core::clock::Clock as _;

const ONLY_ADMINS: &str = "You must be a site administrator to use this API.";

#[tokio::test]
async fn sec_s10_power_is_scope_and_office_at_the_moment_of_use() {
    let stage = Stage::new().await;
    let (t, root) = (&stage.t, &stage.root);
    let scoped = stage.by_token().await;
    let other = root.scoped_token("other", &["repo", "admin:org"]).await;
    let other = t.anyone().with_token(&other.token());
    let ordinary = stage.octocat.scoped_token("n", &["site_admin"]).await;
    let ordinary = t.anyone().with_token(&ordinary.token());
    let ask = "/admin/tokens";
    root.get(ask).await.is(200);
    let answer = scoped.get(ask).await;
    assert_eq!(
        answer.is(200).header("x-accepted-oauth-scopes"),
        Some("site_admin")
    );
    let answer = other.get(ask).await;
    answer.refuses(
        403,
        "This API can only be accessed with a token that has the site_admin scope.",
    );
    assert_eq!(answer.header("x-accepted-oauth-scopes"), Some("site_admin"));
    let answer = ordinary.get(ask).await;
    answer.refuses(403, ONLY_ADMINS);
    assert_eq!(answer.header("x-accepted-oauth-scopes"), Some("site_admin"));
    stage.octocat.get(ask).await.refuses(403, ONLY_ADMINS);
    let answer = t.anyone().get(ask).await;
    answer.refuses(401, "Requires authentication");
    assert_eq!(answer.header("x-accepted-oauth-scopes"), None);
    // Demoted, promoted: the same password, the same tokens.
    set_site_admin(t, root, false).await;
    for client in [&root.client, &scoped, &other] {
        client.get(ask).await.refuses(403, ONLY_ADMINS);
    }
    set_site_admin(t, root, true).await;
    scoped.get(ask).await.is(200);
    set_site_admin(t, &stage.octocat, true).await;
    ordinary.get(ask).await.is(200);
}

#[tokio::test]
async fn sec_s10_an_admins_token_is_no_password_elsewhere() {
    let stage = Stage::new().await;
    let scoped = stage.by_token().await;
    for (method, path) in [
        (Method::POST, "/authorizations"),
        (Method::GET, "/authorizations"),
        (Method::PATCH, "/authorizations/1"),
        (Method::PUT, "/authorizations/clients/abc"),
        (Method::DELETE, "/applications/grants/1"),
    ] {
        let answer = scoped.send(method, path, "{}").await;
        answer.refuses(
            403,
            "This API can only be accessed with username and password Basic Auth",
        );
    }
}

#[tokio::test]
async fn sec_s10_a_write_of_who_is_demoted_meanwhile_is_refused() {
    for by_token in [false, true] {
        let stage = Arc::new(Stage::new().await);
        let admin = match by_token {
            true => stage.by_token().await,
            false => stage.root.client.clone(),
        };
        // Many at once with the demotion: whatever is answered after it has changed nothing.
        let writes = (0..20).map(|number| {
            let admin = admin.clone();
            async move {
                let body = json!({ "login": format!("user{number}"), "email": format!("u{number}@example.com") });
                admin.post("/admin/users", body).await.status
            }
        });
        let demotion = set_site_admin(&stage.t, &stage.root, false);
        let (answers, ()) = tokio::join!(futures_util::future::join_all(writes), demotion);
        let made = answers.iter().filter(|status| **status == 201).count();
        assert!(
            answers
                .iter()
                .all(|status| [201, 401, 403].contains(status))
        );
        let all = grantd_core::store::PageRequest {
            page: 1,
            per_page: 100,
        };
        let users = stage.t.authority.store.list_users(all).await.unwrap();
        assert_eq!(users.total as usize, 2 + made);
        let rows = stage.t.audit().await;
        let demoted = rows
            .iter()
            .position(|action| action == "user.demote")
            .unwrap();
        assert!(!rows[demoted..].contains(&"user.create".to_owned()));
    }
}

#[tokio::test]
async fn a_second_factor_is_asked_for_here_too() {
    let stage = Stage::new().await;
    let monalisa = stage.t.user_with_otp("monalisa").await;
    set_site_admin(&stage.t, &monalisa, true).await;
    let answer = monalisa.get("/admin/tokens").await;
    answer.refuses(401, "Must specify two-factor authentication OTP code.");
    monalisa.with_code().get("/admin/tokens").await.is(200);
}
