//! `/login/device`: codes, typed and guessed.

use http::Method;

use super::every_page::is_well_made;
use super::people::signed_in;
use crate::support::{Answer, Browser, OAuthApp, Setup, TestApp, User};

const PATH: &str = "/login/device";
const DECISION: &str = "/login/device/decision";

struct Stage {
    t: TestApp,
    octocat: User,
    app: OAuthApp,
    browser: Browser,
}

impl Stage {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Setup)) -> Self {
        let t = TestApp::with(change).await;
        let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
        let browser = signed_in(&t, &octocat).await;
        Self {
            t,
            octocat,
            app,
            browser,
        }
    }

    /// A device's codes: device code and user code.
    async fn device(&self) -> (String, String) {
        self.device_at("198.51.100.7").await
    }

    async fn device_at(&self, address: &str) -> (String, String) {
        let body = format!("client_id={}&scope=repo,gist", self.app.client_id);
        let device = self.t.anyone().from(address);
        let answer = device.post("/login/device/code", body.as_str()).await;
        let text = answer.is(200).text();
        let find = |name: &str| {
            let mut pairs = url::form_urlencoded::parse(text.as_bytes());
            let found = pairs.find(|(found, _)| found == name);
            found.expect("a code").1.into_owned()
        };
        (find("device_code"), find("user_code"))
    }

    async fn poll(&self, device_code: &str) -> String {
        self.t.clock.advance(6);
        let body = format!(
            "client_id={}&device_code={device_code}&grant_type=urn:ietf:params:oauth:grant-type:device_code",
            self.app.client_id
        );
        let anyone = self.t.anyone();
        let answer = anyone
            .post("/login/oauth/access_token", body.as_str())
            .await;
        answer.is(200).text()
    }

    async fn type_in(&self, code: &str) -> Answer {
        let page = self.browser.get(PATH).await;
        let form = self.browser.fill(page.is(200), PATH);
        form.set("user_code", code).send().await
    }
}

#[tokio::test]
async fn a_device_gets_its_token_after_a_yes() {
    let s = Stage::new().await;
    let (device_code, user_code) = s.device().await;
    assert!(s.poll(&device_code).await.contains("authorization_pending"));
    s.t.clock.advance(120);
    let sloppy = user_code.to_lowercase().replace('-', " ");
    let page = s.type_in(&sloppy).await;
    is_well_made(&page);
    let text = page.is(200).text();
    for words in [
        "Let ci act in your name on this device?",
        "by owner-of-ci",
        "198.51.100.7",
        "2 minutes ago",
        "Full control of repositories",
        "You are signed in as octocat.",
        &user_code,
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let form = s.browser.fill(&page, DECISION).set("decision", "approve");
    let done = form.submit().await;
    assert!(done.is(200).text().contains("Your device is connected"));
    assert!(s.poll(&device_code).await.contains("access_token="));
    // The code is spent.
    let again = form.send().await;
    assert!(
        again
            .is(422)
            .text()
            .contains("No device waits under this code.")
    );
}

#[tokio::test]
async fn a_device_learns_of_a_no() {
    let s = Stage::new().await;
    let (device_code, user_code) = s.device().await;
    let page = s.type_in(&user_code).await;
    let form = s
        .browser
        .fill(page.is(200), DECISION)
        .set("decision", "deny");
    let told = form.submit().await;
    assert!(told.is(200).text().contains("The device was refused."));
    assert!(s.poll(&device_code).await.contains("error=access_denied"));
    form.set("decision", "x").send().await.is(400);
}

#[tokio::test]
async fn sec_s40_a_device_is_approved_by_a_form_of_this_site_alone() {
    let s = Stage::new().await;
    let (device_code, user_code) = s.device().await;
    let page = s.type_in(&user_code).await;
    let form = s
        .browser
        .fill(page.is(200), DECISION)
        .set("decision", "approve");
    let bare = [("user_code", user_code.as_str()), ("decision", "approve")];
    s.browser.post(DECISION, &bare).await.is(403);
    let fields: Vec<(&str, &str)> = form
        .form
        .fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let evil = s.browser.of_origin("https://evil.example");
    evil.post(DECISION, &fields).await.is(403);
    evil.post(PATH, &fields).await.is(403);
    for method in [Method::GET, Method::HEAD] {
        let query = format!("{DECISION}?user_code={user_code}&decision=approve");
        s.browser.send(method, &query, "").await.is(405);
    }
    assert!(s.poll(&device_code).await.contains("authorization_pending"));
    let stranger = Browser::new(&s.t);
    let sent = stranger.get(PATH).await;
    let location = sent.is(303).header("location").expect("one");
    assert!(location.starts_with("/login?return_to="), "{location}");
}

#[tokio::test]
async fn sec_s43_no_link_fills_the_code_in() {
    let s = Stage::new().await;
    let (_, user_code) = s.device().await;
    let url = format!("{PATH}?user_code={user_code}&code={user_code}");
    let page = s.browser.get(&url).await;
    assert!(!page.is(200).text().contains(&user_code));
    assert!(!page.text().contains("act in your name"));
    let sent = Browser::new(&s.t).get(&url).await;
    assert!(
        !sent
            .is(303)
            .header("location")
            .expect("one")
            .contains(&user_code)
    );
}

#[tokio::test]
async fn sec_s43_guessing_codes_ends_after_ten() {
    let s = Stage::new().await;
    let (device_code, user_code) = s.device().await;
    for wrong in ["BBBB-BBBB", "", "x", "BBBBBBBBB", "1234-5678"]
        .iter()
        .cycle()
        .take(10)
    {
        let page = s.type_in(wrong).await;
        assert!(
            page.is(422)
                .text()
                .contains("No device waits under this code.")
        );
    }
    let page = s.type_in(&user_code).await;
    assert!(
        page.is(429).text().contains("too many wrong codes"),
        "{}",
        page.text()
    );
    let form = s.browser.fill(&page, PATH);
    assert!(
        !form
            .form
            .fields
            .iter()
            .any(|(_, value)| *value == user_code)
    );
    assert!(s.poll(&device_code).await.contains("authorization_pending"));
    // It is about one person.
    let hubot = signed_in(&s.t, &s.t.user("hubot").await).await;
    let page = hubot.get(PATH).await;
    let form = hubot.fill(&page, PATH).set("user_code", &user_code);
    form.send().await.is(200);
    s.t.clock.advance(3_601);
    let (_, user_code) = s.device().await;
    let fresh = signed_in(&s.t, &s.octocat).await;
    let page = fresh.get(PATH).await;
    let form = fresh.fill(&page, PATH).set("user_code", &user_code);
    form.send().await.is(200);
}

#[tokio::test]
async fn whoever_has_no_verified_address_connects_nothing_where_one_is_required() {
    let s = Stage::with(|setup| setup.policy.require_verified_email = true).await;
    let monalisa = s.t.user_without_address("monalisa").await;
    let browser = signed_in(&s.t, &monalisa).await;
    let (device_code, user_code) = s.device().await;
    let page = browser.get(PATH).await;
    let page = browser.fill(&page, PATH).set("user_code", &user_code);
    let page = page.send().await;
    let form = browser.fill(page.is(200), DECISION);
    let refused = form.clone().set("decision", "approve").send().await;
    is_well_made(refused.is(403));
    let text = refused.text();
    assert!(
        text.contains("Your e-mail address must be verified first."),
        "{text}"
    );
    assert!(s.poll(&device_code).await.contains("authorization_pending"));
    // A no needs no address.
    form.set("decision", "deny").submit().await.is(200);
    assert!(s.poll(&device_code).await.contains("error=access_denied"));
    // Nor does anybody else's yes.
    let (device_code, user_code) = s.device().await;
    let page = s.type_in(&user_code).await;
    let form = s.browser.fill(page.is(200), DECISION);
    form.set("decision", "approve").submit().await.is(200);
    assert!(s.poll(&device_code).await.contains("access_token="));
}

#[tokio::test]
async fn sec_s43_fifty_devices_of_an_app_are_decided_about_in_an_hour() {
    let s = Stage::new().await;
    let page = s.browser.get(PATH).await;
    let (_, csrf) = s.browser.fill(&page, PATH).form.fields.remove(0);
    let decide = async |user_code: &str, decision: &str| {
        let fields = [
            ("csrf", csrf.as_str()),
            ("user_code", user_code),
            ("decision", decision),
        ];
        s.browser.post(DECISION, &fields).await
    };
    for number in 0..50 {
        let (_, user_code) = s.device_at(&format!("198.51.100.{number}")).await;
        decide(&user_code, "deny").await.is(303);
    }
    let (device_code, user_code) = s.device_at("198.51.100.51").await;
    for decision in ["approve", "deny"] {
        let refused = decide(&user_code, decision).await;
        is_well_made(refused.is(429));
        let text = refused.text();
        assert!(text.contains("Very many devices"), "{text}");
    }
    assert!(s.poll(&device_code).await.contains("authorization_pending"));
    s.t.clock.advance(600);
    decide(&user_code, "approve").await.is(429);
}
