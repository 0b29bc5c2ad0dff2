//! What proxies are told of requests: who may pass, who not, and never more.

use bytes::Bytes;
use futures_util::stream;
use grantd_core::app::AppEdit;
use http::Method;
use http_body::Frame;
use http_body_util::StreamBody;
use serde_json::json;

use super::Stage;
use crate::support::{Answer, Client, TestApp, User, basic};

pub(super) const PATH: &str = "/forward-auth";
const REALM: &str = "Bearer realm=\"http://127.0.0.1:8370\"";

/// What the proxied server would be told.
fn told(answer: &Answer) -> Vec<(&str, &str)> {
    let names = answer.header_names().into_iter();
    let told = names.filter(|name| name.starts_with("x-auth-"));
    told.map(|name| (name, answer.header(name).unwrap()))
        .collect()
}

#[track_caller]
fn is_refused(answer: &Answer, status: u16, why: &str) {
    assert_eq!(answer.is(status).text(), "");
    let challenge = format!("{REALM}{why}");
    assert_eq!(answer.header("www-authenticate"), Some(challenge.as_str()));
    assert!(told(answer).is_empty(), "{:?}", answer.headers);
    let control = answer.header("cache-control");
    assert_eq!(control, Some("private, no-store"));
}

const INVALID: &str = ", error=\"invalid_token\"";

async fn token_with(user: &User, scopes: &[&str]) -> String {
    let note = scopes.join(" ") + " for a proxy";
    let body = json!({ "note": note, "scopes": scopes });
    user.post("/authorizations", body).await.token()
}

#[tokio::test]
async fn a_right_token_passes_in_every_place_that_github_takes_it() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let token = token_with(&octocat, &["user", "repo"]).await;
    for header in [
        format!("token {token}"),
        format!("Token {token}"),
        format!("bearer {token}"),
        format!("Bearer   {token}"),
        basic("octocat", &token),
        basic(&token, "x-oauth-basic"),
        basic(&token, ""),
        basic(&token, "whatever"),
        basic("whoever", &token),
    ] {
        let client = t.anyone().with("authorization", &header);
        let answer = client.get(PATH).await;
        assert_eq!(answer.is(200).text(), "", "{header}");
        let id = octocat.id.to_string();
        let expected = [
            ("x-auth-login", "octocat"),
            ("x-auth-scopes", "repo, user"),
            ("x-auth-user-id", &id),
        ];
        assert_eq!(told(&answer), expected, "{header}");
        assert_eq!(answer.header("cache-control"), Some("private, no-store"));
        assert_eq!(answer.header("www-authenticate"), None);
        assert_eq!(answer.header("content-length"), Some("0"));
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    let app = t.app("ci").await;
    let token = octocat.token_of(&app).await.token();
    let answer = t.anyone().with_token(&token).get(PATH).await;
    assert_eq!(
        answer.header("x-auth-client-id"),
        Some(app.client_id.as_str())
    );
    assert_eq!(answer.header("x-auth-scopes"), Some(""));
}

#[tokio::test]
async fn sec_s10_no_password_passes_and_none_is_looked_at() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let app = t.app("ci").await;
    let _ = t.store.take();
    for client in [
        octocat.client.clone(),
        octocat.with_wrong_password(),
        octocat.with_otp("123456"),
        app.client.clone(),
        t.anyone().with_basic("", ""),
    ] {
        is_refused(&client.get(PATH).await, 401, INVALID);
    }
    assert!(t.store.take().is_empty(), "nothing is hashed or looked for");
}

#[tokio::test]
async fn who_presents_nothing_is_asked_for_a_token_without_a_reproach() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let token = token_with(&octocat, &[]).await;
    let anyone = t.anyone();
    let twice = anyone
        .with_token(&token)
        .and("authorization", &format!("token {token}"));
    for client in [
        anyone.clone(),
        anyone.with("authorization", "Digest username=\"octocat\""),
        anyone.with("authorization", "Bearer"),
        anyone.with_bytes("authorization", b"Bearer \xff"),
        anyone.with("cookie", &format!("token={token}")),
        anyone.with("x-access-token", &token),
        twice,
    ] {
        is_refused(&client.get(PATH).await, 401, "");
        is_refused(&client.get("/forward-auth?scope=repo").await, 401, "");
    }
}

#[tokio::test]
async fn sec_s13_a_wrong_token_is_refused_and_what_is_none_costs_no_look_up() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let app = t.app("ci").await;
    let revoked = octocat.token_of(&app).await.token();
    app.revoke(&revoked).await.is(204);
    let wrong = "gtp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17";
    for token in [revoked.as_str(), wrong] {
        let answer = t.anyone().with_token(token).get(PATH).await;
        is_refused(&answer, 401, INVALID);
    }
    let _ = t.store.take();
    for token in [
        "x",
        "gtp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18",
        &"a".repeat(300),
    ] {
        let answer = t.anyone().with_token(token).get(PATH).await;
        is_refused(&answer, 401, INVALID);
    }
    assert!(t.store.take().is_empty());
    let _ = t.anyone().with_token(wrong).get(PATH).await;
    let asked: Vec<_> = t.store.take().into_iter().collect();
    assert_eq!(asked, [("find_token", 1)]);
}

#[tokio::test]
async fn a_suspended_owners_token_is_an_invalid_one() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let token = token_with(&octocat, &[]).await;
    t.suspend(&octocat, true).await;
    let answer = t.anyone().with_token(&token).get(PATH).await;
    is_refused(&answer, 401, INVALID);
}

#[tokio::test]
async fn a_refresh_token_passes_nowhere() {
    let stage = Stage::new().await;
    let (access, refresh) = super::introspection::expiring(&stage).await;
    let pass = async |token: &str| stage.t.anyone().with_token(token).get(PATH).await;
    pass(&access).await.is(200);
    is_refused(&pass(&refresh).await, 401, INVALID);
}

#[tokio::test]
async fn every_scope_that_is_asked_for_must_be_covered() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let token = token_with(&octocat, &["repo", "write:org"]).await;
    let client = t.anyone().with_token(&token);
    for query in [
        "scope=repo",
        "scope=public_repo",
        "scope=repo:status&scope=read:org",
        "scope=repo+write:org",
        "scope=repo,read:org&scope=public_repo",
        "scope=repo&for=/x?scope=site_admin&scopes=y",
    ] {
        let answer = client.get(&format!("{PATH}?{query}")).await;
        assert_eq!(told(answer.is(200)).len(), 3, "{query}");
    }
    for (query, scope) in [
        ("scope=admin:org", "admin:org"),
        ("scope=repo&scope=user", "repo user"),
        ("scope=user&scope=repo&scope=gist", "user repo gist"),
        ("scope=repo,gist", "repo gist"),
    ] {
        let answer = client.get(&format!("{PATH}?{query}")).await;
        let why = format!(", error=\"insufficient_scope\", scope=\"{scope}\"");
        is_refused(&answer, 403, &why);
        // An invalid token is not told what it would need.
        let stranger = t
            .anyone()
            .with_token("gtp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17");
        let answer = stranger.get(&format!("{PATH}?{query}")).await;
        is_refused(&answer, 401, INVALID);
    }
}

#[tokio::test]
async fn a_question_of_which_not_all_is_understood_lets_nobody_pass() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let token = token_with(&octocat, &["repo", "user"]).await;
    let _ = t.store.take();
    for client in [t.anyone(), t.anyone().with_token(&token)] {
        for query in [
            "scope=nonsense",
            "scope=repo&scope=",
            "scopes=repo",
            "scope=repo&x=y",
            &format!("access_token={token}"),
        ] {
            let answer = client.get(&format!("{PATH}?{query}")).await;
            assert_eq!(answer.is(400).json()["error"], "invalid_request", "{query}");
            assert!(told(&answer).is_empty() && !answer.text().contains(&token));
        }
        for (length, status) in [(8_000, 400), (9_000, 431)] {
            let path = format!("{PATH}?scope={}", "x".repeat(length));
            client.get(&path).await.is(status);
        }
    }
    assert!(t.store.take().is_empty());
}

/// Some proxies ask by the method of the request that they ask about, and tell of its body.
#[tokio::test]
async fn sec_s40_the_answer_is_the_same_by_any_method() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let token = token_with(&octocat, &["repo"]).await;
    let narrow = token_with(&octocat, &[]).await;
    let before = t.audit().await;
    let methods = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND",
    ];
    for (client, status) in [
        (t.anyone(), 401),
        (t.anyone().with_token(&narrow), 403),
        (t.anyone().with_token(&token), 200),
    ] {
        let client = client.with("origin", "https://evil.example");
        let expected = client.get("/forward-auth?scope=repo").await;
        expected.is(status);
        for method in methods {
            let method: Method = method.parse().unwrap();
            let answer = client
                .send(method.clone(), "/forward-auth?scope=repo", "")
                .await;
            assert_eq!(answer.as_seen(), expected.as_seen(), "{method}");
            let announced = client.with("content-length", "9999999999");
            let body = StreamBody::new(stream::pending::<Result<Frame<Bytes>, std::io::Error>>());
            let answer = announced.send_body(method, "/forward-auth?scope=repo", body);
            assert_eq!(answer.await.as_seen(), expected.as_seen());
        }
    }
    assert_eq!(t.audit().await, before);
    // Only this very path.
    for path in ["/forward-auth/", "/api/v3/forward-auth", "/Forward-Auth"] {
        t.anyone().with_token(&token).get(path).await.is(404);
    }
}

#[tokio::test]
async fn what_a_client_claims_of_itself_is_not_repeated() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let token = token_with(&octocat, &[]).await;
    let liar = t
        .anyone()
        .with("x-auth-login", "admin")
        .with("x-auth-client-id", "admin")
        .with("x-forwarded-for", "203.0.113.1");
    is_refused(&liar.get(PATH).await, 401, "");
    let answer = liar.with_token(&token).get(PATH).await;
    assert_eq!(answer.header("x-auth-login"), Some("octocat"));
    assert_eq!(answer.header("x-auth-client-id"), None);
}

#[tokio::test]
async fn sec_s20_while_the_store_is_away_nobody_passes() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let token = token_with(&octocat, &[]).await;
    t.authority.store.close().await;
    let answer = t.anyone().with_token(&token).get(PATH).await;
    assert_eq!(answer.is(503).json()["error"], "temporarily_unavailable");
    assert!(told(&answer).is_empty());
    assert!(answer.header("retry-after").is_some());
    assert_eq!(answer.header("cache-control"), Some("private, no-store"));
    is_refused(&t.anyone().get(PATH).await, 401, "");
}

/// Logins, client ids and scopes are ASCII by construction; the names of apps are not, and do not travel.
#[tokio::test]
async fn sec_s20_only_names_that_headers_can_hold_are_made_and_told() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let app = t.app("ci").await;
    let token = octocat.token_of(&app).await.token();
    let edit = AppEdit {
        name: Some("läuft\u{7}".to_owned()),
        ..AppEdit::default()
    };
    let stamp = grantd_core::audit::Stamp::operator(grantd_core::clock::Timestamp(0));
    t.authority
        .store
        .edit_app(app.id, edit, stamp)
        .await
        .unwrap();
    let client: Client = t.anyone().with_token(&token);
    assert_eq!(told(client.get(PATH).await.is(200)).len(), 4);
    for login in ["octo\ncat", "octo cat", "öctocat", "octo\u{7f}"] {
        assert!(grantd_core::user::Login::parse(login).is_err(), "{login}");
        assert!(grantd_core::app::ClientId::parse(login).is_err(), "{login}");
    }
}
