//! Every operation of the API that changes something leaves its rows in the
//! trail, no more and no fewer; one that changes nothing leaves none.

use std::collections::BTreeMap;

use grantd_core::clock::Clock;
use grantd_server::routes::ROUTES;
use http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, OAuthApp, TestApp, User};

/// What a change is tried on: each on its own.
struct Stage {
    t: TestApp,
    root: User,
    octocat: User,
    app: OAuthApp,
}

/// The rows of each operation that succeeds. A new one that is not safe needs a line here, and an act below.
const ROWS: &[(&str, &[&str])] = &[
    (
        "oauth-authorizations/create-authorization",
        &["oauth_access.create"],
    ),
    (
        "oauth-authorizations/get-or-create-authorization-for-app",
        &["oauth_authorization.create", "oauth_access.create"],
    ),
    (
        "oauth-authorizations/get-or-create-authorization-for-app-and-fingerprint",
        &["oauth_authorization.create", "oauth_access.create"],
    ),
    (
        "oauth-authorizations/update-authorization",
        &["oauth_access.update"],
    ),
    (
        "grantd/update-authorization-by-post",
        &["oauth_access.update"],
    ),
    (
        "oauth-authorizations/delete-authorization",
        &["oauth_access.destroy"],
    ),
    // The grant, and its one token.
    (
        "oauth-authorizations/delete-grant",
        &["oauth_authorization.destroy", "oauth_access.destroy"],
    ),
    ("apps/reset-authorization", &["oauth_access.regenerate"]),
    (
        "apps/revoke-authorization-for-application",
        &["oauth_access.revoke"],
    ),
    (
        "apps/revoke-grant-for-application",
        &["oauth_authorization.destroy", "oauth_access.destroy"],
    ),
    ("apps/check-token", &[]),
    ("apps/reset-token", &["oauth_access.regenerate"]),
    ("apps/delete-token", &["oauth_access.revoke"]),
    (
        "apps/delete-authorization",
        &["oauth_authorization.destroy", "oauth_access.destroy"],
    ),
    ("enterprise-admin/create-user", &["user.create"]),
    (
        "enterprise-admin/update-username-for-user",
        &["user.rename"],
    ),
    (
        "enterprise-admin/delete-user",
        &["oauth_access.destroy", "user.delete"],
    ),
    // The first one makes the app of all impersonations.
    (
        "enterprise-admin/create-impersonation-o-auth-token",
        &[
            "oauth_application.create",
            "oauth_authorization.create",
            "oauth_access.create",
        ],
    ),
    (
        "enterprise-admin/delete-impersonation-o-auth-token",
        &["oauth_access.destroy", "oauth_authorization.destroy"],
    ),
    (
        "enterprise-admin/promote-user-to-be-site-administrator",
        &["user.promote"],
    ),
    (
        "enterprise-admin/demote-site-administrator",
        &["user.demote"],
    ),
    ("enterprise-admin/suspend-user", &["user.suspend"]),
    ("enterprise-admin/unsuspend-user", &["user.unsuspend"]),
    (
        "enterprise-admin/delete-personal-access-token",
        &["oauth_access.revoke"],
    ),
    ("grantd/create-application", &["oauth_application.create"]),
    ("grantd/update-application", &["oauth_application.update"]),
    ("grantd/delete-application", &["oauth_application.destroy"]),
    (
        "grantd/rotate-application-secret",
        &["oauth_application.reset_secret"],
    ),
    ("graphql/query", &[]),
    ("graphql/query-as-on-github-com", &[]),
];

/// What is not tried here, and why.
const NOT_HERE: &[(&str, &str)] = &[
    ("apps/scope-token", "no app of this server can succeed"),
    ("credentials/revoke", "leak_reports.rs looks: nobody acts"),
    ("grantd/secret-scanning", "as the one above"),
    ("enterprise-admin/delete-public-key", "no user has one"),
];

impl Stage {
    async fn new() -> Self {
        let t = TestApp::new().await;
        let (root, octocat) = (t.site_admin("root").await, t.user("octocat").await);
        let app = t.app("ci").await;
        // The day's first sign-in leaves its row now.
        for user in [&root, &octocat] {
            user.get("/user").await.is(200);
        }
        Self {
            t,
            root,
            octocat,
            app,
        }
    }

    /// What has the operation succeed, with the number of rows before its call; `None` for one that nobody knows.
    async fn act(&self, operation: &str) -> Option<(usize, Answer)> {
        let (octocat, app) = (&self.octocat, &self.app);
        let for_app = format!("/authorizations/clients/{}", app.client_id);
        let secret = json!({ "client_secret": app.secret });
        let note = r#"{"note":"another"}"#;
        Some(match operation {
            "oauth-authorizations/create-authorization" => (
                self.rows().await,
                octocat.post("/authorizations", note).await,
            ),
            "oauth-authorizations/get-or-create-authorization-for-app" => {
                let rows = self.rows().await;
                (rows, octocat.put(&for_app, secret).await)
            }
            "oauth-authorizations/get-or-create-authorization-for-app-and-fingerprint" => {
                let rows = self.rows().await;
                (rows, octocat.put(&format!("{for_app}/abc"), secret).await)
            }
            "oauth-authorizations/update-authorization" => {
                let path = self.personal_token().await;
                (self.rows().await, octocat.patch(&path, note).await)
            }
            "grantd/update-authorization-by-post" => {
                let path = self.personal_token().await;
                (self.rows().await, octocat.post(&path, note).await)
            }
            "oauth-authorizations/delete-authorization" => {
                let path = self.personal_token().await;
                (self.rows().await, octocat.delete(&path).await)
            }
            "oauth-authorizations/delete-grant" => {
                octocat.token_of(app).await.is(201);
                let grants = octocat.get("/applications/grants").await.json();
                let path = format!("/applications/grants/{}", grants[0]["id"]);
                (self.rows().await, octocat.delete(&path).await)
            }
            "apps/reset-authorization" => {
                let token = octocat.token_of(app).await.token();
                (self.rows().await, app.reset(&token).await)
            }
            "apps/revoke-authorization-for-application" => {
                let token = octocat.token_of(app).await.token();
                (self.rows().await, app.revoke(&token).await)
            }
            "apps/revoke-grant-for-application" => {
                let token = octocat.token_of(app).await.token();
                (self.rows().await, app.revoke_grant(&token).await)
            }
            "apps/check-token"
            | "apps/reset-token"
            | "apps/delete-token"
            | "apps/delete-authorization" => {
                let token = octocat.token_of(app).await.token();
                let (method, kind) = match operation {
                    "apps/check-token" => (Method::POST, "token"),
                    "apps/reset-token" => (Method::PATCH, "token"),
                    "apps/delete-token" => (Method::DELETE, "token"),
                    _ => (Method::DELETE, "grant"),
                };
                let path = format!("/applications/{}/{kind}", app.client_id);
                let body = json!({ "access_token": token });
                (self.rows().await, app.send(method, &path, body).await)
            }
            "graphql/query" | "graphql/query-as-on-github-com" => {
                let token = octocat.personal_token("graph").await.token();
                let path = match operation {
                    "graphql/query" => "/api/graphql",
                    _ => "/graphql",
                };
                let client = self.t.anyone().with_token(&token);
                let query = r#"{"query":"{viewer{login}}"}"#;
                (self.rows().await, client.post(path, query).await)
            }
            _ => return self.act_as_admin(operation).await,
        })
    }

    /// The same for what only site admins do.
    async fn act_as_admin(&self, operation: &str) -> Option<(usize, Answer)> {
        let root = &self.root;
        let (user, office) = ("/admin/users/octocat", "/users/octocat/site_admin");
        let suspended = "/users/octocat/suspended";
        let lent = "/admin/users/octocat/authorizations";
        let app = format!("/admin/applications/{}", self.app.client_id);
        let (secret, one) = (format!("{app}/secret"), self.octocat.personal_token("one"));
        let token = format!("/admin/tokens/{}", one.await.id());
        let wish = json!({
            "name": "another", "url": "https://app.example", "callback_urls": ["https://app.example/cb"],
        });
        let new = json!({ "login": "hubot", "email": "hubot@made.example" });
        let nothing = Value::Null;
        let (method, path, body) = match operation {
            "enterprise-admin/create-user" => (Method::POST, "/admin/users", new),
            "enterprise-admin/update-username-for-user" => {
                (Method::PATCH, user, json!({ "login": "monalisa" }))
            }
            "enterprise-admin/delete-user" => (Method::DELETE, user, nothing),
            "enterprise-admin/create-impersonation-o-auth-token" => {
                (Method::POST, lent, json!({ "scopes": ["repo"] }))
            }
            "enterprise-admin/delete-impersonation-o-auth-token" => {
                root.post(lent, "").await.is(201);
                (Method::DELETE, lent, nothing)
            }
            "enterprise-admin/promote-user-to-be-site-administrator" => {
                (Method::PUT, office, nothing)
            }
            "enterprise-admin/demote-site-administrator" => {
                root.put(office, "").await.is(204);
                (Method::DELETE, office, nothing)
            }
            "enterprise-admin/suspend-user" => (Method::PUT, suspended, nothing),
            "enterprise-admin/unsuspend-user" => {
                root.put(suspended, "").await.is(204);
                (Method::DELETE, suspended, nothing)
            }
            "enterprise-admin/delete-personal-access-token" => {
                (Method::DELETE, token.as_str(), nothing)
            }
            "grantd/create-application" => (Method::POST, "/admin/applications", wish),
            "grantd/update-application" => (Method::PATCH, &*app, json!({ "name": "other" })),
            "grantd/delete-application" => (Method::DELETE, app.as_str(), nothing),
            "grantd/rotate-application-secret" => (Method::POST, secret.as_str(), nothing),
            _ => return None,
        };
        let (before, body) = (
            self.rows().await,
            body.as_object().map(|_| body.to_string()),
        );
        let answer = root.send(method, path, body.as_deref().unwrap_or(""));
        Some((before, answer.await))
    }

    async fn personal_token(&self) -> String {
        let made = self.octocat.personal_token("one").await;
        format!("/authorizations/{}", made.id())
    }

    async fn rows(&self) -> usize {
        self.t.audit().await.len()
    }
}

#[tokio::test]
async fn sec_s46_every_change_by_the_api_leaves_its_rows() {
    let known: BTreeMap<_, _> = ROWS.iter().copied().collect();
    let changing = ROUTES
        .iter()
        .filter(|route| ![Method::GET, Method::HEAD].contains(&route.method))
        .filter(|route| {
            let tried_elsewhere = |(name, _): &(&str, _)| route.operation.starts_with(name);
            !NOT_HERE.iter().any(tried_elsewhere)
        });
    let mut without = Vec::new();
    for route in changing {
        let operation = route.operation;
        let stage = Stage::new().await;
        let Some((expected, (before, answer))) =
            known.get(operation).zip(stage.act(operation).await)
        else {
            without.push(operation);
            continue;
        };
        assert!(
            (200..300).contains(&answer.status),
            "{operation}: {}",
            answer.text()
        );
        let rows = stage.t.authority.store.list_audit(0, 10_000).await;
        let rows = &rows.expect("a store")[before..];
        let actions: Vec<_> = rows.iter().map(|row| row.action.as_str()).collect();
        assert_eq!(actions, *expected, "{operation}");
        for row in rows {
            assert!(row.actor_id.is_some(), "{operation} says not who: {row:?}");
            assert!(row.address.is_some(), "{operation} says not from where");
            assert_eq!(row.at, stage.t.clock.now(), "{operation} says not when");
            let id = answer.header("x-github-request-id").map(ToOwned::to_owned);
            assert_eq!(row.request_id, id, "{operation} says not in which request");
        }
    }
    assert!(
        without.is_empty(),
        "say which rows these leave, and try them: {without:?}"
    );
}

#[tokio::test]
async fn sec_s46_what_is_refused_leaves_no_row() {
    let stage = Stage::new().await;
    let (octocat, app) = (&stage.octocat, &stage.app);
    octocat
        .post("/authorizations", r#"{"note":"one"}"#)
        .await
        .is(201);
    let before = stage.rows().await;
    octocat
        .post("/authorizations", r#"{"note":"one"}"#)
        .await
        .is(422);
    octocat
        .post("/authorizations", r#"{"scopes":1}"#)
        .await
        .is(422);
    octocat.patch("/authorizations/999999", "{}").await.is(404);
    octocat.delete("/authorizations/999999").await.is(404);
    octocat.delete("/applications/grants/999999").await.is(404);
    app.revoke("0123456789012345678901234567890123456789")
        .await
        .is(404);
    let wrong = octocat.with_wrong_password();
    wrong
        .post("/authorizations", r#"{"note":"two"}"#)
        .await
        .is(401);
    assert_eq!(stage.rows().await, before);
}

/// The hundredth wrong password closes a login to new addresses; whoever goes on is one row, not one each time.
#[tokio::test]
async fn sec_s46_refusals_leave_one_row_per_window() {
    let t = TestApp::with(|setup| {
        setup.throttle.failures = 3;
        setup.throttle.failures_per_login_and_hour = 5;
        setup.settings.requests_per_hour = Some(40);
    })
    .await;
    let octocat = t.user("octocat").await;
    octocat.get("/user").await.is(200);
    let wrong = octocat.with_wrong_password();
    for number in 0..12 {
        let _ = wrong.from(&format!("192.0.2.{number}")).get("/user").await;
        let _ = wrong.from("198.51.100.1").get("/user").await;
    }
    let count = async |action: &str| {
        let rows = t.audit().await;
        rows.iter().filter(|row| *row == action).count()
    };
    assert_eq!(count("user.sign_in_closed").await, 1);
    octocat.get("/user").await.is(200);
    assert_eq!(count("user.api_login").await, 1);
    for _ in 0..60 {
        let _ = octocat.get("/user").await;
    }
    t.authority.exchange_counts().await.expect("a store");
    let _ = octocat.get("/user").await;
    t.authority.exchange_counts().await.expect("a store");
    assert_eq!(count("limit.exceeded").await, 1);
    let rows = t.authority.store.list_audit(0, 10_000).await;
    let told: Vec<Value> = rows
        .expect("a store")
        .iter()
        .filter(|row| row.action == "limit.exceeded")
        .map(|row| json!([row.user_id.map(|id| id.0), row.details]))
        .collect();
    let id = octocat.id.0;
    assert_eq!(told, [json!([id, format!("requests of user {id}")])]);
}
