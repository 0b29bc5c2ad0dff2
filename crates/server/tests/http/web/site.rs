//! What all of the site has in common, as opposed to the API.

use http::Method;

use crate::support::{Answer, TestApp};

const BROWSER: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

/// Nothing of the API's header set, everything of the site's.
#[track_caller]
fn is_of_the_site(answer: &Answer) {
    for name in answer.header_names() {
        assert!(
            !name.starts_with("access-control-") && !name.starts_with("x-github-"),
            "{}: {name}",
            answer.asked
        );
        assert!(
            !name.starts_with("x-ratelimit-"),
            "{}: {name}",
            answer.asked
        );
    }
    assert_eq!(answer.header("x-frame-options"), Some("DENY"));
    assert_eq!(answer.header("referrer-policy"), Some("same-origin"));
    assert_eq!(answer.header("cache-control"), Some("private, no-store"));
    let policy = answer.header("content-security-policy").expect("a policy");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[tokio::test]
async fn pages_carry_the_sites_headers_and_ask_for_no_user_agent() {
    let t = TestApp::new().await;
    let browser = t.anyone().with("accept", BROWSER).without("user-agent");
    let page = browser.get("/").await;
    is_of_the_site(page.is(200));
    assert_eq!(page.header("vary"), Some("Accept"));
    let head = browser.head("/").await;
    assert_eq!(head.is(200).header_names(), page.header_names());
    assert!(head.body.is_empty());
}

#[tokio::test]
async fn whoever_is_lost_gets_a_page_from_a_browser_and_json_otherwise() {
    let t = TestApp::p2().await;
    let browser = t.anyone().with("accept", BROWSER);
    let page = browser.get("/nowhere").await;
    is_of_the_site(page.is(404));
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    t.anyone().get("/nowhere").await.refuses(404, "Not Found");
    browser
        .get("/api/v3/nowhere")
        .await
        .refuses(404, "Not Found");
    browser
        .with_token("nonsense")
        .get("/nowhere")
        .await
        .refuses(401, "Bad credentials");
    browser
        .get("/user")
        .await
        .refuses(401, "Requires authentication");
    let long = format!("/nowhere?{}", "x".repeat(9_000));
    is_of_the_site(browser.get(&long).await.is(431));
}

#[tokio::test]
async fn an_authorization_header_means_nothing_to_a_page() {
    let t = TestApp::p2().await;
    let browser = t
        .anyone()
        .with("accept", BROWSER)
        .with_basic("nobody", "wrong");
    browser.get("/").await.is(200);
    browser.get("/?access_token=x").await.is(200);
    let options = browser.send(Method::OPTIONS, "/", "").await;
    assert!(
        options
            .is(204)
            .header("access-control-allow-origin")
            .is_some()
    );
}
