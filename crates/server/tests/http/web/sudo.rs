//! What is sensitive asks again who one is.

use super::people::signed_in;
use crate::support::{Browser, TestApp};

const FRESH: i64 = 300;

#[tokio::test]
async fn sec_s08_sensitive_pages_ask_again_after_five_minutes() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let browser = signed_in(&t, &octocat).await;
    browser.get("/settings/password").await.is(200);
    t.clock.advance(FRESH);
    let asked = browser.open("/settings/password").await;
    assert!(asked.is(200).text().contains("Is it still you?"));
    let form = browser.fill(&asked, "/sudo");
    let wrong = form.clone().set("password", "wrong").submit().await;
    assert!(wrong.is(422).text().contains("This password is not right."));
    let before = browser.cookie("session").unwrap();
    let proved = form.set("password", &octocat.password).send().await;
    assert_eq!(
        proved.is(303).header("location"),
        Some("/settings/password")
    );
    let after = browser.cookie("session").unwrap();
    assert_ne!(before, after, "sec_s11: the secret rotates");
    browser.get("/settings/password").await.is(200);
    let thief = Browser::new(&t);
    thief.plant("grantd_session", &before);
    thief.get("/settings").await.is(303);
}

#[tokio::test]
async fn sec_s08_a_form_that_was_opened_in_time_is_too_late_after_five_minutes() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let browser = signed_in(&t, &octocat).await;
    let page = browser.get("/settings/password").await;
    let form = browser
        .fill(&page, "/settings/password")
        .set("present", &octocat.password)
        .set("password", "correct horse battery staple")
        .set("again", "correct horse battery staple");
    t.clock.advance(FRESH);
    let late = form.send().await;
    assert!(
        late.is(303)
            .header("location")
            .unwrap()
            .starts_with("/sudo?")
    );
    octocat.get("/authorizations").await.is(200);
}

#[tokio::test]
async fn whoever_has_a_second_factor_proves_both() {
    let t = TestApp::new().await;
    let monalisa = t.user_with_otp("monalisa").await;
    let browser = signed_in(&t, &monalisa).await;
    t.clock.advance(FRESH);
    let asked = browser.open("/settings/two-factor/disable").await;
    let form = browser
        .fill(&asked, "/sudo")
        .set("password", &monalisa.password);
    form.submit().await.is(422);
    let proved = form.set("code", &monalisa.code()).submit().await;
    assert!(
        proved
            .is(200)
            .text()
            .contains("Turn two-factor authentication off?")
    );
}
