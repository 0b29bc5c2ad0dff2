//! Lists, page by page.

use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

fn ids(answer: &Answer) -> Vec<i64> {
    answer
        .is(200)
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_i64().unwrap())
        .collect()
}

#[tokio::test]
async fn thirty_five_authorizations_are_paged_with_links() {
    let t = TestApp::recorded().await;
    let octocat = t.user("octocat").await;
    for number in 1..=35 {
        octocat
            .personal_token(&format!("note {number}"))
            .await
            .is(201);
    }
    let url = "https://api.github.com/authorizations";
    let first = octocat.get("/authorizations").await;
    assert_eq!(ids(&first), (1..=30).collect::<Vec<_>>());
    assert_eq!(
        first.header("link"),
        Some(format!(r#"<{url}?page=2>; rel="next", <{url}?page=2>; rel="last""#).as_str())
    );
    let last = octocat.get("/authorizations?page=2").await;
    assert_eq!(ids(&last), (31..=35).collect::<Vec<_>>());
    let back = format!(r#"<{url}?page=1>; rel="first", <{url}?page=1>; rel="prev""#);
    assert_eq!(last.header("link"), Some(back.as_str()));

    let middle = octocat.get("/authorizations?per_page=10&page=2").await;
    assert_eq!(ids(&middle), (11..=20).collect::<Vec<_>>());
    let link = middle.header("link").unwrap();
    for (rel, page) in [("prev", 1), ("next", 3), ("last", 4), ("first", 1)] {
        assert!(
            link.contains(&format!("<{url}?per_page=10&page={page}>; rel=\"{rel}\"")),
            "{rel}: {link}"
        );
    }
    let all = octocat.get("/authorizations?per_page=100").await;
    assert_eq!(ids(&all).len(), 35);
    assert_eq!(all.header("link"), None);
    assert!(
        all.json()
            .as_array()
            .unwrap()
            .iter()
            .all(|item| item["token"] == "")
    );
    assert_eq!(all.header("last-modified"), None);
}

#[tokio::test]
async fn pages_beyond_the_end_are_empty_and_lead_back() {
    let t = TestApp::recorded().await;
    let octocat = t.user("octocat").await;
    for number in 1..=3 {
        octocat
            .personal_token(&format!("note {number}"))
            .await
            .is(201);
    }
    for page in ["3", "1000000", "4294967295", "99999999999999999999"] {
        let beyond = octocat
            .get(&format!("/authorizations?per_page=2&page={page}"))
            .await;
        assert_eq!(beyond.is(200).json(), json!([]));
        let link = beyond.header("link").unwrap();
        assert!(
            link.contains("rel=\"first\"") && link.contains("rel=\"prev\""),
            "{link}"
        );
        assert!(
            !link.contains("rel=\"next\"") && !link.contains("rel=\"last\""),
            "{link}"
        );
    }
}

#[tokio::test]
async fn hostile_numbers_fall_back_and_are_never_an_error() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    for number in 1..=31 {
        octocat
            .personal_token(&format!("note {number}"))
            .await
            .is(201);
    }
    for query in [
        "page=0",
        "page=-1",
        "page=abc",
        "page=",
        "page",
        "page=1.5",
        "page=NaN",
        "page=%00",
        "page=%F0%90",
        "per_page=0",
        "per_page=-5",
        "per_page=x",
        "per_page=1e9",
        "&&&",
        "=",
        "page=+1x",
        "page[]=2",
        "per_page=%31%30x",
    ] {
        let answer = octocat.get(&format!("/authorizations?{query}")).await;
        assert_eq!(ids(&answer).len(), 30, "{query}");
        octocat
            .get(&format!("/applications/grants?{query}"))
            .await
            .is(200);
    }
    let many = octocat
        .get("/authorizations?per_page=999999999999999999999")
        .await;
    assert_eq!(ids(&many).len(), 31, "clamped to a hundred");
}

#[tokio::test]
async fn client_id_filters_both_lists() {
    let t = TestApp::recorded().await;
    let octocat = t.user("octocat").await;
    let (ci, deploy) = (t.app("ci").await, t.app("deploy").await);
    octocat.personal_token("mine").await.is(201);
    for scope in ["repo", "gist", "user"] {
        let mut body = ci.credentials();
        body["scopes"] = json!([scope]);
        octocat.post("/authorizations", body).await.is(201);
    }
    octocat.token_of(&deploy).await.is(201);
    let of = async |path: &str, client_id: &str| {
        octocat.get(&format!("{path}?client_id={client_id}")).await
    };
    assert_eq!(ids(&of("/authorizations", &ci.client_id).await), [2, 3, 4]);
    assert_eq!(ids(&of("/authorizations", &deploy.client_id).await), [5]);
    assert_eq!(
        ids(&of("/authorizations", "nobody").await),
        Vec::<i64>::new()
    );
    assert_eq!(ids(&of("/authorizations", "").await).len(), 5);
    let all = ids(&octocat.get("/applications/grants").await);
    assert_eq!(all.len(), 2);
    assert_eq!(
        ids(&of("/applications/grants", &deploy.client_id).await),
        all[1..]
    );
    assert_eq!(
        ids(&of("/applications/grants", "nobody").await),
        Vec::<i64>::new()
    );
    let grants = octocat.get("/applications/grants").await.json();
    assert_eq!(
        grants[0]["scopes"],
        json!(["repo", "gist", "user"]),
        "the union, first seen first"
    );
    let paged = of("/authorizations", &format!("{}&per_page=2", ci.client_id)).await;
    let expected = format!(
        "<https://api.github.com/authorizations?client_id={}&per_page=2&page=2>; rel=\"next\"",
        ci.client_id
    );
    assert!(
        paged.header("link").unwrap().starts_with(&expected),
        "{:?}",
        paged.header("link")
    );
}

#[tokio::test]
async fn a_personal_access_token_is_no_grant() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    octocat.personal_token("mine").await.is(201);
    assert_eq!(
        octocat.get("/applications/grants").await.is(200).json(),
        Value::Array(vec![])
    );
}
