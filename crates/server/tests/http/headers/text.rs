//! How JSON is written, and the addresses in it.

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn curl_gets_pretty_json_with_the_arrays_of_its_era() {
    let (p2, p3) = (TestApp::p2().await, TestApp::new().await);
    for (t, empty) in [(p2, "\"scopes\": [\n\n  ]"), (p3, "\"scopes\": []")] {
        let octocat = t.user("octocat").await;
        let curl = octocat.with("user-agent", "curl/7.64.1");
        let created = curl.post("/authorizations", json!({ "note": "n" })).await;
        let text = created.is(201).text();
        assert!(
            text.starts_with("{\n  \"id\": 1,\n  \"url\": \"http"),
            "{text}"
        );
        assert!(text.ends_with("}\n"));
        assert!(text.contains(empty), "{text}");
        let refused = curl.with_wrong_password_text().await;
        assert!(
            refused
                .starts_with("{\n  \"message\": \"Bad credentials\",\n  \"documentation_url\": "),
            "{refused}"
        );
    }
}

impl crate::support::Client {
    async fn with_wrong_password_text(&self) -> String {
        self.with_basic("octocat", "wrong")
            .get("/authorizations")
            .await
            .is(401)
            .text()
    }
}

#[tokio::test]
async fn other_clients_get_compact_json_without_a_newline() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    for agent in [
        "Wget/1.20",
        "HTTPie/1.0",
        "libcurl/7.64.1",
        "PyGithub/Python",
        "CURL/7",
    ] {
        let text = octocat
            .with("user-agent", agent)
            .get("/user")
            .await
            .is(200)
            .text();
        assert!(
            !text.contains('\n') && text.starts_with("{\"login\":\"octocat\",\"id\":"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn the_contents_type_is_ignored() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let types = [
        "application/x-www-form-urlencoded",
        "text/plain",
        "application/json; charset=utf-16",
        "nonsense",
    ];
    for content_type in types {
        let client = octocat.with("content-type", content_type);
        client
            .post("/authorizations", json!({ "note": content_type }))
            .await
            .is(201);
    }
}

#[tokio::test]
async fn both_bases_serve_and_every_address_is_the_public_one() {
    let t = TestApp::with(|setup| {
        setup.settings.public_url = "https://git.example.com".parse().unwrap()
    })
    .await;
    let octocat = t.user("octocat").await.with("host", "evil.example");
    octocat
        .post("/api/v3/authorizations", json!({ "note": "n" }))
        .await
        .is(201);
    for base in ["", "/api/v3"] {
        let shown = octocat.get(&format!("{base}/authorizations/1")).await;
        assert_eq!(
            shown.is(200).json()["url"],
            "https://git.example.com/api/v3/authorizations/1"
        );
        let root = octocat.get(&format!("{base}/")).await;
        assert!(!root.is(200).text().contains("evil"));
        assert_eq!(
            root.json()["authorizations_url"],
            "https://git.example.com/api/v3/authorizations"
        );
        assert_eq!(
            root.json()["current_user_authorizations_html_url"],
            "https://git.example.com/settings/connections/applications{/client_id}"
        );
    }
    octocat.get("/api/v3").await.is(200);
    octocat.get("/api/v3x/user").await.is(404);
    octocat.get("/api/v3/healthz").await.is(404);
}

#[tokio::test]
async fn the_root_is_a_page_for_browsers() {
    let t = TestApp::new().await;
    let page = t
        .anyone()
        .with("accept", "text/html,*/*;q=0.8")
        .without("user-agent")
        .get("/")
        .await;
    assert_eq!(
        page.is(200).header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(
        page.headers
            .get_all("vary")
            .iter()
            .any(|vary| vary.to_str().unwrap().contains("Accept"))
    );
}

#[tokio::test]
async fn the_profile_documents_carry_every_key() {
    let t = TestApp::new().await;
    let octocat = t.user("octocat").await;
    let mine = octocat.get("/user").await;
    assert_eq!(mine.is(200).json()["email"], "octocat@example.com");
    assert_eq!(mine.json()["two_factor_authentication"], false);
    let public = t.anyone().get("/users/OCTOCAT").await;
    assert_eq!(public.is(200).json()["login"], "octocat");
    assert_eq!(public.json().get("two_factor_authentication"), None);
    assert_eq!(
        public.json()["email"],
        serde_json::Value::Null,
        "an address is for its owner's eyes"
    );
    t.anyone()
        .get("/users/nobody")
        .await
        .refuses(404, "Not Found");
    t.anyone()
        .get("/user")
        .await
        .refuses(401, "Requires authentication");
}

#[tokio::test]
async fn meta_names_the_version_of_the_profile() {
    for (t, version) in [
        (TestApp::p2().await, "2.21.0"),
        (TestApp::new().await, "3.4.0"),
    ] {
        let meta = t.anyone().get("/meta").await;
        assert_eq!(
            meta.is(200).json(),
            json!({ "verifiable_password_authentication": true, "installed_version": version })
        );
    }
}

#[tokio::test]
async fn health_is_told_to_machines() {
    let t = TestApp::new().await;
    for path in ["/healthz", "/readyz", "/livez"] {
        assert_eq!(t.anyone().get(path).await.is(200).json()["status"], "ok");
    }
    t.authority.store.close().await;
    assert_eq!(
        t.anyone().get("/readyz").await.is(503).json()["status"],
        "unavailable"
    );
    t.anyone().get("/livez").await.is(200);
}
