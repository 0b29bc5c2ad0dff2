//! How long tokens live: what policies give, what announces the end, what
//! nobody can undo.

use grantd_core::life::Lifetimes;
use grantd_server::settings::Profile;
use serde_json::json;

use crate::support::TestApp;

const HEADER: &str = "github-authentication-token-expiration";

async fn with_lifetimes(default_days: Option<u32>, max_days: Option<u32>) -> TestApp {
    TestApp::with(|setup| {
        setup.policy.lifetimes = Lifetimes {
            default_days,
            max_days,
        };
    })
    .await
}

#[tokio::test]
async fn tokens_of_the_api_end_by_default_or_by_the_maximum_or_never() {
    for (default_days, max_days, end) in [
        (None, None, json!(null)),
        (Some(30), None, json!("2018-10-30T19:47:18Z")),
        (None, Some(2), json!("2018-10-02T19:47:18Z")),
        (Some(1), Some(2), json!("2018-10-01T19:47:18Z")),
    ] {
        let t = with_lifetimes(default_days, max_days).await;
        let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
        let personal = octocat.personal_token("a").await;
        assert_eq!(personal.is(201).json()["expires_at"], end);
        assert_eq!(octocat.token_of(&app).await.json()["expires_at"], end);
        let mut body = app.credentials();
        let client_id = body["client_id"].as_str().unwrap().to_owned();
        body.as_object_mut().unwrap().remove("client_id");
        body["fingerprint"] = json!("f");
        let path = format!("/authorizations/clients/{client_id}");
        let got = octocat.put(&path, body).await;
        assert_eq!(got.is(201).json()["expires_at"], end);
    }
}

#[tokio::test]
async fn an_end_is_kept_to_the_second_and_announced_as_github_does() {
    let t = with_lifetimes(Some(30), None).await;
    let octocat = t.user("octocat").await;
    let made = octocat.personal_token("a").await;
    let token = t.anyone().with_token(&made.token());
    let user = token.get("/user").await;
    assert_eq!(user.is(200).header(HEADER), Some("2018-10-30 19:47:18 UTC"));
    let exposed = user.header("access-control-expose-headers").unwrap();
    assert!(!exposed.to_lowercase().contains(HEADER), "as GitHub has it");
    let refused = token.get("/authorizations").await;
    assert_eq!(
        refused.is(403).header(HEADER),
        Some("2018-10-30 19:47:18 UTC")
    );
    t.clock.advance(30 * 86_400 - 1);
    token.get("/user").await.is(200);
    t.clock.advance(1);
    let ended = token.get("/user").await;
    assert_eq!(ended.is(401).header(HEADER), None);
    assert_eq!(octocat.get("/user").await.is(200).header(HEADER), None);
}

#[tokio::test]
async fn nothing_is_announced_of_endless_tokens_nor_in_p2() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let made = octocat.personal_token("a").await;
    let user = t.anyone().with_token(&made.token()).get("/user").await;
    assert_eq!(user.is(200).header(HEADER), None);
    let t = TestApp::with(|setup| {
        setup.settings.profile = Profile::P2;
        setup.policy.lifetimes.default_days = Some(30);
    })
    .await;
    let octocat = t.user("octocat").await;
    let made = octocat.personal_token("a").await;
    let user = t.anyone().with_token(&made.token()).get("/user").await;
    assert_eq!(user.is(200).header(HEADER), None);
}

#[tokio::test]
async fn sec_s10_no_edit_and_no_reset_moves_an_end() {
    let t = with_lifetimes(Some(30), None).await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let made = octocat.token_of(&app).await;
    let end = made.json()["expires_at"].clone();
    t.clock.advance(86_400);
    let path = format!("/authorizations/{}", made.id());
    for body in [
        json!({ "note": "edited" }),
        json!({ "add_scopes": ["gist"] }),
        json!({ "fingerprint": "another" }),
    ] {
        let edited = octocat.patch(&path, body).await;
        assert_eq!(edited.is(200).json()["expires_at"], end);
    }
    let reset = app.reset(&made.token()).await;
    assert_eq!(reset.is(200).json()["expires_at"], end);
    t.clock.advance(29 * 86_400);
    let token = t.anyone().with_token(&reset.token());
    token.get("/user").await.is(401);
    let _ = octocat.patch(&path, json!({ "note": "once more" })).await;
    token.get("/user").await.is(401);
}
