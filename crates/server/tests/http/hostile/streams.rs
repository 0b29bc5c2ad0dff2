//! How a body arrives.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::Method;
use http_body::Frame;
use http_body_util::StreamBody;

use super::Stage;

#[tokio::test]
async fn sec_s29_a_slow_body_is_408() {
    let slow = Duration::from_millis(200);
    let stage = Stage::with(|setup| setup.settings.slow_client = slow).await;
    let stalled = || {
        let first = stream::once(async { Ok::<_, std::io::Error>(Frame::data(Bytes::from("{"))) });
        StreamBody::new(Box::pin(first.chain(stream::pending())))
    };
    for (client, method, path) in stage.writes() {
        let before = Instant::now();
        let answer = client.send_body(method, &path, stalled()).await;
        answer.refuses(408, "Request body did not arrive in time");
        assert!(before.elapsed() >= slow, "{:?}", before.elapsed());
    }
    // The whole body counts, not the pause before its next byte.
    let trickle = stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Some((Ok::<_, std::io::Error>(Frame::data(Bytes::from(" "))), ()))
    });
    let body = StreamBody::new(Box::pin(trickle));
    let sending = stage
        .octocat
        .send_body(Method::POST, "/authorizations", body);
    let answer = tokio::time::timeout(Duration::from_secs(20), sending).await;
    answer.expect("an answer, though the body goes on").is(408);
    stage.is_whole().await;
}

#[tokio::test]
async fn a_body_without_end_is_413() {
    let stage = Stage::new().await;
    for (client, method, path) in stage.writes() {
        let chunk = Bytes::from(vec![b' '; 1_024]);
        let endless =
            stream::repeat_with(move || Ok::<_, std::io::Error>(Frame::data(chunk.clone())));
        let answer = client
            .send_body(method, &path, StreamBody::new(endless))
            .await;
        answer.refuses(413, "Request body is too large");
    }
    let chunk = Bytes::from(vec![b' '; 1_024]);
    let endless = stream::repeat_with(move || Ok::<_, std::io::Error>(Frame::data(chunk.clone())));
    let anonymous = stage
        .t
        .anyone()
        .send_body(Method::POST, "/authorizations", StreamBody::new(endless))
        .await;
    anonymous.is(401);
    stage.is_whole().await;
}

#[tokio::test]
async fn a_body_that_breaks_off_changes_nothing() {
    let stage = Stage::new().await;
    for (client, method, path) in stage.writes() {
        let parts = [
            Ok(Frame::data(Bytes::from("{\"note\":"))),
            Err(std::io::Error::other("connection reset")),
        ];
        let answer = client
            .send_body(method, &path, StreamBody::new(stream::iter(parts)))
            .await;
        answer.refuses(400, "Problems parsing JSON");
    }
    stage.is_whole().await;
}

#[tokio::test]
async fn a_body_on_a_safe_method_is_ignored() {
    let stage = Stage::new().await;
    for body in ["{", "[]", "\0", &"x".repeat(100_000)] {
        stage
            .octocat
            .send(Method::GET, "/authorizations", body)
            .await
            .is(200);
        stage
            .app
            .send(Method::GET, &stage.app.path(&stage.token), body)
            .await
            .is(200);
    }
}
