//! Two hundred callers at once.

use std::collections::HashSet;

use futures_util::future::join_all;
use serde_json::json;

use crate::support::TestApp;

const CALLERS: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sec_s25_two_hundred_get_or_creates_make_one_authorization() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    for fingerprint in ["", "/fp"] {
        let path = format!("/authorizations/clients/{}{fingerprint}", app.client_id);
        let tasks = (0..CALLERS).map(|_| {
            let (client, path) = (octocat.client.clone(), path.clone());
            let body = json!({ "client_secret": app.secret });
            tokio::spawn(async move { client.put(&path, body).await })
        });
        let answers: Vec<_> = join_all(tasks)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        let created: Vec<_> = answers
            .iter()
            .filter(|answer| answer.status == 201)
            .collect();
        assert_eq!(created.len(), 1);
        assert!(!created[0].token().is_empty());
        let existing: Vec<_> = answers
            .iter()
            .filter(|answer| answer.status == 200)
            .collect();
        assert_eq!(existing.len(), CALLERS - 1);
        for answer in existing {
            assert_eq!(answer.token(), "");
            assert_eq!(answer.id(), created[0].id());
        }
        app.check(&created[0].token()).await.is(200);
    }
    assert_eq!(
        octocat
            .get("/authorizations")
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        octocat
            .get("/applications/grants")
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_creators_leave_ten_tokens_the_newest() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let tasks = (0..CALLERS).map(|number| {
        let client = octocat.client.clone();
        let mut body = app.credentials();
        // The scope set ignores order.
        body["scopes"] = if number % 2 == 0 {
            json!(["repo", "gist"])
        } else {
            json!(["gist", "repo"])
        };
        tokio::spawn(async move { client.post("/authorizations", body).await })
    });
    let answers: Vec<_> = join_all(tasks)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let mut made: Vec<(i64, String)> = answers
        .iter()
        .map(|answer| (answer.is(201).id(), answer.token()))
        .collect();
    made.sort_unstable();
    let tokens: HashSet<&String> = made.iter().map(|(_, token)| token).collect();
    assert_eq!(tokens.len(), CALLERS, "no token twice");
    let listed = octocat.get("/authorizations?per_page=100").await.json();
    let left: Vec<i64> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_i64().unwrap())
        .collect();
    let newest: Vec<i64> = made[CALLERS - 10..].iter().map(|(id, _)| *id).collect();
    assert_eq!(left, newest);
    for (position, (_, token)) in made.iter().enumerate() {
        let alive = app.check(token).await.status == 200;
        assert_eq!(alive, position >= CALLERS - 10);
    }
    let evicted = t.audit().await;
    assert_eq!(
        evicted
            .iter()
            .filter(|action| *action == "oauth_access.evict")
            .count(),
        CALLERS - 10
    );
}

#[tokio::test]
async fn the_ten_tokens_rule_counts_per_scope_set_and_spares_personal_tokens() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let make = async |scope: &str, fingerprint: String| {
        let mut body = app.credentials();
        body["scopes"] = json!([scope]);
        body["fingerprint"] = json!(fingerprint);
        octocat.post("/authorizations", body).await.is(201).id()
    };
    for number in 0..10 {
        make("repo", format!("r{number}")).await;
        make("gist", format!("g{number}")).await;
        octocat.personal_token(&format!("n{number}")).await.is(201);
        octocat.personal_token(&format!("m{number}")).await.is(201);
    }
    let count = async || {
        octocat
            .get("/authorizations?per_page=100")
            .await
            .json()
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(count().await, 40);
    let eleventh = make("repo", "r10".to_owned()).await;
    assert_eq!(count().await, 40, "the oldest made room");
    octocat.get("/authorizations/1").await.is(404);
    octocat
        .get(&format!("/authorizations/{eleventh}"))
        .await
        .is(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_concurrent_resets_exactly_one_succeeds() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    let token = octocat.token_of(&app).await.token();
    let tasks = (0..50).map(|_| {
        let (app, token) = (app.clone(), token.clone());
        tokio::spawn(async move { app.reset(&token).await })
    });
    let answers: Vec<_> = join_all(tasks)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let won: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == 200)
        .collect();
    assert_eq!(won.len(), 1);
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer.status, 200 | 404))
    );
    app.check(&won[0].token()).await.is(200);
    app.check(&token).await.is(404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_concurrent_creations_with_one_note_exactly_one_succeeds() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let tasks = (0..CALLERS).map(|_| {
        let client = octocat.client.clone();
        tokio::spawn(async move { client.post("/authorizations", json!({ "note": "n" })).await })
    });
    let answers: Vec<_> = join_all(tasks)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        answers.iter().filter(|answer| answer.status == 201).count(),
        1
    );
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.invalid("already_exists/description");
    }
}
