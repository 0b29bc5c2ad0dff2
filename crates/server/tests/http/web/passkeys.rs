//! Passkeys, made and used by an authenticator of the test's own.

use serde_json::{Value, json};

use super::people::signed_in;
use crate::support::authenticator::Authenticator;
use crate::support::html;
use crate::support::{Answer, Browser, TestApp, User};

async fn at_localhost() -> TestApp {
    TestApp::with(|setup| {
        setup.settings.public_url = "http://localhost:8370".parse().unwrap();
    })
    .await
}

/// Calls an endpoint as the page's script does.
async fn call(browser: &Browser, page: &Answer, path: &str, body: Value) -> Answer {
    let forms = html::forms(&page.text());
    let token = forms[0].fields[0].1.clone();
    browser
        .with("x-csrf-token", &token)
        .with("content-type", "application/json")
        .with("accept", "application/json")
        .send(http::Method::POST, path, &body.to_string())
        .await
}

/// Adds a passkey by the pages.
async fn add(browser: &Browser, authenticator: &mut Authenticator, name: &str) -> Answer {
    let page = browser.open("/settings/passkeys/new").await;
    let begun = call(browser, page.is(200), "/settings/passkeys/start", json!({})).await;
    let begun = begun.is(200).json();
    assert_eq!(
        begun["options"]["publicKey"]["authenticatorSelection"]["userVerification"],
        "required"
    );
    let credential = authenticator.create(&begun["options"]);
    let body = json!({ "ticket": begun["ticket"], "name": name, "credential": credential });
    call(browser, &page, "/settings/passkeys/finish", body).await
}

/// Goes through the ceremony at `base`, from `page`.
async fn sign(
    browser: &Browser,
    page: &Answer,
    base: &str,
    authenticator: &mut Authenticator,
) -> Answer {
    let begun = call(browser, page, &format!("{base}/start"), json!({})).await;
    let begun = begun.is(200).json();
    let credential = authenticator.get(&begun["options"]);
    let body = json!({ "ticket": begun["ticket"], "return_to": "", "credential": credential });
    call(browser, page, &format!("{base}/finish"), body).await
}

async fn with_passkey(t: &TestApp, user: &User) -> (Browser, Authenticator) {
    let browser = signed_in(t, user).await;
    let mut authenticator = Authenticator::new("http://localhost:8370");
    let added = add(&browser, &mut authenticator, "Key").await;
    assert_eq!(added.is(200).json()["location"], "/settings/passkeys");
    (browser, authenticator)
}

#[tokio::test]
async fn a_passkey_is_added_signs_in_alone_and_is_removed() {
    let t = at_localhost().await;
    let octocat = t.user("octocat").await;
    let (browser, mut authenticator) = with_passkey(&t, &octocat).await;
    let page = browser.open("/settings/passkeys").await;
    let text = page.is(200).text();
    assert!(text.contains("The passkey was added.") && text.contains(">Key<"));
    let fresh = Browser::new(&t);
    let login = fresh.open("/login").await;
    let answer = sign(&fresh, &login, "/login/passkey", &mut authenticator).await;
    assert_eq!(answer.is(200).json()["location"], "/");
    assert!(
        fresh
            .open("/")
            .await
            .text()
            .contains("signed in as octocat")
    );
    let page = browser.open("/settings/passkeys/1").await;
    let form = browser.fill(&page, "/settings/passkeys/1");
    form.clone().set("name", " ").submit().await.is(422);
    let renamed = form.set("name", "Blue key").submit().await;
    assert!(renamed.is(200).text().contains(">Blue key<"));
    let page = browser.open("/settings/passkeys/1/remove").await;
    let removed = browser
        .fill(&page, "/settings/passkeys/1/remove")
        .submit()
        .await;
    assert!(removed.is(200).text().contains("You have no passkeys yet."));
    let fresh = Browser::new(&t);
    let login = fresh.open("/login").await;
    sign(&fresh, &login, "/login/passkey", &mut authenticator)
        .await
        .is(422);
    assert_eq!(fresh.cookie("session"), None);
}

#[tokio::test]
async fn a_passkey_takes_the_place_of_a_code_and_proves_again() {
    let t = at_localhost().await;
    let monalisa = t.user_with_otp("monalisa").await;
    let (browser, mut authenticator) = with_passkey(&t, &monalisa).await;
    let fresh = Browser::new(&t);
    let page = fresh.open("/login").await;
    let second = fresh
        .fill(&page, "/login")
        .set("login", "monalisa")
        .set("password", &monalisa.password)
        .submit()
        .await;
    let base = "/login/two-factor/passkey";
    let answer = sign(&fresh, &second, base, &mut authenticator).await;
    answer.is(200);
    fresh.get("/settings").await.is(200);
    t.clock.advance(301);
    let asked = browser.open("/settings/password").await;
    let before = browser.cookie("session").unwrap();
    sign(&browser, &asked, "/sudo/passkey", &mut authenticator)
        .await
        .is(200);
    assert_ne!(browser.cookie("session").unwrap(), before);
    browser.get("/settings/password").await.is(200);
}

#[tokio::test]
async fn what_an_authenticator_says_counts_once_for_one_person_at_one_site() {
    let t = at_localhost().await;
    let (octocat, monalisa) = (t.user("octocat").await, t.user("monalisa").await);
    let (_, mut authenticator) = with_passkey(&t, &octocat).await;
    let hers = signed_in(&t, &monalisa).await;
    // Another's passkey proves nothing about her.
    t.clock.advance(301);
    let asked = hers.open("/settings/password").await;
    let begun = call(&hers, &asked, "/sudo/passkey/start", json!({})).await;
    begun.is(422);
    let login = Browser::new(&t);
    let page = login.open("/login").await;
    let begun = call(&login, &page, "/login/passkey/start", json!({}))
        .await
        .json();
    let credential = authenticator.get(&begun["options"]);
    let body = json!({ "ticket": begun["ticket"], "credential": credential });
    let at_sudo = call(&hers, &asked, "/sudo/passkey/finish", body.clone()).await;
    assert!(at_sudo.status >= 300, "{}", at_sudo.status);
    hers.get("/settings/password").await.is(303);
    // The ticket was spent by that.
    call(&login, &page, "/login/passkey/finish", body)
        .await
        .is(422);
    for spoil in ["origin", "unverified", "signature", "replay"] {
        let begun = call(&login, &page, "/login/passkey/start", json!({}))
            .await
            .json();
        let credential = authenticator.spoilt(&begun["options"], spoil);
        let body = json!({ "ticket": begun["ticket"], "credential": credential });
        call(&login, &page, "/login/passkey/finish", body)
            .await
            .is(422);
        assert_eq!(login.cookie("session"), None, "{spoil}");
    }
    sign(&login, &page, "/login/passkey", &mut authenticator)
        .await
        .is(200);
}

#[tokio::test]
async fn sec_s08_a_passkey_is_added_by_somebody_fresh_alone_and_never_twice() {
    let t = at_localhost().await;
    let octocat = t.user("octocat").await;
    let (browser, mut authenticator) = with_passkey(&t, &octocat).await;
    add(&browser, &mut authenticator, "Again").await.is(422);
    let mut other = Authenticator::new("http://localhost:8370");
    add(&browser, &mut other, " ").await.is(422);
    t.clock.advance(301);
    let page = browser.open("/settings/passkeys").await;
    call(&browser, &page, "/settings/passkeys/start", json!({}))
        .await
        .is(303);
}

#[tokio::test]
async fn under_a_bare_address_there_are_no_passkeys_and_the_pages_say_so() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let browser = signed_in(&t, &octocat).await;
    let page = browser.open("/settings/passkeys").await;
    assert!(page.is(200).text().contains("this server needs a name"));
    browser.get("/settings/passkeys/new").await.is(404);
    let login = Browser::new(&t).open("/login").await;
    assert!(!login.text().contains("passkey"));
}
