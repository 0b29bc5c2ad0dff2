//! `/login/oauth/authorize`, as people and hostile pages call it.

use std::collections::BTreeMap;

use grantd_core::app::AppEdit;
use grantd_core::audit::Stamp;
use grantd_core::clock::Clock as _;
use http::Method;

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
async fn sec_s37_a_mismatch_is_never_sent_anywhere_but_to_the_only_callback() {
    let s = Stage::new().await;
    for uri in [
        "https://evil.example/",
        "http://my-github-app.com/callback/",
        "http://my-github-app.com/callback/../x",
        "http://my-github-app.com:8080/callback",
        "http://my-github-app.com.evil.example/callback",
        "http://my-github-app.com/callback%00",
        "javascript:alert(1)",
    ] {
        let encoded: String = url::form_urlencoded::byte_serialize(uri.as_bytes()).collect();
        let asked = s.url(&format!("&state=s&redirect_uri={encoded}"));
        let answer = s.browser.get(&asked).await;
        let (place, carried) = carried(answer.is(302));
        assert_eq!(place, CALLBACK, "{uri}");
        assert_eq!(carried["error"], "redirect_uri_mismatch");
        assert_eq!(
            carried["error_description"],
            "The redirect_uri MUST match the registered callback URL for this application."
        );
        assert!(carried["error_uri"].ends_with("#redirect-uri-mismatch"));
        assert_eq!(
            (carried["iss"].as_str(), carried["state"].as_str()),
            (ISSUER, "s")
        );
        assert!(!carried.contains_key("code"));
    }
    s.callbacks(&["https://one.example/cb", "https://two.example/cb"])
        .await;
    for more in ["", "&redirect_uri=https%3A%2F%2Fevil.example%2F"] {
        is_page(
            &s.browser.get(&s.url(more)).await,
            400,
            "This link cannot be trusted",
        );
    }
    let good = s.url("&redirect_uri=https%3A%2F%2Ftwo.example%2Fcb");
    is_page(&s.browser.get(&good).await, 200, "https://two.example/cb");
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
async fn sec_s40_consent_needs_a_form_of_this_site() {
    let s = Stage::new().await;
    let request = format!("client_id={}&scope=repo", s.app.client_id);
    let url = s.url("&scope=repo");
    let page = s.browser.get(&url).await;
    let form = s
        .browser
        .fill(page.is(200), PATH)
        .set("decision", "approve");
    let fields: Vec<(&str, &str)> = form
        .form
        .fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();

    // No form, no token, another's token, another site.
    s.browser
        .get(&format!("{url}&decision=approve"))
        .await
        .is(200);
    let head = s.browser.send(Method::HEAD, &url, "").await;
    assert_eq!(head.is(200).header("location"), None);
    s.browser.send(Method::OPTIONS, &url, "").await.is(204);
    let bare = [("request", request.as_str()), ("decision", "approve")];
    s.browser.post(PATH, &bare).await.is(403);
    s.browser
        .post(&url, &[("decision", "approve")])
        .await
        .is(403);
    let hubot = signed_in(&s.t, &s.t.user("hubot").await).await;
    hubot.post(PATH, &fields).await.is(403);
    for origin in ["https://evil.example", "null", "http://127.0.0.1"] {
        s.browser
            .of_origin(origin)
            .post(PATH, &fields)
            .await
            .is(403);
    }
    let cross = s.browser.with("sec-fetch-site", "cross-site");
    cross.post(PATH, &fields).await.is(403);
    let plain = s.browser.with("content-type", "text/plain");
    plain.send(Method::POST, PATH, "csrf=x").await.is(403);
    assert_eq!(s.grants().await, 0);
    let is_credential =
        |action: &String| action.starts_with("oauth_a") && !action.starts_with("oauth_app");
    assert!(!s.t.audit().await.iter().any(is_credential));

    form.send().await.is(303);
    assert_eq!(s.grants().await, 1);
    // Once given, a HEAD still makes no code.
    let before = s.t.audit().await.len();
    let head = s.browser.send(Method::HEAD, &url, "").await;
    assert_eq!(head.is(200).header("location"), None);
    assert_eq!(s.t.audit().await.len(), before);
}

#[tokio::test]
async fn sec_s40_the_forms_request_is_judged_anew() {
    let s = Stage::new().await;
    let page = s.browser.get(&s.url("&scope=gist")).await;
    let form = s
        .browser
        .fill(page.is(200), PATH)
        .set("decision", "approve");
    s.callbacks(&["https://one.example/cb", "https://two.example/cb"])
        .await;
    is_page(&form.send().await, 400, "This link cannot be trusted");
    assert_eq!(s.grants().await, 0);
    let form = form.set("decision", "perhaps");
    form.send().await.is(400);
    let signed_out = s.browser.fill(&page, "/logout").send().await;
    signed_out.is(303);
    form.send().await.is(403);
}

#[tokio::test]
async fn sec_s41_public_and_local_apps_and_wider_scopes_are_always_asked() {
    let s = Stage::new().await;
    s.decide("&scope=gist", "approve").await.is(303);
    is_page(
        &s.browser.get(&s.url("&scope=gist,repo")).await,
        200,
        "Agree",
    );
    for callback in [
        "http://127.0.0.1/cb",
        "http://localhost/cb",
        "org.example.app:/cb",
    ] {
        s.callbacks(&[callback]).await;
        let page = s.browser.get(&s.url("&scope=gist")).await;
        is_page(
            &page,
            200,
            "This address belongs to a program on your device",
        );
    }
    let public = s.t.public_app("desktop").await;
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let url = format!(
        "{PATH}?client_id={}&code_challenge={challenge}&code_challenge_method=S256",
        public.client_id
    );
    for _ in 0..2 {
        let page = s.browser.get(&url).await;
        let form = s
            .browser
            .fill(page.is(200), PATH)
            .set("decision", "approve");
        let answer = form.send().await;
        assert!(carried(answer.is(303)).1.contains_key("code"));
    }
    let plain = format!("{PATH}?client_id={}", public.client_id);
    let answer = s.browser.get(&plain).await;
    assert_eq!(carried(answer.is(302)).1["error"], "invalid_request");
}

#[tokio::test]
async fn sec_s42_the_page_cannot_be_framed_and_the_way_back_is_exact() {
    let s = Stage::new().await;
    let page = s.browser.get(&s.url("&state=%ff%00a+b%2B%zz")).await;
    let policy = page.is(200).header("content-security-policy").expect("one");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(
        policy.contains("form-action 'self' http://my-github-app.com;"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"));
    assert_eq!(page.header("x-frame-options"), Some("DENY"));
    assert_eq!(page.header("cache-control"), Some("private, no-store"));
    let form = s.browser.fill(&page, PATH).set("decision", "approve");
    let answer = form.send().await;
    let location = answer.is(303).header("location").expect("one");
    assert!(
        location.contains("&state=%FF%00a+b%2B%25zz&iss="),
        "{location}"
    );
    for (callback, named) in [
        (
            "org.example.app:/cb",
            "form-action 'self' org.example.app:;",
        ),
        (
            "https://a.example:8443/cb?x=1",
            "form-action 'self' https://a.example:8443;",
        ),
    ] {
        s.callbacks(&[callback]).await;
        let page = s.browser.get(&s.url("&prompt=consent")).await;
        let policy = page.is(200).header("content-security-policy").expect("one");
        assert!(policy.contains(named), "{policy}");
    }
    let again = s.decide("&prompt=consent", "approve").await;
    let (place, carried) = carried(again.is(303));
    assert_eq!(place, "https://a.example:8443/cb");
    assert_eq!(carried["x"], "1", "the callback keeps its query");
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
