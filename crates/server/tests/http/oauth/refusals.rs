//! Every refusal of the two endpoints, with its recorded text and status, in the
//! three encodings.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use grantd_core::app::AppEdit;
use http::Method;
use http_body::Frame;
use http_body_util::StreamBody;

use super::encodings::{ACCEPTS, FORM, JSON, is_kept_by_nobody, written};
use super::{DEVICE, DEVICE_GRANT, Stage, TOKEN, form};
use crate::support::Answer;

const TOKEN_ERRORS: &str = "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/";
const DEVICE_ERRORS: &str = "https://docs.github.com/developers/apps/authorizing-oauth-apps#error-codes-for-the-device-flow";
const DOCUMENTATION: &str = "https://docs.github.com/enterprise-server@3.4/rest";

/// A refusal: status, then `error`, `error_description`, `error_uri` and what else it says.
type Row = (
    &'static str,
    u16,
    &'static str,
    &'static str,
    String,
    Option<&'static str>,
);

#[rustfmt::skip]
fn rows() -> Vec<Row> {
    let token = |anchor: &str| format!("{TOKEN_ERRORS}#{anchor}");
    let device = || DEVICE_ERRORS.to_owned();
    vec![
        ("a wrong code", 200, "bad_verification_code", "The code passed is incorrect or expired.", token("bad-verification-code"), None),
        ("no code", 200, "bad_verification_code", "The code passed is incorrect or expired.", token("bad-verification-code"), None),
        ("a wrong secret", 200, "incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect.", token("incorrect-client-credentials"), None),
        ("an unknown app", 200, "incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect.", token("incorrect-client-credentials"), None),
        ("nothing", 200, "incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect.", token("incorrect-client-credentials"), None),
        ("another redirect_uri", 200, "redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL for this application.", "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-authorization-request-errors/#redirect-uri-mismatch2".to_owned(), None),
        ("an unverified address", 200, "unverified_user_email", "The user must have a verified primary email.", token("unverified-user-email"), None),
        ("a wrong refresh token", 200, "bad_refresh_token", "The refresh token passed is incorrect or expired.", token("bad-refresh-token"), None),
        ("a device that waits", 200, "authorization_pending", "The authorization request is still pending.", device(), None),
        ("a device in a hurry", 200, "slow_down", "Too many requests have been made in the same timeframe.", device(), Some("10")),
        ("a wrong device code", 200, "incorrect_device_code", "The device_code provided is not valid.", device(), None),
        ("an old device code", 200, "expired_token", "The device_code has expired.", device(), None),
        ("a device that was refused", 200, "access_denied", "The user has denied your application access.", device(), None),
        ("a grant that there is not", 200, "unsupported_grant_type", "The grant_type is not supported.", device(), None),
        ("a poll with the flow off", 200, "device_flow_disabled", "Device Flow must be explicitly enabled for this App", "https://docs.github.com".to_owned(), None),
        ("a start with the flow off", 400, "device_flow_disabled", "Device Flow must be explicitly enabled for this App", "https://docs.github.com".to_owned(), None),
        // Not GitHub's, as far as is known: HTTP's statuses with RFC 6749's codes.
        ("a body too large", 413, "invalid_request", "Request body is too large", DOCUMENTATION.to_owned(), None),
        ("a slow body", 408, "invalid_request", "Request body did not arrive in time", DOCUMENTATION.to_owned(), None),
        ("broken JSON", 400, "invalid_request", "Problems parsing JSON", DOCUMENTATION.to_owned(), None),
        ("a list", 400, "invalid_request", "Body should be a JSON object", DOCUMENTATION.to_owned(), None),
        ("a broken form with files", 400, "invalid_request", "Problems parsing the form", DOCUMENTATION.to_owned(), None),
        ("another method", 405, "invalid_request", "Method Not Allowed", DOCUMENTATION.to_owned(), None),
        ("a long query", 431, "invalid_request", "Request headers are too large", DOCUMENTATION.to_owned(), None),
        ("too many wrong secrets", 429, "temporarily_unavailable", "Too many requests. Please try again later.", DOCUMENTATION.to_owned(), None),
        ("too many tokens", 429, "temporarily_unavailable", "Too many requests. Please try again later.", DOCUMENTATION.to_owned(), None),
        ("too many starts", 429, "temporarily_unavailable", "Too many requests. Please try again later.", DOCUMENTATION.to_owned(), None),
        ("a store that is away", 503, "temporarily_unavailable", "Service unavailable", DOCUMENTATION.to_owned(), None),
    ]
}

/// Does what the row says, and gets its refusal.
async fn provoke(stage: &Stage, what: &str, accept: &str) -> Answer {
    let client = stage.anyone().with("accept", accept);
    let app = &stage.app;
    let id = ("client_id", app.client_id.as_str());
    let secret = ("client_secret", app.secret.as_str());
    let ask = async |pairs: &[(&str, &str)]| client.post(TOKEN, form(pairs).as_str()).await;
    let poll = async |device_code: &str| {
        ask(&[
            id,
            ("device_code", device_code),
            ("grant_type", DEVICE_GRANT),
        ])
        .await
    };
    match what {
        "a wrong code" => ask(&[id, secret, ("code", "00000000000000000000")]).await,
        "no code" => ask(&[id, secret]).await,
        "a wrong secret" => ask(&[id, ("client_secret", "x"), ("code", "x")]).await,
        "an unknown app" => ask(&[("client_id", "nobody"), secret, ("code", "x")]).await,
        "nothing" => ask(&[]).await,
        "another redirect_uri" => {
            let code = stage.code("").await;
            let elsewhere = ("redirect_uri", "http://my-github-app.com/elsewhere");
            ask(&[id, secret, ("code", &code), elsewhere]).await
        }
        "an unverified address" => {
            let code = stage.code("").await;
            ask(&[id, secret, ("code", &code)]).await
        }
        "a wrong refresh token" => {
            let refresh = [("grant_type", "refresh_token"), ("refresh_token", "gtr_x")];
            ask(&[&[id, secret], refresh.as_slice()].concat()).await
        }
        "a device that waits" => poll(&stage.device("repo").await.0).await,
        "a device in a hurry" => {
            let (device_code, _) = stage.device("repo").await;
            let _ = poll(&device_code).await;
            poll(&device_code).await
        }
        "a wrong device code" => poll("0000000000000000000000000000000000000000").await,
        "an old device code" => {
            let (device_code, _) = stage.device("repo").await;
            stage.t.clock.advance(901);
            poll(&device_code).await
        }
        "a device that was refused" => {
            let (device_code, user_code) = stage.device("repo").await;
            stage.decide(&user_code, false).await;
            poll(&device_code).await
        }
        "a grant that there is not" => ask(&[id, secret, ("grant_type", "password")]).await,
        "a poll with the flow off" | "a start with the flow off" => {
            let (device_code, _) = stage.device("repo").await;
            stage.switch_device_flow(false).await;
            let answer = match what {
                "a poll with the flow off" => poll(&device_code).await,
                _ => client.post(DEVICE, form(&[id]).as_str()).await,
            };
            stage.switch_device_flow(true).await;
            answer
        }
        "a body too large" => client.post(TOKEN, "x".repeat(65_537).as_str()).await,
        "a slow body" => {
            let body = StreamBody::new(stream::pending::<Result<Frame<Bytes>, std::io::Error>>());
            client.send_body(Method::POST, DEVICE, body).await
        }
        "broken JSON" => client.post(TOKEN, "{\"client_id\":").await,
        "a list" => {
            let json = client.with("content-type", "application/json");
            json.post(DEVICE, "[]").await
        }
        "a broken form with files" => {
            let parts = client.with("content-type", "multipart/form-data; boundary=x");
            parts.post(TOKEN, "--x\r\nnonsense").await
        }
        "another method" => client.send(Method::PUT, TOKEN, "").await,
        "a long query" => {
            client
                .post(&format!("{DEVICE}?{}", "x".repeat(9_000)), "")
                .await
        }
        "too many wrong secrets" => {
            let mut answer = ask(&[id, ("client_secret", "x")]).await;
            while answer.status == 200 {
                answer = ask(&[id, ("client_secret", "x")]).await;
            }
            answer
        }
        "too many tokens" => loop {
            let code = stage.code("").await;
            let answer = ask(&[id, secret, ("code", &code)]).await;
            if answer.status != 200 {
                break answer;
            }
        },
        "too many starts" => {
            let mut answer = client.post(DEVICE, form(&[id]).as_str()).await;
            while answer.status == 200 {
                answer = client.post(DEVICE, form(&[id]).as_str()).await;
            }
            answer
        }
        "a store that is away" => {
            stage.t.authority.store.close().await;
            ask(&[id, secret, ("code", "x")]).await
        }
        other => panic!("nobody knows how to provoke {other}"),
    }
}

impl Stage {
    async fn switch_device_flow(&self, on: bool) {
        self.edit(AppEdit {
            device_flow: Some(on),
            ..AppEdit::default()
        })
        .await;
    }
}

#[tokio::test]
async fn every_refusal_has_its_text_and_status_in_three_encodings() {
    for (what, status, error, description, uri, interval) in rows() {
        let unverified = what == "an unverified address";
        let mut stage = Stage::with(|setup| {
            setup.policy.wrong_secrets_per_hour = 10;
            if what == "a slow body" {
                setup.settings.slow_client = Duration::from_millis(50);
            }
            setup.policy.require_verified_email = unverified;
            if what == "too many tokens" {
                setup.policy.mint_limits.per_hour = Some(2);
            }
        })
        .await;
        if unverified {
            stage.octocat = stage.t.user_without_address("monalisa").await;
        }
        for (accept, content_type) in ACCEPTS {
            let answer = provoke(&stage, what, accept).await;
            assert_eq!(answer.status, status, "{what}: {}", answer.text());
            let mut pairs = vec![
                ("error", error),
                ("error_description", description),
                ("error_uri", uri.as_str()),
            ];
            pairs.extend(interval.map(|seconds| ("interval", seconds)));
            assert_eq!(
                answer.text(),
                written(&pairs, content_type),
                "{what} as {accept}"
            );
            is_kept_by_nobody(&answer, content_type);
            let waits = matches!(status, 429 | 503);
            assert_eq!(answer.header("retry-after").is_some(), waits, "{what}");
            assert_eq!(
                answer.header("allow"),
                (status == 405).then_some("POST, OPTIONS")
            );
        }
    }
}

#[tokio::test]
async fn an_unknown_app_is_not_found_at_the_device_endpoint() {
    let stage = Stage::new().await;
    for client_id in ["", "nobody", "no client id at all", "grants"] {
        for (accept, content_type) in ACCEPTS {
            let client = stage.anyone().with("accept", accept);
            let answer = client
                .post(
                    DEVICE,
                    form(&[("client_id", client_id), ("scope", "repo")]).as_str(),
                )
                .await;
            let expected = match content_type {
                FORM => "error=Not+Found",
                JSON => r#"{"error":"Not Found"}"#,
                _ => "<OAuth><error>Not Found</error></OAuth>",
            };
            assert_eq!(answer.is(404).text(), expected);
            is_kept_by_nobody(&answer, content_type);
        }
    }
}

#[tokio::test]
async fn the_recorded_form_is_reproduced() {
    let stage = Stage::new().await;
    let answer = stage
        .ask(&[("client_id", "x"), ("client_secret", "y")])
        .await;
    assert_eq!(
        answer.text(),
        "error=incorrect_client_credentials&error_description=The+client_id+and%2For+client_secret+passed+are+incorrect.&error_uri=https%3A%2F%2Fdocs.github.com%2Fapps%2Fmanaging-oauth-apps%2Ftroubleshooting-oauth-app-access-token-request-errors%2F%23incorrect-client-credentials"
    );
}
