//! Too many wrong passwords.

use crate::support::{Answer, Client, TestApp};

const LOCKED: &str = "Maximum number of login attempts exceeded. Please try again later.";

async fn fail(client: &Client, times: usize) {
    for _ in 0..times {
        client
            .get("/authorizations")
            .await
            .refuses(401, "Bad credentials");
    }
}

#[track_caller]
fn is_locked(answer: &Answer) {
    answer.refuses(403, LOCKED);
}

#[tokio::test]
async fn ten_wrong_passwords_lock_the_pair_for_five_minutes() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    fail(&octocat.with_wrong_password(), 10).await;
    is_locked(&octocat.get("/authorizations").await);
    is_locked(&octocat.get("/user").await);
    is_locked(&octocat.get("/nowhere").await);
    t.clock.advance(299);
    is_locked(&octocat.get("/authorizations").await);
    t.clock.advance(1);
    octocat.get("/authorizations").await.is(200);
}

#[tokio::test]
async fn other_addresses_and_other_logins_are_not_locked() {
    let t = TestApp::new().await;
    let (octocat, hubot) = (t.user("octocat").await, t.user("hubot").await);
    fail(&octocat.with_wrong_password(), 10).await;
    is_locked(&octocat.get("/authorizations").await);
    octocat
        .from("198.51.100.7")
        .get("/authorizations")
        .await
        .is(200);
    hubot.get("/authorizations").await.is(200);
}

#[tokio::test]
async fn one_ipv6_network_counts_as_one_address() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    for host in 1..=10 {
        let client = octocat
            .with_wrong_password()
            .from(&format!("2001:db8:0:1::{host}"));
        client.get("/authorizations").await.is(401);
    }
    is_locked(
        &octocat
            .from("2001:db8:0:1:ffff::9")
            .get("/authorizations")
            .await,
    );
    octocat
        .from("2001:db8:0:2::1")
        .get("/authorizations")
        .await
        .is(200);
}

#[tokio::test]
async fn sec_s07_unknown_logins_are_locked_alike() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let nobody = t.anyone().with_basic("nobody", "x");
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for _ in 0..12 {
        known.push(
            octocat
                .with_wrong_password()
                .get("/authorizations")
                .await
                .as_seen(),
        );
        unknown.push(nobody.get("/authorizations").await.as_seen());
    }
    assert_eq!(known, unknown);
    assert_eq!(known[9].0, 401);
    assert_eq!(known[10].0, 403);
}

#[tokio::test]
async fn sec_s06_all_spellings_of_a_login_are_one() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    for spelling in [
        "octocat",
        "OCTOCAT",
        "OctoCat",
        " octocat ",
        "ｏｃｔｏｃａｔ",
    ] {
        fail(&t.anyone().with_basic(spelling, "wrong"), 2).await;
        t.anyone()
            .with_basic(spelling, &octocat.password)
            .from("198.51.100.1")
            .get("/user")
            .await
            .is(200);
    }
    is_locked(&octocat.get("/authorizations").await);
}

#[tokio::test]
async fn an_email_address_signs_in_like_the_login() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let by_email = t
        .anyone()
        .with_basic("Octocat@example.com", &octocat.password);
    assert_eq!(
        by_email.get("/user").await.is(200).json()["login"],
        "octocat"
    );
}

#[tokio::test]
async fn a_success_clears_and_a_right_password_without_code_does_not() {
    let t = TestApp::new().await;
    let (octocat, monalisa) = (t.user("octocat").await, t.user_with_otp("monalisa").await);
    for _ in 0..3 {
        fail(&octocat.with_wrong_password(), 9).await;
        octocat.get("/authorizations").await.is(200);
    }
    fail(&monalisa.with_wrong_password(), 9).await;
    monalisa.get("/authorizations").await.is(401);
    fail(&monalisa.with_wrong_password(), 1).await;
    is_locked(&monalisa.with_code().get("/authorizations").await);
}

#[tokio::test]
async fn wrong_codes_count_as_wrong_passwords_do() {
    let t = TestApp::new().await;
    let monalisa = t.user_with_otp("monalisa").await;
    fail(&monalisa.with_wrong_password(), 5).await;
    for _ in 0..5 {
        monalisa
            .with_otp(&monalisa.wrong_code())
            .get("/authorizations")
            .await
            .is(401);
    }
    is_locked(&monalisa.with_code().get("/authorizations").await);
}

#[tokio::test]
async fn apps_are_never_locked_and_lock_nobody() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let token = octocat.token_of(&app).await.token();
    let wrong = app.with_basic(&app.client_id, "wrong");
    for _ in 0..30 {
        wrong
            .get(&app.path(&token))
            .await
            .refuses(401, "Bad credentials");
    }
    app.check(&token).await.is(200);
    octocat.get("/authorizations").await.is(200);
}

#[tokio::test]
async fn where_apps_are_expected_nobody_is_told_of_a_lockout() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let wrong = octocat.with_wrong_password();
    for _ in 0..12 {
        wrong
            .get(&app.path("x"))
            .await
            .refuses(401, "Bad credentials");
    }
    is_locked(&octocat.get("/authorizations").await);
}

#[tokio::test]
async fn a_hundred_wrong_passwords_from_everywhere_shut_out_new_addresses_only() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    octocat.get("/authorizations").await.is(200);
    for attempt in 0..100 {
        let from = format!("198.51.{}.{}", attempt / 9, attempt % 9);
        octocat
            .with_wrong_password()
            .from(&from)
            .get("/authorizations")
            .await
            .is(401);
    }
    let stranger = octocat.from("203.0.113.1").get("/authorizations").await;
    stranger.is(429);
    assert!(stranger.header("retry-after").is_some());
    octocat.get("/authorizations").await.is(200);
}

#[tokio::test]
async fn a_full_hashing_queue_is_503_for_known_and_unknown_logins_alike() {
    let t = TestApp::with(|setup| setup.pool.queue = 0).await;
    let octocat = t.user("octocat").await;
    let known = octocat.with_wrong_password().get("/authorizations").await;
    let unknown = t
        .anyone()
        .with_basic("nobody", "x")
        .get("/authorizations")
        .await;
    known.refuses(503, "Service unavailable");
    assert_eq!(known.header("retry-after"), Some("1"));
    assert_eq!(
        known.as_seen(),
        unknown.as_seen(),
        "a hash is made for both"
    );
}

#[tokio::test]
async fn sec_s05_parallel_guesses_cannot_exceed_the_limit() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let guesses = (0..100).map(|guess| {
        let client = t.anyone().with_basic("octocat", &format!("guess {guess}"));
        async move { client.get("/authorizations").await }
    });
    let answers = futures_util::future::join_all(guesses).await;
    let judged = answers.iter().filter(|answer| answer.status == 401).count();
    assert_eq!(judged, 10);
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer.status, 401 | 403))
    );
    is_locked(&octocat.get("/authorizations").await);
}
