//! Proof keys: S256 or nothing, and no way down.

use super::{Stage, says, token_in};
use crate::support::OAuthApp;

/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

impl Stage {
    async fn challenged(&self, app: &OAuthApp) -> String {
        self.code_for(app, |request| {
            request.code_challenge = Some(CHALLENGE.to_owned());
            request.code_challenge_method = Some("S256".to_owned());
        })
        .await
    }
}

#[tokio::test]
async fn sec_s39_a_challenge_wants_its_verifier() {
    let stage = Stage::new().await;
    let code = stage.challenged(&stage.app).await;
    says(&stage.redeem(&code).await, "bad_verification_code");
    let long = "a".repeat(129);
    for wrong in [
        "",
        "x",
        CHALLENGE,
        &VERIFIER[1..],
        &long,
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk=",
    ] {
        let mut pairs = stage.redemption(&code);
        pairs.push(("code_verifier", wrong));
        says(&stage.ask(&pairs).await, "bad_verification_code");
    }
    let mut pairs = stage.redemption(&code);
    pairs.push(("code_verifier", VERIFIER));
    assert!(
        stage.works(&token_in(&stage.ask(&pairs).await)).await,
        "and none of it used the code"
    );
}

#[tokio::test]
async fn sec_s39_a_verifier_without_a_challenge_is_a_downgrade() {
    let stage = Stage::new().await;
    let code = stage.code("repo").await;
    let mut pairs = stage.redemption(&code);
    pairs.push(("code_verifier", VERIFIER));
    says(&stage.ask(&pairs).await, "bad_verification_code");
    assert!(stage.works(&token_in(&stage.redeem(&code).await)).await);
}

#[tokio::test]
async fn sec_s39_an_app_without_a_secret_is_proved_by_its_verifier() {
    let stage = Stage::new().await;
    let public = stage.t.public_app("on-my-machine").await;
    let code = stage.challenged(&public).await;
    let id = ("client_id", public.client_id.as_str());
    let bare = [id, ("code", code.as_str())];
    says(&stage.ask(&bare).await, "bad_verification_code");
    let with_secret = [
        &bare[..],
        &[("client_secret", "x"), ("code_verifier", VERIFIER)],
    ]
    .concat();
    says(
        &stage.ask(&with_secret).await,
        "incorrect_client_credentials",
    );
    let right = [&bare[..], &[("code_verifier", VERIFIER)]].concat();
    let token = token_in(&stage.ask(&right).await);
    stage
        .t
        .anyone()
        .with_token(&token)
        .get("/user")
        .await
        .is(200);
    // A replay by whoever has code and verifier revokes; by the code alone, nothing.
    says(&stage.ask(&bare).await, "bad_verification_code");
    stage
        .t
        .anyone()
        .with_token(&token)
        .get("/user")
        .await
        .is(200);
    says(&stage.ask(&right).await, "bad_verification_code");
    stage
        .t
        .anyone()
        .with_token(&token)
        .get("/user")
        .await
        .is(401);
}
