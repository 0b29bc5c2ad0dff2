//! Links: a new password, the first user, invitations.

use super::people::signed_in;
use crate::support::{Browser, TestApp, User};

const GOOD: &str = "correct horse battery staple";

#[tokio::test]
async fn without_mail_a_forgotten_password_is_the_operators_business() {
    let t = TestApp::new().await;
    let page = Browser::new(&t).open("/password-reset").await;
    assert!(page.is(200).text().contains("cannot send e-mail"));
}

#[tokio::test]
async fn a_mailed_link_sets_a_password_once_and_nobody_learns_who_has_an_account() {
    let (t, mails) = TestApp::with_mail().await;
    let octocat = t.user("octocat").await;
    let old = signed_in(&t, &octocat).await;
    let browser = Browser::new(&t);
    let page = browser.open("/password-reset").await;
    let ask = |login: &str| browser.fill(&page, "/password-reset").set("login", login);
    ask("").submit().await.is(422);
    let unknown = ask("nobody").send().await;
    let known = ask("octocat").send().await;
    assert_eq!(unknown.as_seen(), known.as_seen());
    assert_eq!(
        known.is(303).header("location"),
        Some("/password-reset/sent")
    );
    browser.open("/password-reset/sent").await.is(200);
    let mail = mails.next().await;
    assert_eq!(mail.to, "octocat@example.com");
    assert_eq!(mail.subject, "A new password for http://127.0.0.1:8370");
    let link = mail.link("/password-reset/");
    let page = browser.open(&link).await;
    assert!(page.is(200).text().contains("For the account octocat."));
    let form = browser.fill(&page, &link);
    let short = form.clone().set("password", "short").set("again", "short");
    assert!(short.submit().await.is(422).text().contains("at least 15"));
    let set = form.set("password", GOOD).set("again", GOOD).submit().await;
    assert!(set.is(200).text().contains("Your password was changed."));
    assert!(
        browser
            .open(&link)
            .await
            .is(404)
            .text()
            .contains("does not work any more")
    );
    old.get("/settings").await.is(303);
    let octocat = User {
        password: GOOD.to_owned(),
        ..octocat
    };
    signed_in(&t, &octocat).await;
}

#[tokio::test]
async fn the_setup_link_makes_the_first_user_and_then_nobody() {
    let t = TestApp::new().await;
    let link = t.authority.setup_link().await.unwrap().expect("a link");
    let path = format!("/setup/{}", link.expose());
    let browser = Browser::new(&t);
    let page = browser.open(&path).await;
    let form = browser.fill(page.is(200), &path);
    let bad = form
        .clone()
        .set("login", "-bad-")
        .set("email", "nonsense")
        .set("password", "a")
        .set("again", "b")
        .submit()
        .await;
    let text = bad.is(422).text();
    for said in ["begins and ends", "looks like name@", "not the same"] {
        assert!(text.contains(said), "{said}");
    }
    let made = form
        .set("login", "admin")
        .set("password", GOOD)
        .set("again", GOOD)
        .submit()
        .await;
    assert!(made.is(200).text().contains("signed in as admin"));
    browser.open(&path).await.is(404);
    browser.open("/setup/nonsense").await.is(404);
}

#[tokio::test]
async fn whoever_is_invited_chooses_a_password() {
    let t = TestApp::new().await;
    let link = t.invite("hubot").await;
    let path = format!("/invitations/{link}");
    let browser = Browser::new(&t);
    let page = browser.open(&path).await;
    assert!(page.is(200).text().contains("hubot"));
    let form = browser.fill(&page, &path);
    form.clone().submit().await.is(422);
    let joined = form.set("password", GOOD).set("again", GOOD).submit().await;
    assert!(joined.is(200).text().contains("signed in as hubot"));
    Browser::new(&t).open(&path).await.is(404);
}
