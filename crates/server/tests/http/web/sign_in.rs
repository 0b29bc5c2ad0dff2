//! `/login`: the password, the second factor, and who is told what.

use super::people::{sign_in, signed_in};
use crate::support::{Browser, TestApp};

#[tokio::test]
async fn a_password_signs_in_and_signing_out_ends_it() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let browser = Browser::new(&t);
    let page = sign_in(&browser, &octocat).await;
    assert!(
        page.is(200)
            .text()
            .contains("You are signed in as octocat.")
    );
    let session = browser.cookie("session").expect("a session");
    let page = browser.open("/settings").await;
    assert!(page.is(200).text().contains("octocat@example.com"));
    let left = browser.fill(&page, "/logout").submit().await;
    assert!(left.is(200).text().contains("Sign in"));
    assert_eq!(browser.cookie("session"), None);
    browser.plant("grantd_session", &session);
    let page = browser.get("/settings").await;
    assert!(
        page.is(303)
            .header("location")
            .unwrap()
            .starts_with("/login")
    );
}

#[tokio::test]
async fn what_is_typed_wrong_is_said_and_kept_but_no_secret() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let browser = Browser::new(&t);
    let page = browser.open("/login").await;
    let empty = browser.fill(&page, "/login").submit().await;
    let text = empty.is(422).text();
    assert!(
        text.contains("Enter your login or e-mail address."),
        "{text}"
    );
    assert!(text.contains("Enter your password."));
    assert_eq!(text.matches("aria-invalid=\"true\"").count(), 2);
    let wrong = browser
        .fill(&page, "/login")
        .set("login", "octocat")
        .set("password", "not <the> \"password\"")
        .submit()
        .await;
    let text = wrong.is(422).text();
    assert!(text.contains("do not go together"));
    assert!(text.contains("value=\"octocat\""));
    assert!(!text.contains("not &lt;the") && !text.contains("not &#60;the"));
    let unknown = browser
        .fill(&page, "/login")
        .set("login", "nobody")
        .set("password", &octocat.password)
        .submit()
        .await;
    let as_wrong = unknown.is(422).text().replace("nobody", "octocat");
    assert_eq!(as_wrong, text, "nobody learns who has an account");
}

#[tokio::test]
async fn the_second_factor_is_asked_for_on_a_page_of_its_own() {
    let t = TestApp::new().await;
    let monalisa = t.user_with_otp("monalisa").await;
    let browser = Browser::new(&t);
    let page = browser.open("/login").await;
    let second = browser
        .fill(&page, "/login")
        .set("login", "monalisa")
        .set("password", &monalisa.password)
        .submit()
        .await;
    assert!(second.is(200).text().contains("One more step"));
    assert_eq!(browser.cookie("session"), None, "not yet");
    let form = browser.fill(&second, "/login/two-factor");
    form.clone().submit().await.is(422);
    let wrong = form
        .clone()
        .set("code", &monalisa.wrong_code())
        .submit()
        .await;
    assert!(wrong.is(422).text().contains("This code is not right"));
    assert_eq!(browser.cookie("session"), None);
    let right = form.set("code", &monalisa.code()).submit().await;
    assert!(right.is(200).text().contains("signed in as monalisa"));
    assert_eq!(browser.cookie("pending"), None);
}

#[tokio::test]
async fn sec_s03_a_code_that_was_spent_signs_nobody_in_again() {
    let t = TestApp::new().await;
    let monalisa = t.user_with_otp("monalisa").await;
    let browsers: Vec<Browser> = (0..5).map(|_| Browser::new(&t)).collect();
    let mut forms = Vec::new();
    for browser in &browsers {
        let page = browser.open("/login").await;
        let second = browser
            .fill(&page, "/login")
            .set("login", "monalisa")
            .set("password", &monalisa.password)
            .submit()
            .await;
        let form = browser.fill(&second, "/login/two-factor");
        forms.push(form.set("code", &monalisa.code()));
    }
    let answers = futures_util::future::join_all(forms.iter().map(|form| form.send())).await;
    let signed_in = answers.iter().filter(|answer| answer.status == 303).count();
    assert_eq!(signed_in, 1);
    assert_eq!(
        browsers
            .iter()
            .filter(|one| one.cookie("session").is_some())
            .count(),
        1
    );
}

#[tokio::test]
async fn sec_s04_a_recovery_code_signs_in_once() {
    let t = TestApp::new().await;
    let monalisa = t.user_with_otp("monalisa").await;
    let code = &monalisa.recovery_codes[0];
    for status in [200, 422] {
        let browser = Browser::new(&t);
        let page = browser.open("/login").await;
        let second = browser
            .fill(&page, "/login")
            .set("login", "monalisa")
            .set("password", &monalisa.password)
            .submit()
            .await;
        let form = browser.fill(&second, "/login/two-factor");
        form.set("code", code).submit().await.is(status);
    }
}

#[tokio::test]
async fn whoever_tries_too_often_is_told_to_wait_and_the_suspended_only_after_their_password() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let browser = Browser::new(&t);
    let page = browser.open("/login").await;
    let attempt = |password: &str| {
        let form = browser.fill(&page, "/login").set("login", "octocat");
        form.set("password", password)
    };
    t.suspend(&octocat, true).await;
    let text = attempt("wrong").submit().await.is(422).text();
    assert!(text.contains("do not go together"));
    let text = attempt(&octocat.password).submit().await.is(403).text();
    assert!(text.contains("suspended"));
    t.suspend(&octocat, false).await;
    for _ in 0..9 {
        let _ = attempt("wrong").submit().await;
    }
    let locked = attempt(&octocat.password).submit().await;
    assert!(locked.is(429).text().contains("Too many wrong attempts"));
    assert!(locked.header("retry-after").is_some());
}

#[tokio::test]
async fn sec_s11_the_session_rotates_and_nobody_can_plant_one() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let browser = Browser::new(&t);
    let planted = "a".repeat(43);
    browser.plant("grantd_session", &planted);
    let page = sign_in(&browser, &octocat).await;
    page.is(200);
    let first = browser.cookie("session").unwrap();
    assert_ne!(first, planted);
    // Signing in again in the same browser leaves no session behind.
    let form = browser.open("/login?prompt=select_account").await;
    let again = browser
        .fill(&form, "/login")
        .set("login", "octocat")
        .set("password", &octocat.password);
    again.submit().await.is(200);
    let second = browser.cookie("session").unwrap();
    assert_ne!(first, second);
    browser.plant("grantd_session", &first);
    browser.get("/settings").await.is(303);
    browser.plant("grantd_session", &second);
    browser.get("/settings").await.is(200);
    // Two cookies of one name: one of them is somebody else's.
    let twice = browser.with("cookie", "grantd_session=x");
    twice.plant("grantd_session ", &second);
    let sessions = browser.open("/settings/sessions").await;
    assert_eq!(sessions.text().matches("<li class=\"item\">").count(), 1);
}

#[tokio::test]
async fn sec_s11_cookies_are_the_hosts_own_under_https() {
    let t = TestApp::with(|setup| {
        setup.settings.public_url = "https://git.example.com".parse().unwrap();
    })
    .await;
    let octocat = t.user("octocat").await;
    let browser = Browser::new(&t);
    let page = browser.open("/login").await;
    let form = browser.fill(&page, "/login");
    let answer = form
        .set("login", "octocat")
        .set("password", &octocat.password)
        .send()
        .await;
    let cookies: Vec<&str> = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|value| value.to_str().unwrap())
        .collect();
    assert_eq!(cookies.len(), 3);
    for cookie in cookies {
        assert!(cookie.starts_with("__Host-grantd_"), "{cookie}");
        assert!(
            cookie.ends_with("; Secure; HttpOnly; SameSite=Lax"),
            "{cookie}"
        );
        assert!(cookie.contains("; Path=/;"), "{cookie}");
    }
}

#[tokio::test]
async fn sec_s40_nobody_is_signed_in_by_a_form_of_somebody_else() {
    let t = TestApp::new().await;
    let (octocat, mallory) = (t.user("octocat").await, t.user("mallory").await);
    // Mallory's own form, sent by octocat's browser, which never asked for one.
    let hers = Browser::new(&t);
    let page = hers.open("/login").await;
    let token = hers.fill(&page, "/login").form.fields[0].1.clone();
    let fields = [
        ("csrf", token.as_str()),
        ("login", "mallory"),
        ("password", &mallory.password),
    ];
    let victim = Browser::new(&t);
    victim.of_origin("").post("/login", &fields).await.is(403);
    let _ = victim.open("/login").await;
    victim.of_origin("").post("/login", &fields).await.is(403);
    assert_eq!(victim.cookie("session"), None);
    // Nor out, when signed in.
    let browser = signed_in(&t, &octocat).await;
    browser.post("/logout", &[]).await.is(403);
    browser.post("/logout", &[("csrf", &token)]).await.is(403);
    browser.get("/settings").await.is(200);
}
