//! `/login/oauth/authorize`, as people call it.

mod hostile;

use std::collections::BTreeMap;

use grantd_core::app::AppEdit;
use grantd_core::audit::Stamp;
use grantd_core::clock::Clock as _;

use super::every_page::is_well_made;
use super::people::signed_in;
use crate::support::{Answer, Browser, OAuthApp, TestApp, User};

const PATH: &str = "/login/oauth/authorize";
const CALLBACK: &str = "http://my-github-app.com/callback";
const ISSUER: &str = "http://127.0.0.1:8370";

/// Octocat is signed in, and an app asks.
struct Stage {
    t: TestApp,
    octocat: User,
    app: OAuthApp,
    browser: Browser,
}

impl Stage {
    async fn new() -> Self {
        let t = TestApp::new().await;
        let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
        let browser = signed_in(&t, &octocat).await;
        Self {
            t,
            octocat,
            app,
            browser,
        }
    }

    /// The app's request with these parameters more.
    fn url(&self, more: &str) -> String {
        format!("{PATH}?client_id={}{more}", self.app.client_id)
    }

    async fn edit(&self, edit: AppEdit) {
        let stamp = Stamp::operator(self.t.clock.now());
        let store = &self.t.authority.store;
        let edited = store.edit_app(self.app.id, edit, stamp).await;
        assert!(edited.expect("a store").is_some());
    }

    async fn callbacks(&self, callbacks: &[&str]) {
        let callbacks = callbacks.iter().map(|&one| one.to_owned()).collect();
        self.edit(AppEdit {
            callback_urls: Some(callbacks),
            ..AppEdit::default()
        })
        .await;
    }

    /// Opens the page and answers it.
    async fn decide(&self, more: &str, decision: &str) -> Answer {
        let page = self.browser.get(&self.url(more)).await;
        let form = self.browser.fill(page.is(200), PATH);
        form.set("decision", decision).send().await
    }

    /// How many grants octocat has.
    async fn grants(&self) -> usize {
        let grants = self.octocat.get("/applications/grants").await.json();
        grants.as_array().expect("a list").len()
    }
}

/// Where an answer leads, and the parameters that it carries there.
#[track_caller]
fn carried(answer: &Answer) -> (String, BTreeMap<String, String>) {
    let location = answer.header("location").expect("a location");
    let (place, query) = location.split_once('?').unwrap_or((location, ""));
    let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned();
    (place.to_owned(), pairs.collect())
}

/// It is a page, and nothing that leads away.
#[track_caller]
fn is_page(answer: &Answer, status: u16, words: &str) {
    assert_eq!(answer.is(status).header("location"), None);
    assert!(answer.text().contains(words), "{}", answer.text());
}

#[tokio::test]
async fn a_yes_sends_a_code_that_is_good_for_a_token() {
    let s = Stage::new().await;
    let page = s.browser.get(&s.url("&scope=repo%20gist&state=xyz")).await;
    is_well_made(&page);
    let text = page.is(200).text();
    for words in [
        "Let ci act in your name?",
        "by owner-of-ci",
        "href=\"http://my-github-app.com\"",
        "You are signed in as octocat.",
        "Full control of repositories",
        "Create gists",
        CALLBACK,
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(
        !text.contains("class=\"badge\""),
        "nothing is new the first time"
    );
    let form = s.browser.fill(&page, PATH).set("decision", "approve");
    let answer = form.send().await;
    let (place, carried) = carried(answer.is(303));
    assert_eq!(place, CALLBACK);
    assert_eq!(carried.keys().collect::<Vec<_>>(), ["code", "iss", "state"]);
    assert_eq!(carried["state"], "xyz");
    assert_eq!(carried["iss"], ISSUER);
    let body = format!(
        "client_id={}&client_secret={}&code={}",
        s.app.client_id, s.app.secret, carried["code"]
    );
    let anyone = s.t.anyone();
    let token = anyone
        .post("/login/oauth/access_token", body.as_str())
        .await;
    assert!(
        token.is(200).text().contains("scope=repo%2Cgist"),
        "{}",
        token.text()
    );
}

#[tokio::test]
async fn a_no_tells_the_app_and_changes_nothing() {
    let s = Stage::new().await;
    let answer = s.decide("&scope=repo&state=a%26b", "deny").await;
    let location = answer.is(303).header("location").expect("one");
    assert_eq!(
        location,
        "http://my-github-app.com/callback?error=access_denied\
         &error_description=The+user+has+denied+your+application+access.\
         &error_uri=https%3A%2F%2Fdocs.github.com%2Fapps%2Fmanaging-oauth-apps%2Ftroubleshooting-authorization-request-errors%2F%23access-denied\
         &state=a%26b&iss=http%3A%2F%2F127.0.0.1%3A8370"
    );
    assert_eq!(s.grants().await, 0);
}

#[tokio::test]
async fn what_was_given_before_needs_no_page_and_what_is_new_is_marked() {
    let s = Stage::new().await;
    s.decide("&scope=gist,user", "approve").await.is(303);
    for covered in ["&scope=gist", "", "&scope=user:email%20gist"] {
        let answer = s.browser.get(&s.url(covered)).await;
        let (place, carried) = carried(answer.is(302));
        assert_eq!(place, CALLBACK, "{covered}");
        assert!(carried.contains_key("code") && carried["iss"] == ISSUER);
    }
    let page = s.browser.get(&s.url("&scope=gist,repo")).await;
    let text = page.is(200).text();
    assert_eq!(text.matches("class=\"badge\">new<").count(), 1, "{text}");
    assert!(text.contains("You agreed before."));
    let asked = s.browser.get(&s.url("&scope=gist&prompt=consent")).await;
    is_page(&asked, 200, "You agreed before.");
}

#[tokio::test]
async fn an_unknown_and_a_suspended_app_are_pages() {
    let s = Stage::new().await;
    for query in ["", "client_id=", "client_id=nobody", "client_id=%00"] {
        let answer = s.browser.get(&format!("{PATH}?{query}")).await;
        is_page(&answer, 404, "No such app");
    }
    let stamp = Stamp::operator(s.t.clock.now());
    let store = &s.t.authority.store;
    let suspended = store.set_app_suspended(s.app.id, true, stamp).await;
    assert!(suspended.expect("a store"));
    is_page(
        &s.browser.get(&s.url("")).await,
        403,
        "This app is suspended",
    );
}

#[tokio::test]
async fn whoever_is_not_signed_in_comes_back_to_the_same_request() {
    let s = Stage::new().await;
    let browser = Browser::new(&s.t);
    let request = s.url("&scope=gist&state=%ff&login=octocat&allow_signup=false");
    let sent = browser.get(&request).await;
    let location = sent.is(302).header("location").expect("one").to_owned();
    let hints = format!(
        "/login?client_id={}&login=octocat&allow_signup=false&return_to=",
        s.app.client_id
    );
    assert!(location.starts_with(&hints), "{location}");
    assert!(!location.contains("authorize"), "{location}");
    let page = browser.get(&location).await;
    let form = browser.fill(page.is(200), "/login");
    let done = form.set("password", &s.octocat.password).submit().await;
    let back = request.replace('&', "&#38;");
    assert!(done.is(200).text().contains(&back), "{}", done.text());
    is_page(
        &browser.get(&request).await,
        200,
        "Let ci act in your name?",
    );
}

#[tokio::test]
async fn another_account_can_be_chosen_once() {
    let s = Stage::new().await;
    let hubot = s.t.user("hubot").await;
    let page = s.browser.get(&s.url("&scope=gist")).await;
    let other = s.url("&scope=gist&prompt=select_account");
    let link = other.replace('&', "&#38;");
    assert!(
        page.is(200).text().contains(&format!("href=\"{link}\"")),
        "{}",
        page.text()
    );
    let sent = s.browser.get(&other).await;
    let location = sent.is(302).header("location").expect("one").to_owned();
    assert!(location.contains("prompt=select_account"), "{location}");
    let page = s.browser.get(&location).await;
    let form = s.browser.fill(page.is(200), "/login").set("login", "hubot");
    form.set("password", &hubot.password).submit().await.is(200);
    let page = s.browser.get(&s.url("&scope=gist")).await;
    is_page(&page, 200, "You are signed in as hubot.");
}

#[tokio::test]
async fn other_response_types_and_bad_challenges_are_told_to_the_app() {
    let s = Stage::new().await;
    for (more, error) in [
        ("&response_type=token", "unsupported_response_type"),
        (
            "&code_challenge=x&code_challenge_method=plain",
            "invalid_request",
        ),
        (
            "&code_challenge=x&code_challenge_method=S256",
            "invalid_request",
        ),
    ] {
        let answer = s.browser.get(&s.url(more)).await;
        let (place, carried) = carried(answer.is(302));
        assert_eq!(
            (place.as_str(), carried["error"].as_str()),
            (CALLBACK, error)
        );
        assert!(!carried["error_description"].is_empty());
        assert_eq!(carried["iss"], ISSUER);
    }
}
