//! Hostile input: always a 4xx in GitHub's format, never a 5xx, never a panic.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use grantd_server::auth::Auth;
use grantd_server::routes::ROUTES;
use http::Method;
use http_body::Frame;
use http_body_util::StreamBody;
use serde_json::{Value, json};

use crate::support::{Answer, OAuthApp, TestApp, User};

#[track_caller]
fn refused(answer: &Answer) {
    assert!(
        (400..500).contains(&answer.status),
        "{}: {} {}",
        answer.asked,
        answer.status,
        answer.text()
    );
    assert!(answer.json()["message"].is_string() && answer.json()["documentation_url"].is_string());
}

struct Stage {
    t: TestApp,
    octocat: User,
    app: OAuthApp,
    token: String,
}

impl Stage {
    async fn new() -> Self {
        let t = TestApp::new().await;
        let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
        let token = octocat.token_of(&app).await.token();
        Self {
            t,
            octocat,
            app,
            token,
        }
    }

    /// Every operation that could take a body: who may call it, how, where.
    fn writes(&self) -> Vec<(crate::support::Client, Method, String)> {
        ROUTES
            .iter()
            .filter(|route| !route.method.is_safe())
            .map(|route| {
                let client = match route.auth {
                    Auth::App => &self.app.client,
                    _ => &self.octocat.client,
                };
                let path = route
                    .path
                    .replace("{authorization_id}", "1")
                    .replace("{grant_id}", "1")
                    .replace("{client_id}", &self.app.client_id)
                    .replace("{access_token}", &self.token)
                    .replace("{fingerprint}", "fp");
                (client.clone(), route.method.clone(), path)
            })
            .collect()
    }

    async fn is_whole(&self) {
        self.app.check(&self.token).await.is(200);
        self.octocat.get("/authorizations/1").await.is(200);
    }
}

/// The fields of each body, with a path that takes it.
fn bodies(app: &OAuthApp) -> Vec<(Method, String, Vec<&'static str>, Value)> {
    let put = format!("/authorizations/clients/{}", app.client_id);
    let secret = json!({ "client_secret": app.secret });
    let common = ["scopes", "note", "note_url", "client_secret"];
    let with = |more: &[&'static str]| [common.as_slice(), more].concat();
    vec![
        (
            Method::POST,
            "/authorizations".to_owned(),
            with(&["client_id", "fingerprint"]),
            json!({ "note": "n" }),
        ),
        (
            Method::PUT,
            put.clone(),
            with(&["fingerprint"]),
            secret.clone(),
        ),
        (Method::PUT, format!("{put}/fp"), with(&[]), secret),
        (
            Method::PATCH,
            "/authorizations/1".to_owned(),
            vec![
                "scopes",
                "add_scopes",
                "remove_scopes",
                "note",
                "note_url",
                "fingerprint",
            ],
            json!({}),
        ),
    ]
}

#[tokio::test]
async fn sec_s28_bodies_over_the_limit_are_413_everywhere() {
    let stage = Stage::new().await;
    let too_long = " ".repeat(64 * 1024 + 1);
    for (client, method, path) in stage.writes() {
        client
            .send(method, &path, too_long.as_str())
            .await
            .refuses(413, "Request body is too large");
    }
    stage.is_whole().await;
    let just_fits = format!("{}{}", r#"{"note":"n"}"#, " ".repeat(64 * 1024 - 12));
    stage
        .octocat
        .post("/authorizations", just_fits.as_str())
        .await
        .is(201);
}

#[tokio::test]
async fn bodies_that_are_no_json_object_are_400() {
    let stage = Stage::new().await;
    let parse = "Problems parsing JSON";
    let object = "Body should be a JSON object";
    let deep = format!(
        "{{\"scopes\":{}{}}}",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    for (method, path, _, _) in bodies(&stage.app) {
        for (body, message) in [
            (b"{".to_vec(), parse),
            (b"nope".to_vec(), parse),
            (b"{\"note\":NaN}".to_vec(), parse),
            (b"{\"note\":Infinity}".to_vec(), parse),
            (b"{\"note\":1e999}".to_vec(), parse),
            (b"{\"note\":\"\xff\xfe\"}".to_vec(), parse),
            (b"\xff\xfe{\x00}\x00".to_vec(), parse),
            (b"{\"note\":\"\\ud800\"}".to_vec(), parse),
            (b"{\"note\":\"a\x00b\"}".to_vec(), parse),
            (b"{\"note\":\"n\",}".to_vec(), parse),
            (b"{'note':'n'}".to_vec(), parse),
            (b"{\"note\":\"n\"}{}".to_vec(), parse),
            (deep.clone().into_bytes(), parse),
            ("[".repeat(60_000).into_bytes(), parse),
            (b"note=n&scopes=repo".to_vec(), parse),
            (b"\0".to_vec(), parse),
            (b"[]".to_vec(), object),
            (b"\"x\"".to_vec(), object),
            (b"1".to_vec(), object),
            (b"null".to_vec(), object),
            (b"true".to_vec(), object),
            (b"-1e300".to_vec(), object),
        ] {
            stage
                .octocat
                .send(method.clone(), &path, body)
                .await
                .refuses(400, message);
        }
    }
    stage.is_whole().await;
}

#[tokio::test]
async fn wrong_types_in_every_field_are_named_by_the_schema() {
    let stage = Stage::new().await;
    for (method, path, fields, rest) in bodies(&stage.app) {
        for field in fields {
            let list = field.ends_with("scopes");
            let mut values = vec![
                json!(1),
                json!(-1.5),
                json!(true),
                json!({}),
                json!({ "a": { "b": [1] } }),
                json!(u64::MAX),
                json!([1]),
                json!([null]),
                json!([["repo"]]),
                json!([{}]),
                json!(["repo", 1]),
            ];
            values.push(if list { json!("repo") } else { json!([]) });
            for value in values {
                let mut body = rest.clone();
                body[field] = value.clone();
                let answer = stage.octocat.send(method.clone(), &path, body).await;
                let message = answer.is(422).json()["message"]
                    .as_str()
                    .unwrap()
                    .to_owned();
                let start = format!("Invalid request.\n\nFor 'properties/{field}");
                assert!(message.starts_with(&start), "{field} = {value}: {message}");
                let kind = if list && !value.is_array() {
                    "is not an array."
                } else {
                    "is not a string."
                };
                assert!(message.ends_with(kind), "{field} = {value}: {message}");
                assert_eq!(answer.json().get("errors"), None);
            }
            let mut body = rest.clone();
            body[field] = json!(null);
            let status = stage.octocat.send(method.clone(), &path, body).await.status;
            assert!(
                matches!(status, 200 | 201 | 422),
                "{field} = null: {status}"
            );
        }
    }
    let raw = r#"{"note":123456789012345678901234567890123456789012345678901234567890}"#;
    refused(&stage.octocat.post("/authorizations", raw).await);
}

#[tokio::test]
async fn nul_and_overlong_text_in_every_field_are_422() {
    let stage = Stage::new().await;
    for (method, path, fields, rest) in bodies(&stage.app) {
        for field in fields {
            for text in [
                "a\0b".to_owned(),
                "\0".to_owned(),
                "x".repeat(10_000),
                "é".repeat(5_000),
            ] {
                let mut body = rest.clone();
                body[field] = if field.ends_with("scopes") {
                    json!([text])
                } else {
                    json!(text)
                };
                let answer = stage.octocat.send(method.clone(), &path, body).await;
                // A name that no scope has can be removed: it is not there.
                answer.is(if field == "remove_scopes" { 200 } else { 422 });
            }
        }
    }
    stage.is_whole().await;
}

#[tokio::test]
async fn sec_s28_very_many_scopes_are_refused() {
    let stage = Stage::new().await;
    let many = vec!["repo"; 1_000];
    for (method, path, fields, rest) in bodies(&stage.app) {
        for field in fields.into_iter().filter(|field| field.ends_with("scopes")) {
            let mut body = rest.clone();
            body[field] = json!(many);
            stage
                .octocat
                .send(method.clone(), &path, body)
                .await
                .is(422);
        }
    }
}

#[tokio::test]
async fn many_unknown_keys_and_repeated_ones_are_survived() {
    let stage = Stage::new().await;
    let path = format!("/authorizations/clients/{}", stage.app.client_id);
    let keys: Vec<String> = (0..3_000).map(|n| format!("\"k{n}\":{n}")).collect();
    let body = format!("{{\"client_secret\":\"x\",{}}}", keys.join(","));
    let answer = stage.octocat.put(&path, body.as_str()).await;
    assert!(answer.is(422).text().len() < 2_000, "the sentence is cut");
    let twice = r#"{"note":"a","note":"b"}"#;
    let created = stage.octocat.post("/authorizations", twice).await;
    assert_eq!(created.is(201).json()["note"], "b");
}

#[tokio::test]
async fn strange_paths_are_404() {
    let stage = Stage::new().await;
    let client_id = &stage.app.client_id;
    for path in [
        "/authorizations/%zz",
        "/authorizations/%",
        "/authorizations/%00",
        "/authorizations/1%00",
        "/authorizations/-1",
        "/authorizations/0x1",
        "/authorizations/1e0",
        "/authorizations/+1",
        "/authorizations/9223372036854775808",
        "/authorizations/١",
        "/authorizations/NaN",
        "/authorizations/",
        "/authorizations//1",
        "/authorizations/1/",
        "/authorizations/../user",
        "/authorizations/%2e%2e",
        "//authorizations",
        "/AUTHORIZATIONS",
        "/applications",
        "/applications/grants/",
        "/applications/grants/%ff",
        "/applications//tokens/x",
        "/users/%00",
        "/users/%ff",
        "/users/",
        "/users/a%2fb",
        "/api",
        "/api/",
        "/api/v4/user",
        "/api/v3/api/v3/user",
        "/%61uthorizations/x/y",
        "/;a",
        "/user;x=1",
        "/user%00",
        "/.%00",
    ] {
        let Ok(uri) = path.parse::<http::Uri>() else {
            continue;
        };
        stage
            .octocat
            .get(&uri.to_string())
            .await
            .refuses(404, "Not Found");
    }
    for fingerprint in ["%ff", "%c3%28", "a/b"] {
        let path = format!("/authorizations/clients/{client_id}/{fingerprint}");
        stage
            .octocat
            .put(&path, json!({ "client_secret": stage.app.secret }))
            .await
            .refuses(404, "Not Found");
    }
    for fingerprint in ["%00", &"x".repeat(2_000)] {
        let path = format!("/authorizations/clients/{client_id}/{fingerprint}");
        let answer = stage
            .octocat
            .put(&path, json!({ "client_secret": stage.app.secret }))
            .await;
        answer.invalid("custom/fingerprint");
    }
    for client_id in [
        "%ff",
        "%00",
        "..",
        "%2e%2e",
        "grants",
        "00000000000000000000",
        &"x".repeat(300),
    ] {
        let path = format!("/authorizations/clients/{client_id}");
        refused(
            &stage
                .octocat
                .put(&path, json!({ "client_secret": "x" }))
                .await,
        );
        refused(
            &stage
                .app
                .get(&format!("/applications/{client_id}/tokens/x"))
                .await,
        );
    }
}

#[tokio::test]
async fn other_methods_are_404_and_never_405() {
    let stage = Stage::new().await;
    for method in ["PUT", "PATCH", "TRACE", "CONNECT", "PROPFIND", "X", "get"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        for path in ["/authorizations", "/user", "/meta", "/applications/grants"] {
            stage
                .octocat
                .send(method.clone(), path, "")
                .await
                .refuses(404, "Not Found");
        }
    }
}

#[tokio::test]
async fn sec_s28_header_floods_and_long_addresses_are_431() {
    let stage = Stage::new().await;
    let message = "Request headers are too large";
    for path in [
        "/authorizations",
        "/user",
        "/nowhere",
        "/healthz",
        &stage.app.path(&stage.token),
    ] {
        let mut many = stage.octocat.client.clone();
        for _ in 0..200 {
            many = many.and("x-flood", "1");
        }
        many.get(path).await.refuses(431, message);
        let long = stage.octocat.with("x-long", &"x".repeat(40 * 1024));
        long.get(path).await.refuses(431, message);
        let query = format!("{path}?q={}", "x".repeat(10 * 1024));
        stage.octocat.get(&query).await.refuses(431, message);
    }
    let long_name = stage.t.anyone().with_basic(&"x".repeat(8_000), "y");
    long_name.get("/user").await.refuses(401, "Bad credentials");
}

#[tokio::test(start_paused = true)]
async fn sec_s29_a_slow_body_is_408() {
    let stage = Stage::new().await;
    let started = tokio::time::Instant::now();
    let stalled = || {
        let first = stream::once(async { Ok::<_, std::io::Error>(Frame::data(Bytes::from("{"))) });
        StreamBody::new(Box::pin(first.chain(stream::pending())))
    };
    for (client, method, path) in stage.writes() {
        let answer = client.send_body(method, &path, stalled()).await;
        answer.refuses(408, "Request body did not arrive in time");
    }
    let trickle = stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        Some((Ok::<_, std::io::Error>(Frame::data(Bytes::from(" "))), ()))
    });
    let body = StreamBody::new(Box::pin(trickle));
    let before = tokio::time::Instant::now();
    stage
        .octocat
        .send_body(Method::POST, "/authorizations", body)
        .await
        .is(408);
    assert!(
        before.elapsed() < Duration::from_secs(20),
        "{:?}",
        before.elapsed()
    );
    assert!(started.elapsed() > Duration::from_secs(15));
    stage.is_whole().await;
}

#[tokio::test(start_paused = true)]
async fn a_body_without_end_is_413() {
    let stage = Stage::new().await;
    for (client, method, path) in stage.writes() {
        let chunk = Bytes::from(vec![b' '; 1_024]);
        let endless =
            stream::repeat_with(move || Ok::<_, std::io::Error>(Frame::data(chunk.clone())));
        let answer = client
            .send_body(method, &path, StreamBody::new(endless))
            .await;
        answer.refuses(413, "Request body is too large");
    }
    let chunk = Bytes::from(vec![b' '; 1_024]);
    let endless = stream::repeat_with(move || Ok::<_, std::io::Error>(Frame::data(chunk.clone())));
    let anonymous = stage
        .t
        .anyone()
        .send_body(Method::POST, "/authorizations", StreamBody::new(endless))
        .await;
    anonymous.is(401);
    stage.is_whole().await;
}

#[tokio::test]
async fn a_body_that_breaks_off_changes_nothing() {
    let stage = Stage::new().await;
    for (client, method, path) in stage.writes() {
        let parts = [
            Ok(Frame::data(Bytes::from("{\"note\":"))),
            Err(std::io::Error::other("connection reset")),
        ];
        let answer = client
            .send_body(method, &path, StreamBody::new(stream::iter(parts)))
            .await;
        answer.refuses(400, "Problems parsing JSON");
    }
    stage.is_whole().await;
}

#[tokio::test]
async fn a_body_on_a_safe_method_is_ignored() {
    let stage = Stage::new().await;
    for body in ["{", "[]", "\0", &"x".repeat(100_000)] {
        stage
            .octocat
            .send(Method::GET, "/authorizations", body)
            .await
            .is(200);
        stage
            .app
            .send(Method::GET, &stage.app.path(&stage.token), body)
            .await
            .is(200);
    }
}

#[tokio::test]
async fn sec_s40_safe_methods_change_nothing() {
    let stage = Stage::new().await;
    stage.octocat.get("/user").await.is(200);
    let state = async || {
        let all = grantd_core::store::PageRequest {
            page: 1,
            per_page: 100,
        };
        let tokens = stage
            .t
            .authority
            .store
            .list_tokens(grantd_core::store::TokenFilter::All, all)
            .await
            .unwrap();
        let grants = stage
            .t
            .authority
            .store
            .list_grants(stage.octocat.id, None, all)
            .await
            .unwrap();
        let users = stage.t.authority.store.list_users(all).await.unwrap();
        format!("{tokens:?}{grants:?}{users:?}{:?}", stage.t.audit().await)
    };
    let before = state().await;
    for route in ROUTES {
        let path = route
            .path
            .replace("{authorization_id}", "1")
            .replace("{grant_id}", "1")
            .replace("{client_id}", &stage.app.client_id)
            .replace("{access_token}", &stage.token)
            .replace("{fingerprint}", "fp")
            .replace("{username}", "octocat");
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            for client in [&stage.octocat.client, &stage.app.client, &stage.t.anyone()] {
                let answer = client.send(method.clone(), &path, "").await;
                assert!(answer.status < 500);
            }
        }
    }
    assert_eq!(state().await, before);
}
