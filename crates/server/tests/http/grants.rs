//! Grants: how they come, what they show, how they end.

use grantd_core::audit::Stamp;
use grantd_core::user::PasswordHash;
use serde_json::{Value, json};

use crate::support::{OAuthApp, TestApp, User};

async fn make(octocat: &User, app: &OAuthApp, scopes: &[&str]) -> (i64, String) {
    let mut body = app.credentials();
    body["scopes"] = json!(scopes);
    let answer = octocat.post("/authorizations", body).await;
    (answer.is(201).id(), answer.token())
}

async fn only_grant(octocat: &User) -> Value {
    let grants = octocat.get("/applications/grants").await.is(200).json();
    assert_eq!(grants.as_array().unwrap().len(), 1, "{grants}");
    grants[0].clone()
}

#[tokio::test]
async fn a_grant_shows_the_union_of_its_tokens_as_the_documentation_says() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    make(&octocat, &app, &["repo"]).await;
    t.clock.advance(60);
    let (second, _) = make(&octocat, &app, &["user"]).await;
    let grant = only_grant(&octocat).await;
    assert_eq!(grant["scopes"], json!(["repo", "user"]));
    assert_eq!(grant["created_at"], "2018-09-30T19:47:18Z");
    assert_eq!(grant["updated_at"], "2018-09-30T19:48:18Z");
    t.clock.advance(60);
    octocat
        .delete(&format!("/authorizations/{second}"))
        .await
        .is(204);
    let narrowed = only_grant(&octocat).await;
    assert_eq!(narrowed["scopes"], json!(["repo"]));
    assert_eq!(narrowed["updated_at"], "2018-09-30T19:49:18Z");
}

#[tokio::test]
async fn a_grant_stays_when_its_last_token_goes() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let (id, _) = make(&octocat, &app, &["repo"]).await;
    let before = only_grant(&octocat).await;
    octocat
        .delete(&format!("/authorizations/{id}"))
        .await
        .is(204);
    assert_eq!(
        only_grant(&octocat).await["scopes"],
        json!(["repo"]),
        "what was consented to"
    );
    let (_, token) = make(&octocat, &app, &["gist"]).await;
    app.revoke(&token).await.is(204);
    let after = only_grant(&octocat).await;
    assert_eq!(after["id"], before["id"]);
    assert_eq!(after["scopes"], json!(["repo", "gist"]));
}

#[tokio::test]
async fn sec_s21_deleting_a_grant_ends_all_its_tokens_and_a_new_one_starts_afresh() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let mut tokens = Vec::new();
    for scope in ["repo", "gist", "user"] {
        tokens.push(make(&octocat, &app, &[scope]).await.1);
    }
    let id = only_grant(&octocat).await["id"].as_i64().unwrap();
    octocat
        .delete(&format!("/applications/grants/{id}"))
        .await
        .is(204);
    octocat
        .delete(&format!("/applications/grants/{id}"))
        .await
        .refuses(404, "Not Found");
    for token in &tokens {
        app.check(token).await.is(404);
        app.reset(token).await.is(404);
        app.revoke(token).await.is(404);
        app.revoke_grant(token).await.is(404);
    }
    assert_eq!(octocat.get("/authorizations").await.json(), json!([]));
    make(&octocat, &app, &["gist"]).await;
    let fresh = only_grant(&octocat).await;
    assert!(fresh["id"].as_i64().unwrap() > id);
    assert_eq!(fresh["scopes"], json!(["gist"]));
}

#[tokio::test]
async fn any_token_of_the_owner_suffices_to_end_the_grant() {
    let t = TestApp::new().await;
    let (octocat, hubot, app) = (
        t.user("octocat").await,
        t.user("hubot").await,
        t.app("ci").await,
    );
    let (_, first) = make(&octocat, &app, &["repo"]).await;
    let (_, second) = make(&octocat, &app, &["gist"]).await;
    let (_, other) = make(&hubot, &app, &["repo"]).await;
    app.revoke_grant(&second).await.is(204);
    app.check(&first).await.is(404);
    app.check(&other).await.is(200);
    assert_eq!(octocat.get("/applications/grants").await.json(), json!([]));
}

#[tokio::test]
async fn creations_per_hour_are_limited_only_when_set() {
    let t = TestApp::with(|setup| setup.policy.mint_limits.per_hour = Some(3)).await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    for _ in 0..3 {
        let (id, _) = make(&octocat, &app, &["repo"]).await;
        octocat
            .delete(&format!("/authorizations/{id}"))
            .await
            .is(204);
    }
    let refused = octocat.post("/authorizations", app.credentials()).await;
    assert!(refused.is(403).header("retry-after").is_some());
    t.clock.advance(3_600);
    make(&octocat, &app, &["repo"]).await;
    let free = TestApp::new().await;
    let octocat = free.user("octocat").await;
    for number in 0..100 {
        octocat.personal_token(&format!("n{number}")).await.is(201);
    }
}

#[tokio::test]
async fn a_changed_password_ends_the_old_one_at_once_and_no_token() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let token = octocat.personal_token("n").await.token();
    let hubot = t.user("hubot").await;
    let PasswordHash(hash) = t.credentials("hubot").await.password_hash;
    let stamp = Stamp::operator(grantd_core::clock::Timestamp(0));
    assert!(
        t.authority
            .store
            .set_password(octocat.id, PasswordHash(hash), stamp)
            .await
            .unwrap()
    );
    octocat
        .get("/authorizations")
        .await
        .refuses(401, "Bad credentials");
    octocat
        .with_basic("octocat", &hubot.password)
        .get("/authorizations")
        .await
        .is(200);
    t.anyone().with_token(&token).get("/user").await.is(200);
}

#[tokio::test]
async fn every_change_leaves_an_audit_row() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    // The day's first sign-in leaves its row now.
    octocat.get("/user").await.is(200);
    let before = t.audit().await.len();
    let (id, token) = make(&octocat, &app, &["repo"]).await;
    octocat
        .patch(&format!("/authorizations/{id}"), json!({ "note": "x" }))
        .await
        .is(200);
    let token = app.reset(&token).await.is(200).token();
    app.revoke(&token).await.is(204);
    let (_, token) = make(&octocat, &app, &["gist"]).await;
    app.revoke_grant(&token).await.is(204);
    let personal = octocat.personal_token("n").await.id();
    octocat
        .delete(&format!("/authorizations/{personal}"))
        .await
        .is(204);
    // Refusals and reads leave none.
    app.check(&token).await.is(404);
    octocat.post("/authorizations", "{}").await.is(422);
    let mut rows = t.audit().await.split_off(before);
    rows.sort_unstable();
    assert_eq!(
        rows,
        [
            "oauth_access.create",
            "oauth_access.create",
            "oauth_access.create",
            "oauth_access.destroy",
            "oauth_access.destroy",
            "oauth_access.regenerate",
            "oauth_access.revoke",
            "oauth_access.update",
            "oauth_authorization.create",
            "oauth_authorization.destroy",
        ]
    );
}
