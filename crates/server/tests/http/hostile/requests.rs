//! Paths, methods and headers.

use grantd_server::routes::ROUTES;
use http::Method;
use serde_json::json;

use super::{Stage, refused};

#[tokio::test]
async fn strange_paths_are_404() {
    let stage = Stage::new().await;
    let client_id = &stage.app.client_id;
    for path in [
        "/authorizations/%zz",
        "/authorizations/%",
        "/authorizations/%00",
        "/authorizations/1%00",
        "/authorizations/-1",
        "/authorizations/0x1",
        "/authorizations/1e0",
        "/authorizations/+1",
        "/authorizations/9223372036854775808",
        "/authorizations/١",
        "/authorizations/NaN",
        "/authorizations/",
        "/authorizations//1",
        "/authorizations/1/",
        "/authorizations/../user",
        "/authorizations/%2e%2e",
        "//authorizations",
        "/AUTHORIZATIONS",
        "/applications",
        "/applications/grants/",
        "/applications/grants/%ff",
        "/applications//tokens/x",
        "/users/%00",
        "/users/%ff",
        "/users/",
        "/users/a%2fb",
        "/api",
        "/api/",
        "/api/v4/user",
        "/api/v3/api/v3/user",
        "/%61uthorizations/x/y",
        "/;a",
        "/user;x=1",
        "/user%00",
        "/.%00",
    ] {
        let Ok(uri) = path.parse::<http::Uri>() else {
            continue;
        };
        stage
            .octocat
            .get(&uri.to_string())
            .await
            .refuses(404, "Not Found");
    }
    for fingerprint in ["%ff", "%c3%28", "a/b"] {
        let path = format!("/authorizations/clients/{client_id}/{fingerprint}");
        stage
            .octocat
            .put(&path, json!({ "client_secret": stage.app.secret }))
            .await
            .refuses(404, "Not Found");
    }
    for fingerprint in ["%00", &"x".repeat(2_000)] {
        let path = format!("/authorizations/clients/{client_id}/{fingerprint}");
        let answer = stage
            .octocat
            .put(&path, json!({ "client_secret": stage.app.secret }))
            .await;
        answer.invalid("custom/fingerprint");
    }
    for client_id in [
        "%ff",
        "%00",
        "..",
        "%2e%2e",
        "grants",
        "00000000000000000000",
        &"x".repeat(300),
    ] {
        let path = format!("/authorizations/clients/{client_id}");
        refused(
            &stage
                .octocat
                .put(&path, json!({ "client_secret": "x" }))
                .await,
        );
        refused(
            &stage
                .app
                .get(&format!("/applications/{client_id}/tokens/x"))
                .await,
        );
    }
}

#[tokio::test]
async fn other_methods_are_404_and_never_405() {
    let stage = Stage::new().await;
    for method in ["PUT", "PATCH", "TRACE", "CONNECT", "PROPFIND", "X", "get"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        for path in ["/authorizations", "/user", "/meta", "/applications/grants"] {
            stage
                .octocat
                .send(method.clone(), path, "")
                .await
                .refuses(404, "Not Found");
        }
    }
}

#[tokio::test]
async fn sec_s28_header_floods_and_long_addresses_are_431() {
    let stage = Stage::new().await;
    let message = "Request headers are too large";
    for path in [
        "/authorizations",
        "/user",
        "/nowhere",
        "/healthz",
        &stage.app.path(&stage.token),
    ] {
        let mut many = stage.octocat.client.clone();
        for _ in 0..200 {
            many = many.and("x-flood", "1");
        }
        many.get(path).await.refuses(431, message);
        let long = stage.octocat.with("x-long", &"x".repeat(40 * 1024));
        long.get(path).await.refuses(431, message);
        let query = format!("{path}?q={}", "x".repeat(10 * 1024));
        stage.octocat.get(&query).await.refuses(431, message);
    }
    let long_name = stage.t.anyone().with_basic(&"x".repeat(8_000), "y");
    long_name.get("/user").await.refuses(401, "Bad credentials");
}

#[tokio::test]
async fn sec_s40_safe_methods_change_nothing() {
    let stage = Stage::new().await;
    stage.octocat.get("/user").await.is(200);
    let state = async || {
        let all = grantd_core::store::PageRequest {
            page: 1,
            per_page: 100,
        };
        let tokens = stage
            .t
            .authority
            .store
            .list_tokens(grantd_core::store::TokenFilter::All, all)
            .await
            .unwrap();
        let grants = stage
            .t
            .authority
            .store
            .list_grants(stage.octocat.id, None, all)
            .await
            .unwrap();
        let users = stage.t.authority.store.list_users(all).await.unwrap();
        // An app's secret is no user's password, and the tenth such attempt leaves a row.
        let mut audit = stage.t.audit().await;
        audit.retain(|action| action != "user.sign_in_locked");
        format!("{tokens:?}{grants:?}{users:?}{audit:?}")
    };
    let before = state().await;
    for route in ROUTES {
        let path = route
            .path
            .replace("{authorization_id}", "1")
            .replace("{grant_id}", "1")
            .replace("{client_id}", &stage.app.client_id)
            .replace("{access_token}", &stage.token)
            .replace("{fingerprint}", "fp")
            .replace("{username}", "octocat")
            .replace("{account_id}", "1")
            .replace("{token_id}", "1")
            .replace("{key_ids}", "1");
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            for client in [&stage.octocat.client, &stage.app.client, &stage.t.anyone()] {
                let answer = client.send(method.clone(), &path, "").await;
                assert!(answer.status < 500);
            }
        }
    }
    assert_eq!(state().await, before);
}
