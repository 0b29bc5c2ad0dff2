//! Every answer of the two endpoints in the three encodings: keys, their order,
//! texts, statuses, headers.

use grantd_core::app::AppEdit;
use http::Method;

use super::{CALLBACK, DEVICE, DEVICE_GRANT, Stage, TOKEN, form};
use crate::support::Answer;

const TOKEN_ERRORS: &str = "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/";
const DEVICE_ERRORS: &str = "https://docs.github.com/developers/apps/authorizing-oauth-apps#error-codes-for-the-device-flow";
const DOCUMENTATION: &str = "https://docs.github.com/enterprise-server@3.4/rest";

const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";
const XML: &str = "application/xml; charset=utf-8";

/// What asks for each encoding.
const ACCEPTS: [(&str, &str); 6] = [
    ("", FORM),
    ("*/*", FORM),
    ("text/html", FORM),
    ("application/json", JSON),
    ("application/vnd.github+json", JSON),
    ("application/xml", XML),
];

/// Pairs in an encoding, in their order; numbers stand bare in JSON.
fn written(pairs: &[(&str, &str)], content_type: &str) -> String {
    match content_type {
        FORM => {
            let mut sorted = pairs.to_vec();
            sorted.sort_unstable();
            form(&sorted)
        }
        JSON => {
            let one = |(key, value): &(&str, &str)| match value.parse::<u32>() {
                Ok(_) => format!("\"{key}\":{value}"),
                Err(_) => format!("\"{key}\":\"{value}\""),
            };
            let all: Vec<String> = pairs.iter().map(one).collect();
            format!("{{{}}}", all.join(","))
        }
        _ => {
            let all: String = pairs
                .iter()
                .map(|(key, value)| format!("<{key}>{value}</{key}>"))
                .collect();
            format!("<OAuth>{all}</OAuth>")
        }
    }
}

#[track_caller]
fn is_kept_by_nobody(answer: &Answer, content_type: &str) {
    assert_eq!(
        answer.header("content-type"),
        Some(content_type),
        "{}",
        answer.asked
    );
    assert_eq!(answer.header("cache-control"), Some("private, no-store"));
    assert_eq!(answer.header("pragma"), Some("no-cache"));
    assert_eq!(answer.header("vary"), Some("Accept"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("etag"), None);
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(answer.header("content-encoding"), None);
}

/// A refusal: status, then `error`, `error_description`, `error_uri` and what else it says.
type Row = (
    &'static str,
    u16,
    &'static str,
    &'static str,
    String,
    Option<&'static str>,
);

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
        ("broken JSON", 400, "invalid_request", "Problems parsing JSON", DOCUMENTATION.to_owned(), None),
        ("a list", 400, "invalid_request", "Body should be a JSON object", DOCUMENTATION.to_owned(), None),
        ("a broken form with files", 400, "invalid_request", "Problems parsing the form", DOCUMENTATION.to_owned(), None),
        ("another method", 405, "invalid_request", "Method Not Allowed", DOCUMENTATION.to_owned(), None),
        ("a long query", 431, "invalid_request", "Request headers are too large", DOCUMENTATION.to_owned(), None),
        ("too many wrong secrets", 429, "temporarily_unavailable", "Too many requests. Please try again later.", DOCUMENTATION.to_owned(), None),
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
            setup.policy.require_verified_email = unverified;
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

/// The value of a key, whatever the encoding.
fn value_of(answer: &Answer, key: &str) -> String {
    let text = answer.text();
    match answer.header("content-type").expect("a type") {
        FORM => {
            let found =
                url::form_urlencoded::parse(text.as_bytes()).find(|(found, _)| found == key);
            found.expect("the key").1.into_owned()
        }
        JSON => answer.json()[key].as_str().expect("the key").to_owned(),
        _ => {
            let (_, rest) = text.split_once(&format!("<{key}>")).expect("the element");
            rest.split('<').next().expect("its text").to_owned()
        }
    }
}

#[tokio::test]
async fn a_token_is_told_in_three_encodings() {
    let stage = Stage::new().await;
    for (accept, content_type) in ACCEPTS {
        for (scope, told) in [
            ("repo gist", "repo,gist"),
            ("user,gist,user:email", "user,gist"),
            ("", ""),
        ] {
            // Nothing asked for means what was agreed to before; here, nothing was.
            stage.end_grants().await;
            let code = stage.code(scope).await;
            let client = stage.anyone().with("accept", accept);
            let answer = client
                .post(TOKEN, form(&stage.redemption(&code)).as_str())
                .await;
            let token = value_of(answer.is(200), "access_token");
            assert!(token.starts_with("gto_"), "{token}");
            let pairs = match content_type {
                XML => [
                    ("token_type", "bearer"),
                    ("scope", told),
                    ("access_token", &token),
                ],
                _ => [
                    ("access_token", token.as_str()),
                    ("token_type", "bearer"),
                    ("scope", told),
                ],
            };
            assert_eq!(answer.text(), written(&pairs, content_type));
            is_kept_by_nobody(&answer, content_type);
            assert!(stage.works(&token).await);
        }
    }
}

#[tokio::test]
async fn tokens_that_end_are_told_with_their_seconds() {
    let stage = Stage::new().await;
    stage
        .edit(AppEdit {
            expiring_tokens: Some(true),
            ..AppEdit::default()
        })
        .await;
    for (accept, content_type) in ACCEPTS {
        let code = stage.code("repo").await;
        let client = stage.anyone().with("accept", accept);
        let answer = client
            .post(TOKEN, form(&stage.redemption(&code)).as_str())
            .await;
        let token = value_of(answer.is(200), "access_token");
        let refresh = value_of(&answer, "refresh_token");
        assert!(refresh.starts_with("gtr_"), "{refresh}");
        let first = match content_type {
            XML => [
                ("token_type", "bearer"),
                ("scope", "repo"),
                ("access_token", token.as_str()),
            ],
            _ => [
                ("access_token", token.as_str()),
                ("token_type", "bearer"),
                ("scope", "repo"),
            ],
        };
        let then = [
            ("expires_in", "28800"),
            ("refresh_token", &refresh),
            ("refresh_token_expires_in", "15811200"),
        ];
        assert_eq!(
            answer.text(),
            written(&[first, then].concat(), content_type)
        );
    }
}

#[tokio::test]
async fn a_devices_codes_are_told_in_three_encodings() {
    let stage = Stage::with(|setup| {
        setup.settings.public_url = "https://git.example.com".parse().unwrap();
    })
    .await;
    for (accept, content_type) in ACCEPTS {
        let client = stage.anyone().with("accept", accept);
        let asked = [
            ("client_id", stage.app.client_id.as_str()),
            ("scope", "repo"),
        ];
        let answer = client.post(DEVICE, form(&asked).as_str()).await;
        let (device, user) = (
            value_of(answer.is(200), "device_code"),
            value_of(&answer, "user_code"),
        );
        assert!(device.len() == 40 && device.bytes().all(|b| b.is_ascii_hexdigit()));
        assert!(user.len() == 9 && user.as_bytes()[4] == b'-', "{user}");
        let pairs = [
            ("device_code", device.as_str()),
            ("user_code", &user),
            ("verification_uri", "https://git.example.com/login/device"),
            ("expires_in", "900"),
            ("interval", "5"),
        ];
        assert_eq!(answer.text(), written(&pairs, content_type));
        is_kept_by_nobody(&answer, content_type);
    }
}

#[tokio::test]
async fn parameters_stand_wherever_github_takes_them() {
    let stage = Stage::new().await;
    let anyone = stage.anyone();
    let basic = anyone.with_basic(&stage.app.client_id, &stage.app.secret);
    let json_type = ("content-type", "application/json");
    for place in 0..8 {
        let code = stage.code("repo").await;
        let all = stage.redemption(&code);
        let object = serde_json::Value::Object(
            all.iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).into()))
                .collect(),
        );
        let query = format!("{TOKEN}?{}", form(&all));
        let answer = match place {
            0 => anyone.post(TOKEN, form(&all).as_str()).await,
            1 => anyone.post(&query, "").await,
            2 => {
                anyone
                    .with(json_type.0, json_type.1)
                    .post(TOKEN, object)
                    .await
            }
            3 => {
                anyone
                    .with("content-type", "application/x-www-form-urlencoded")
                    .post(TOKEN, object)
                    .await
            }
            4 => basic.post(TOKEN, form(&[("code", &code)]).as_str()).await,
            5 => basic.post(TOKEN, form(&all).as_str()).await,
            6 => {
                let parts: String = all
                    .iter()
                    .map(|(k, v)| {
                        format!(
                            "--b\r\nContent-Disposition: form-data; name=\"{k}\"\r\n\r\n{v}\r\n"
                        )
                    })
                    .collect();
                let client = anyone.with("content-type", "multipart/form-data; boundary=b");
                client
                    .post(TOKEN, format!("{parts}--b--\r\n").as_str())
                    .await
            }
            // What stands in the body counts more than the same in the query.
            _ => {
                let query = format!("{TOKEN}?code=wrong&client_secret=wrong");
                anyone.post(&query, form(&all).as_str()).await
            }
        };
        assert!(
            stage.works(&super::token_in(&answer)).await,
            "place {place}"
        );
    }
    let query = format!("{DEVICE}?client_id={}&scope=repo", stage.app.client_id);
    anyone.post(&query, "").await.is(200);
    basic.post(DEVICE, "").await.is(200);
}

#[tokio::test]
async fn credentials_that_contradict_one_another_are_none() {
    let stage = Stage::new().await;
    let foreign = stage.t.app("foreign").await;
    let code = stage.code("repo").await;
    let mut pairs = stage.redemption(&code);
    pairs.push(("redirect_uri", CALLBACK));
    for client in [
        stage
            .anyone()
            .with_basic(&foreign.client_id, &foreign.secret),
        stage.anyone().with_basic(&stage.app.client_id, "wrong"),
        stage.anyone().with_basic(&stage.app.client_id, ""),
        stage.anyone().with("authorization", "Basic !!!"),
        stage.anyone().with("authorization", "Digest x"),
    ] {
        let answer = client.post(TOKEN, form(&pairs).as_str()).await;
        super::says(&answer, "incorrect_client_credentials");
    }
    // A token in the header is for other doors.
    let client = stage.anyone().with_token("nonsense");
    let answer = client.post(TOKEN, form(&pairs).as_str()).await;
    assert!(stage.works(&super::token_in(&answer)).await);
}
