//! What apps and resource servers are told of tokens (RFC 7662).

use grantd_core::app::AppEdit;
use grantd_core::authority::BrowserIdentity;
use http::Method;
use serde_json::json;

use super::{INTROSPECT, Stage, form, read};
use crate::support::{Answer, Client, OAuthApp, TestApp};

const INACTIVE: &str = r#"{"active":false}"#;

/// A question in Basic's words.
pub(super) async fn ask(app: &OAuthApp, token: &str) -> Answer {
    let body = form(&[("token", token)]);
    let answer = app.post(INTROSPECT, body.as_str()).await;
    is_kept_by_nobody(&answer);
    answer
}

async fn ask_with_hint(app: &OAuthApp, token: &str, hint: &str) -> Answer {
    let pairs = [("token", token), ("token_type_hint", hint)];
    app.post(INTROSPECT, form(&pairs).as_str()).await
}

#[track_caller]
pub(super) fn is_kept_by_nobody(answer: &Answer) {
    let control = answer.header("cache-control");
    assert_eq!(control, Some("private, no-store"), "{}", answer.asked);
    assert_eq!(
        answer.header("pragma"),
        Some("no-cache"),
        "{}",
        answer.asked
    );
}

/// A pair of tokens that end.
pub(super) async fn expiring(stage: &Stage) -> (String, String) {
    let edit = AppEdit {
        expiring_tokens: Some(true),
        ..AppEdit::default()
    };
    stage.edit(edit).await;
    let code = stage.code("repo gist").await;
    let mut found = read(stage.redeem(&code).await.is(200));
    let mut take = |name| found.remove(name).expect("a token");
    (take("access_token"), take("refresh_token"))
}

#[tokio::test]
async fn an_app_is_told_all_of_its_own_token() {
    let stage = Stage::new().await;
    let code = stage.code("repo gist").await;
    let token = super::token_in(&stage.redeem(&code).await);
    let answer = ask(&stage.app, &token).await;
    let content_type = answer.header("content-type");
    assert_eq!(content_type, Some("application/json; charset=utf-8"));
    let mut expected = json!({
        "active": true,
        "scope": "repo gist",
        "client_id": stage.app.client_id,
        "username": "octocat",
        "token_type": "bearer",
        "iat": 1_538_336_838,
        "sub": stage.octocat.id.to_string(),
        "iss": "http://127.0.0.1:8370",
    });
    assert_eq!(answer.is(200).json(), expected);
    let (access, _) = expiring(&stage).await;
    expected["exp"] = json!(1_538_336_838 + 28_800);
    assert_eq!(ask(&stage.app, &access).await.json(), expected);
    // By credentials in the body, and by a JSON body, alike.
    let credentials = [
        ("client_id", stage.app.client_id.as_str()),
        ("client_secret", &stage.app.secret),
        ("token", &access),
    ];
    let credentials = form(&credentials);
    let in_form = stage.anyone().post(INTROSPECT, credentials.as_str()).await;
    assert_eq!(in_form.json(), expected);
    let in_json = stage.app.post(INTROSPECT, json!({ "token": access }));
    assert_eq!(in_json.await.json(), expected);
}

#[tokio::test]
async fn sec_s26_all_that_is_not_the_apps_own_valid_token_is_the_same_nothing() {
    let stage = Stage::new().await;
    let foreign = stage.t.app("foreign").await;
    let own = stage.octocat.token_of(&stage.app).await.token();
    let (ended, refresh) = expiring(&stage).await;
    let others = stage.octocat.token_of(&foreign).await.token();
    let personal = stage.octocat.personal_token("n").await.token();
    let revoked = stage.octocat.token_of(&stage.app).await.token();
    stage.app.revoke(&revoked).await.is(204);
    assert_eq!(ask(&stage.app, &own).await.json()["active"], true);
    let unknown = "gto_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17";
    let unknown_refresh = "gtr_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17";
    stage.t.clock.advance(28_800);
    let nothing = ask(&stage.app, unknown).await;
    assert_eq!(nothing.is(200).text(), INACTIVE);
    for token in [
        &ended,
        &others,
        &personal,
        &revoked,
        unknown_refresh,
        "nonsense",
        "é",
        "gto_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18",
    ] {
        let answer = ask(&stage.app, token).await;
        assert_eq!(answer.as_seen(), nothing.as_seen(), "{token}");
    }
    let answer = ask(&foreign, &refresh).await;
    assert_eq!(
        answer.as_seen(),
        nothing.as_seen(),
        "another's refresh token"
    );
    stage.t.suspend(&stage.octocat, true).await;
    let answer = ask(&stage.app, &own).await;
    assert_eq!(answer.as_seen(), nothing.as_seen(), "a suspended owner");
}

#[tokio::test]
async fn a_resource_server_is_told_of_every_access_token() {
    let stage = Stage::new().await;
    let gate = stage.t.resource_server("gate").await;
    let (access, refresh) = expiring(&stage).await;
    let told = ask(&gate, &access).await.json();
    assert_eq!(told, ask(&stage.app, &access).await.json());
    assert_eq!(told["client_id"], stage.app.client_id.as_str());
    let personal = stage.octocat.personal_token("n").await.token();
    let expected = json!({
        "active": true,
        "scope": "",
        "username": "octocat",
        "token_type": "bearer",
        "iat": 1_538_336_838,
        "sub": stage.octocat.id.to_string(),
        "iss": "http://127.0.0.1:8370",
    });
    assert_eq!(ask(&gate, &personal).await.json(), expected);
    for hint in ["", "access_token", "refresh_token", "nonsense"] {
        let answer = ask_with_hint(&gate, &personal, hint).await;
        assert_eq!(answer.json(), expected, "{hint}");
        // What opens no door must not look as if it did.
        let answer = ask_with_hint(&gate, &refresh, hint).await;
        assert_eq!(answer.text(), INACTIVE, "{hint}");
    }
    stage.t.suspend(&stage.octocat, true).await;
    for token in [&access, &personal] {
        assert_eq!(ask(&gate, token).await.text(), INACTIVE);
    }
}

#[tokio::test]
async fn an_app_is_told_of_its_refresh_token_while_it_can_be_exchanged() {
    let stage = Stage::new().await;
    let (access, refresh) = expiring(&stage).await;
    let told = ask(&stage.app, &refresh).await.json();
    let expected = json!({
        "active": true,
        "scope": "repo gist",
        "client_id": stage.app.client_id,
        "username": "octocat",
        "token_type": "refresh_token",
        "exp": 1_538_336_838 + 15_811_200,
        "sub": stage.octocat.id.to_string(),
        "iss": "http://127.0.0.1:8370",
    });
    assert_eq!(told, expected);
    stage.app.revoke(&access).await.is(204);
    assert_eq!(ask(&stage.app, &refresh).await.text(), INACTIVE);
}

#[tokio::test]
async fn where_the_shape_tells_nothing_both_kinds_are_looked_for() {
    let stage = Stage::with(|setup| setup.hex_tokens = Some(true)).await;
    let gate = stage.t.resource_server("gate").await;
    let (access, refresh) = expiring(&stage).await;
    for hint in ["", "access_token", "refresh_token"] {
        for (app, token, kind) in [
            (&stage.app, &access, "bearer"),
            (&stage.app, &refresh, "refresh_token"),
            (&gate, &access, "bearer"),
        ] {
            let told = ask_with_hint(app, token, hint).await.json();
            assert_eq!(told["token_type"], kind, "{hint}");
        }
        assert_eq!(ask_with_hint(&gate, &refresh, hint).await.text(), INACTIVE);
    }
    let asked = async |hint| {
        let _ = stage.t.store.take();
        let _ = ask_with_hint(&gate, &access, hint).await;
        stage.t.store.take().into_keys().collect::<Vec<_>>()
    };
    assert_eq!(asked("access_token").await, ["check_token", "find_token"]);
    let both = ["check_token", "find_refresh_token", "find_token"];
    assert_eq!(asked("refresh_token").await, both);
}

#[tokio::test]
async fn a_question_costs_one_statement_where_it_can() {
    let stage = Stage::new().await;
    let gate = stage.t.resource_server("gate").await;
    let own = stage.octocat.token_of(&stage.app).await.token();
    let (_, refresh) = expiring(&stage).await;
    let unknown = "gto_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17";
    for (app, token, steps) in [
        (&stage.app, own.as_str(), vec!["check_token"]),
        (&stage.app, unknown, vec!["check_token"]),
        (&stage.app, "nonsense", vec!["check_token"]),
        (
            &stage.app,
            &refresh,
            vec!["check_token", "find_refresh_token"],
        ),
        (&gate, &own, vec!["check_token", "find_token"]),
        (&gate, "nonsense", vec!["check_token"]),
    ] {
        let _ = stage.t.store.take();
        let _ = ask(app, token).await;
        let asked: Vec<_> = stage.t.store.take().into_iter().collect();
        let expected: Vec<_> = steps.into_iter().map(|step| (step, 1)).collect();
        assert_eq!(asked, expected, "{token}");
    }
}

/// Everybody who is no app with a right secret.
pub(super) async fn strangers(stage: &Stage) -> Vec<(&'static str, Client)> {
    let anyone = stage.anyone();
    let suspended = stage.t.app("suspended").await;
    let stamp = grantd_core::audit::Stamp::operator(grantd_core::clock::Timestamp(0));
    let store = &stage.t.authority.store;
    assert!(
        store
            .set_app_suspended(suspended.id, true, stamp)
            .await
            .unwrap()
    );
    let personal = stage.octocat.personal_token("stranger").await.token();
    let (id, secret) = (&stage.app.client_id, &stage.app.secret);
    vec![
        ("nobody", anyone.clone()),
        ("a wrong secret", anyone.with_basic(id, "wrong")),
        ("no secret", anyone.with_basic(id, "")),
        ("an unknown app", anyone.with_basic("nobody", secret)),
        ("a suspended app", suspended.client.clone()),
        ("a user", stage.octocat.client.clone()),
        ("a user's token", anyone.with_token(&personal)),
        ("a token as app", anyone.with_basic(&personal, "")),
        ("another scheme", anyone.with("authorization", "Digest x")),
    ]
}

#[track_caller]
pub(super) fn is_no_client(what: &str, answer: &Answer, by_header: bool) {
    assert_eq!(
        answer.is(401).json(),
        json!({
            "error": "invalid_client",
            "error_description": "The client_id and/or client_secret passed are incorrect.",
        }),
        "{what}"
    );
    let challenge = by_header.then_some("Basic realm=\"http://127.0.0.1:8370\"");
    assert_eq!(answer.header("www-authenticate"), challenge, "{what}");
    is_kept_by_nobody(answer);
}

#[tokio::test]
async fn sec_s26_who_is_not_proved_to_be_an_app_is_told_nothing() {
    let stage = Stage::new().await;
    let token = stage.octocat.token_of(&stage.app).await.token();
    for (what, client) in strangers(&stage).await {
        for pairs in [vec![("token", token.as_str())], vec![]] {
            let answer = client.post(INTROSPECT, form(&pairs).as_str()).await;
            is_no_client(what, &answer, what != "nobody");
        }
    }
    let public = stage.t.public_app("phone").await;
    let pairs = [("client_id", public.client_id.as_str()), ("token", &token)];
    let answer = stage.anyone().post(INTROSPECT, form(&pairs).as_str()).await;
    is_no_client("a public app", &answer, false);
    let pairs = [("client_id", "other"), ("token", &token)];
    let answer = stage.app.post(INTROSPECT, form(&pairs).as_str()).await;
    is_no_client("two apps at once", &answer, true);
}

#[tokio::test]
async fn sec_s35_the_token_stands_in_the_body_of_a_post_alone() {
    let stage = Stage::new().await;
    let token = stage.octocat.token_of(&stage.app).await.token();
    let in_query = format!("{INTROSPECT}?token={token}");
    for answer in [
        stage.app.post(&in_query, "").await,
        stage.app.post(INTROSPECT, "").await,
        stage.app.post(INTROSPECT, "token=").await,
    ] {
        assert_eq!(answer.is(400).json()["error"], "invalid_request");
        is_kept_by_nobody(&answer);
    }
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
        let answer = stage.app.send(method.clone(), &in_query, "").await;
        assert_eq!(answer.is(405).header("allow"), Some("POST, OPTIONS"));
        if method != Method::HEAD {
            assert_eq!(answer.json()["error"], "invalid_request");
        }
    }
}

#[tokio::test]
async fn sec_s20_a_store_that_is_away_says_neither_yes_nor_no() {
    let stage = Stage::new().await;
    let token = stage.octocat.token_of(&stage.app).await.token();
    stage.t.authority.store.close().await;
    let answer = ask(&stage.app, &token).await;
    assert_eq!(answer.is(503).json()["error"], "temporarily_unavailable");
    assert!(answer.header("retry-after").is_some());
}

#[tokio::test]
async fn sec_s26_no_owner_makes_an_app_a_resource_server() {
    let t = TestApp::new().await;
    let app = t.app("ci").await;
    let who: BrowserIdentity = t.signed_in("owner-of-ci").await;
    let caller = Stage::with(|_| {}).await.caller();
    let edit = AppEdit {
        name: Some("Gate".to_owned()),
        resource_server: Some(true),
        ..AppEdit::default()
    };
    let edited = t
        .authority
        .edit_own_app(&who, &app.client_id, edit, &caller);
    let edited = edited.await.unwrap();
    assert_eq!(edited.name, "Gate");
    assert!(!edited.settings.resource_server);
    let form = grantd_core::developer::AppForm {
        settings: edited.settings,
        name: "Other".to_owned(),
        url: "https://other.example".to_owned(),
        callback_urls: vec!["https://other.example/cb".to_owned()],
        ..grantd_core::developer::AppForm::default()
    };
    let settings = grantd_core::app::AppSettings {
        resource_server: true,
        ..form.settings.clone()
    };
    let form = grantd_core::developer::AppForm { settings, ..form };
    let (made, _) = t.authority.register_app(&who, form, &caller).await.unwrap();
    assert!(!made.settings.resource_server);
}
