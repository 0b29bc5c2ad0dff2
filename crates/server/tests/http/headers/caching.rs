//! What may be kept, and conditional requests.

use serde_json::json;

use crate::support::{Answer, TestApp};

const DATE: &str = "Sun, 30 Sep 2018 19:47:18 GMT";

fn control(answer: &Answer) -> &str {
    answer.header("cache-control").unwrap_or("-")
}

#[tokio::test]
async fn answers_are_kept_as_the_fine_print_says() {
    let (p2, p3) = (TestApp::p2().await, TestApp::new().await);
    for (t, private, public) in [
        (
            p2,
            "private, max-age=60, s-maxage=60",
            "public, max-age=60, s-maxage=60",
        ),
        (p3, "private, max-age=60", "public, max-age=60"),
    ] {
        let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
        let created = octocat.token_of(&app).await;
        let token = created.token();
        assert_eq!(control(&created), "private, no-store");
        assert_eq!(
            created.headers.get_all("vary").iter().next().unwrap(),
            "Accept, Authorization"
        );
        assert_eq!(created.header("etag"), None);
        assert_eq!(control(&octocat.get("/authorizations").await), private);
        assert_eq!(control(&octocat.get("/user").await), private);
        let by_token = t.anyone().with_token(&token).get("/user").await;
        assert_eq!(control(&by_token), "private, no-cache");
        assert!(by_token.header("etag").is_some());
        assert_eq!(control(&t.anyone().get("/meta").await), public);
        for answer in [
            app.check(&token).await,
            app.check("x").await,
            t.anyone().get(&app.path(&token)).await,
            app.with_basic(&app.client_id, "wrong")
                .get(&app.path(&token))
                .await,
            app.get("/applications/another/tokens/x").await,
            app.patch(&app.path(&token), "").await,
            app.ask(http::Method::POST, "token", &token).await,
            app.ask(http::Method::POST, "token", "x").await,
            app.ask(http::Method::POST, "token/scoped", &token).await,
            app.delete(&format!("/applications/{}/grant", app.client_id))
                .await,
            app.reset(&token).await,
        ] {
            assert_eq!(control(&answer), "private, no-store", "{}", answer.asked);
            assert_eq!(answer.header("etag"), None);
            assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        }
    }
}

#[tokio::test]
async fn an_etag_is_strong_and_weak_when_compressed() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    octocat.personal_token("n").await.is(201);
    let plain = octocat.get("/authorizations").await;
    let etag = plain.header("etag").unwrap();
    let digits = etag.trim_matches('"');
    assert!(
        digits.len() == 32
            && digits
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')),
        "{etag}"
    );
    assert_eq!(
        octocat.get("/authorizations").await.header("etag"),
        Some(etag)
    );
    let gzip = octocat
        .with("accept-encoding", "gzip, deflate")
        .get("/authorizations")
        .await;
    assert_eq!(gzip.header("content-encoding"), Some("gzip"));
    assert_eq!(gzip.header("etag"), Some(format!("W/{etag}").as_str()));
    assert_eq!(gzip.json(), plain.json());
    assert_eq!(
        gzip.header("content-length"),
        Some(gzip.body.len().to_string().as_str())
    );
    for tag in [
        etag.to_owned(),
        format!("W/{etag}"),
        format!("\"x\", W/{etag}"),
        "*".to_owned(),
    ] {
        octocat
            .with("if-none-match", &tag)
            .get("/authorizations")
            .await
            .is(304);
    }
    octocat
        .with("if-none-match", "\"0123\"")
        .get("/authorizations")
        .await
        .is(200);
}

#[tokio::test]
async fn answers_with_a_secret_are_never_compressed() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await.with("accept-encoding", "gzip");
    let created = octocat
        .post("/authorizations", json!({ "note": "n" }))
        .await;
    assert_eq!(created.is(201).header("content-encoding"), None);
}

#[tokio::test]
async fn an_etag_depends_on_body_media_type_and_caller() {
    let t = TestApp::new().await;
    let (octocat, hubot) = (t.user("octocat").await, t.user("hubot").await);
    let tag = async |client: &crate::support::Client| {
        client
            .get("/users/octocat")
            .await
            .header("etag")
            .unwrap()
            .to_owned()
    };
    let first = tag(&octocat).await;
    assert_eq!(first, tag(&octocat).await);
    assert_ne!(first, tag(&hubot).await);
    assert_ne!(
        first,
        tag(&octocat.with("accept", "application/vnd.github.v3.full+json")).await
    );
    let empty = octocat.get("/authorizations").await;
    octocat.personal_token("n").await.is(201);
    assert_ne!(
        empty.header("etag"),
        octocat.get("/authorizations").await.header("etag")
    );
}

#[tokio::test]
async fn a_condition_by_date_needs_everything_shown_to_be_old() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    octocat.personal_token("n").await.is(201);
    let by_date = octocat.with("if-modified-since", DATE);
    by_date.get("/authorizations/1").await.is(200);
    t.clock.advance(1);
    by_date.get("/authorizations/1").await.is(200);
    t.clock.advance(1);
    let unchanged = by_date.get("/authorizations/1").await;
    assert!(unchanged.is(304).body.is_empty());
    assert_eq!(unchanged.header("last-modified"), Some(DATE));
    octocat
        .with("if-modified-since", "Sun, 30 Sep 2018 19:47:17 GMT")
        .get("/authorizations/1")
        .await
        .is(200);
    by_date
        .with("if-none-match", "\"0123\"")
        .get("/authorizations/1")
        .await
        .is(200);
    by_date.get("/authorizations").await.is(200);
    octocat
        .patch("/authorizations/1", json!({ "note": "other" }))
        .await
        .is(200);
    t.clock.advance(10);
    let changed = by_date.get("/authorizations/1").await;
    assert_eq!(
        changed.is(200).header("last-modified"),
        Some("Sun, 30 Sep 2018 19:47:20 GMT")
    );
    octocat
        .with("if-modified-since", "nonsense")
        .get("/authorizations/1")
        .await
        .is(200);
}

#[tokio::test]
async fn a_condition_by_date_sees_a_change_of_the_owner() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    octocat.personal_token("n").await.is(201);
    t.clock.advance(10);
    t.suspend(&octocat, true).await;
    t.suspend(&octocat, false).await;
    t.clock.advance(10);
    octocat
        .with("if-modified-since", DATE)
        .get("/authorizations/1")
        .await
        .is(200);
}

#[tokio::test]
async fn conditions_are_judged_after_the_caller_and_on_safe_methods_only() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    octocat.personal_token("n").await.is(201);
    let any = octocat.with("if-none-match", "*");
    any.with_basic("octocat", "wrong")
        .get("/authorizations/1")
        .await
        .is(401);
    any.without("authorization")
        .get("/authorizations/1")
        .await
        .is(401);
    any.get("/authorizations/99").await.is(404);
    any.head("/authorizations/1").await.is(304);
    any.patch("/authorizations/1", json!({ "note": "other" }))
        .await
        .is(200);
    any.post("/authorizations", json!({ "note": "m" }))
        .await
        .is(201);
    any.delete("/authorizations/1").await.is(204);
}
