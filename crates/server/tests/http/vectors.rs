//! The behavioural vectors that were recorded with real clients, in their order.

use serde_json::{Value, json};

use crate::support::TestApp;

const DOCS: &str = "https://developer.github.com/v3/oauth_authorizations/";

#[tokio::test]
async fn vector_1_a_note_is_taken_once() {
    let t = TestApp::p2().await;
    let octocat = t.user("octocat").await;
    octocat
        .post("/authorizations", json!({ "note": "n" }))
        .await
        .is(201);
    let again = octocat
        .post("/authorizations", json!({ "note": "n" }))
        .await;
    again.invalid("already_exists/description");
    assert_eq!(again.text().len(), 218);
    let missing = octocat
        .post("/authorizations", json!({ "note": " " }))
        .await;
    missing.invalid("missing_field/description");
    assert_eq!(missing.text().len(), 217);
    let expected = format!(
        r#"{{"message":"Validation Failed","errors":[{{"resource":"OauthAccess","code":"missing_field","field":"description"}}],"documentation_url":"{DOCS}#create-a-new-authorization"}}"#
    );
    assert_eq!(missing.text(), expected);
}

#[tokio::test]
async fn vector_2_unknown_keys_are_ignored_on_post() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let created = octocat
        .post("/authorizations", json!({ "scope": ["gist"], "note": "n" }))
        .await;
    assert_eq!(created.is(201).json()["scopes"], json!([]));
}

#[tokio::test]
async fn vector_3_empty_client_credentials_mean_a_personal_access_token() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let body = json!({ "client_id": "", "client_secret": "", "note": "n" });
    let created = octocat.post("/authorizations", body).await;
    assert_eq!(
        created.is(201).json()["app"]["client_id"],
        "00000000000000000000"
    );
    assert_eq!(created.json()["app"]["name"], "n");
}

#[tokio::test]
async fn vector_4_get_or_create_returns_the_record_unchanged() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let path = format!("/authorizations/clients/{}", app.client_id);
    let secret = &app.secret;
    let first = octocat
        .put(
            &path,
            json!({ "client_secret": secret, "scopes": ["gist"] }),
        )
        .await;
    first.is(201);
    t.clock.advance(100);
    let second = octocat.put(&path, json!({ "client_secret": secret })).await;
    let third = octocat
        .put(
            &path,
            json!({ "client_secret": secret, "scopes": ["repo"], "note": "x" }),
        )
        .await;
    let json = second.is(200).json();
    assert_eq!(json["token"], "");
    assert_eq!(json["scopes"], json!(["gist"]));
    assert_eq!(json["updated_at"], first.json()["updated_at"]);
    assert_eq!(json["note"], Value::Null);
    assert!(second.header("etag").is_some_and(|etag| etag.len() == 34));
    assert_eq!(second.header("etag"), third.header("etag"));
    assert_eq!(second.header("location"), first.header("location"));
    assert_eq!(third.is(200).json(), json);
    assert_eq!(second.header("last-modified"), None);
}

#[tokio::test]
async fn vector_5_a_client_id_in_the_body_of_put_is_not_permitted() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    for path in ["", "/fingerprint"] {
        let path = format!("/authorizations/clients/{}{path}", app.client_id);
        let answer = octocat.put(&path, app.credentials()).await;
        answer.refuses(
            422,
            "Invalid request.\n\n\"client_id\" is not a permitted key.",
        );
        assert_eq!(answer.json().get("errors"), None);
    }
}

#[tokio::test]
async fn vector_6_one_code_serves_put_delete_put() {
    let t = TestApp::new().await;
    let (monalisa, app) = (t.user_with_otp("monalisa").await, t.app("ci").await);
    let client = monalisa.with_code();
    let path = format!("/authorizations/clients/{}/fp", app.client_id);
    let body = json!({ "client_secret": app.secret });
    let first = client.put(&path, body.clone()).await;
    first.is(201);
    let existing = client.put(&path, body.clone()).await;
    assert_eq!(existing.is(200).id(), first.id());
    client
        .delete(&format!("/authorizations/{}", first.id()))
        .await
        .is(204);
    let second = client.put(&path, body).await;
    assert_ne!(second.is(201).id(), first.id());
    assert!(!second.token().is_empty());
}

#[tokio::test]
async fn vector_7_a_code_is_asked_for_before_the_route_is_looked_for() {
    let t = TestApp::new().await;
    let monalisa = t.user_with_otp("monalisa").await;
    let asked = monalisa.patch("/authorizations", "").await;
    asked.refuses(401, "Must specify two-factor authentication OTP code.");
    assert_eq!(asked.header("x-github-otp"), Some("required; app"));
    monalisa
        .with_code()
        .patch("/authorizations", "")
        .await
        .refuses(404, "Not Found");
}

#[tokio::test]
async fn vector_8_a_token_cannot_use_this_api() {
    let t = TestApp::p2().await;
    let octocat = t.user("octocat").await;
    let token = octocat.personal_token("n").await.token();
    let answer = t
        .anyone()
        .with("authorization", &format!("bearer {token}"))
        .get("/authorizations")
        .await;
    answer.refuses(
        403,
        "This API can only be accessed with username and password Basic Auth",
    );
    assert_eq!(answer.text().len(), 182);
    assert_eq!(
        answer.json()["documentation_url"],
        format!("{DOCS}#oauth-authorizations-api")
    );
}

#[tokio::test]
async fn vector_9_a_reset_keeps_the_record_and_ends_the_old_token() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let before = octocat.token_of(&app).await;
    t.clock.advance(113);
    let after = app.reset(&before.token()).await;
    let (old, new) = (before.json(), after.is(200).json());
    for key in [
        "id",
        "url",
        "created_at",
        "note",
        "scopes",
        "fingerprint",
        "app",
    ] {
        assert_eq!(old[key], new[key], "{key}");
    }
    assert_ne!(old["hashed_token"], new["hashed_token"]);
    assert_eq!(new["updated_at"], "2018-09-30T19:49:11Z");
    app.check(&before.token()).await.refuses(404, "Not Found");
    t.anyone()
        .with_token(&before.token())
        .get("/user")
        .await
        .refuses(401, "Bad credentials");
    app.check(&after.token()).await.is(200);
}

#[tokio::test]
async fn vector_10_deleting_a_grant_ends_the_apps_tokens_and_no_others() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let tokens = [
        octocat.token_of(&app).await.token(),
        octocat.token_of(&app).await.token(),
    ];
    let personal = octocat.personal_token("mine").await.token();
    let hubot = t.user("hubot").await;
    let foreign = hubot.token_of(&app).await.token();
    octocat.delete("/applications/grants/1").await.is(204);
    for token in &tokens {
        app.check(token).await.is(404);
        t.anyone().with_token(token).get("/user").await.is(401);
    }
    t.anyone().with_token(&personal).get("/user").await.is(200);
    app.check(&foreign).await.is(200);
    assert_eq!(
        octocat
            .get("/authorizations")
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn vector_11_curl_gets_the_same_json_in_ten_more_bytes() {
    let t = TestApp::p2().await;
    let monalisa = t.user_with_otp("monalisa").await;
    let plain = monalisa.get("/authorizations").await;
    let curl = monalisa
        .with("user-agent", "curl/7.64.1")
        .get("/authorizations")
        .await;
    assert_eq!(plain.is(401).text().len(), 160);
    assert_eq!(curl.is(401).text().len(), 170);
    assert_eq!(plain.json(), curl.json());
}

#[tokio::test]
async fn vector_12_scopes_come_back_verbatim() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let scopes = json!([
        "repo",
        "gist",
        "write:packages",
        "read:packages",
        "delete:packages",
        "user",
        "delete_repo"
    ]);
    let created = octocat
        .post("/authorizations", json!({ "note": "n", "scopes": scopes }))
        .await;
    assert_eq!(created.is(201).json()["scopes"], scopes);
    assert_eq!(
        octocat.get("/authorizations/1").await.json()["scopes"],
        scopes
    );
}

#[tokio::test]
async fn refusals_are_as_long_as_they_were_recorded() {
    let t = TestApp::p2().await;
    let octocat = t.user("octocat").await;
    let wrong = octocat.with_wrong_password();
    assert_eq!(wrong.get("/authorizations").await.is(401).text().len(), 83);
    assert_eq!(
        t.anyone().get("/authorizations").await.is(401).text().len(),
        91
    );
    assert_eq!(octocat.get("/nowhere").await.is(404).text().len(), 77);
    for _ in 0..10 {
        wrong.get("/authorizations").await.is(401);
    }
    let locked = octocat.get("/authorizations").await;
    assert_eq!(locked.is(403).text().len(), 134);
}
