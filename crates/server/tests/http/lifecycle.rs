//! The API's announced end, its rehearsals, and tokens in paths.

use grantd_core::clock::Timestamp;
use grantd_server::routes::{Part, ROUTES};
use grantd_server::settings::{Brownout, Profile};
use serde_json::json;

use crate::support::{Answer, TestApp};

const END: &str = "2020-11-13T16:00:00Z";

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// Moves a test's clock, which starts at 2018-09-30T19:47:18Z, to an instant.
fn move_to(t: &TestApp, instant: &str) {
    use grantd_core::clock::Clock as _;
    t.clock.advance(at(instant).since(t.clock.now()));
}

#[track_caller]
fn is_announced(answer: &Answer, sunset: &str) {
    assert_eq!(
        answer.header("deprecation"),
        Some("Fri, 14 Feb 2020 00:00:00 GMT"),
        "{}",
        answer.asked
    );
    assert_eq!(answer.header("sunset"), Some(sunset));
    assert!(answer.header("link").unwrap().ends_with(
        r#"<https://developer.github.com/changes/2020-02-14-deprecating-oauth-auth-endpoint/>; rel="deprecation"; type="text/html""#
    ));
}

#[tokio::test]
async fn nothing_is_announced_unless_set() {
    let t = TestApp::new().await;
    let answer = t.user("octocat").await.get("/authorizations").await;
    assert_eq!(answer.header("deprecation"), None);
    assert_eq!(answer.header("sunset"), None);
    assert_eq!(answer.header("link"), None);
}

#[tokio::test]
async fn the_announcement_stands_on_every_answer_of_the_api_and_no_other() {
    let t = TestApp::with(|setup| setup.settings.deprecation = true).await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let sunset = "Fri, 13 Nov 2020 16:00:00 GMT";
    let created = octocat.token_of(&app).await;
    is_announced(&created, sunset);
    for path in [
        "/authorizations",
        "/authorizations/1",
        "/applications/grants",
    ] {
        is_announced(octocat.get(path).await.is(200), sunset);
    }
    is_announced(app.check(&created.token()).await.is(200), sunset);
    for number in 0..31 {
        octocat.personal_token(&format!("n{number}")).await.is(201);
    }
    let paged = octocat.get("/authorizations").await;
    is_announced(&paged, sunset);
    assert!(paged.header("link").unwrap().contains("rel=\"next\""));
    for path in ["/user", "/meta", "/nowhere"] {
        assert_eq!(
            octocat.get(path).await.header("deprecation"),
            None,
            "{path}"
        );
    }
}

#[tokio::test]
async fn refusals_announce_the_end_too() {
    let t = TestApp::with(|setup| {
        setup.settings.deprecation = true;
        setup.settings.removed_at = Some(at("2018-01-01T00:00:00Z"));
    })
    .await;
    let octocat = t.user("octocat").await;
    let sunset = "Mon, 01 Jan 2018 00:00:00 GMT";
    is_announced(octocat.post("/authorizations", "").await.is(410), sunset);
    is_announced(octocat.get("/authorizations").await.is(404), sunset);
    let elsewhere = octocat.get("/nowhere").await;
    assert_eq!(elsewhere.is(404).header("sunset"), None);
}

#[tokio::test]
async fn the_operators_own_date_is_the_sunset() {
    let t = TestApp::with(|setup| {
        setup.settings.deprecation = true;
        setup.settings.removed_at = Some(at("2030-01-01T00:00:00Z"));
    })
    .await;
    let answer = t.user("octocat").await.get("/authorizations").await;
    is_announced(answer.is(200), "Tue, 01 Jan 2030 00:00:00 GMT");
}

#[tokio::test]
async fn after_the_end_creation_is_410_and_the_rest_404_to_the_second() {
    for profile in [Profile::P2, Profile::P3] {
        let t = TestApp::with(|setup| {
            setup.settings.profile = profile;
            setup.settings.removed_at = Some(at(END));
        })
        .await;
        let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
        let token = octocat.token_of(&app).await.token();
        move_to(&t, "2020-11-13T15:59:59Z");
        octocat.get("/authorizations").await.is(200);
        octocat
            .post("/authorizations", json!({ "note": "last" }))
            .await
            .is(201);
        t.clock.advance(1);
        octocat
            .post("/authorizations", json!({ "note": "late" }))
            .await
            .refuses(410, "Gone");
        octocat
            .post("/authorizations", "{")
            .await
            .refuses(410, "Gone");
        for route in ROUTES.iter().filter(|route| {
            route.part == Part::Authorizations
                && route.operation != "oauth-authorizations/create-authorization"
        }) {
            let path = route
                .path
                .replace("{authorization_id}", "1")
                .replace("{grant_id}", "1")
                .replace("{client_id}", &app.client_id);
            octocat
                .send(route.method.clone(), &path, "{}")
                .await
                .refuses(404, "Not Found");
        }
        octocat
            .with_wrong_password()
            .get("/authorizations")
            .await
            .refuses(401, "Bad credentials");
        octocat.get("/user").await.is(200);
        app.check(&token).await.is(200);
        t.clock.advance(1_000_000_000);
        octocat.get("/authorizations").await.is(404);
    }
}

#[tokio::test]
async fn a_brownout_begins_and_ends_to_the_second() {
    let t = TestApp::with(|setup| {
        setup.settings.brownouts = [
            ("2020-09-30T07:00:00Z", "2020-09-30T10:00:00Z"),
            ("2020-09-30T16:00:00Z", "2020-09-30T19:00:00Z"),
        ]
        .map(|(start, end)| Brownout {
            start: at(start),
            end: at(end),
        })
        .to_vec();
    })
    .await;
    let octocat = t.user("octocat").await;
    let token = octocat.personal_token("n").await.token();
    for (instant, status) in [
        ("2020-09-30T06:59:59Z", 200),
        ("2020-09-30T07:00:00Z", 404),
        ("2020-09-30T09:59:59Z", 404),
        ("2020-09-30T10:00:00Z", 200),
        ("2020-09-30T15:59:59Z", 200),
        ("2020-09-30T16:00:00Z", 404),
        ("2020-09-30T18:59:59Z", 404),
        ("2020-09-30T19:00:00Z", 200),
    ] {
        move_to(&t, instant);
        octocat.get("/authorizations").await.is(status);
        let created = octocat
            .post("/authorizations", json!({ "note": instant }))
            .await;
        created.is(if status == 200 { 201 } else { 410 });
        t.anyone().with_token(&token).get("/user").await.is(200);
    }
}

#[tokio::test]
async fn sec_s31_tokens_in_paths_can_be_switched_off() {
    let t = TestApp::with(|setup| setup.settings.path_tokens = false).await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let token = octocat.token_of(&app).await.token();
    for answer in [
        app.check(&token).await,
        app.reset(&token).await,
        app.revoke(&token).await,
        app.revoke_grant(&token).await,
    ] {
        answer.refuses(404, "Not Found");
    }
    t.anyone().with_token(&token).get("/user").await.is(200);
    octocat.get("/authorizations").await.is(200);
    app.ask(http::Method::POST, "token", &token).await.is(200);
}

#[tokio::test]
async fn tokens_in_paths_do_not_end_with_the_rest() {
    let t = TestApp::with(|setup| setup.settings.removed_at = Some(Timestamp(2_000_000_000))).await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let token = octocat.token_of(&app).await.token();
    t.clock.advance(1_000_000_000);
    app.check(&token).await.is(200);
    let succeeding = app.ask(http::Method::POST, "token", &token).await;
    assert_eq!(succeeding.is(200).header("deprecation"), None);
    app.reset(&token).await.is(200);
}
