//! Every word on a page comes from the catalogue: in the language that puts
//! each message in brackets, nothing else may be left over.

use http::Method;

use super::every_page::{pages, path};
use super::people::signed_in;
use crate::support::html::{self, Piece};
use crate::support::{Answer, Browser, TestApp};

/// Attributes that people read or hear.
const SPOKEN: [&str; 9] = [
    "alt",
    "aria-label",
    "data-copied",
    "data-label",
    "data-refused",
    "data-waiting",
    "placeholder",
    "summary",
    "title",
];

/// What stands outside of brackets.
fn unbracketed(text: &str) -> String {
    let mut depth = 0;
    let mut left = String::new();
    for character in text.chars() {
        match character {
            '⟦' => depth += 1,
            '⟧' => depth -= 1,
            _ if depth == 0 => left.push(character),
            _ => {}
        }
    }
    assert_eq!(depth, 0, "{text}");
    left
}

/// Everything that the page says and the catalogue does not.
fn left_over(page: &Answer) -> Vec<String> {
    let mut left = Vec::new();
    // Elements that say of themselves that they hold no words.
    let mut data: Vec<bool> = vec![false];
    for piece in html::pieces(&page.text()) {
        match piece {
            Piece::Open(tag) => {
                for name in SPOKEN {
                    left.push(unbracketed(tag.get(name)));
                }
                let is_data = *data.last().unwrap() || tag.get("translate") == "no";
                if !html::EMPTY.contains(&tag.name.as_str()) {
                    data.push(is_data);
                }
            }
            Piece::Close(_) => {
                data.pop();
            }
            Piece::Text(text) if !data.last().unwrap() => left.push(unbracketed(&text)),
            Piece::Text(_) => {}
        }
    }
    let signs = |c: char| c.is_whitespace() || "·←→,.:".contains(c);
    left.retain(|text| {
        !text.trim_matches(signs).is_empty() && text.trim_matches(signs) != "grantd"
    });
    left
}

#[tokio::test]
async fn no_word_on_any_page_is_outside_the_catalogue() {
    let t = TestApp::with(|setup| {
        setup.settings.pseudo_locale = true;
        setup.settings.public_url = "http://localhost:8370".parse().unwrap();
        setup.policy.sign_up = true;
    })
    .await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let _ = octocat.personal_token("laptop").await;
    let _ = octocat.token_of(&app).await;
    let browser = signed_in(&t, &octocat).await.with("accept-language", "qps");
    let stranger = Browser::new(&t).with("accept-language", "qps");
    let mut looked_at = 0;
    for route in pages() {
        let path = path(route).replace("nobody", &app.client_id);
        for browser in [&browser, &stranger] {
            // Forms are refused here, and refusals have words, too.
            let answer = browser.send(route.method.clone(), &path, "").await;
            if answer.header("content-type") == Some("text/html; charset=utf-8") {
                assert!(answer.text().contains("<html lang=\"qps\">"), "{path}");
                assert_eq!(left_over(&answer), [""; 0], "{} {path}", route.method);
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 60, "{looked_at}");
    for path in [
        "/login",
        "/settings/tokens/new",
        "/settings/password",
        "/settings/email",
        "/settings/tokens/1",
    ] {
        let page = browser.get(&format!("{path}?prompt=select_account")).await;
        let action = if path == "/settings/tokens/new" {
            "/settings/tokens"
        } else {
            path
        };
        let faulty = browser.fill(&page, action).submit().await;
        if faulty.status == 422 {
            assert_eq!(left_over(&faulty), [""; 0], "{path}");
        }
    }
    let wrong = browser.send(Method::PUT, "/login", "").await;
    assert_eq!(left_over(wrong.is(405)), [""; 0]);
}
