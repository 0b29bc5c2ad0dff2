//! `/settings/applications` and `/settings/security-log`.

use super::people::signed_in;
use crate::support::TestApp;

#[tokio::test]
async fn apps_are_seen_and_taken_back_one_by_one_or_all_at_once() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let apps = [t.app("one").await, t.app("two").await, t.app("three").await];
    let mut tokens = Vec::new();
    for app in &apps {
        tokens.push(octocat.token_of(app).await.token());
    }
    let browser = signed_in(&t, &octocat).await;
    let page = browser.open("/settings/applications").await;
    let text = page.is(200).text();
    for name in ["one", "two", "three"] {
        assert!(
            text.contains(&format!("by owner-of-{name}, one token")),
            "{text}"
        );
    }
    let path = format!("/settings/connections/applications/{}", apps[0].client_id);
    let detail = browser.open(&path).await;
    assert!(
        detail
            .is(200)
            .text()
            .contains("/settings/applications/1/revoke")
    );
    browser
        .get("/settings/connections/applications/nobody")
        .await
        .is(404);
    let ask = browser.open("/settings/applications/1/revoke").await;
    assert!(ask.is(200).text().contains("Take back one?"));
    let page = browser
        .fill(&ask, "/settings/applications/1/revoke")
        .submit()
        .await;
    assert!(
        page.is(200)
            .text()
            .contains("The app may not act as you any more.")
    );
    t.anyone().with_token(&tokens[0]).get("/user").await.is(401);
    t.anyone().with_token(&tokens[1]).get("/user").await.is(200);
    browser.get(&path).await.is(404);
    browser.get("/settings/applications/1/revoke").await.is(404);
    let ask = browser.open("/settings/applications/revoke").await;
    let page = browser
        .fill(&ask, "/settings/applications/revoke")
        .submit()
        .await;
    assert!(
        page.is(200)
            .text()
            .contains("No app may act as you any more.")
    );
    for token in &tokens {
        t.anyone().with_token(token).get("/user").await.is(401);
    }
}

#[tokio::test]
async fn sec_s24_nobody_takes_back_anothers_app() {
    let t = TestApp::new().await;
    let (octocat, monalisa, app) = (
        t.user("octocat").await,
        t.user("monalisa").await,
        t.app("ci").await,
    );
    let token = monalisa.token_of(&app).await.token();
    let browser = signed_in(&t, &octocat).await;
    let page = browser.open("/settings").await;
    let csrf = browser.fill(&page, "/logout").form.fields[0].1.clone();
    let path = "/settings/applications/1/revoke";
    browser.get(path).await.is(404);
    browser.post(path, &[("csrf", &csrf)]).await.is(404);
    t.anyone().with_token(&token).get("/user").await.is(200);
}

#[tokio::test]
async fn the_log_says_in_words_what_happened_and_holds_nothing_of_others() {
    let t = TestApp::new().await;
    let (octocat, monalisa) = (t.user("octocat").await, t.user("monalisa").await);
    let token = octocat.personal_token("mine").await.token();
    let hers = monalisa.personal_token("hers").await.token();
    let browser = signed_in(&t, &octocat).await;
    let page = browser.open("/settings/security-log").await;
    let text = page.is(200).text();
    for said in ["Account created", "Token created", "Signed in"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(text.contains(&format!("token …{}", &token[token.len() - 8..])));
    assert!(!text.contains(&hers[hers.len() - 8..]));
    let signed_in = text.find("Signed in").unwrap();
    assert!(
        signed_in < text.find("Account created").unwrap(),
        "newest first"
    );
    for n in 0..40 {
        let _ = octocat.personal_token(&format!("note {n}")).await;
    }
    let first = browser.open("/settings/security-log").await.text();
    assert!(first.len() < 30_000 && first.contains("rel=\"next\""));
    let before = browser.open("/settings/security-log?before=3").await.text();
    assert!(before.contains("Account created") && before.contains("rel=\"prev\""));
    browser
        .get("/settings/security-log?before=nonsense")
        .await
        .is(200);
}
