//! Tokens that an app ends itself (RFC 7009).

use serde_json::json;

use super::introspection::{expiring, is_kept_by_nobody, is_no_client, strangers};
use super::{REVOKE, Stage, form, says};
use crate::support::{Answer, OAuthApp};

async fn revoke(app: &OAuthApp, token: &str) -> Answer {
    let answer = app.post(REVOKE, form(&[("token", token)]).as_str()).await;
    is_kept_by_nobody(&answer);
    answer
}

#[tokio::test]
async fn an_app_ends_its_own_token_and_the_grant_stays() {
    let stage = Stage::new().await;
    let token = stage.octocat.token_of(&stage.app).await.token();
    let other = stage.octocat.token_of(&stage.app).await.token();
    let answer = revoke(&stage.app, &token).await;
    assert_eq!(answer.is(200).text(), "");
    assert_eq!(answer.header("content-length"), Some("0"));
    assert!(!stage.works(&token).await && stage.works(&other).await);
    let grants = stage.octocat.get("/applications/grants").await.json();
    assert_eq!(grants.as_array().map(Vec::len), Some(1));
    let trail = stage.t.audit().await;
    assert_eq!(
        trail.last().map(String::as_str),
        Some("oauth_access.revoke")
    );
}

#[tokio::test]
async fn sec_s26_anothers_token_and_none_at_all_are_the_same_and_stay() {
    let stage = Stage::new().await;
    let foreign = stage.t.app("foreign").await;
    let (access, refresh) = expiring(&stage).await;
    let others = stage.octocat.token_of(&foreign).await.token();
    let personal = stage.octocat.personal_token("n").await.token();
    let before = stage.t.audit().await;
    let nothing = revoke(&stage.app, "gto_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17").await;
    assert_eq!(nothing.is(200).text(), "");
    for (app, token) in [
        (&stage.app, others.as_str()),
        (&stage.app, &personal),
        (&stage.app, "nonsense"),
        (&foreign, &access),
        (&foreign, &refresh),
    ] {
        let answer = revoke(app, token).await;
        assert_eq!(answer.as_seen(), nothing.as_seen(), "{token}");
    }
    assert_eq!(stage.t.audit().await, before);
    assert!(stage.works(&access).await);
    foreign.check(&others).await.is(200);
    let user = stage.t.anyone().with_token(&personal).get("/user").await;
    user.is(200);
    // It says the same of what it did end.
    assert_eq!(revoke(&foreign, &others).await.as_seen(), nothing.as_seen());
    foreign.check(&others).await.is(404);
}

#[tokio::test]
async fn a_refresh_token_takes_its_family_along_and_an_access_token_its_refresh_token() {
    let stage = Stage::new().await;
    let refreshed = async |token: &str| {
        let pairs = [
            ("client_id", stage.app.client_id.as_str()),
            ("client_secret", &stage.app.secret),
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
        ];
        stage.ask(&pairs).await
    };
    let (access, refresh) = expiring(&stage).await;
    revoke(&stage.app, &refresh).await.is(200);
    assert!(!stage.works(&access).await);
    says(&refreshed(&refresh).await, "bad_refresh_token");
    let (access, refresh) = expiring(&stage).await;
    revoke(&stage.app, &access).await.is(200);
    assert!(!stage.works(&access).await);
    says(&refreshed(&refresh).await, "bad_refresh_token");
}

#[tokio::test]
async fn a_public_app_proves_itself_by_its_name_and_the_token() {
    let stage = Stage::new().await;
    let phone = stage.t.public_app("phone").await;
    let with =
        async |pairs: &[(&str, &str)]| stage.anyone().post(REVOKE, form(pairs).as_str()).await;
    let code = stage
        .code_for(&phone, |request| {
            request.code_challenge = Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned());
            request.code_challenge_method = Some("S256".to_owned());
        })
        .await;
    let redemption = [
        ("client_id", phone.client_id.as_str()),
        ("code", &code),
        (
            "code_verifier",
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        ),
    ];
    let token = super::token_in(&stage.ask(&redemption).await);
    let works = async || {
        let user = stage.t.anyone().with_token(&token).get("/user").await;
        user.status == 200
    };
    assert!(works().await);
    let (id, token_pair) = (phone.client_id.as_str(), ("token", token.as_str()));
    let guess = [("client_id", id), ("client_secret", "x"), token_pair];
    is_no_client("a guessed secret", &with(&guess).await, false);
    let confidential = [("client_id", stage.app.client_id.as_str()), token_pair];
    is_no_client("no secret", &with(&confidential).await, false);
    assert!(works().await);
    with(&[("client_id", id), token_pair]).await.is(200);
    assert!(!works().await);
}

#[tokio::test]
async fn sec_s26_who_is_not_proved_to_be_an_app_ends_nothing() {
    let stage = Stage::new().await;
    let token = stage.octocat.token_of(&stage.app).await.token();
    for (what, client) in strangers(&stage).await {
        for pairs in [vec![("token", token.as_str())], vec![]] {
            let answer = client.post(REVOKE, form(&pairs).as_str()).await;
            is_no_client(what, &answer, what != "nobody");
        }
    }
    assert!(stage.works(&token).await);
}

#[tokio::test]
async fn sec_s20_what_was_ended_does_not_come_back_with_its_owner() {
    let stage = Stage::new().await;
    let token = stage.octocat.token_of(&stage.app).await.token();
    stage.t.suspend(&stage.octocat, true).await;
    revoke(&stage.app, &token).await.is(200);
    stage.t.suspend(&stage.octocat, false).await;
    assert!(!stage.works(&token).await);
}

#[tokio::test]
async fn sec_s35_the_token_to_end_stands_in_the_body() {
    let stage = Stage::new().await;
    let token = stage.octocat.token_of(&stage.app).await.token();
    let in_query = format!("{REVOKE}?token={token}");
    for body in ["", "token=", "token_type_hint=access_token"] {
        let answer = stage.app.post(&in_query, body).await;
        assert_eq!(answer.is(400).json()["error"], "invalid_request");
    }
    let answer = stage.app.get(&in_query).await;
    assert_eq!(answer.is(405).header("allow"), Some("POST, OPTIONS"));
    assert!(stage.works(&token).await);
    let in_json = json!({ "token": token, "token_type_hint": "nonsense" });
    stage.app.post(REVOKE, in_json).await.is(200);
    assert!(!stage.works(&token).await);
}

#[tokio::test]
async fn sec_s20_nothing_is_said_to_be_ended_that_is_not() {
    let stage = Stage::new().await;
    let token = stage.octocat.token_of(&stage.app).await.token();
    stage.t.authority.store.close().await;
    let body = form(&[("token", &token)]);
    stage.app.post(REVOKE, body.as_str()).await.is(503);
}
