//! Requests per hour.

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn p3_tells_no_rates_and_says_that_they_are_off() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let answer = octocat.get("/rate_limit").await;
    answer.refuses(404, "Rate limiting is not enabled.");
    assert_eq!(answer.header("x-ratelimit-limit"), None);
    for _ in 0..70 {
        let meta = t.anyone().get("/meta").await;
        assert_eq!(meta.is(200).header("x-ratelimit-limit"), None);
    }
}

#[tokio::test]
async fn p2_counts_five_thousand_for_users_and_sixty_for_the_rest() {
    let t = TestApp::p2().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let first = octocat.get("/authorizations").await;
    let reset = first.header("x-ratelimit-reset").unwrap().to_owned();
    assert_eq!(first.header("x-ratelimit-limit"), Some("5000"));
    assert_eq!(first.header("x-ratelimit-remaining"), Some("4999"));
    assert_eq!(reset, (1_538_336_838 + 3_600).to_string());
    t.clock.advance(60);
    let second = octocat.get("/nowhere").await;
    assert_eq!(second.is(404).header("x-ratelimit-remaining"), Some("4998"));
    assert_eq!(second.header("x-ratelimit-reset"), Some(reset.as_str()));
    let token = octocat.personal_token("n").await.token();
    let by_token = t.anyone().with_token(&token).get("/user").await;
    assert_eq!(
        by_token.header("x-ratelimit-remaining"),
        Some("4996"),
        "password and token share"
    );
    let asked = octocat.get("/rate_limit").await;
    let rate =
        json!({ "limit": 5_000, "remaining": 4_996, "reset": reset.parse::<i64>().unwrap() });
    assert_eq!(asked.is(200).json()["rate"], rate, "asking costs nothing");
    assert_eq!(asked.json()["resources"]["core"], rate);
    assert_eq!(asked.header("x-ratelimit-remaining"), Some("4996"));

    let wrong = octocat.with_wrong_password().get("/authorizations").await;
    assert_eq!(
        wrong.is(401).header("x-ratelimit-limit"),
        Some("60"),
        "a refused caller is anonymous"
    );
    let of_app = app.check("x").await;
    assert_eq!(of_app.is(404).header("x-ratelimit-limit"), Some("5000"));
    assert_eq!(
        of_app.header("x-ratelimit-remaining"),
        Some("4999"),
        "a bucket of its own"
    );
}

#[tokio::test]
async fn a_304_costs_nothing() {
    let t = TestApp::p2().await;
    let octocat = t.user("octocat").await;
    let first = octocat.get("/authorizations").await;
    let again = octocat.with("if-none-match", first.header("etag").unwrap());
    for _ in 0..3 {
        again.get("/authorizations").await.is(304);
    }
    assert_eq!(
        octocat
            .get("/authorizations")
            .await
            .header("x-ratelimit-remaining"),
        Some("4998")
    );
}

#[tokio::test]
async fn a_spent_limit_is_403_until_the_hour_ends() {
    let t = TestApp::p2().await;
    let anyone = t.anyone();
    for left in (0..60).rev() {
        let answer = anyone.get("/meta").await;
        assert_eq!(
            answer.is(200).header("x-ratelimit-remaining"),
            Some(left.to_string().as_str())
        );
    }
    let spent = anyone.get("/meta").await;
    spent.refuses(403, "API rate limit exceeded for 192.0.2.1. (But here's the good news: Authenticated requests get a higher rate limit. Check out the documentation for more details.)");
    assert_eq!(
        spent.json()["documentation_url"],
        "https://developer.github.com/v3/#rate-limiting"
    );
    assert_eq!(spent.header("x-ratelimit-remaining"), Some("0"));
    assert_eq!(spent.header("x-ratelimit-limit"), Some("60"));
    assert!(spent.header("x-ratelimit-reset").is_some());
    anyone.from("198.51.100.1").get("/meta").await.is(200);
    t.clock.advance(3_600);
    anyone.get("/meta").await.is(200);
}

#[tokio::test]
async fn apps_are_never_limited_unless_set() {
    let t = TestApp::with(|setup| setup.settings.requests_per_hour = Some(3)).await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    for _ in 0..5 {
        app.check("x").await.is(404);
    }
    for _ in 0..3 {
        octocat.get("/user").await.is(200);
    }
    octocat.get("/user").await.is(403);
    let limited = TestApp::with(|setup| setup.settings.app_requests_per_hour = Some(3)).await;
    let app = limited.app("ci").await;
    for _ in 0..3 {
        app.check("x").await.is(404);
    }
    app.check("x")
        .await
        .refuses(403, "API rate limit exceeded.");
}
