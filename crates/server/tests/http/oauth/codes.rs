//! Codes for tokens: one use, one app, one place, ten minutes.

use futures_util::future::join_all;
use grantd_core::audit::Stamp;
use grantd_core::clock::Clock as _;

use super::{CALLBACK, Stage, TOKEN, form, read, says, token_in};

#[tokio::test]
async fn a_code_becomes_a_token_that_shows_as_the_apps() {
    let stage = Stage::new().await;
    let code = stage.code("repo,user:email,no-such-scope").await;
    assert!(
        code.len() == 20 && code.bytes().all(|b| b.is_ascii_hexdigit()),
        "{code}"
    );
    let answer = stage.redeem(&code).await;
    assert_eq!(read(&answer)["scope"], "repo,user:email");
    let token = token_in(&answer);
    let user = stage.t.anyone().with_token(&token).get("/user").await;
    assert_eq!(user.is(200).json()["login"], "octocat");
    assert_eq!(user.header("x-oauth-scopes"), Some("repo, user:email"));
    let checked = stage.app.check(&token).await;
    assert_eq!(checked.is(200).json()["user"]["login"], "octocat");
    let grants = stage.octocat.get("/applications/grants").await.json();
    assert_eq!(grants[0]["app"]["client_id"], stage.app.client_id);
    assert_eq!(
        grants[0]["scopes"],
        serde_json::json!(["repo", "user:email"])
    );
}

#[tokio::test]
async fn sec_s38_a_replayed_code_revokes_what_it_made() {
    let stage = Stage::new().await;
    let other = token_in(&stage.redeem(&stage.code("repo").await).await);
    let code = stage.code("repo").await;
    let token = token_in(&stage.redeem(&code).await);
    assert!(stage.works(&token).await);
    says(&stage.redeem(&code).await, "bad_verification_code");
    assert!(
        !stage.works(&token).await,
        "the token of a replayed code lives"
    );
    assert!(stage.works(&other).await, "only that of this code ends");
    says(&stage.redeem(&code).await, "bad_verification_code");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sec_s38_two_hundred_redemptions_of_one_code_make_one_token() {
    const CALLERS: usize = 200;
    let stage = Stage::new().await;
    let code = stage.code("repo").await;
    let body = form(&stage.redemption(&code));
    let tasks = (0..CALLERS).map(|_| {
        let (client, body) = (stage.anyone(), body.clone());
        tokio::spawn(async move { client.post(TOKEN, body.as_str()).await })
    });
    let answers: Vec<_> = join_all(tasks)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let issued: Vec<String> = answers
        .iter()
        .filter_map(|answer| read(answer.is(200)).remove("access_token"))
        .collect();
    assert_eq!(issued.len(), 1, "one code, one token");
    for answer in &answers {
        if !answer.text().contains("access_token") {
            says(answer, "bad_verification_code");
        }
    }
    // The other 199 were replays.
    assert!(!stage.works(&issued[0]).await);
    let left = stage.octocat.get("/authorizations").await.json();
    assert_eq!(left.as_array().map(Vec::len), Some(0));
}

#[tokio::test]
async fn sec_s38_a_code_is_bound_to_its_app_and_a_stranger_burns_nothing() {
    let stage = Stage::new().await;
    let foreign = stage.t.app("foreign").await;
    let code = stage.code("repo").await;
    for (client_id, secret, error) in [
        (
            &foreign.client_id,
            foreign.secret.as_str(),
            "bad_verification_code",
        ),
        (
            &stage.app.client_id,
            foreign.secret.as_str(),
            "incorrect_client_credentials",
        ),
        (&stage.app.client_id, "", "incorrect_client_credentials"),
        (
            &foreign.client_id,
            stage.app.secret.as_str(),
            "incorrect_client_credentials",
        ),
    ] {
        let pairs = [
            ("client_id", client_id.as_str()),
            ("client_secret", secret),
            ("code", &code),
        ];
        says(&stage.ask(&pairs).await, error);
    }
    // Nor does it revoke, once the code is used.
    let token = token_in(&stage.redeem(&code).await);
    let pairs = [("client_id", stage.app.client_id.as_str()), ("code", &code)];
    says(&stage.ask(&pairs).await, "incorrect_client_credentials");
    let pairs = [
        ("client_id", foreign.client_id.as_str()),
        ("client_secret", &foreign.secret),
        ("code", &code),
    ];
    says(&stage.ask(&pairs).await, "bad_verification_code");
    assert!(
        stage.works(&token).await,
        "a leaked code alone revokes nothing"
    );
}

#[tokio::test]
async fn sec_s38_a_code_is_bound_to_where_it_was_sent() {
    let stage = Stage::new().await;
    let code = stage
        .code_for(&stage.app, |request| {
            request.redirect_uri = Some(CALLBACK.to_owned());
        })
        .await;
    for wrong in [
        "http://my-github-app.com/callback/",
        "http://my-github-app.com/CALLBACK",
        "x",
    ] {
        let mut pairs = stage.redemption(&code);
        pairs.push(("redirect_uri", wrong));
        says(&stage.ask(&pairs).await, "redirect_uri_mismatch");
    }
    let mut pairs = stage.redemption(&code);
    pairs.push(("redirect_uri", CALLBACK));
    assert!(stage.works(&token_in(&stage.ask(&pairs).await)).await);
}

#[tokio::test]
async fn sec_s38_a_code_ends_after_ten_minutes_and_still_betrays_its_replay() {
    let stage = Stage::new().await;
    let (late, early) = (stage.code("").await, stage.code("").await);
    stage.t.clock.advance(599);
    let token = token_in(&stage.redeem(&early).await);
    stage.t.clock.advance(1);
    says(&stage.redeem(&late).await, "bad_verification_code");
    assert!(stage.works(&token).await);
}

#[tokio::test]
async fn sec_s38_a_code_ends_with_the_session_it_was_made_under() {
    let stage = Stage::new().await;
    let used = stage.code("").await;
    let token = token_in(&stage.redeem(&used).await);
    let code = stage.code("").await;
    let stamp = Stamp::operator(stage.t.clock.now());
    let store = &stage.t.authority.store;
    let octocat = stage.octocat.id;
    let ended = store.end_sessions(octocat, None, stamp).await;
    assert!(ended.expect("a store") > 0);
    says(&stage.redeem(&code).await, "bad_verification_code");
    assert!(stage.works(&token).await, "a token is no session");
}

#[tokio::test]
async fn sec_s21_a_code_ends_with_the_grant_and_does_not_return_with_a_new_one() {
    let stage = Stage::new().await;
    let code = stage.code("repo").await;
    stage.end_grants().await;
    says(&stage.redeem(&code).await, "bad_verification_code");
    let _ = stage.code("repo").await;
    says(&stage.redeem(&code).await, "bad_verification_code");
}

#[tokio::test]
async fn a_suspended_app_or_user_gets_nothing() {
    let stage = Stage::new().await;
    let (first, second) = (stage.code("").await, stage.code("").await);
    stage.t.suspend(&stage.octocat, true).await;
    says(&stage.redeem(&first).await, "bad_verification_code");
    stage.t.suspend(&stage.octocat, false).await;
    says(&stage.redeem(&first).await, "bad_verification_code");
    let third = stage.code("").await;
    let store = &stage.t.authority.store;
    let stamp = || Stamp::operator(stage.t.clock.now());
    let suspended = store.set_app_suspended(stage.app.id, true, stamp()).await;
    assert!(suspended.expect("a store"));
    says(&stage.redeem(&third).await, "incorrect_client_credentials");
    let restored = store.set_app_suspended(stage.app.id, false, stamp()).await;
    assert!(restored.expect("a store"));
    says(&stage.redeem(&second).await, "bad_verification_code");
}

#[tokio::test]
async fn an_old_secret_works_as_long_as_it_overlaps() {
    let stage = Stage::new().await;
    let fresh = grantd_core::secret::Secret::new("a fresh secret".to_owned());
    let now = stage.t.clock.now();
    let store = &stage.t.authority.store;
    let rotated = store
        .rotate_app_secret(
            stage.app.id,
            fresh.hash(),
            Some(now.plus(60)),
            Stamp::operator(now),
        )
        .await;
    assert!(rotated.expect("a store"));
    let code = stage.code("").await;
    assert!(stage.works(&token_in(&stage.redeem(&code).await)).await);
    stage.t.clock.advance(60);
    let code = stage.code("").await;
    says(&stage.redeem(&code).await, "incorrect_client_credentials");
    let pairs = [
        ("client_id", stage.app.client_id.as_str()),
        ("client_secret", "a fresh secret"),
        ("code", &code),
    ];
    let token = token_in(&stage.ask(&pairs).await);
    stage
        .t
        .anyone()
        .with_token(&token)
        .get("/user")
        .await
        .is(200);
}

#[tokio::test]
async fn the_rule_of_ten_tokens_holds_for_codes() {
    let stage = Stage::new().await;
    let mut tokens = Vec::new();
    for _ in 0..11 {
        tokens.push(token_in(&stage.redeem(&stage.code("repo").await).await));
    }
    assert!(!stage.works(&tokens[0]).await, "the oldest made room");
    assert!(stage.works(&tokens[1]).await && stage.works(&tokens[10]).await);
}
