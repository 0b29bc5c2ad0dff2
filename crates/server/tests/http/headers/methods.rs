//! OPTIONS, HEAD, and requests that no front proxy lets through.

use crate::support::TestApp;

#[tokio::test]
async fn options_are_answered_on_any_path_without_credentials() {
    let t = TestApp::new().await;
    for path in [
        "/authorizations",
        "/nowhere",
        "/applications/x/tokens/y",
        "/",
    ] {
        let answer = t
            .anyone()
            .without("user-agent")
            .send(http::Method::OPTIONS, path, "")
            .await;
        answer.is(204);
        for (name, value) in [
            ("access-control-allow-origin", "*"),
            (
                "access-control-allow-headers",
                "Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Match, If-Unmodified-Since, X-GitHub-OTP, X-Requested-With",
            ),
            (
                "access-control-allow-methods",
                "GET, POST, PATCH, PUT, DELETE",
            ),
            ("access-control-max-age", "86400"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path} {name}");
        }
        assert!(answer.header("access-control-expose-headers").is_some());
        assert!(answer.body.is_empty());
    }
}

#[tokio::test]
async fn every_get_answers_head_with_the_same_headers_and_no_body() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let token = octocat.token_of(&app).await.token();
    for path in [
        "/authorizations",
        "/authorizations/1",
        "/applications/grants",
        "/applications/grants/1",
        "/user",
        "/users/octocat",
        "/meta",
        "/",
        "/authorizations/99",
    ] {
        let (get, head) = (octocat.get(path).await, octocat.head(path).await);
        assert!(head.body.is_empty());
        assert_eq!(
            (get.status, get.as_seen().1),
            (head.status, head.as_seen().1),
            "{path}"
        );
    }
    let (get, head) = (app.check(&token).await, app.head(&app.path(&token)).await);
    assert_eq!(get.is(200).as_seen().1, head.is(200).as_seen().1);
}

#[tokio::test]
async fn a_request_without_user_agent_is_refused_as_by_githubs_front_proxy() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    for client in [
        octocat.without("user-agent"),
        octocat.with("user-agent", " "),
    ] {
        let answer = client.get("/authorizations").await;
        answer.is(403);
        assert!(answer.text().starts_with("\r\nRequest forbidden by administrative rules. Please make sure your request has a User-Agent header"));
        assert_eq!(answer.header("content-type"), Some("text/html"));
        assert_eq!(answer.header("connection"), Some("close"));
        assert!(
            !answer
                .header_names()
                .iter()
                .any(|name| name.starts_with("x-"))
        );
    }
    t.anyone()
        .without("user-agent")
        .get("/healthz")
        .await
        .is(200);
    let off = TestApp::with(|setup| setup.settings.require_user_agent = false).await;
    off.anyone()
        .without("user-agent")
        .get("/meta")
        .await
        .is(200);
}
