//! The answers of the two endpoints in the three encodings: keys, their order,
//! headers. And where parameters may stand.

use super::{CALLBACK, DEVICE, Stage, TOKEN, form};
use crate::support::Answer;
use grantd_core::app::AppEdit;

pub(super) const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
pub(super) const JSON: &str = "application/json; charset=utf-8";
const XML: &str = "application/xml; charset=utf-8";

/// What asks for each encoding.
pub(super) const ACCEPTS: [(&str, &str); 6] = [
    ("", FORM),
    ("*/*", FORM),
    ("text/html", FORM),
    ("application/json", JSON),
    ("application/vnd.github+json", JSON),
    ("application/xml", XML),
];

/// Pairs in an encoding, in their order; numbers stand bare in JSON.
pub(super) fn written(pairs: &[(&str, &str)], content_type: &str) -> String {
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

/// Nobody may keep it, in any generation of caches.
#[track_caller]
pub(super) fn is_kept_by_nobody(answer: &Answer, content_type: &str) {
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
