//! What holds for every row outside the API: a new row is held to it as well.

use grantd_server::auth::Auth;
use grantd_server::routes::{Part, Route, SITE};
use http::Method;

use super::people::signed_in;
use crate::support::html::{self, Piece};
use crate::support::{Answer, Browser, TestApp};

/// A path of the row that may exist.
pub(super) fn path(route: &Route) -> String {
    let mut path = route.path.to_owned();
    for name in ["{id}", "{grant_id}", "{session_id}", "{authorization_id}"] {
        path = path.replace(name, "1");
    }
    path.replace(
        "{tag}/{operation}",
        "oauth-authorizations/create-authorization",
    )
    .replace("{link}", &"x".repeat(43))
    .replace("{client_id}", "nobody")
    .replace("{name}", "nothing")
    .replace("{login}", "octocat")
}

/// The pages.
pub(super) fn pages() -> impl Iterator<Item = &'static Route> {
    SITE.iter().filter(|route| route.part == Part::Site)
}

/// What every answer to a person carries.
#[track_caller]
fn is_safe_to_show(answer: &Answer) {
    let case = &answer.asked;
    assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{case}");
    assert_eq!(
        answer.header("x-content-type-options"),
        Some("nosniff"),
        "{case}"
    );
    assert_eq!(
        answer.header("referrer-policy"),
        Some("same-origin"),
        "{case}"
    );
    assert_eq!(
        answer.header("cache-control"),
        Some("private, no-store"),
        "{case}"
    );
    assert_eq!(
        answer.header("cross-origin-opener-policy"),
        Some("same-origin"),
        "{case}"
    );
    assert_eq!(answer.header("access-control-allow-origin"), None, "{case}");
    let policy = answer.header("content-security-policy").expect("a policy");
    for rule in [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action ",
    ] {
        assert!(policy.contains(rule), "{case}: {policy}");
    }
    assert!(
        !policy.contains("unsafe") && !policy.contains('*'),
        "{case}: {policy}"
    );
}

/// What holds for every page's markup.
#[track_caller]
pub(super) fn is_well_made(answer: &Answer) {
    let (case, text) = (&answer.asked, answer.text());
    assert!(text.len() < 30_000, "{case}: {} bytes", text.len());
    assert!(
        !text.contains("style=") && !text.contains("<style"),
        "{case}"
    );
    let (mut open, mut ids, mut headings) = (Vec::new(), Vec::new(), 0);
    let mut labels = Vec::new();
    let mut inputs = Vec::new();
    for piece in html::pieces(&text) {
        match piece {
            Piece::Open(tag) => {
                for name in tag.attributes.keys() {
                    assert!(!name.starts_with("on"), "{case}: {name}");
                }
                for name in ["src", "href", "action"] {
                    let value = tag.get(name);
                    assert!(!value.starts_with("//"), "{case}: {value}");
                    let elsewhere = value.contains("://") && tag.name != "a";
                    assert!(!elsewhere, "{case}: {value}");
                }
                headings += usize::from(tag.name == "h1");
                assert!(
                    tag.name != "script" || tag.has("src"),
                    "{case}: inline script"
                );
                assert!(tag.name != "img" || tag.has("alt"), "{case}: no alt");
                if tag.name == "label" {
                    labels.push(tag.get("for").to_owned());
                }
                let typed = ["input", "select", "textarea"].contains(&tag.name.as_str());
                if typed && tag.get("type") != "hidden" {
                    inputs.push(tag.get("id").to_owned());
                }
                if tag.has("id") {
                    ids.push(tag.get("id").to_owned());
                }
                if !html::EMPTY.contains(&tag.name.as_str()) {
                    open.push(tag.name);
                }
            }
            Piece::Close(name) => assert_eq!(open.pop(), Some(name), "{case}"),
            Piece::Text(_) => {}
        }
    }
    assert!(open.is_empty(), "{case}: {open:?}");
    assert_eq!(headings, 1, "{case}: headings");
    for input in &inputs {
        assert!(labels.contains(input), "{case}: {input} has no label");
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count, "{case}: ids are not unique");
    // A search is no change: it may come by GET, and then carries no token into URLs.
    for form in html::forms(&text) {
        if form.tag.get("method") == "get" {
            assert!(!form.names.iter().any(|name| name == "csrf"), "{case}");
            continue;
        }
        assert_eq!(form.tag.get("method"), "post", "{case}");
        assert!(
            form.names.iter().any(|name| name == "csrf"),
            "{case}: a form without token"
        );
    }
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_sent_to_sign_in_and_changes_nothing() {
    let t = TestApp::new().await;
    for route in pages().filter(|route| matches!(route.auth, Auth::Session | Auth::Sudo)) {
        let browser = Browser::new(&t);
        let answer = browser.send(route.method.clone(), &path(route), "").await;
        is_safe_to_show(&answer);
        if route.method.is_safe() {
            let location = answer.is(303).header("location").unwrap();
            assert!(
                location.starts_with("/login?return_to="),
                "{}: {location}",
                route.operation
            );
        } else {
            answer.is(403);
        }
    }
}

#[tokio::test]
async fn sec_s40_no_form_is_taken_without_its_token_or_from_elsewhere() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let browser = signed_in(&t, &octocat).await;
    let page = browser.open("/settings").await;
    let token = browser.fill(&page, "/logout").form.fields[0].1.clone();
    let stranger = Browser::new(&t);
    let login = stranger.open("/login").await;
    let foreign = stranger.fill(&login, "/login").form.fields[0].1.clone();
    for route in pages().filter(|route| !route.method.is_safe()) {
        let path = path(route);
        for fields in [vec![], vec![("csrf", "")], vec![("csrf", foreign.as_str())]] {
            let answer = browser.post(&path, &fields).await;
            assert!(
                answer.is(403).text().contains("This form is too old"),
                "{path}"
            );
            is_safe_to_show(&answer);
            is_well_made(&answer);
        }
        for origin in [
            "https://evil.example",
            "null",
            "http://127.0.0.1",
            "http://127.0.0.1:8371",
        ] {
            let answer = browser
                .of_origin(origin)
                .post(&path, &[("csrf", &token)])
                .await;
            assert!(
                answer.is(403).text().contains("came from elsewhere"),
                "{path} {origin}"
            );
        }
        let answer = browser
            .of_origin("")
            .with("sec-fetch-site", "cross-site")
            .post(&path, &[("csrf", &token)])
            .await;
        answer.is(403);
        // As text, a form of another site could be sent without asking first.
        let body = format!("csrf={token}");
        let answer = browser
            .with("content-type", "text/plain")
            .send(Method::POST, &path, &body)
            .await;
        answer.is(403);
    }
    browser.get("/settings").await.is(200);
}

#[tokio::test]
async fn sec_s42_every_page_is_whole_small_and_cannot_be_framed() {
    let t = TestApp::with(|setup| {
        setup.settings.public_url = "http://localhost:8370".parse().unwrap();
        setup.policy.sign_up = true;
    })
    .await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let _ = octocat.personal_token("laptop").await;
    let _ = octocat.token_of(&app).await;
    let browser = signed_in(&t, &octocat).await;
    let root = t.user("root").await;
    let stamp = grantd_core::audit::Stamp::operator(grantd_core::clock::Clock::now(&*t.clock));
    let made = t.authority.store.set_site_admin(root.id, true, stamp).await;
    assert!(made.expect("a store"));
    let root = signed_in(&t, &root).await;
    let mut shown = 0;
    for route in pages().filter(|route| route.method == Method::GET) {
        for browser in [&browser, &root, &Browser::new(&t)] {
            let path = path(route).replace("nobody", &app.client_id);
            let answer = browser.get(&path).await;
            is_safe_to_show(&answer);
            if answer.header("content-type") == Some("text/html; charset=utf-8") {
                is_well_made(&answer);
                shown += usize::from(answer.status == 200);
            }
            assert!(
                [200, 303, 404].contains(&answer.status),
                "{path}: {}",
                answer.status
            );
        }
    }
    assert!(shown > 40, "{shown}");
}

#[tokio::test]
async fn refusals_are_pages_too() {
    let t = TestApp::new().await;
    let browser = Browser::new(&t);
    let page = browser.open("/login").await;
    let token = browser.fill(&page, "/login").form.fields[0].1.clone();
    let answers = [
        (404, browser.get("/nowhere").await),
        (405, browser.send(Method::PUT, "/login", "").await),
        (405, browser.get("/logout").await),
        (
            413,
            browser
                .post("/login", &[("login", &"x".repeat(70_000))])
                .await,
        ),
        (
            404,
            browser
                .post(&format!("/setup/{}", "x".repeat(43)), &[("csrf", &token)])
                .await,
        ),
    ];
    for (status, answer) in &answers {
        is_safe_to_show(answer.is(*status));
        is_well_made(answer);
    }
    assert_eq!(
        answers[1].1.header("allow"),
        Some("GET, POST, HEAD, OPTIONS")
    );
    let options = browser.send(Method::OPTIONS, "/login", "").await;
    assert_eq!(
        options.is(204).header("allow"),
        Some("GET, POST, HEAD, OPTIONS")
    );
    assert_eq!(options.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn assets_are_named_by_their_content_and_kept_for_ever() {
    let t = TestApp::new().await;
    let browser = Browser::new(&t);
    let page = browser.get("/").await;
    let mut weight = page.text().len();
    let mut found = 0;
    for piece in html::pieces(&page.text()) {
        let Piece::Open(tag) = piece else { continue };
        let path = [tag.get("src"), tag.get("href")].concat();
        if !path.starts_with("/assets/") {
            continue;
        }
        found += 1;
        let asset = browser.with("accept-encoding", "gzip").get(&path).await;
        assert_eq!(
            asset.is(200).header("cache-control"),
            Some("public, max-age=31536000, immutable")
        );
        assert!(asset.header("set-cookie").is_none());
        weight += asset.body.len();
    }
    assert!(found >= 4, "{found}");
    assert!(weight < 30_000, "{weight} bytes with everything");
    browser.get("/assets/nothing.css").await.is(404);
}
