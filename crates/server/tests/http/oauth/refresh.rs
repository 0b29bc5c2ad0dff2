//! Tokens that end, and the ones that follow.

use std::collections::BTreeMap;

use grantd_core::app::AppEdit;

use super::{Stage, read, says};
use crate::support::Answer;

struct Pair {
    access: String,
    refresh: String,
}

fn pair(answer: &Answer) -> Pair {
    let mut found: BTreeMap<String, String> = read(answer.is(200));
    assert_eq!(found["expires_in"], "28800", "{}", answer.text());
    Pair {
        access: found.remove("access_token").expect("a token"),
        refresh: found.remove("refresh_token").expect("a refresh token"),
    }
}

async fn stage() -> (Stage, Pair) {
    let stage = Stage::new().await;
    stage
        .edit(AppEdit {
            expiring_tokens: Some(true),
            ..AppEdit::default()
        })
        .await;
    let code = stage.code("repo").await;
    let first = pair(&stage.redeem(&code).await);
    (stage, first)
}

impl Stage {
    async fn refresh(&self, token: &str) -> Answer {
        self.ask(&[
            ("client_id", &self.app.client_id),
            ("client_secret", &self.app.secret),
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
        ])
        .await
    }
}

#[tokio::test]
async fn a_token_ends_after_eight_hours_and_its_refresh_token_makes_the_next() {
    let (stage, first) = stage().await;
    stage.t.clock.advance(28_799);
    assert!(stage.works(&first.access).await);
    stage.t.clock.advance(1);
    assert!(!stage.works(&first.access).await);
    let second = pair(&stage.refresh(&first.refresh).await);
    assert!(stage.works(&second.access).await);
    assert_ne!(first.refresh, second.refresh);
}

#[tokio::test]
async fn a_refresh_ends_the_token_before() {
    let (stage, first) = stage().await;
    let second = pair(&stage.refresh(&first.refresh).await);
    assert!(!stage.works(&first.access).await);
    assert!(stage.works(&second.access).await);
}

#[tokio::test]
async fn a_repetition_within_half_a_minute_is_forgiven_until_the_successor_is_used() {
    let (stage, first) = stage().await;
    let lost = pair(&stage.refresh(&first.refresh).await);
    stage.t.clock.advance(29);
    let second = pair(&stage.refresh(&first.refresh).await);
    assert!(stage.works(&second.access).await && stage.works(&lost.access).await);
    let third = pair(&stage.refresh(&second.refresh).await);
    says(&stage.refresh(&first.refresh).await, "bad_refresh_token");
    for pair in [&lost, &second, &third] {
        assert!(!stage.works(&pair.access).await, "the family is gone");
        says(&stage.refresh(&pair.refresh).await, "bad_refresh_token");
    }
}

#[tokio::test]
async fn a_superseded_refresh_token_betrays_its_family() {
    let (stage, first) = stage().await;
    let second = pair(&stage.refresh(&first.refresh).await);
    stage.t.clock.advance(31);
    says(&stage.refresh(&first.refresh).await, "bad_refresh_token");
    assert!(!stage.works(&second.access).await);
    says(&stage.refresh(&second.refresh).await, "bad_refresh_token");
}

#[tokio::test]
async fn a_refresh_token_is_bound_to_its_app_and_a_stranger_ends_nothing() {
    let (stage, first) = stage().await;
    let foreign = stage.t.app("foreign").await;
    for (id, secret, error) in [
        (
            &foreign.client_id,
            foreign.secret.as_str(),
            "bad_refresh_token",
        ),
        (
            &stage.app.client_id,
            "wrong",
            "incorrect_client_credentials",
        ),
        (&stage.app.client_id, "", "incorrect_client_credentials"),
    ] {
        let pairs = [
            ("client_id", id.as_str()),
            ("client_secret", secret),
            ("grant_type", "refresh_token"),
            ("refresh_token", &first.refresh),
        ];
        says(&stage.ask(&pairs).await, error);
    }
    assert!(stage.works(&first.access).await);
    assert!(
        stage
            .works(&pair(&stage.refresh(&first.refresh).await).access)
            .await
    );
}

#[tokio::test]
async fn an_access_token_refreshes_nothing_and_a_refresh_token_opens_no_door() {
    let (stage, first) = stage().await;
    says(&stage.refresh(&first.access).await, "bad_refresh_token");
    assert!(!stage.works(&first.refresh).await);
    assert!(stage.works(&first.access).await);
}

#[tokio::test]
async fn sec_s21_refresh_tokens_end_with_the_grant() {
    let (stage, first) = stage().await;
    stage.end_grants().await;
    says(&stage.refresh(&first.refresh).await, "bad_refresh_token");
    let _ = stage.code("repo").await;
    says(&stage.refresh(&first.refresh).await, "bad_refresh_token");
}

#[tokio::test]
async fn sec_s38_a_replayed_code_ends_what_was_refreshed_since() {
    let stage = Stage::new().await;
    stage
        .edit(AppEdit {
            expiring_tokens: Some(true),
            ..AppEdit::default()
        })
        .await;
    let code = stage.code("repo").await;
    let first = pair(&stage.redeem(&code).await);
    let second = pair(&stage.refresh(&first.refresh).await);
    says(&stage.redeem(&code).await, "bad_verification_code");
    assert!(!stage.works(&second.access).await);
    says(&stage.refresh(&second.refresh).await, "bad_refresh_token");
}

#[tokio::test]
async fn sec_s36_a_reported_refresh_token_takes_its_family_along() {
    let (stage, first) = stage().await;
    let second = pair(&stage.refresh(&first.refresh).await);
    let report = serde_json::json!({ "credentials": [first.refresh] });
    let anyone = stage.t.anyone();
    anyone.post("/credentials/revoke", report).await.is(202);
    assert!(!stage.works(&second.access).await);
    says(&stage.refresh(&second.refresh).await, "bad_refresh_token");
}
