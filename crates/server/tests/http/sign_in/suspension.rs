//! A suspended user.

use crate::support::TestApp;

const SUSPENDED: &str = "Sorry. Your account was suspended.";

#[tokio::test]
async fn a_suspended_users_password_and_tokens_are_403_and_apps_see_no_token() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let token = octocat.token_of(&app).await.token();
    let personal = octocat.personal_token("n").await.token();
    t.suspend(&octocat, true).await;
    octocat.get("/authorizations").await.refuses(403, SUSPENDED);
    octocat
        .with_wrong_password()
        .get("/authorizations")
        .await
        .refuses(401, "Bad credentials");
    for token in [&token, &personal] {
        t.anyone()
            .with_token(token)
            .get("/user")
            .await
            .refuses(403, SUSPENDED);
        t.anyone()
            .with_token(token)
            .get("/authorizations")
            .await
            .refuses(403, SUSPENDED);
    }
    app.check(&token).await.refuses(404, "Not Found");
    app.reset(&token).await.refuses(404, "Not Found");
    t.suspend(&octocat, false).await;
    octocat.get("/authorizations").await.is(200);
    app.check(&token).await.is(200);
}

#[tokio::test]
async fn a_suspended_user_with_second_factor_is_not_asked_for_a_code() {
    let t = TestApp::new().await;
    let monalisa = t.user_with_otp("monalisa").await;
    t.suspend(&monalisa, true).await;
    let answer = monalisa.get("/authorizations").await;
    answer.refuses(403, SUSPENDED);
    assert_eq!(answer.header("x-github-otp"), None);
}

#[tokio::test]
async fn sec_s19_a_suspended_apps_tokens_are_dead() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let token = octocat.token_of(&app).await.token();
    let stamp = grantd_core::audit::Stamp::operator(grantd_core::clock::Timestamp(0));
    let store = &t.authority.store;
    assert!(store.set_app_suspended(app.id, true, stamp).await.unwrap());
    app.check(&token).await.refuses(401, "Bad credentials");
    t.anyone()
        .with_token(&token)
        .get("/user")
        .await
        .refuses(401, "Bad credentials");
    let create = octocat.post("/authorizations", app.credentials()).await;
    create.refuses(422, "Invalid OAuth application client_id or secret.");
}
