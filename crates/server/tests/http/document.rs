//! The route table and `api/openapi.json` describe the same operations.

use std::collections::BTreeSet;

use grantd_server::routes::ROUTES;

use crate::support::TestApp;
use crate::support::document::DOCUMENT;

#[test]
fn the_route_table_and_the_document_agree_both_ways() {
    let table: BTreeSet<(String, String, String)> = ROUTES
        .iter()
        .map(|route| {
            (
                route.operation.to_owned(),
                route.method.to_string(),
                route.path.to_owned(),
            )
        })
        .collect();
    let document: BTreeSet<(String, String, String)> = DOCUMENT
        .operations
        .iter()
        .map(|found| (found.id.clone(), found.method.clone(), found.path.clone()))
        .collect();
    let only_table: Vec<_> = table.difference(&document).collect();
    let only_document: Vec<_> = document.difference(&table).collect();
    assert!(only_table.is_empty(), "not in the document: {only_table:?}");
    assert!(
        only_document.is_empty(),
        "not in the table: {only_document:?}"
    );
    assert_eq!(
        table.len(),
        ROUTES.len(),
        "an operation stands twice in the table"
    );
}

#[test]
fn the_fourteen_operations_of_the_seeds_are_all_there() {
    let seeds = [
        ("GET", "/applications/grants"),
        ("GET", "/applications/grants/{grant_id}"),
        ("DELETE", "/applications/grants/{grant_id}"),
        ("DELETE", "/applications/{client_id}/grants/{access_token}"),
        ("GET", "/applications/{client_id}/tokens/{access_token}"),
        ("POST", "/applications/{client_id}/tokens/{access_token}"),
        ("DELETE", "/applications/{client_id}/tokens/{access_token}"),
        ("GET", "/authorizations"),
        ("POST", "/authorizations"),
        ("PUT", "/authorizations/clients/{client_id}"),
        ("PUT", "/authorizations/clients/{client_id}/{fingerprint}"),
        ("GET", "/authorizations/{authorization_id}"),
        ("PATCH", "/authorizations/{authorization_id}"),
        ("DELETE", "/authorizations/{authorization_id}"),
    ];
    for (method, path) in seeds {
        let found = DOCUMENT
            .operations
            .iter()
            .find(|operation| operation.method == method && operation.path == path)
            .unwrap_or_else(|| panic!("{method} {path}"));
        assert!(
            found.id.starts_with("oauth-authorizations/") || found.id.starts_with("apps/"),
            "{}",
            found.id
        );
    }
}

#[tokio::test]
async fn the_judge_refuses_what_is_not_documented() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let mut answer = octocat.get("/authorizations").await;
    let judged = |answer: &crate::support::Answer| {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            DOCUMENT.judge(&http::Method::GET, "/authorizations", answer);
        }))
        .is_ok()
    };
    assert!(judged(&answer));
    answer.body = br#"[{"id":1}]"#.to_vec();
    assert!(!judged(&answer), "keys are missing");
    answer.body = b"[]".to_vec();
    answer.status = 418;
    assert!(!judged(&answer), "an unknown status");
}
