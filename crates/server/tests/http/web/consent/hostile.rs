//! `/login/oauth/authorize`, as hostile pages and apps call it.

use grantd_core::app::AppEdit;
use http::Method;

use super::{CALLBACK, ISSUER, PATH, Stage, carried, is_page};
use crate::web::people::signed_in;

/// The same corpus that core's matching is held to.
const HOSTILE: &[&str] = include!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../core/src/redirect_uri/corpus/hostile.in"
));

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

/// No URI of the corpus is ever where an answer leads: with one callback the error goes there, with several nowhere;
/// with a consent given before, without one, and to who is not signed in.
#[tokio::test]
async fn sec_s37_no_hostile_uri_of_the_corpus_is_ever_sent_anything() {
    const ONE: &str = "https://app.example/cb";
    let s = Stage::new().await;
    assert!(HOSTILE.len() >= 200);
    let stranger = crate::support::Browser::new(&s.t);
    for (callbacks, sub_paths) in [
        (&[ONE] as &[&str], false),
        (&[ONE], true),
        (&[ONE, "https://other.example/"], false),
    ] {
        s.edit(AppEdit {
            sub_path_callbacks: Some(sub_paths),
            ..AppEdit::default()
        })
        .await;
        s.callbacks(callbacks).await;
        let good: String = url::form_urlencoded::byte_serialize(ONE.as_bytes()).collect();
        let good = format!("&redirect_uri={good}");
        let asking = format!("{good}&prompt=consent");
        s.decide(&asking, "approve").await.is(303);
        let (place, given) = carried(s.browser.get(&s.url(&good)).await.is(302));
        assert!(place == ONE && given.contains_key("code"));
        for uri in HOSTILE {
            let encoded: String = url::form_urlencoded::byte_serialize(uri.as_bytes()).collect();
            let asked = s.url(&format!("&state=s&redirect_uri={encoded}"));
            for browser in [&s.browser, &stranger] {
                let answer = browser.get(&asked).await;
                if callbacks.len() > 1 {
                    is_page(&answer, 400, "This link cannot be trusted");
                    continue;
                }
                let (place, carried) = carried(answer.is(302));
                assert_eq!(place, ONE, "{uri:?}");
                assert_eq!(carried["error"], "redirect_uri_mismatch", "{uri:?}");
                assert!(!carried.contains_key("code"), "{uri:?}");
            }
        }
    }
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
