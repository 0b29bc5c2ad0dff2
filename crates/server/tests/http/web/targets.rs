//! Where people come back to after signing in.

use super::people::signed_in;
use crate::support::{Browser, TestApp};

#[tokio::test]
async fn sec_s44_the_page_that_was_asked_for_comes_after_signing_in() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let browser = Browser::new(&t);
    let sent = browser.get("/settings/sessions?page=2").await;
    let location = sent.is(303).header("location").unwrap().to_owned();
    assert!(location.starts_with("/login?return_to="));
    assert!(
        !location.contains("sessions"),
        "the target is no part of the URL"
    );
    let page = browser.get(&location).await;
    let form = browser.fill(&page, "/login").set("login", "octocat");
    let wrong = form.clone().set("password", "wrong").send().await;
    let form = browser.fill(wrong.is(422), "/login");
    let right = form.set("password", &octocat.password).send().await;
    assert_eq!(
        right.is(303).header("location"),
        Some("/settings/sessions?page=2")
    );
    // Once.
    let again = signed_in(&t, &octocat).await.get(&location).await;
    assert_eq!(again.is(303).header("location"), Some("/"));
}

#[tokio::test]
async fn sec_s44_no_url_can_say_where_people_go() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    for target in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "%2Fsettings",
        "javascript:alert(1)",
        "\r\nlocation: https://evil.example/",
        &"a".repeat(43),
        "",
    ] {
        let browser = Browser::new(&t);
        let encoded: String = url::form_urlencoded::byte_serialize(target.as_bytes()).collect();
        for name in ["return_to", "to", "next", "redirect_uri"] {
            let page = browser.open(&format!("/login?{name}={encoded}")).await;
            page.is(200);
        }
        let page = browser.open(&format!("/login?return_to={encoded}")).await;
        let form = browser.fill(&page, "/login").set("login", "octocat");
        let answer = form.set("password", &octocat.password).send().await;
        assert_eq!(answer.is(303).header("location"), Some("/"), "{target}");
        let again = browser.get(&format!("/login?return_to={encoded}")).await;
        assert_eq!(again.is(303).header("location"), Some("/"), "{target}");
        let done = browser
            .get(&format!("/login/done?return_to={encoded}"))
            .await;
        assert!(done.is(200).text().contains("content=\"0;url=/\""));
    }
}

#[tokio::test]
async fn an_app_that_sends_somebody_is_named_and_its_flow_goes_on_by_a_page_of_its_own() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let target = format!(
        "/login/oauth/authorize?client_id={}&login=octocat",
        app.client_id
    );
    let ticket = t.return_ticket(&target).await;
    let browser = Browser::new(&t);
    let page = browser.open(&format!("/login?return_to={ticket}")).await;
    let text = page.is(200).text();
    assert!(text.contains("go on to ci."), "{text}");
    assert!(text.contains("value=\"octocat\""));
    let form = browser.fill(&page, "/login");
    let done = form.set("password", &octocat.password).submit().await;
    let escaped = target.replace('&', "&#38;");
    let text = done.is(200).text();
    assert!(
        text.contains(&format!("content=\"0;url={escaped}\"")),
        "{text}"
    );
}

#[tokio::test]
async fn a_form_whose_session_is_over_leads_back_to_its_page() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let browser = signed_in(&t, &octocat).await;
    let page = browser.open("/settings").await;
    let form = browser
        .fill(&page, "/settings/language")
        .set("language", "de");
    t.clock.advance(31 * 86_400);
    // The form's token belonged to the session: refused, and nothing is lost that could be kept.
    form.send().await.is(403);
    let page = browser.get("/settings").await;
    assert!(
        page.is(303)
            .header("location")
            .unwrap()
            .starts_with("/login?")
    );
}
