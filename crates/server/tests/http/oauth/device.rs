//! Devices without a browser: waiting, haste, and what a code is bound to.

use grantd_core::app::AppEdit;
use grantd_core::device_flow::DeviceRefusal;

use super::{DEVICE, DEVICE_GRANT, Stage, form, read, says, token_in};

#[tokio::test]
async fn a_device_waits_and_gets_its_token_once() {
    let stage = Stage::new().await;
    let (device_code, user_code) = stage.device("repo gist").await;
    says(&stage.poll(&device_code).await, "authorization_pending");
    stage.decide(&user_code, true).await;
    stage.t.clock.advance(5);
    let answer = stage.poll(&device_code).await;
    assert_eq!(read(&answer)["scope"], "repo,gist");
    let token = token_in(&answer);
    assert!(stage.works(&token).await);
    stage.t.clock.advance(5);
    says(&stage.poll(&device_code).await, "incorrect_device_code");
    assert!(stage.works(&token).await, "a repeated poll is no replay");
}

#[tokio::test]
async fn sec_s43_haste_is_told_and_adds_up() {
    let stage = Stage::new().await;
    let (device_code, user_code) = stage.device("repo").await;
    says(&stage.poll(&device_code).await, "authorization_pending");
    for expected in ["10", "15", "20"] {
        let answer = stage.poll(&device_code).await;
        says(&answer, "slow_down");
        assert_eq!(read(&answer)["interval"], expected);
    }
    stage.t.clock.advance(19);
    assert_eq!(read(&stage.poll(&device_code).await)["interval"], "25");
    stage.t.clock.advance(25);
    says(&stage.poll(&device_code).await, "authorization_pending");
    stage.decide(&user_code, true).await;
    stage.t.clock.advance(25);
    assert!(
        stage
            .works(&token_in(&stage.poll(&device_code).await))
            .await
    );
}

#[tokio::test]
async fn sec_s43_a_device_code_is_bound_to_its_app() {
    let stage = Stage::new().await;
    let foreign = stage.t.app("foreign").await;
    let (device_code, user_code) = stage.device("repo").await;
    stage.decide(&user_code, true).await;
    let poll = |id: String| {
        let device_code = device_code.clone();
        let stage = &stage;
        async move {
            let pairs = [
                ("client_id", id.as_str()),
                ("device_code", &device_code),
                ("grant_type", DEVICE_GRANT),
            ];
            stage.ask(&pairs).await
        }
    };
    says(
        &poll(foreign.client_id.clone()).await,
        "incorrect_device_code",
    );
    says(
        &poll("nobody".to_owned()).await,
        "incorrect_client_credentials",
    );
    says(&poll(String::new()).await, "incorrect_client_credentials");
    assert!(
        stage
            .works(&token_in(&stage.poll(&device_code).await))
            .await
    );
}

#[tokio::test]
async fn sec_s43_polling_guesses_finds_nothing_and_says_nothing() {
    let stage = Stage::new().await;
    let (device_code, _) = stage.device("repo").await;
    for guess in 0..200 {
        let mut wrong = device_code.clone();
        let at = guess % wrong.len();
        let digit = if wrong.as_bytes()[at] == b'0' {
            "1"
        } else {
            "0"
        };
        wrong.replace_range(at..=at, digit);
        says(&stage.poll(&wrong).await, "incorrect_device_code");
    }
    for no_code in [
        "",
        "x",
        &"f".repeat(4_000),
        "'; DROP TABLE device_codes; --",
        "\0",
    ] {
        says(&stage.poll(no_code).await, "incorrect_device_code");
    }
    // Guesses at others' codes do not hurry the right one.
    says(&stage.poll(&device_code).await, "authorization_pending");
}

#[tokio::test]
async fn sec_s43_ten_wrong_user_codes_an_hour_and_no_more() {
    let stage = Stage::new().await;
    let who = stage.browser(&stage.octocat).await;
    let (_, user_code) = stage.device("repo").await;
    let authority = &stage.t.authority;
    for number in 0..10 {
        let guess = format!("BBBB-{:0>4}", number).replace(|c: char| c.is_ascii_digit(), "C");
        let refused = authority.find_device(&guess, &who, &stage.caller()).await;
        assert!(
            matches!(refused, Err(DeviceRefusal::UnknownCode)),
            "{number}"
        );
    }
    let refused = authority
        .find_device(&user_code, &who, &stage.caller())
        .await;
    assert!(
        matches!(refused, Err(DeviceRefusal::TooManyWrongCodes)),
        "even the right one"
    );
    stage.t.clock.advance(3_600);
    let (_, user_code) = stage.device("repo").await;
    assert!(
        authority
            .find_device(&user_code, &who, &stage.caller())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn sec_s43_device_codes_are_limited_per_address() {
    let stage = Stage::new().await;
    let body = form(&[("client_id", stage.app.client_id.as_str())]);
    let mut given = 0;
    while stage.anyone().post(DEVICE, body.as_str()).await.status == 200 {
        given += 1;
        assert!(given < 1_000, "no limit");
    }
    assert!(given >= 100, "{given}: a classroom behind one address");
    let elsewhere = stage.anyone().from("198.51.100.7");
    elsewhere.post(DEVICE, body.as_str()).await.is(200);
}

#[tokio::test]
async fn a_device_code_ends_after_a_quarter_of_an_hour_or_with_a_no() {
    let stage = Stage::new().await;
    let (first, _) = stage.device("repo").await;
    let (second, user_code) = stage.device("repo").await;
    stage.decide(&user_code, false).await;
    says(&stage.poll(&second).await, "access_denied");
    stage.t.clock.advance(900);
    says(&stage.poll(&first).await, "expired_token");
}

#[tokio::test]
async fn sec_s21_an_approval_ends_with_the_grant() {
    let stage = Stage::new().await;
    let (device_code, user_code) = stage.device("repo").await;
    stage.decide(&user_code, true).await;
    stage.end_grants().await;
    let answer = stage.poll(&device_code).await;
    says(&answer, "incorrect_device_code");
}

#[tokio::test]
async fn a_secret_is_not_needed_and_right_if_it_comes() {
    let stage = Stage::new().await;
    let (device_code, user_code) = stage.device("repo").await;
    stage.decide(&user_code, true).await;
    let with = |secret: &'static str| {
        [
            ("client_id".to_owned(), stage.app.client_id.clone()),
            ("client_secret".to_owned(), secret.to_owned()),
            ("device_code".to_owned(), device_code.clone()),
            ("grant_type".to_owned(), DEVICE_GRANT.to_owned()),
        ]
    };
    let wrong = with("wrong");
    let pairs: Vec<(&str, &str)> = wrong
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    says(&stage.ask(&pairs).await, "incorrect_client_credentials");
    let basic = stage
        .anyone()
        .with_basic(&stage.app.client_id, &stage.app.secret);
    let body = form(&[("device_code", &device_code), ("grant_type", DEVICE_GRANT)]);
    let answer = basic.post(super::TOKEN, body.as_str()).await;
    assert!(stage.works(&token_in(&answer)).await);
}

#[tokio::test]
async fn sec_s22_a_device_gets_no_more_than_its_app_may_have() {
    let stage = Stage::new().await;
    let (device_code, user_code) = stage.device("repo user").await;
    stage.decide(&user_code, true).await;
    let allowed = stage.t.authority.scopes.requested("read:user gist");
    stage
        .edit(AppEdit {
            allowed_scopes: Some(Some(allowed)),
            ..AppEdit::default()
        })
        .await;
    let answer = stage.poll(&device_code).await;
    assert_eq!(read(&answer)["scope"], "");
}
