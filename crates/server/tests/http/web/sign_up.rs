//! `/join`: accounts that people make for themselves.

use grantd_core::store::{PageRequest, TokenFilter};

use super::every_page::is_well_made;
use super::people::signed_in;
use crate::support::{Browser, Mails, TestApp, User};

const GOOD: &str = "correct horse battery staple";
const PATH: &str = "/join";

async fn at_once() -> TestApp {
    TestApp::with(|setup| setup.policy.sign_up = true).await
}

async fn by_mail() -> (TestApp, Mails) {
    TestApp::with_mail_and(|setup| {
        setup.policy.sign_up = true;
        setup.policy.require_verified_email = true;
        setup.policy.sign_ups_per_hour = 7;
    })
    .await
}

#[tokio::test]
async fn nobody_signs_up_unless_the_operator_wants_it() {
    let t = TestApp::new().await;
    let browser = Browser::new(&t);
    let login = browser.get("/login").await;
    assert!(!login.is(200).text().contains(PATH));
    let (_, csrf) = browser.fill(&login, "/login").form.fields.remove(0);
    let link = format!("{PATH}/{}", "x".repeat(43));
    for path in [PATH, "/join/sent", &link] {
        browser.get(path).await.is(404);
    }
    for path in [PATH, &link] {
        let fields = [
            ("csrf", csrf.as_str()),
            ("login", "hubot"),
            ("email", "hubot@example.com"),
            ("password", GOOD),
            ("again", GOOD),
        ];
        browser.post(path, &fields).await.is(404);
    }
}

#[tokio::test]
async fn without_mail_an_account_is_made_at_once_and_has_no_address() {
    let t = at_once().await;
    let octocat = t.user("octocat").await;
    let browser = Browser::new(&t);
    // On the way to a page, and back to it afterwards.
    let login = browser.open("/settings/tokens").await;
    let text = login.is(200).text();
    let (_, rest) = text.split_once("href=\"/join").expect("a link");
    let link = format!("/join{}", rest.split('"').next().unwrap());
    let page = browser.get(&link).await;
    is_well_made(page.is(200));
    assert!(!page.text().contains("name=\"email\""));
    let form = browser.fill(&page, PATH);
    let typed = |login: &str, password: &str, again: &str| {
        let form = form.clone().set("login", login);
        form.set("password", password).set("again", again)
    };
    for (login, password, again, said) in [
        ("-", GOOD, GOOD, "begins and ends"),
        ("", "", "", "Choose a password."),
        ("hubot", "short", "short", "at least 15"),
        ("hubot", GOOD, "other", "not the same"),
        ("OctoCat", GOOD, GOOD, "Another account has this login."),
    ] {
        let refused = typed(login, password, again).submit().await;
        is_well_made(refused.is(422));
        let text = refused.text();
        assert!(text.contains(said), "{said}: {text}");
        assert!(!text.contains(GOOD));
    }
    let made = typed("hubot", GOOD, GOOD).submit().await;
    let text = made.is(200).text();
    assert!(text.contains("Personal access tokens"), "{text}");
    let page = browser.get("/settings").await;
    assert!(page.is(200).text().contains("No address is known."));
    // Whoever is signed in has an account.
    browser.get(PATH).await.is(303);
    let hubot = User {
        login: "hubot".to_owned(),
        password: GOOD.to_owned(),
        ..octocat
    };
    signed_in(&t, &hubot).await;
    let trail = t.audit().await;
    assert!(trail.iter().any(|row| row == "user.sign_up"), "{trail:?}");
}

#[tokio::test]
async fn sec_s07_who_signs_up_learns_nothing_of_an_addresss_account() {
    let (t, mails) = by_mail().await;
    t.user("octocat").await;
    let browser = Browser::new(&t);
    let page = browser.get(PATH).await;
    is_well_made(page.is(200));
    assert!(!page.text().contains("type=\"password\""));
    let form = browser.fill(&page, PATH);
    let ask = |login: &str, email: &str| form.clone().set("login", login).set("email", email);
    let bad = ask("-", "nonsense").submit().await;
    let text = bad.is(422).text();
    assert!(text.contains("begins and ends") && text.contains("looks like name@"));
    // A login is no secret: everybody's is on every consent page.
    let taken = ask("OCTOCAT", "hubot@example.com").submit().await;
    let text = taken.is(422).text();
    assert!(text.contains("Another account has this login."), "{text}");
    let owned = ask("hubot", "OctoCat@example.com").send().await;
    let free = ask("hubot", "hubot@example.com").send().await;
    assert_eq!(owned.as_seen(), free.as_seen());
    assert_eq!(free.is(303).header("location"), Some("/join/sent"));
    is_well_made(browser.get("/join/sent").await.is(200));

    let known = mails.next().await;
    assert_eq!(known.to, "octocat@example.com", "as its owner spells it");
    assert!(
        known.text.contains("It has one already: octocat."),
        "{}",
        known.text
    );
    assert!(!known.text.contains("/join/"));
    let mail = mails.next().await;
    assert_eq!(mail.to, "hubot@example.com");
    let link = mail.link("/join/");
    // There is nobody yet, and nobody's password was ever asked for.
    let all = PageRequest {
        page: 1,
        per_page: 10,
    };
    assert_eq!(t.authority.store.list_users(all).await.unwrap().total, 1);

    let other = Browser::new(&t);
    let page = other.get(&link).await;
    is_well_made(page.is(200));
    let form = other.fill(&page, &link);
    let short = form.clone().set("password", "short").set("again", "short");
    assert!(short.submit().await.is(422).text().contains("at least 15"));
    let set = form.set("password", GOOD).set("again", GOOD);
    let joined = set.submit().await;
    assert!(joined.is(200).text().contains("signed in as hubot"));
    other.get(&link).await.is(404);
    let settings = other.get("/settings").await;
    let text = settings.is(200).text();
    assert!(
        text.contains("hubot@example.com") && !text.contains("not verified"),
        "{text}"
    );
    // The address is verified: tokens can be made.
    let page = other.open("/settings/tokens/new").await;
    let form = other.fill(&page, "/settings/tokens").set("note", "first");
    form.submit().await.is(200);
    let tokens = t.authority.store.list_tokens(TokenFilter::All, all).await;
    assert_eq!(tokens.unwrap().total, 1);
}

#[tokio::test]
async fn of_two_who_want_one_login_the_first_gets_it() {
    let (t, mails) = by_mail().await;
    let browser = Browser::new(&t);
    let page = browser.get(PATH).await;
    let mut links = Vec::new();
    for email in ["one@example.com", "two@example.com"] {
        let form = browser.fill(&page, PATH).set("login", "hubot");
        form.set("email", email).send().await.is(303);
        links.push(mails.next().await.link("/join/"));
    }
    for (link, status) in links.iter().zip([200, 422]) {
        let browser = Browser::new(&t);
        let page = browser.get(link).await;
        let form = browser.fill(page.is(200), link);
        let answer = form.set("password", GOOD).set("again", GOOD).submit().await;
        let text = answer.is(status).text();
        assert_eq!(
            text.contains("Another account has this login."),
            status == 422
        );
    }
}

#[tokio::test]
async fn sign_ups_are_counted_by_where_they_come_from_and_whom_they_bother() {
    let (t, mails) = by_mail().await;
    let browser = Browser::new(&t);
    let page = browser.get(PATH).await;
    let ask = async |number: u32, email: &str| {
        let form = browser.fill(&page, PATH);
        let form = form.set("login", &format!("hubot-{number}"));
        form.set("email", email).send().await
    };
    for number in 0..7 {
        let answer = ask(number, "victim@example.com").await;
        assert_eq!(answer.is(303).header("location"), Some("/join/sent"));
    }
    let refused = ask(8, "other@example.com").await;
    assert!(refused.is(429).header("retry-after").is_some());
    t.clock.advance(3_601);
    let browser = Browser::new(&t);
    let page = browser.get(PATH).await;
    let form = browser.fill(&page, PATH).set("login", "last");
    form.set("email", "last@example.com").send().await.is(303);
    for _ in 0..5 {
        assert_eq!(mails.next().await.to, "victim@example.com");
    }
    assert_eq!(mails.next().await.to, "last@example.com", "not a sixth");
}

#[tokio::test]
async fn an_app_can_hide_the_link() {
    let t = at_once().await;
    let app = t.app("ci").await;
    for (more, shown) in [
        ("", true),
        ("&allow_signup=true", true),
        ("&allow_signup=false", false),
    ] {
        let browser = Browser::new(&t);
        let request = format!("/login/oauth/authorize?client_id={}{more}", app.client_id);
        let page = browser.open(&request).await;
        assert_eq!(
            page.is(200).text().contains("href=\"/join?return_to="),
            shown,
            "{more}"
        );
        // Also after a slip.
        let form = browser.fill(&page, "/login").set("login", "nobody");
        let again = form.set("password", "wrong").submit().await;
        assert_eq!(
            again.is(422).text().contains("href=\"/join?return_to="),
            shown,
            "{more}"
        );
    }
    let page = Browser::new(&t).get("/login").await;
    assert!(page.is(200).text().contains("href=\"/join\""));
}
