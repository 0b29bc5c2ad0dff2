//! Hostile input at the endpoints that programs call: always one of their
//! refusals in the encoding that was asked for, never a 5xx, never a panic.

use http::Method;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::{DEVICE, DEVICE_GRANT, Stage, TOKEN, form};
use crate::support::Answer;

#[track_caller]
fn refused(answer: &Answer) {
    let refused = match answer.status {
        200 => answer.text().contains("error"),
        status => (400..500).contains(&status),
    };
    assert!(
        refused,
        "{}: {} {}",
        answer.asked,
        answer.status,
        answer.text()
    );
    assert!(!answer.text().contains("access_token"));
    assert_eq!(answer.header("cache-control"), Some("private, no-store"));
}

#[tokio::test]
async fn strange_values_are_refused_in_every_place() {
    let stage = Stage::new().await;
    let long = "a".repeat(60_000);
    let values = [
        "",
        " ",
        "\0",
        "\u{feff}",
        "é",
        "\u{202e}",
        "' OR 1=1 --",
        "%",
        "%00",
        "../..",
        "<script>",
        "-1",
        "9223372036854775808",
        "null",
        "[]",
        "{}",
        "\r\nSet-Cookie: a=b",
        &long,
    ];
    for value in values {
        for key in [
            "client_id",
            "client_secret",
            "code",
            "redirect_uri",
            "code_verifier",
            "grant_type",
            "device_code",
            "refresh_token",
            "state",
        ] {
            for grant in ["", DEVICE_GRANT, "refresh_token"] {
                let mut pairs = vec![
                    ("client_id", stage.app.client_id.as_str()),
                    ("client_secret", &stage.app.secret),
                    ("grant_type", grant),
                ];
                pairs.push((key, value));
                let answer = stage.ask(&pairs).await;
                refused(&answer);
                assert!(answer.header("set-cookie").is_none());
            }
        }
        refused(
            &stage
                .anyone()
                .post(DEVICE, form(&[("client_id", value)]).as_str())
                .await,
        );
    }
}

#[tokio::test]
async fn strange_bodies_are_refused_in_every_type() {
    let stage = Stage::new().await;
    let deep = format!("{{\"code\":{}", "[".repeat(60_000));
    let many = "a=b&".repeat(16_000);
    let bodies: Vec<Vec<u8>> = vec![
        Vec::new(),
        vec![0xff; 1_000],
        b"{".to_vec(),
        b"{}".to_vec(),
        b"null".to_vec(),
        b"[[]]".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        br#"{"code":["a"],"client_id":{"a":1},"client_secret":true}"#.to_vec(),
        br#"{"code":1e400}"#.to_vec(),
        deep.into_bytes(),
        many.into_bytes(),
        b"--b\r\nContent-Disposition: form-data; name=\"code\"\r\n\r\n".to_vec(),
        b"--b--".to_vec(),
        b"%%%=%%%&&&===&=".to_vec(),
    ];
    for content_type in [
        "application/x-www-form-urlencoded",
        "application/json",
        "multipart/form-data; boundary=b",
        "multipart/form-data",
        "text/plain",
        "\"",
    ] {
        for body in &bodies {
            for path in [TOKEN, DEVICE] {
                let client = stage.anyone().with("content-type", content_type);
                refused(&client.post(path, body.clone()).await);
            }
        }
    }
}

#[tokio::test]
async fn sec_s40_only_post_does_anything() {
    let stage = Stage::new().await;
    let code = stage.code("repo").await;
    let query = format!("{TOKEN}?{}", form(&stage.redemption(&code)));
    for method in [
        Method::GET,
        Method::HEAD,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
    ] {
        let answer = stage.anyone().send(method, &query, "").await;
        assert_eq!(answer.is(405).header("allow"), Some("POST, OPTIONS"));
        assert!(!answer.text().contains(&code));
    }
    let options = stage.anyone().send(Method::OPTIONS, &query, "").await;
    assert_eq!(options.is(204).header("access-control-allow-origin"), None);
    assert!(
        stage
            .works(&super::token_in(&stage.anyone().post(&query, "").await))
            .await
    );
}

#[test]
fn no_body_whatever_gets_a_token_or_a_fault() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let stage = runtime.block_on(Stage::new());
    let strategy = (prop::collection::vec(any::<u8>(), 0..300), any::<bool>());
    TestRunner::new(ProptestConfig::with_cases(512))
        .run(&strategy, |(body, json)| {
            let kind = match json {
                true => "application/json",
                false => "application/x-www-form-urlencoded",
            };
            let client = stage.anyone().with("content-type", kind);
            for path in [TOKEN, DEVICE] {
                refused(&runtime.block_on(client.post(path, body.clone())));
            }
            Ok(())
        })
        .expect("no fault");
}
