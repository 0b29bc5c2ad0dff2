//! Tokens that end, and what they are refreshed with.

use grantd_core::app::{AppEdit, AppSettings};
use grantd_core::code_exchange::{REFRESH_SECONDS, TOKEN_SECONDS};
use grantd_core::flow::Tokens;
use grantd_core::token::Token;

use crate::stage::*;

fn expiring() -> AppSettings {
    AppSettings {
        expiring_tokens: true,
        ..AppSettings::default()
    }
}

async fn first(stage: &Stage, app: &Registered) -> Tokens {
    let octocat = stage.signed_in("octocat").await;
    let code = stage.code(app, &octocat).await;
    stage.exchange(app.exchange(&code)).await.unwrap()
}

fn refresh_token(tokens: &Tokens) -> &Token {
    &tokens.refresh.as_ref().expect("a refresh token").token
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ends_comes_with_the_next() {
    on_both_engines(async |stage: Stage| {
        let octocat = stage.user("octocat").await;
        for public in [false, true] {
            let app = stage.app_with(&octocat, public, expiring()).await;
            let one = first(&stage, &app).await;
            assert_eq!(one.expires_in, Some(TOKEN_SECONDS));
            assert_eq!(
                one.refresh.as_ref().unwrap().value.expires_in,
                REFRESH_SECONDS
            );
            assert!(refresh_token(&one).expose().starts_with("gtr_"));
            stage.clock.advance(i64::from(TOKEN_SECONDS) - 1);
            assert!(stage.is_valid(&one).await);
            stage.clock.advance(1);
            assert!(!stage.is_valid(&one).await);
            let two = stage.refresh(&app, refresh_token(&one)).await.unwrap();
            assert!(stage.is_valid(&two).await);
            assert_eq!(two.access.value.scopes.join(","), "repo,user");
            stage.clock.advance(i64::from(REFRESH_SECONDS));
            let late = stage.refresh(&app, refresh_token(&two)).await;
            assert_eq!(refusal(late), "bad_refresh_token");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_family_ends_after_a_year_and_says_so_before() {
    on_both_engines(async |stage: Stage| {
        let octocat = stage.user("octocat").await;
        let app = stage.app_with(&octocat, false, expiring()).await;
        let (year, half) = (365 * 86_400, i64::from(REFRESH_SECONDS) - 1);
        let mut last = first(&stage, &app).await;
        let mut age = 0;
        while age + half < year {
            stage.clock.advance(half);
            age += half;
            last = stage.refresh(&app, refresh_token(&last)).await.unwrap();
            let expected = (half + 1).min(year - age);
            let told = last.refresh.as_ref().unwrap().value.expires_in;
            assert_eq!(i64::from(told), expected);
        }
        stage.clock.advance(year - age - 1);
        last = stage.refresh(&app, refresh_token(&last)).await.unwrap();
        assert_eq!(last.refresh.as_ref().unwrap().value.expires_in, 1);
        stage.clock.advance(1);
        let late = stage.refresh(&app, refresh_token(&last)).await;
        assert_eq!(refusal(late), "bad_refresh_token");
        // Whoever consents again begins anew.
        let again = first(&stage, &app).await;
        assert!(stage.refresh(&app, refresh_token(&again)).await.is_ok());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reuse_counts_only_from_the_proved_app() {
    on_both_engines(async |stage: Stage| {
        let octocat = stage.user("octocat").await;
        let app = stage.app_with(&octocat, false, expiring()).await;
        let other = stage.app_with(&octocat, false, expiring()).await;
        let one = first(&stage, &app).await;
        let two = stage.refresh(&app, refresh_token(&one)).await.unwrap();
        stage.clock.advance(30);
        let wrong = Registered {
            secret: Some("wrong".to_owned()),
            ..app.clone()
        };
        let without = Registered {
            secret: None,
            ..app.clone()
        };
        for stranger in [&wrong, &without] {
            let refused = stage.refresh(stranger, refresh_token(&one)).await;
            assert_eq!(refusal(refused), "incorrect_client_credentials");
        }
        let refused = stage.refresh(&other, refresh_token(&one)).await;
        assert_eq!(refusal(refused), "bad_refresh_token");
        assert!(stage.is_valid(&two).await, "nothing was revoked");
        let refused = stage.refresh(&app, refresh_token(&one)).await;
        assert_eq!(refusal(refused), "bad_refresh_token");
        assert!(!stage.is_valid(&two).await, "the family is gone");
        let refused = stage.refresh(&app, refresh_token(&two)).await;
        assert_eq!(refusal(refused), "bad_refresh_token");
        // What is no refresh token is not even looked up.
        let never = stage.refresh(&app, &two.access.token).await;
        assert_eq!(refusal(never), "bad_refresh_token");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repetition_within_thirty_seconds_is_no_reuse_while_its_successor_is_unused() {
    on_both_engines(async |stage: Stage| {
        let octocat = stage.user("octocat").await;
        let app = stage.app_with(&octocat, false, expiring()).await;
        let one = first(&stage, &app).await;
        let two = stage.refresh(&app, refresh_token(&one)).await.unwrap();
        stage.clock.advance(29);
        let again = stage.refresh(&app, refresh_token(&one)).await.unwrap();
        assert!(stage.is_valid(&two).await && stage.is_valid(&again).await);
        let three = stage.refresh(&app, refresh_token(&again)).await.unwrap();
        assert!(stage.is_valid(&three).await && !stage.is_valid(&two).await);
        let reused = stage.refresh(&app, refresh_token(&one)).await;
        assert_eq!(refusal(reused), "bad_refresh_token");
        assert!(!stage.is_valid(&three).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_wants_tokens_without_end_again_gets_them() {
    on_both_engines(async |stage: Stage| {
        let octocat = stage.user("octocat").await;
        let app = stage.app_with(&octocat, false, expiring()).await;
        let one = first(&stage, &app).await;
        let edit = AppEdit {
            expiring_tokens: Some(false),
            ..AppEdit::default()
        };
        let id = app.app.client_id.as_str();
        let edited = stage
            .authority
            .edit_own_app(&octocat, id, edit, &caller())
            .await;
        assert!(edited.is_ok());
        let two = stage.refresh(&app, refresh_token(&one)).await.unwrap();
        assert!(two.refresh.is_none() && two.expires_in.is_none());
        stage.clock.advance(i64::from(TOKEN_SECONDS));
        assert!(stage.is_valid(&two).await);
    })
    .await;
}
