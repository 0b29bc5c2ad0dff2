//! What stands in a body.

use http::Method;
use serde_json::{Value, json};

use super::{Stage, refused};
use crate::support::OAuthApp;

/// The fields of each body, with a path that takes it.
fn bodies(app: &OAuthApp) -> Vec<(Method, String, Vec<&'static str>, Value)> {
    let put = format!("/authorizations/clients/{}", app.client_id);
    let secret = json!({ "client_secret": app.secret });
    let common = ["scopes", "note", "note_url", "client_secret"];
    let with = |more: &[&'static str]| [common.as_slice(), more].concat();
    vec![
        (
            Method::POST,
            "/authorizations".to_owned(),
            with(&["client_id", "fingerprint"]),
            json!({ "note": "n" }),
        ),
        (
            Method::PUT,
            put.clone(),
            with(&["fingerprint"]),
            secret.clone(),
        ),
        (Method::PUT, format!("{put}/fp"), with(&[]), secret),
        (
            Method::PATCH,
            "/authorizations/1".to_owned(),
            vec![
                "scopes",
                "add_scopes",
                "remove_scopes",
                "note",
                "note_url",
                "fingerprint",
            ],
            json!({}),
        ),
    ]
}

#[tokio::test]
async fn sec_s28_bodies_over_the_limit_are_413_everywhere() {
    let stage = Stage::new().await;
    let too_long = " ".repeat(64 * 1024 + 1);
    for (client, method, path) in stage.writes() {
        client
            .send(method, &path, too_long.as_str())
            .await
            .refuses(413, "Request body is too large");
    }
    stage.is_whole().await;
    let just_fits = format!("{}{}", r#"{"note":"n"}"#, " ".repeat(64 * 1024 - 12));
    stage
        .octocat
        .post("/authorizations", just_fits.as_str())
        .await
        .is(201);
}

#[tokio::test]
async fn bodies_that_are_no_json_object_are_400() {
    let stage = Stage::new().await;
    let parse = "Problems parsing JSON";
    let object = "Body should be a JSON object";
    let deep = format!(
        "{{\"scopes\":{}{}}}",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    for (method, path, _, _) in bodies(&stage.app) {
        for (body, message) in [
            (b"{".to_vec(), parse),
            (b"nope".to_vec(), parse),
            (b"{\"note\":NaN}".to_vec(), parse),
            (b"{\"note\":Infinity}".to_vec(), parse),
            (b"{\"note\":1e999}".to_vec(), parse),
            (b"{\"note\":\"\xff\xfe\"}".to_vec(), parse),
            (b"\xff\xfe{\x00}\x00".to_vec(), parse),
            (b"{\"note\":\"\\ud800\"}".to_vec(), parse),
            (b"{\"note\":\"a\x00b\"}".to_vec(), parse),
            (b"{\"note\":\"n\",}".to_vec(), parse),
            (b"{'note':'n'}".to_vec(), parse),
            (b"{\"note\":\"n\"}{}".to_vec(), parse),
            (deep.clone().into_bytes(), parse),
            ("[".repeat(60_000).into_bytes(), parse),
            (b"note=n&scopes=repo".to_vec(), parse),
            (b"\0".to_vec(), parse),
            (b"[]".to_vec(), object),
            (b"\"x\"".to_vec(), object),
            (b"1".to_vec(), object),
            (b"null".to_vec(), object),
            (b"true".to_vec(), object),
            (b"-1e300".to_vec(), object),
        ] {
            stage
                .octocat
                .send(method.clone(), &path, body)
                .await
                .refuses(400, message);
        }
    }
    stage.is_whole().await;
}

#[tokio::test]
async fn wrong_types_in_every_field_are_named_by_the_schema() {
    let stage = Stage::new().await;
    for (method, path, fields, rest) in bodies(&stage.app) {
        for field in fields {
            let list = field.ends_with("scopes");
            let mut values = vec![
                json!(1),
                json!(-1.5),
                json!(true),
                json!({}),
                json!({ "a": { "b": [1] } }),
                json!(u64::MAX),
                json!([1]),
                json!([null]),
                json!([["repo"]]),
                json!([{}]),
                json!(["repo", 1]),
            ];
            values.push(if list { json!("repo") } else { json!([]) });
            for value in values {
                let mut body = rest.clone();
                body[field] = value.clone();
                let answer = stage.octocat.send(method.clone(), &path, body).await;
                let message = answer.is(422).json()["message"]
                    .as_str()
                    .unwrap()
                    .to_owned();
                let start = format!("Invalid request.\n\nFor 'properties/{field}");
                assert!(message.starts_with(&start), "{field} = {value}: {message}");
                let kind = if list && !value.is_array() {
                    "is not an array."
                } else {
                    "is not a string."
                };
                assert!(message.ends_with(kind), "{field} = {value}: {message}");
                assert_eq!(answer.json().get("errors"), None);
            }
            let mut body = rest.clone();
            body[field] = json!(null);
            let status = stage.octocat.send(method.clone(), &path, body).await.status;
            assert!(
                matches!(status, 200 | 201 | 422),
                "{field} = null: {status}"
            );
        }
    }
    let raw = r#"{"note":123456789012345678901234567890123456789012345678901234567890}"#;
    refused(&stage.octocat.post("/authorizations", raw).await);
}

#[tokio::test]
async fn nul_and_overlong_text_in_every_field_are_422() {
    let stage = Stage::new().await;
    for (method, path, fields, rest) in bodies(&stage.app) {
        for field in fields {
            for text in [
                "a\0b".to_owned(),
                "\0".to_owned(),
                "x".repeat(10_000),
                "é".repeat(5_000),
            ] {
                let mut body = rest.clone();
                body[field] = if field.ends_with("scopes") {
                    json!([text])
                } else {
                    json!(text)
                };
                let answer = stage.octocat.send(method.clone(), &path, body).await;
                // A name that no scope has can be removed: it is not there.
                answer.is(if field == "remove_scopes" { 200 } else { 422 });
            }
        }
    }
    stage.is_whole().await;
}

#[tokio::test]
async fn sec_s28_very_many_scopes_are_refused() {
    let stage = Stage::new().await;
    let many = vec!["repo"; 1_000];
    for (method, path, fields, rest) in bodies(&stage.app) {
        for field in fields.into_iter().filter(|field| field.ends_with("scopes")) {
            let mut body = rest.clone();
            body[field] = json!(many);
            stage
                .octocat
                .send(method.clone(), &path, body)
                .await
                .is(422);
        }
    }
}

#[tokio::test]
async fn many_unknown_keys_and_repeated_ones_are_survived() {
    let stage = Stage::new().await;
    let path = format!("/authorizations/clients/{}", stage.app.client_id);
    let keys: Vec<String> = (0..3_000).map(|n| format!("\"k{n}\":{n}")).collect();
    let body = format!("{{\"client_secret\":\"x\",{}}}", keys.join(","));
    let answer = stage.octocat.put(&path, body.as_str()).await;
    assert!(answer.is(422).text().len() < 2_000, "the sentence is cut");
    let twice = r#"{"note":"a","note":"b"}"#;
    let created = stage.octocat.post("/authorizations", twice).await;
    assert_eq!(created.is(201).json()["note"], "b");
}
