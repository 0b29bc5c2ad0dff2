//! Two users, two apps: what is another's looks like what does not exist.

use http::Method;
use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn sec_s24_another_users_id_looks_and_works_like_a_missing_one() {
    let t = TestApp::new().await;
    let (octocat, hubot) = (t.user("octocat").await, t.user("hubot").await);
    let app = t.app("ci").await;
    let authorization = octocat.token_of(&app).await.id();
    let grant = octocat.get("/applications/grants").await.json()[0]["id"]
        .as_i64()
        .unwrap();
    // The day's first sign-in notes its address.
    hubot.get("/user").await.is(200);
    for (base, id, methods) in [
        (
            "/authorizations",
            authorization,
            vec![
                Method::GET,
                Method::HEAD,
                Method::PATCH,
                Method::POST,
                Method::DELETE,
            ],
        ),
        (
            "/applications/grants",
            grant,
            vec![Method::GET, Method::HEAD, Method::DELETE],
        ),
    ] {
        for method in methods {
            let mut seen = Vec::new();
            for id in [id, 999_999, i64::MAX] {
                let _ = t.store.take();
                let answer = hubot
                    .send(method.clone(), &format!("{base}/{id}"), r#"{"note":"x"}"#)
                    .await;
                seen.push((answer.is(404).as_seen(), t.store.take()));
            }
            assert_eq!(seen[0], seen[1], "{method} {base}");
            assert_eq!(seen[0], seen[2], "{method} {base}");
            // What is no id at all is refused alike, with less work.
            for id in ["x", "0", "-1", "1.5", "99999999999999999999999", "%31%00"] {
                let answer = hubot
                    .send(method.clone(), &format!("{base}/{id}"), r#"{"note":"x"}"#)
                    .await;
                assert_eq!(answer.as_seen(), seen[0].0, "{method} {base}/{id}");
            }
        }
    }
    octocat
        .get(&format!("/authorizations/{authorization}"))
        .await
        .is(200);
}

#[tokio::test]
async fn sec_s26_another_apps_token_looks_like_none() {
    let t = TestApp::new().await;
    let (octocat, ours, theirs) = (
        t.user("octocat").await,
        t.app("ours").await,
        t.app("theirs").await,
    );
    let foreign = octocat.token_of(&theirs).await.token();
    let personal = octocat.personal_token("n").await.token();
    let revoked = octocat.token_of(&ours).await.token();
    ours.revoke(&revoked).await.is(204);
    let unknown = "gtp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17";
    for (method, place) in [
        (Method::GET, "tokens"),
        (Method::HEAD, "tokens"),
        (Method::POST, "tokens"),
        (Method::DELETE, "tokens"),
        (Method::DELETE, "grants"),
    ] {
        let ask = async |token: &str| {
            let path = format!("/applications/{}/{place}/{token}", ours.client_id);
            ours.send(method.clone(), &path, "").await.is(404).as_seen()
        };
        let none = ask(unknown).await;
        for token in [
            &foreign, &personal, &revoked, "nonsense", "%00", "%ff", "a%2fb",
        ] {
            assert_eq!(ask(token).await, none, "{method} {place} {token}");
        }
    }
    for (method, place) in [
        (Method::POST, "token"),
        (Method::PATCH, "token"),
        (Method::DELETE, "token"),
        (Method::DELETE, "grant"),
        (Method::POST, "token/scoped"),
    ] {
        let none = ours.ask(method.clone(), place, unknown).await;
        for token in [
            &foreign, &personal, &revoked, "nonsense", "", "\0", "a/b", "é",
        ] {
            let answer = ours.ask(method.clone(), place, token).await;
            assert_eq!(answer.is(404).as_seen(), none.as_seen(), "{method} {place}");
        }
    }
    theirs.check(&foreign).await.is(200);
}

#[tokio::test]
async fn sec_s26_an_app_speaks_for_its_own_client_id_only() {
    let t = TestApp::new().await;
    let (octocat, ours, theirs) = (
        t.user("octocat").await,
        t.app("ours").await,
        t.app("theirs").await,
    );
    let token = octocat.token_of(&theirs).await.token();
    let foreign = ours.get(&theirs.path(&token)).await;
    let missing = ours
        .get(&format!(
            "/applications/0123456789abcdef0123/tokens/{token}"
        ))
        .await;
    foreign.refuses(404, "Not Found");
    assert_eq!(foreign.as_seen(), missing.as_seen());
    ours.delete(&format!("/applications/{}/tokens", ours.client_id))
        .await
        .refuses(404, "Not Found");
}

#[tokio::test]
async fn lists_hold_ones_own_records_only() {
    let t = TestApp::new().await;
    let (octocat, hubot, app) = (
        t.user("octocat").await,
        t.user("hubot").await,
        t.app("ci").await,
    );
    octocat.token_of(&app).await.is(201);
    octocat.personal_token("mine").await.is(201);
    hubot.token_of(&app).await.is(201);
    assert_eq!(
        octocat
            .get("/authorizations")
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        hubot
            .get("/authorizations")
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        hubot
            .get("/applications/grants")
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    hubot
        .post("/authorizations", json!({ "note": "mine" }))
        .await
        .is(201);
}

#[tokio::test]
async fn a_users_password_is_no_apps_secret_and_the_other_way_round() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let token = octocat.token_of(&app).await.token();
    octocat
        .get(&app.path(&token))
        .await
        .refuses(404, "Not Found");
    t.anyone()
        .with_token(&token)
        .get(&app.path(&token))
        .await
        .refuses(404, "Not Found");
    app.get("/authorizations")
        .await
        .refuses(401, "Bad credentials");
    app.get("/user").await.refuses(401, "Bad credentials");
}

#[tokio::test]
async fn ids_are_never_used_again() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let mut last = 0;
    for _ in 0..5 {
        let id = octocat.personal_token("n").await.id();
        assert!(id > last);
        last = id;
        octocat
            .delete(&format!("/authorizations/{id}"))
            .await
            .is(204);
    }
}
