//! The exact set of headers of every kind of answer, in both profiles.

use grantd_server::settings::Profile;
use serde_json::json;

use crate::support::{Answer, TestApp};

/// On every answer of the API.
const ALWAYS: [&str; 12] = [
    "access-control-allow-origin",
    "access-control-expose-headers",
    "content-security-policy",
    "referrer-policy",
    "server",
    "status",
    "x-content-type-options",
    "x-frame-options",
    "x-github-media-type",
    "x-github-request-id",
    "x-xss-protection",
    "vary",
];
const BODY: [&str; 2] = ["content-length", "content-type"];
const RATE: [&str; 3] = [
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
];

/// Holds an answer to exactly these headers beyond those of every answer.
#[track_caller]
fn has(answer: &Answer, profile: Profile, groups: &[&[&'static str]]) {
    let mut expected: Vec<&str> = ALWAYS.to_vec();
    match profile {
        Profile::P2 => expected.extend(RATE),
        Profile::P3 => expected.push("x-github-enterprise-version"),
    }
    expected.extend(groups.concat());
    if answer.status == 204 {
        expected.retain(|name| *name != "vary");
    }
    expected.sort_unstable();
    assert_eq!(answer.header_names(), expected, "{}", answer.asked);
    let reason = match answer.status {
        200 => "200 OK",
        201 => "201 Created",
        204 => "204 No Content",
        304 => "304 Not Modified",
        400 => "400 Bad Request",
        401 => "401 Unauthorized",
        403 => "403 Forbidden",
        404 => "404 Not Found",
        422 => "422 Unprocessable Entity",
        other => panic!("{other}"),
    };
    assert_eq!(answer.header("status"), Some(reason));
    assert_eq!(answer.header("www-authenticate"), None);
}

const CACHED: [&str; 3] = ["cache-control", "etag", "vary"];
const NO_STORE: [&str; 2] = ["cache-control", "vary"];

async fn every_answer(t: TestApp, profile: Profile) {
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let monalisa = t.user_with_otp("monalisa").await;
    let created = octocat.post("/authorizations", app.credentials()).await;
    let token = created.is(201).token();
    has(&created, profile, &[&BODY, &NO_STORE, &["location"]]);

    let list = octocat.get("/authorizations").await;
    has(list.is(200), profile, &[&BODY, &CACHED]);
    let single = octocat.get("/authorizations/1").await;
    has(
        single.is(200),
        profile,
        &[&BODY, &CACHED, &["last-modified"]],
    );
    assert_eq!(
        single.header("last-modified"),
        Some("Sun, 30 Sep 2018 19:47:18 GMT")
    );
    let grant = octocat.get("/applications/grants/1").await;
    has(
        grant.is(200),
        profile,
        &[&BODY, &CACHED, &["last-modified"]],
    );
    let patched = octocat.patch("/authorizations/1", "{}").await;
    has(patched.is(200), profile, &[&BODY, &CACHED]);
    let put = octocat
        .put(
            &format!("/authorizations/clients/{}", app.client_id),
            json!({ "client_secret": app.secret }),
        )
        .await;
    has(put.is(200), profile, &[&BODY, &CACHED, &["location"]]);
    let tag = single.header("etag").unwrap();
    let unchanged = octocat
        .with("if-none-match", tag)
        .get("/authorizations/1")
        .await;
    has(unchanged.is(304), profile, &[&CACHED, &["last-modified"]]);
    assert_eq!(unchanged.header("etag"), Some(tag));

    has(
        octocat.get("/authorizations/99").await.is(404),
        profile,
        &[&BODY],
    );
    has(
        octocat.post("/authorizations", "{").await.is(400),
        profile,
        &[&BODY],
    );
    has(
        octocat.post("/authorizations", "{}").await.is(422),
        profile,
        &[&BODY],
    );
    has(
        t.anyone().get("/authorizations").await.is(401),
        profile,
        &[&BODY],
    );
    has(
        octocat
            .with_wrong_password()
            .get("/authorizations")
            .await
            .is(401),
        profile,
        &[&BODY],
    );
    has(
        monalisa.get("/authorizations").await.is(401),
        profile,
        &[&BODY, &["x-github-otp"]],
    );
    const SCOPES: [&str; 2] = ["x-oauth-scopes", "x-accepted-oauth-scopes"];
    let by_token = t.anyone().with_token(&token);
    has(
        by_token.get("/authorizations").await.is(403),
        profile,
        &[&BODY, &SCOPES],
    );
    has(
        by_token.get("/user").await.is(200),
        profile,
        &[&BODY, &CACHED, &SCOPES, &["last-modified"]],
    );

    // `/applications/{client_id}/…` is `no-store` whatever the status (fine print 20).
    let checked = app.check(&token).await;
    has(checked.is(200), profile, &[&BODY, &NO_STORE]);
    has(
        app.check("x").await.is(404),
        profile,
        &[&BODY, &["cache-control"]],
    );
    has(
        app.reset(&token).await.is(200),
        profile,
        &[&BODY, &NO_STORE],
    );
    has(
        octocat.delete("/authorizations/1").await.is(204),
        profile,
        &[],
    );
}

#[tokio::test]
async fn header_sets_are_exact_in_p2() {
    every_answer(TestApp::p2().await, Profile::P2).await;
}

#[tokio::test]
async fn header_sets_are_exact_in_p3() {
    every_answer(TestApp::new().await, Profile::P3).await;
}

#[tokio::test]
async fn the_values_of_the_fixed_headers_are_as_recorded() {
    let t = TestApp::new().await;
    let answer = t.user("octocat").await.get("/authorizations").await;
    for (name, value) in [
        ("server", "grantd"),
        ("content-type", "application/json; charset=utf-8"),
        ("status", "200 OK"),
        ("access-control-allow-origin", "*"),
        (
            "access-control-expose-headers",
            "ETag, Link, Location, Retry-After, X-GitHub-OTP, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-OAuth-Scopes, X-Accepted-OAuth-Scopes, X-Poll-Interval, X-GitHub-Media-Type, Deprecation, Sunset",
        ),
        ("x-frame-options", "deny"),
        ("x-content-type-options", "nosniff"),
        ("x-xss-protection", "1; mode=block"),
        (
            "referrer-policy",
            "origin-when-cross-origin, strict-origin-when-cross-origin",
        ),
        ("content-security-policy", "default-src 'none'"),
        ("x-github-media-type", "github.v3; format=json"),
        ("x-github-enterprise-version", "3.4.0"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    let vary: Vec<&str> = answer
        .headers
        .get_all("vary")
        .iter()
        .map(|v| v.to_str().unwrap())
        .collect();
    assert_eq!(
        vary,
        [
            "Accept, Authorization, Cookie, X-GitHub-OTP",
            "Accept-Encoding, Accept, X-Requested-With",
        ]
    );
}

#[tokio::test]
async fn request_ids_have_their_profiles_shape_and_never_repeat() {
    let shape = |id: &str| -> Vec<(usize, bool)> {
        id.split(['-', ':'])
            .map(|part| (part.len(), part.bytes().all(|b| b.is_ascii_hexdigit())))
            .collect()
    };
    let p3 = TestApp::new().await;
    let mut seen = std::collections::HashSet::new();
    for _ in 0..20 {
        let id = p3
            .anyone()
            .get("/meta")
            .await
            .header("x-github-request-id")
            .unwrap()
            .to_owned();
        assert_eq!(
            shape(&id),
            [(8, true), (4, true), (4, true), (4, true), (12, true)]
        );
        assert_eq!(id, id.to_lowercase());
        assert_eq!(&id[14..15], "4", "a UUID of version 4");
        assert!(seen.insert(id));
    }
    let p2 = TestApp::p2().await;
    let id = p2
        .anyone()
        .get("/meta")
        .await
        .header("x-github-request-id")
        .unwrap()
        .to_owned();
    assert_eq!(id.split(':').count(), 5);
    assert!(
        shape(&id).iter().all(|(_, hex)| *hex) && id == id.to_uppercase(),
        "{id}"
    );
}

#[tokio::test]
async fn hsts_is_sent_under_https_only_and_narrow_unless_set() {
    let over = |url: &'static str, wide: bool| {
        TestApp::with(move |setup| {
            setup.settings.public_url = url.parse().unwrap();
            setup.settings.hsts_subdomains = wide;
        })
    };
    let header = async |t: TestApp| {
        t.anyone()
            .get("/meta")
            .await
            .header("strict-transport-security")
            .map(str::to_owned)
    };
    assert_eq!(header(over("http://a.example", true).await).await, None);
    let narrow = header(over("https://a.example", false).await).await;
    assert_eq!(narrow.as_deref(), Some("max-age=31536000"));
    let wide = header(over("https://a.example", true).await).await;
    assert_eq!(
        wide.as_deref(),
        Some("max-age=31536000; includeSubdomains; preload")
    );
}

#[tokio::test]
async fn media_types_are_told_back() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    for (accept, expected) in [
        ("*/*", "github.v3; format=json"),
        ("application/json", "github.v3; format=json"),
        ("application/vnd.github.v3+json", "github.v3; format=json"),
        (
            "application/vnd.github.v3.full+json",
            "github.v3; param=full; format=json",
        ),
        ("application/vnd.github+json", "unknown, github.v3"),
    ] {
        let answer = octocat.with("accept", accept).get("/authorizations").await;
        assert_eq!(
            answer.is(200).header("x-github-media-type"),
            Some(expected),
            "{accept}"
        );
    }
}
