//! `/settings`: what people change of their own accounts.

use super::people::{sign_in, signed_in};
use crate::support::html::{self, Piece};
use crate::support::{Answer, Browser, TestApp, User};

/// The texts of all `<code>` elements.
fn codes(page: &Answer) -> Vec<String> {
    let mut within = false;
    let mut found = Vec::new();
    for piece in html::pieces(&page.text()) {
        match piece {
            Piece::Open(tag) => within = tag.name == "code",
            Piece::Text(text) if within => found.push(text),
            _ => within = false,
        }
    }
    found
}

#[tokio::test]
async fn the_chosen_language_wins_over_the_browsers() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let browser = signed_in(&t, &octocat).await;
    let german = browser.with("accept-language", "de-CH, en;q=0.5");
    let page = german.open("/settings").await;
    assert!(page.is(200).text().contains("<html lang=\"de\">"));
    let form = german
        .fill(&page, "/settings/language")
        .set("language", "zh");
    let page = form.submit().await;
    let text = page.is(200).text();
    assert!(text.contains("<html lang=\"zh\">") && text.contains("语言已保存。"));
    let page = german.open("/settings").await;
    assert!(!page.text().contains("语言已保存。"), "said once");
    let form = german.fill(&page, "/settings/language").set("language", "");
    assert!(form.submit().await.text().contains("<html lang=\"de\">"));
}

#[tokio::test]
async fn a_password_is_changed_with_the_present_one_and_ends_the_other_sessions() {
    let t = TestApp::new().await;
    let mut octocat = t.user("octocat").await;
    let (browser, other) = (signed_in(&t, &octocat).await, signed_in(&t, &octocat).await);
    let page = browser.open("/settings/password").await;
    let change = |present: &str, new: &str, again: &str| {
        let form = browser.fill(&page, "/settings/password");
        let form = form.set("present", present).set("password", new);
        form.set("again", again)
    };
    let good = "correct horse battery staple";
    for (present, new, again, said) in [
        ("wrong", good, good, "This password is not right."),
        (&*octocat.password, "", "", "Choose a password."),
        (
            &*octocat.password,
            good,
            "other",
            "The two passwords are not the same.",
        ),
        (
            &*octocat.password,
            "short",
            "short",
            "Use at least 15 characters.",
        ),
        (
            &*octocat.password,
            "passwordpassword",
            "passwordpassword",
            "stands on lists",
        ),
    ] {
        let text = change(present, new, again).submit().await.is(422).text();
        assert!(text.contains(said), "{said}: {text}");
        assert!(
            new.is_empty() || !text.contains(new),
            "no secret comes back"
        );
    }
    let changed = change(&octocat.password, good, good).submit().await;
    assert!(
        changed
            .is(200)
            .text()
            .contains("Your password was changed.")
    );
    browser.get("/settings").await.is(200);
    other.get("/settings").await.is(303);
    octocat.get("/authorizations").await.is(401);
    octocat.password = good.to_owned();
    signed_in(&t, &octocat).await;
}

/// Turns the second factor on by the pages; the seed and the recovery codes.
async fn enrol(browser: &Browser) -> (String, Vec<String>) {
    let page = browser.open("/settings/two-factor/enrol").await;
    let text = page.is(200).text();
    assert!(text.contains("data:image/svg+xml;base64,"));
    let seed = codes(&page).remove(0).replace(' ', "");
    let form = browser.fill(&page, "/settings/two-factor/enrol");
    let wrong = form.clone().set("code", "000000").submit().await;
    assert!(wrong.is(422).text().contains("This code is not right"));
    assert!(codes(&wrong)[0].replace(' ', "") == seed, "the same offer");
    let raw = data_encoding::BASE32_NOPAD.decode(seed.as_bytes()).unwrap();
    let now = grantd_core::clock::Clock::now(&*browser.client.t.clock);
    let code = grantd_core::login::otp::code_at(&raw, now);
    let shown = form.set("code", &code).submit().await;
    assert!(shown.is(200).text().contains("Your recovery codes"));
    assert_eq!(shown.header("cache-control"), Some("private, no-store"));
    (seed, codes(&shown))
}

#[tokio::test]
async fn a_second_factor_is_enrolled_used_and_turned_off() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let (browser, other) = (signed_in(&t, &octocat).await, signed_in(&t, &octocat).await);
    let (seed, recovery_codes) = enrol(&browser).await;
    assert!(recovery_codes.len() >= 8);
    other.get("/settings").await.is(303);
    t.clock.advance(60);
    let with_factor = User {
        seed: Some(data_encoding::BASE32_NOPAD.decode(seed.as_bytes()).unwrap()),
        ..octocat.clone()
    };
    signed_in(&t, &with_factor).await;
    let page = browser.open("/settings/two-factor/codes").await;
    let fresh = browser
        .fill(&page, "/settings/two-factor/codes")
        .submit()
        .await;
    assert!(
        codes(fresh.is(200))
            .iter()
            .all(|code| !recovery_codes.contains(code))
    );
    let page = browser.open("/settings/two-factor/disable").await;
    let off = browser
        .fill(&page, "/settings/two-factor/disable")
        .submit()
        .await;
    assert!(
        off.is(200)
            .text()
            .contains("Two-factor authentication is off.")
    );
    let again = Browser::new(&t);
    let page = sign_in(&again, &octocat).await;
    assert!(page.is(200).text().contains("signed in as octocat"));
}

#[tokio::test]
async fn sessions_are_seen_and_ended() {
    let t = TestApp::new().await;
    let (octocat, monalisa) = (t.user("octocat").await, t.user("monalisa").await);
    let browser = signed_in(&t, &octocat).await;
    let (second, third) = (signed_in(&t, &octocat).await, signed_in(&t, &octocat).await);
    let hers = signed_in(&t, &monalisa).await;
    let page = browser.open("/settings/sessions").await;
    let text = page.is(200).text();
    assert_eq!(text.matches("Firefox on Linux").count(), 3 + 2);
    assert_eq!(text.matches("this one").count(), 1);
    let forms = html::forms(&text);
    let ends: Vec<String> = forms
        .iter()
        .map(|form| form.tag.get("action").to_owned())
        .filter(|action| action.starts_with("/settings/sessions/") && action.contains("/end"))
        .collect();
    // The form of one other session, from another user's browser: nothing happens.
    let token = hers.open("/settings/sessions").await;
    let token = html::forms(&token.text())[0].fields[0].1.clone();
    let foreign = hers.post(&ends[0], &[("csrf", &token)]).await;
    foreign.is(303);
    second.get("/settings").await.is(200);
    third.get("/settings").await.is(200);
    let page = browser.fill(&page, &ends[0]).submit().await;
    assert!(page.is(200).text().contains("That browser is signed out."));
    let alive = [&second, &third].map(|one| one.get("/settings"));
    let statuses = futures_util::future::join_all(alive).await;
    let alive = statuses
        .iter()
        .filter(|answer| answer.status == 200)
        .count();
    assert_eq!(alive, 1);
    let page = browser.fill(&page, "/settings/sessions/end").submit().await;
    assert!(
        page.is(200)
            .text()
            .contains("All other browsers are signed out.")
    );
    for one in [&second, &third] {
        one.get("/settings").await.is(303);
    }
    browser.get("/settings").await.is(200);
    hers.get("/settings").await.is(200);
}

#[tokio::test]
async fn without_mail_an_address_cannot_be_changed_and_the_page_says_so() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let browser = signed_in(&t, &octocat).await;
    let page = browser.open("/settings/email").await;
    let form = browser.fill(&page, "/settings/email");
    let bad = form.clone().set("email", "nonsense").submit().await;
    let text = bad.is(422).text();
    assert!(text.contains("looks like name@example.com") && text.contains("value=\"nonsense\""));
    let off = form.set("email", "new@example.com").submit().await;
    assert!(off.is(422).text().contains("cannot send e-mail"));
}

#[tokio::test]
async fn an_address_counts_when_its_link_was_opened_and_confirmed() {
    let (t, mails) = TestApp::with_mail().await;
    let octocat = t.user("octocat").await;
    let browser = signed_in(&t, &octocat).await;
    let page = browser.open("/settings/email").await;
    let form = browser.fill(&page, "/settings/email");
    let sent = form.set("email", "new@example.com").submit().await;
    assert!(
        sent.is(200)
            .text()
            .contains("A message with a link is on its way.")
    );
    assert!(sent.text().contains("octocat@example.com"), "not yet");
    let mail = mails.next().await;
    assert_eq!(mail.to, "new@example.com");
    let link = mail.link("/email-verification/");
    let anywhere = Browser::new(&t);
    let page = anywhere.open(&link).await;
    assert!(page.is(200).text().contains("new@example.com"));
    assert!(
        browser
            .open("/settings")
            .await
            .text()
            .contains("octocat@example.com"),
        "opened is not confirmed"
    );
    let done = anywhere.fill(&page, &link).submit().await;
    assert!(done.is(200).text().contains("now belongs to your account"));
    let text = browser.open("/settings").await.text();
    assert!(text.contains("new@example.com") && text.contains(">verified<"));
    let again = anywhere.open(&link).await;
    assert!(
        again
            .is(404)
            .text()
            .contains("This link does not work any more")
    );
}
