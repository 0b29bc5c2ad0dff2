//! Calling with a token.

use serde_json::json;

use crate::support::{TestApp, basic};

#[tokio::test]
async fn a_token_is_accepted_in_every_place_that_github_takes_it() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let token = octocat.personal_token("n").await.token();
    for header in [
        format!("token {token}"),
        format!("Token {token}"),
        format!("bearer {token}"),
        format!("BEARER   {token}"),
        basic("octocat", &token),
        basic(&token, "x-oauth-basic"),
        basic(&token, ""),
        basic("whoever", &token),
    ] {
        let answer = t.anyone().with("authorization", &header).get("/user").await;
        assert_eq!(answer.is(200).json()["login"], "octocat", "{header}");
    }
}

#[tokio::test]
async fn scopes_are_told_in_sorted_order_to_tokens_only() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let body = json!({ "note": "n", "scopes": ["user", "admin:org", "repo"] });
    let token = octocat.post("/authorizations", body).await.token();
    let by_token = t.anyone().with_token(&token).get("/user").await;
    assert_eq!(
        by_token.header("x-oauth-scopes"),
        Some("admin:org, repo, user")
    );
    assert_eq!(by_token.header("x-accepted-oauth-scopes"), Some(""));
    let refused = t.anyone().with_token(&token).get("/authorizations").await;
    assert_eq!(
        refused.is(403).header("x-oauth-scopes"),
        Some("admin:org, repo, user")
    );
    let by_password = octocat.get("/user").await;
    assert_eq!(by_password.is(200).header("x-oauth-scopes"), None);
    assert_eq!(by_password.header("x-accepted-oauth-scopes"), None);
}

#[tokio::test]
async fn a_token_without_scopes_says_so() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let token = octocat.personal_token("n").await.token();
    let answer = t.anyone().with_token(&token).get("/user").await;
    assert_eq!(answer.is(200).header("x-oauth-scopes"), Some(""));
}

#[tokio::test]
async fn sec_s13_strings_of_no_accepted_shape_cause_no_look_up() {
    let t = TestApp::new().await;
    let app = t.app("ci").await;
    let _ = t.store.take();
    for text in [
        "x",
        "gtp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "eef705f503b4053517ac55a99206feece1e48fab",
        "é",
        &"a".repeat(300),
    ] {
        t.anyone()
            .with_bytes("authorization", format!("token {text}").as_bytes())
            .get("/user")
            .await
            .is(401);
    }
    assert!(t.store.take().is_empty());
    app.check("nonsense").await.is(404);
    let asked: Vec<_> = t.store.take().into_iter().collect();
    assert_eq!(asked, [("check_token", 1)], "the app itself is looked up");
}

#[test]
fn sec_s13_a_million_random_strings_are_no_tokens() {
    use grantd_core::entropy::{SeededEntropy, characters};
    let tokens = grantd_core::token::TokenFormat::new("gt", false, false).unwrap();
    let entropy = SeededEntropy::new(13);
    let alphabet = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-.~ghpo";
    let all = characters(&entropy, alphabet, 1_000_040);
    let accepted = (0..1_000_000usize)
        .filter(|start| {
            let length = 30 + start % 11;
            tokens.parse(&all[*start..start + length]).is_some()
                || start % 16 == 0
                    && tokens
                        .parse(&format!("gtp_{}", &all[*start..start + 36]))
                        .is_some()
        })
        .count();
    assert_eq!(accepted, 0);
}

#[tokio::test]
async fn forty_hex_digits_may_be_a_password() {
    let t = TestApp::p2().await;
    let app = t.app("ci").await;
    // A client secret has that shape too, where hex tokens are looked up.
    app.check("63042a99d88bf138e6d6cf5788e0dc4e7a5d7309")
        .await
        .refuses(404, "Not Found");
    let as_password = t
        .anyone()
        .with_basic("octocat", "63042a99d88bf138e6d6cf5788e0dc4e7a5d7309");
    as_password
        .get("/user")
        .await
        .refuses(401, "Bad credentials");
}

#[tokio::test]
async fn tokens_have_their_profiles_shape() {
    let (p2, p3) = (TestApp::p2().await, TestApp::new().await);
    let hex = p2.user("octocat").await.personal_token("n").await.token();
    assert!(hex.len() == 40 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
    let octocat = p3.user("octocat").await;
    let personal = octocat.personal_token("n").await.token();
    assert!(
        personal.starts_with("gtp_") && personal.len() == 40,
        "{personal}"
    );
    let of_app = octocat.token_of(&p3.app("ci").await).await.token();
    assert!(of_app.starts_with("gto_") && of_app.len() == 40, "{of_app}");
}

#[tokio::test]
async fn passwords_can_be_switched_off_and_tokens_go_on() {
    let t = TestApp::new().await;
    let off = TestApp::with(|setup| setup.policy.basic_auth_api = false).await;
    assert_eq!(
        t.anyone().get("/meta").await.json()["verifiable_password_authentication"],
        true
    );
    let octocat = off.user("octocat").await;
    assert_eq!(
        off.anyone().get("/meta").await.json()["verifiable_password_authentication"],
        false
    );
    octocat
        .get("/authorizations")
        .await
        .refuses(401, "Bad credentials");
}
