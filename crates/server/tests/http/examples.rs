//! The documented example of each of the fourteen endpoints, held against what
//! the server says: key by key and type by type. `seeds/` holds the examples
//! of GitHub's documentation of GitHub Enterprise Server, one file each.

use serde_json::{Value, json};

use crate::support::{Answer, OAuthApp, TestApp, User, keys};

/// The order of an authorization's keys on the wire (the documentation's own varies).
const AUTHORIZATION: [&str; 12] = [
    "id",
    "url",
    "app",
    "token",
    "hashed_token",
    "token_last_eight",
    "note",
    "note_url",
    "created_at",
    "updated_at",
    "scopes",
    "fingerprint",
];
const GRANT: [&str; 6] = ["id", "url", "app", "created_at", "updated_at", "scopes"];

macro_rules! seed {
    ($name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("seeds/", $name, ".json"))).unwrap()
    };
}

/// Same keys, same types. Where the seed prints the fingerprint `""`, the wire says null.
#[track_caller]
fn alike(path: &str, seed: &Value, ours: &Value, more: &[&str]) {
    match (seed, ours) {
        (Value::Object(seed), Value::Object(ours)) => {
            let mut expected: Vec<&str> = seed.keys().map(String::as_str).collect();
            if path == "$" || path == "$[]" {
                expected.extend(more);
            }
            expected.sort_unstable();
            let mut found: Vec<&str> = ours.keys().map(String::as_str).collect();
            found.sort_unstable();
            assert_eq!(expected, found, "{path}");
            for (key, value) in seed {
                if key == "fingerprint" && *value == json!("") {
                    assert_eq!(ours[key], Value::Null);
                } else {
                    alike(&format!("{path}.{key}"), value, &ours[key], more);
                }
            }
        }
        (Value::Array(seed), Value::Array(ours)) => {
            assert!(!ours.is_empty(), "{path} is empty");
            for value in ours {
                alike(&format!("{path}[]"), &seed[0], value, more);
            }
        }
        _ => assert_eq!(
            std::mem::discriminant(seed),
            std::mem::discriminant(ours),
            "{path}: {seed} and {ours}"
        ),
    }
}

struct Stage {
    octocat: User,
    app: OAuthApp,
    /// Keys beyond the seeds'.
    more: &'static [&'static str],
    /// Base of API URLs.
    base: &'static str,
}

impl Stage {
    async fn p2() -> Self {
        Self::on(TestApp::recorded().await, &[], "https://api.github.com").await
    }

    async fn p3() -> Self {
        let t = TestApp::new().await;
        Self::on(t, &["expires_at"], "http://127.0.0.1:8370/api/v3").await
    }

    async fn on(t: TestApp, more: &'static [&'static str], base: &'static str) -> Self {
        let octocat = t.user("octocat").await;
        let app = t
            .register("my github app", Some("abcde12345fghij67890"))
            .await;
        Self {
            octocat,
            app,
            more,
            base,
        }
    }

    fn put_body(&self) -> Value {
        json!({
            "client_secret": self.app.secret, "scopes": ["public_repo"],
            "note": "optional note", "note_url": "http://optional/note/url",
        })
    }

    async fn token(&self) -> String {
        self.octocat
            .put(
                "/authorizations/clients/abcde12345fghij67890/jklmnop12345678",
                self.put_body(),
            )
            .await
            .token()
    }

    #[track_caller]
    fn is_authorization(&self, answer: &Answer, status: u16, seed: &Value) {
        let ours = answer.is(status).json();
        alike("$", seed, &ours, self.more);
        let user: &[&str] = if seed.get("user").is_some() {
            &["user"]
        } else {
            &[]
        };
        assert_eq!(keys(&ours), [&AUTHORIZATION, self.more, user].concat());
        assert_eq!(keys(&ours["app"]), ["name", "url", "client_id"]);
        let shown = ours["token"].as_str().unwrap();
        assert_eq!(shown.is_empty(), seed["token"] == "");
        for key in ["note", "note_url", "scopes", "app"] {
            assert_eq!(ours[key], seed[key], "{key}");
        }
        assert_eq!(
            ours["url"],
            format!("{}/authorizations/{}", self.base, ours["id"])
        );
        if !shown.is_empty() {
            assert_eq!(shown.len(), 40);
            assert!(shown.ends_with(ours["token_last_eight"].as_str().unwrap()));
        }
    }
}

/// Runs the test in both profiles.
macro_rules! both {
    ($($(#[$doc:meta])* async fn $name:ident($stage:ident) $body:block)*) => {
        $($(#[$doc])* #[tokio::test]
        async fn $name() {
            for $stage in [Stage::p2().await, Stage::p3().await] $body
        })*
    };
}

both! {
    async fn grants_are_listed_and_shown_as_documented(stage) {
        let _token = stage.token().await;
        let list = stage.octocat.get("/applications/grants").await;
        alike("$", &seed!("list-grants"), &list.is(200).json(), &[]);
        let grant = stage.octocat.get("/applications/grants/1").await;
        alike("$", &seed!("get-grant"), &grant.is(200).json(), &[]);
        assert_eq!(keys(&grant.json()), GRANT);
        assert_eq!(list.json()[0], grant.json());
        assert_eq!(grant.json()["url"], format!("{}/applications/grants/1", stage.base));
        assert_eq!(grant.json()["app"], seed!("get-grant")["app"]);
    }

    async fn a_grant_is_deleted_as_documented(stage) {
        let _token = stage.token().await;
        let gone = stage.octocat.delete("/applications/grants/1").await;
        assert!(gone.is(204).body.is_empty());
        stage.octocat.get("/applications/grants/1").await.refuses(404, "Not Found");
    }

    async fn an_app_revokes_a_grant_as_documented(stage) {
        let token = stage.token().await;
        assert!(stage.app.revoke_grant(&token).await.is(204).body.is_empty());
        assert_eq!(stage.octocat.get("/applications/grants").await.is(200).json(), json!([]));
    }

    async fn an_app_checks_a_token_as_documented(stage) {
        let token = stage.token().await;
        let checked = stage.app.check(&token).await;
        stage.is_authorization(&checked, 200, &seed!("check-authorization"));
        assert_eq!(checked.token(), token);
        assert_eq!(checked.json()["fingerprint"], "jklmnop12345678");
        let user = &checked.json()["user"];
        assert_eq!(keys(user), keys(&seed!("check-authorization")["user"]));
        assert_eq!(user["url"], format!("{}/users/octocat", stage.base));
    }

    async fn an_app_resets_a_token_as_documented(stage) {
        let token = stage.token().await;
        let reset = stage.app.reset(&token).await;
        stage.is_authorization(&reset, 200, &seed!("reset-authorization"));
        assert_ne!(reset.token(), token);
    }

    async fn an_app_revokes_a_token_as_documented(stage) {
        let token = stage.token().await;
        assert!(stage.app.revoke(&token).await.is(204).body.is_empty());
        stage.app.check(&token).await.refuses(404, "Not Found");
    }

    async fn authorizations_are_listed_as_documented(stage) {
        let body = json!({ "note": "My personal access token", "scopes": ["admin:org", "repo"] });
        stage.octocat.post("/authorizations", body).await.is(201);
        let list = stage.octocat.get("/authorizations").await;
        let ours = list.is(200).json();
        let seed = seed!("list-authorizations");
        alike("$", &seed, &ours, stage.more);
        assert_eq!(keys(&ours[0]), [&AUTHORIZATION, stage.more].concat());
        assert_eq!(keys(&seed[0]), AUTHORIZATION, "the seed's list is in the wire's order");
        for key in ["token", "note", "note_url", "fingerprint"] {
            assert_eq!(ours[0][key], seed[0][key], "{key}");
        }
        assert_eq!(ours[0]["app"]["name"], seed[0]["app"]["name"]);
        assert_eq!(ours[0]["app"]["client_id"], seed[0]["app"]["client_id"]);
    }

    async fn an_authorization_is_created_as_documented(stage) {
        let body = json!({
            "scopes": ["public_repo"], "note": "optional note", "note_url": "http://optional/note/url",
            "client_id": "abcde12345fghij67890", "client_secret": stage.app.secret,
            "fingerprint": "jklmnop12345678",
        });
        let created = stage.octocat.post("/authorizations", body).await;
        stage.is_authorization(&created, 201, &seed!("create-authorization"));
        let location = format!("{}/authorizations/{}", stage.base, created.id());
        assert_eq!(created.header("location"), Some(location.as_str()));
    }

    async fn an_apps_authorization_is_got_or_created_as_documented(stage) {
        let path = "/authorizations/clients/abcde12345fghij67890";
        // The seed's 201 was made with a fingerprint in the body, its 200 without.
        let mut with_fingerprint = stage.put_body();
        with_fingerprint["fingerprint"] = json!("jklmnop12345678");
        let other = stage.octocat.put(path, with_fingerprint).await;
        stage.is_authorization(&other, 201, &seed!("get-or-create.201"));
        let created = stage.octocat.put(path, stage.put_body()).await;
        assert_eq!(created.is(201).json()["fingerprint"], Value::Null);
        let existing = stage.octocat.put(path, stage.put_body()).await;
        stage.is_authorization(&existing, 200, &seed!("get-or-create.200"));
        assert_eq!(existing.json()["fingerprint"], Value::Null);
        assert_eq!(created.header("location"), existing.header("location"));
    }

    async fn an_apps_authorization_with_fingerprint_is_got_or_created_as_documented(stage) {
        let path = "/authorizations/clients/abcde12345fghij67890/jklmnop12345678";
        let created = stage.octocat.put(path, stage.put_body()).await;
        stage.is_authorization(&created, 201, &seed!("get-or-create-fingerprint.201"));
        let existing = stage.octocat.put(path, stage.put_body()).await;
        stage.is_authorization(&existing, 200, &seed!("get-or-create-fingerprint.200"));
        assert_eq!(existing.json()["fingerprint"], "jklmnop12345678");
        let location = format!("{}/authorizations/{}", stage.base, created.id());
        assert_eq!(existing.header("location"), Some(location.as_str()));
    }

    async fn a_single_authorization_is_shown_as_documented(stage) {
        let _token = stage.token().await;
        let shown = stage.octocat.get("/authorizations/1").await;
        stage.is_authorization(&shown, 200, &seed!("get-authorization"));
    }

    async fn an_authorization_is_updated_as_documented(stage) {
        let _token = stage.token().await;
        // The example of seed 000 sends both lists in one body.
        let body = json!({
            "add_scopes": ["public_repo"], "remove_scopes": ["user"], "note": "optional note",
        });
        let updated = stage.octocat.patch("/authorizations/1", body).await;
        stage.is_authorization(&updated, 200, &seed!("update-authorization"));
        assert_eq!(updated.header("location"), None);
        let by_post = stage.octocat.post("/authorizations/1", json!({ "note": "optional note" })).await;
        stage.is_authorization(&by_post, 200, &seed!("update-authorization"));
    }

    async fn an_authorization_is_deleted_as_documented(stage) {
        let token = stage.token().await;
        assert!(stage.octocat.delete("/authorizations/1").await.is(204).body.is_empty());
        stage.octocat.delete("/authorizations/1").await.refuses(404, "Not Found");
        stage.app.check(&token).await.is(404);
    }
}
