//! One-time codes.

use serde_json::json;

use crate::support::{Answer, TestApp};

const ASKED: &str = "Must specify two-factor authentication OTP code.";

#[track_caller]
fn asks_for_code(answer: &Answer) {
    answer.refuses(401, ASKED);
    assert_eq!(answer.header("x-github-otp"), Some("required; app"));
}

#[tokio::test]
async fn missing_wrong_and_expired_codes_get_the_identical_answer() {
    let t = TestApp::new().await;
    let monalisa = t.user_with_otp("monalisa").await;
    let expired = monalisa.code();
    t.clock.advance(120);
    let missing = monalisa.get("/authorizations").await;
    asks_for_code(&missing);
    for code in [
        monalisa.wrong_code(),
        expired,
        "nonsense".to_owned(),
        "12345".to_owned(),
    ] {
        let answer = monalisa.with_otp(&code).get("/authorizations").await;
        assert_eq!(answer.as_seen(), missing.as_seen(), "{code}");
    }
    monalisa.with_code().get("/authorizations").await.is(200);
}

#[tokio::test]
async fn a_code_is_asked_for_before_the_body_is_read() {
    let t = TestApp::new().await;
    let monalisa = t.user_with_otp("monalisa").await;
    for body in ["", "{", "[]", r#"{"scopes":1}"#, &"x".repeat(100_000)] {
        asks_for_code(&monalisa.post("/authorizations", body).await);
    }
}

#[tokio::test]
async fn a_code_is_asked_for_with_every_use_of_the_password() {
    let t = TestApp::new().await;
    let monalisa = t.user_with_otp("monalisa").await;
    for path in [
        "/user",
        "/",
        "/meta",
        "/users/monalisa",
        "/nowhere",
        "/applications/grants",
    ] {
        asks_for_code(&monalisa.get(path).await);
    }
    asks_for_code(&monalisa.delete("/authorizations/1").await);
}

#[tokio::test]
async fn sec_s02_a_wrong_password_is_refused_without_the_header_and_a_missing_code_with_it() {
    let t = TestApp::new().await;
    let monalisa = t.user_with_otp("monalisa").await;
    for client in [
        monalisa.with_wrong_password(),
        monalisa.with_wrong_password().with_otp(&monalisa.code()),
        monalisa
            .with_wrong_password()
            .with_otp(&monalisa.wrong_code()),
    ] {
        let answer = client.get("/authorizations").await;
        answer.refuses(401, "Bad credentials");
        assert_eq!(answer.header("x-github-otp"), None);
    }
    asks_for_code(&monalisa.get("/authorizations").await);
}

#[tokio::test]
async fn sec_s02_missing_codes_never_lock_and_their_flood_is_audited_once() {
    let t = TestApp::new().await;
    let monalisa = t.user_with_otp("monalisa").await;
    for _ in 0..70 {
        asks_for_code(&monalisa.get("/authorizations").await);
    }
    monalisa.with_code().get("/authorizations").await.is(200);
    let floods = t.audit().await;
    let floods = floods
        .iter()
        .filter(|action| *action == "two_factor.missing_code_overflow");
    assert_eq!(floods.count(), 1);
}

#[tokio::test]
async fn the_window_is_one_step_each_way() {
    let t = TestApp::new().await;
    t.clock.advance(-18); // 19:47:00, the start of a step
    let monalisa = t.user_with_otp("monalisa").await;
    let code = monalisa.code();
    for (moved, status) in [
        (-31, 401),
        (1, 200),
        (30, 200),
        (30, 200),
        (29, 200),
        (1, 401),
    ] {
        t.clock.advance(moved);
        monalisa
            .with_otp(&code)
            .get("/authorizations")
            .await
            .is(status);
    }
}

#[tokio::test]
async fn a_code_may_be_used_again_from_its_first_address_only() {
    let t = TestApp::new().await;
    let monalisa = t.user_with_otp("monalisa").await;
    let client = monalisa.with_code();
    client.get("/authorizations").await.is(200);
    client
        .post("/authorizations", json!({ "note": "n" }))
        .await
        .is(201);
    asks_for_code(&client.from("198.51.100.7").get("/authorizations").await);
    client.get("/authorizations").await.is(200);
}

#[tokio::test]
async fn sec_s03_the_strict_setting_takes_a_code_once() {
    let t = TestApp::with(|setup| setup.policy.strict_otp = true).await;
    let monalisa = t.user_with_otp("monalisa").await;
    let client = monalisa.with_code();
    client.get("/authorizations").await.is(200);
    asks_for_code(&client.get("/authorizations").await);
    t.clock.advance(30);
    monalisa.with_code().get("/authorizations").await.is(200);
}

#[tokio::test]
async fn sec_s04_a_recovery_code_works_once_and_is_burned_whatever_the_call_comes_to() {
    let t = TestApp::new().await;
    let monalisa = t.user_with_otp("monalisa").await;
    let hubot = t.user_with_otp("hubot").await;
    let [first, second, third] = [0, 1, 2].map(|at| monalisa.recovery_codes[at].clone());
    asks_for_code(&hubot.with_otp(&first).get("/authorizations").await);
    monalisa
        .with_otp(&first)
        .get("/authorizations")
        .await
        .is(200);
    asks_for_code(&monalisa.with_otp(&first).get("/authorizations").await);
    monalisa.with_otp(&second).get("/nowhere").await.is(404);
    asks_for_code(&monalisa.with_otp(&second).get("/authorizations").await);
    monalisa
        .with_otp(&third.to_uppercase().replace('-', ""))
        .get("/authorizations")
        .await
        .is(200);
    let used = t.audit().await;
    let used = used
        .iter()
        .filter(|action| *action == "two_factor.recovery_code_used");
    assert_eq!(used.count(), 3);
}

#[tokio::test]
async fn sec_s04_a_recovery_code_is_single_use_under_a_race() {
    let t = TestApp::with(|setup| setup.throttle.failures = 1_000).await;
    let monalisa = t.user_with_otp("monalisa").await;
    let client = monalisa.with_otp(&monalisa.recovery_codes[0]);
    // Fewer than the twenty codes that may be wrong in an hour.
    let answers =
        futures_util::future::join_all((0..20).map(|_| client.get("/authorizations"))).await;
    let right = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(right, 1);
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer.status, 200 | 401))
    );
}

#[tokio::test]
async fn tokens_and_apps_need_no_code() {
    let t = TestApp::new().await;
    let (monalisa, app) = (t.user_with_otp("monalisa").await, t.app("ci").await);
    let token = monalisa.token_of(&app).await.token();
    t.anyone().with_token(&token).get("/user").await.is(200);
    t.anyone()
        .with_basic("monalisa", &token)
        .get("/user")
        .await
        .is(200);
    app.check(&token).await.is(200);
    app.reset(&token).await.is(200);
}

#[tokio::test]
async fn sec_s05_twenty_wrong_codes_in_an_hour_close_the_user_from_everywhere() {
    let t = TestApp::new().await;
    let monalisa = t.user_with_otp("monalisa").await;
    for attempt in 0..20 {
        let from = format!("198.51.100.{attempt}");
        let wrong = monalisa.with_otp(&monalisa.wrong_code()).from(&from);
        asks_for_code(&wrong.get("/authorizations").await);
    }
    let closed = monalisa
        .with_code()
        .from("203.0.113.1")
        .get("/authorizations")
        .await;
    closed.refuses(
        403,
        "Maximum number of login attempts exceeded. Please try again later.",
    );
    t.clock.advance(3_600);
    monalisa.with_code().get("/authorizations").await.is(200);
}
