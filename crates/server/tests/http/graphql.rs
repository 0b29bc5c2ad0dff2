//! Who am I, in GraphQL; and the calls by which GitHub's command line signs in.

use serde_json::{Value, json};

use crate::support::{Answer, Client, TestApp, keys};

const PATH: &str = "/api/graphql";
const EVERY_FIELD: &str = "{ viewer { login id databaseId name email url avatarUrl createdAt } }";

async fn ask(client: &Client, query: &str) -> Answer {
    client.post(PATH, json!({ "query": query })).await
}

/// The messages of an answer that holds no data.
#[track_caller]
fn errors(answer: &Answer) -> Vec<String> {
    let json = answer.is(200).json();
    assert!(json["data"].is_null(), "{json}");
    let errors = json["errors"].as_array().expect("errors");
    assert!(!errors.is_empty());
    let message = |error: &Value| error["message"].as_str().expect("a message").to_owned();
    errors.iter().map(message).collect()
}

#[tokio::test]
async fn the_viewer_is_the_tokens_owner_with_the_fields_that_were_asked_for() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let token = octocat.personal_token("n").await.token();
    let profile = t.anyone().with_token(&token).get("/user").await.json();
    for client in [
        t.anyone().with_token(&token),
        t.anyone().with("authorization", &format!("Bearer {token}")),
        t.anyone().with_basic(&token, "x-oauth-basic"),
        t.anyone().with_basic("octocat", &token),
    ] {
        let answer = ask(&client, EVERY_FIELD).await.is(200).json();
        let viewer = &answer["data"]["viewer"];
        assert_eq!(keys(&answer), ["data"]);
        for (ours, rest) in [
            ("login", "login"),
            ("id", "node_id"),
            ("databaseId", "id"),
            ("name", "name"),
            ("email", "email"),
            ("url", "html_url"),
            ("avatarUrl", "avatar_url"),
            ("createdAt", "created_at"),
        ] {
            assert_eq!(viewer[ours], profile[rest], "{ours}");
        }
        assert_eq!(keys(viewer).len(), 8);
    }
    let client = t.anyone().with_token(&token);
    let answer = ask(&client, "query UserCurrent{viewer{login}}").await;
    assert_eq!(answer.text(), r#"{"data":{"viewer":{"login":"octocat"}}}"#);
    let answer = client
        .post("/graphql", json!({ "query": "{me:viewer{n:databaseId}}" }))
        .await;
    assert_eq!(
        answer.text(),
        format!(r#"{{"data":{{"me":{{"n":{}}}}}}}"#, octocat.id)
    );
    let body = json!({
        "query": "query A { viewer { id } } query B($yes: Boolean!) { viewer { login @include(if: $yes) __typename } }",
        "operationName": "B",
        "variables": { "yes": true },
    });
    let answer = client.post(PATH, body).await;
    assert_eq!(
        answer.text(),
        r#"{"data":{"viewer":{"login":"octocat","__typename":"User"}}}"#
    );
}

#[tokio::test]
async fn any_other_query_gets_an_error() {
    let t = TestApp::new().await;
    let token = t.user("octocat").await.personal_token("n").await.token();
    let client = t.anyone().with_token(&token);
    for query in [
        "",
        "{",
        "nonsense",
        "{ viewer }",
        "{ viewer { login { x } } }",
        "{ viewer { repositories(first: 1) { nodes { name } } } }",
        "{ repository(owner: \"a\", name: \"b\") { id } }",
        "mutation { addStar(input: {}) { clientMutationId } }",
        "subscription { viewer { login } }",
        "{ user(login: \"octocat\") { login } }",
        "{ viewer { ...a } } fragment a on User { ...b } fragment b on User { ...a }",
    ] {
        errors(&ask(&client, query).await);
    }
    for body in [json!({}), json!({ "query": 1 }), json!({ "query": null })] {
        let messages = errors(&client.post(PATH, body).await);
        assert_eq!(
            messages,
            ["A query attribute must be specified and must be a string."]
        );
    }
    client
        .post(PATH, "{")
        .await
        .refuses(400, "Problems parsing JSON");
    client
        .post(PATH, "[]")
        .await
        .refuses(400, "Body should be a JSON object");
    let variables = json!({ "query": EVERY_FIELD, "variables": [1] });
    client
        .post(PATH, variables)
        .await
        .refuses(400, "Problems parsing JSON");
}

#[tokio::test]
async fn sec_s28_queries_that_would_cost_much_are_refused_at_once() {
    let t = TestApp::new().await;
    let token = t.user("octocat").await.personal_token("n").await.token();
    let client = t.anyone().with_token(&token);
    let doubling = |levels: usize| {
        let one = |n: usize| format!("fragment f{n} on User{{...f{} ...f{}}}", n + 1, n + 1);
        let all: String = (0..levels).map(one).collect();
        format!("{{viewer{{...f0}}}} {all} fragment f{levels} on User{{login}}")
    };
    let many = |what: &str| what.repeat(4_000 / what.len());
    let hostile = [
        many("{"),
        format!("{{viewer{}", many("{a")),
        format!("query($a:{}Int) {{viewer{{login}}}}", many("[")),
        format!("{{viewer(a:{})", many("[")),
        format!("{{viewer{{{}}}}}", many("login ")),
        format!("{{viewer{{{}}}}}", many("login{login}")),
        format!("{{viewer{{login {}}}}}", many("@include(if:true)")),
        doubling(30),
        doubling(6),
        format!("#{}\n{{viewer{{login", many("x")),
        many("\""),
        "x".repeat(17_000),
        format!("{{viewer{{login}}}} {}", many("query A{viewer{login}} ")),
    ];
    let started = std::time::Instant::now();
    for query in &hostile {
        errors(&ask(&client, query).await);
    }
    let took = started.elapsed();
    assert!(took.as_secs() < 10, "{took:?}");
}

#[tokio::test]
async fn tokens_only_and_with_the_apis_headers() {
    let t = TestApp::new().await;
    let (octocat, app) = (t.user("octocat").await, t.app("ci").await);
    octocat
        .post(PATH, json!({ "query": EVERY_FIELD }))
        .await
        .refuses(401, "Bad credentials");
    ask(&t.anyone(), EVERY_FIELD)
        .await
        .refuses(401, "Requires authentication");
    app.post(PATH, json!({ "query": EVERY_FIELD }))
        .await
        .refuses(401, "Bad credentials");
    let mut body = app.credentials();
    body["scopes"] = json!(["repo", "read:org", "gist"]);
    let token = octocat.post("/authorizations", body).await.is(201).token();
    let answer = ask(&t.anyone().with_token(&token), EVERY_FIELD).await;
    assert_eq!(
        answer.is(200).header("x-oauth-scopes"),
        Some("gist, read:org, repo")
    );
    assert_eq!(answer.header("cache-control"), Some("private, no-store"));
    assert_eq!(answer.header("etag"), None);
    for path in ["/api/v3/graphql", "/api/v3/api/graphql"] {
        t.anyone()
            .with_token(&token)
            .post(path, "{}")
            .await
            .refuses(404, "Not Found");
    }
    t.anyone()
        .with_token(&token)
        .get(PATH)
        .await
        .refuses(404, "Not Found");
    let leaked = t
        .anyone()
        .post(&format!("{PATH}?access_token={token}"), "{}")
        .await;
    leaked.refuses(400, "Must specify access token via Authorization header.");
    ask(&t.anyone().with_token(&token), EVERY_FIELD)
        .await
        .refuses(401, "Bad credentials");
}

/// After a sign-in and for its status, GitHub's command line reads scopes from the
/// API's root and the login by GraphQL.
#[tokio::test]
async fn the_calls_of_githubs_command_line_are_answered() {
    let t = TestApp::with(|setup| {
        setup.settings.public_url = "https://git.example.com".parse().unwrap();
    })
    .await;
    let (octocat, app) = (t.user("octocat").await, t.app("gh").await);
    let mut body = app.credentials();
    body["scopes"] = json!(["repo", "read:org", "gist"]);
    let token = octocat.post("/authorizations", body).await.is(201).token();
    let gh = t
        .anyone()
        .with("user-agent", "GitHub CLI 2.23.0")
        .with("host", "git.example.com")
        .with_token(&token);
    for root in ["/api/v3/", "/api/v3"] {
        let answer = gh.get(root).await;
        assert_eq!(
            answer.is(200).header("x-oauth-scopes"),
            Some("gist, read:org, repo")
        );
    }
    let accept =
        "application/vnd.github.merge-info-preview+json, application/vnd.github.nebula-preview";
    let gh = gh
        .with("accept", accept)
        .with("content-type", "application/json; charset=utf-8");
    let query = json!({ "query": "query UserCurrent{viewer{login}}", "variables": {} });
    let answer = gh.post(PATH, query).await;
    assert_eq!(answer.is(200).json()["data"]["viewer"]["login"], "octocat");
    let wrong = gh.with_token("gto_wrong");
    ask(&wrong, EVERY_FIELD)
        .await
        .refuses(401, "Bad credentials");
    wrong.get("/api/v3/").await.refuses(401, "Bad credentials");
}
