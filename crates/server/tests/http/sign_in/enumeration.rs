//! Whether a login exists shows neither in an answer nor in the work behind it.

use crate::support::TestApp;

#[tokio::test]
async fn sec_s07_unknown_login_and_wrong_password_take_the_same_statements_and_answers() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let monalisa = t.user_with_otp("monalisa").await;
    let suspended = t.user("suspended").await;
    t.suspend(&suspended, true).await;
    let clients = [
        octocat.with_wrong_password(),
        monalisa.with_wrong_password(),
        suspended.with_wrong_password(),
        t.anyone().with_basic("nobody", "not the password"),
        t.anyone().with_basic("", "not the password"),
        t.anyone()
            .with_basic("nobody@example.com", "not the password"),
    ];
    let mut seen = Vec::new();
    for client in clients {
        let _ = t.store.take();
        let answer = client.get("/authorizations").await;
        answer.refuses(401, "Bad credentials");
        let asked: Vec<_> = t.store.take().into_iter().collect();
        let steps = [("find_credentials", 1), ("reserve", 1), ("settle", 1)];
        assert_eq!(asked, steps);
        seen.push(answer.as_seen());
    }
    for other in &seen[1..] {
        assert_eq!(*other, seen[0]);
    }
}

#[tokio::test]
async fn a_wrong_app_secret_and_an_unknown_app_look_alike() {
    let t = TestApp::new().await;
    let app = t.app("ci").await;
    let wrong = app
        .with_basic(&app.client_id, "wrong")
        .get(&app.path("x"))
        .await;
    let unknown = app
        .with_basic("0123456789abcdef0123", "wrong")
        .get(&app.path("x"))
        .await;
    wrong.refuses(401, "Bad credentials");
    assert_eq!(wrong.as_seen(), unknown.as_seen());
}

#[tokio::test]
async fn sec_s09_long_passwords_are_refused_before_any_hashing() {
    let t = TestApp::with(|setup| setup.pool.queue = 0).await;
    let octocat = t.user("octocat").await;
    let long = octocat.with_basic("octocat", &"x".repeat(4_097));
    long.get("/authorizations")
        .await
        .refuses(401, "Bad credentials");
}
