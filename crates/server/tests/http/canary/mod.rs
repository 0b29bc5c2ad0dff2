//! Secrets that no artefact may hold: unique ones are driven through every
//! route, in every place and spelling, and then looked for in the log at its
//! most talkative (with the spans that a collector is sent), in error bodies, in
//! the metrics, and in the files of the database.

mod flows;
mod search;

use std::path::PathBuf;

use grantd_server::routes::ROUTES;
use http::Method;
use serde_json::json;
use tracing_subscriber::fmt::format::FmtSpan;

use self::search::{Search, Secret};
use crate::support::{Answer, Client, Log, OAuthApp, TestApp, User, basic};

struct Stage {
    t: TestApp,
    octocat: User,
    monalisa: User,
    app: OAuthApp,
    foreign: OAuthApp,
    secrets: Vec<Secret>,
    refusals: Vec<Answer>,
}

impl Stage {
    async fn new() -> Self {
        let t = TestApp::new().await;
        let (octocat, monalisa) = (t.user("octocat").await, t.user_with_otp("monalisa").await);
        let (app, foreign) = (t.app("ci").await, t.app("foreign").await);
        let mut secrets = vec![
            Secret::new("octocat's password", octocat.password.clone()),
            Secret::new("monalisa's password", monalisa.password.clone()),
            Secret::new("a client secret", app.secret.clone()),
            Secret::new("another client secret", foreign.secret.clone()),
            Secret::new("the TOTP seed", monalisa.seed.clone().unwrap()),
            Secret::new("the instance key", t.key.to_hex().as_bytes().to_vec()),
        ];
        for code in &monalisa.recovery_codes {
            secrets.push(Secret::new("a recovery code", code.clone()));
            secrets.push(Secret::new("a recovery code", code.replace('-', "")));
        }
        Self {
            t,
            octocat,
            monalisa,
            app,
            foreign,
            secrets,
            refusals: Vec::new(),
        }
    }

    /// Sends, keeps refusals for the search, and notes a token that was issued.
    async fn send(&mut self, client: &Client, method: Method, path: &str, body: &str) -> Answer {
        let answer = client.send(method, path, body).await;
        if answer.status >= 400 {
            self.refusals.push(answer.clone());
        } else if answer.status == 201
            || answer.asked.starts_with("POST /applications")
            || answer.asked.starts_with("PATCH /applications")
        {
            self.secrets
                .push(Secret::new("an issued token", answer.token()));
        }
        answer
    }

    async fn fresh_token(&mut self) -> String {
        let (octocat, body) = (
            self.octocat.client.clone(),
            self.app.credentials().to_string(),
        );
        self.send(&octocat, Method::POST, "/authorizations", &body)
            .await
            .is(201)
            .token()
    }

    /// Every route as everybody, with a live token wherever one can stand.
    async fn every_route(&mut self) {
        for route in ROUTES {
            let token = self.fresh_token().await;
            let path = route
                .path
                .replace("{authorization_id}", "1")
                .replace("{grant_id}", "1")
                .replace("{client_id}", &self.app.client_id)
                .replace("{access_token}", &token)
                .replace("{fingerprint}", "fp")
                .replace("{username}", "octocat")
                .replace("{account_id}", "1")
                .replace("{token_id}", "1")
                .replace("{key_ids}", "1");
            let secret = self.app.secret.clone();
            let code = self.monalisa.recovery_codes[0].clone();
            let clients = [
                self.octocat.client.clone(),
                self.octocat
                    .with_basic("octocat", "a wrong password 7f3a9c"),
                self.monalisa.with_otp(&code),
                self.monalisa.with_code(),
                self.t.anyone().with_token(&token),
                self.t.anyone().with_basic(&token, "x-oauth-basic"),
                self.t.anyone().with_basic("octocat", &token),
                self.app.client.clone(),
                self.foreign.client.clone(),
                self.t
                    .anyone()
                    .with("authorization", &format!("Basic {token}")),
                self.t
                    .anyone()
                    .with("authorization", &format!("Digest {secret}")),
            ];
            for client in clients {
                for body in [
                    json!({ "client_secret": secret, "note": "n" }).to_string(),
                    format!("{{\"client_secret\":\"{secret}\""),
                    json!({ "client_secret": [secret], "note": "n" }).to_string(),
                    json!({ "access_token": [&token], "credentials": [[&token]] }).to_string(),
                    format!("{{\"access_token\":\"{token}\""),
                    json!({ "access_token": token }).to_string(),
                    json!({ "credentials": [&token, &secret] }).to_string(),
                ] {
                    let _ = self.send(&client, route.method.clone(), &path, &body).await;
                }
            }
        }
    }

    /// What site admins are shown once.
    async fn administration(&mut self) {
        let root = self.t.site_admin("root").await;
        let token = root.scoped_token("admin", &["site_admin"]).await.token();
        self.secrets
            .push(Secret::new("an admin's token", token.clone()));
        for admin in [root.client.clone(), self.t.anyone().with_token(&token)] {
            let path = "/admin/users/octocat/authorizations";
            let made = admin.post(path, r#"{"scopes":["repo"]}"#).await;
            self.secrets
                .push(Secret::new("an impersonation", made.token()));
            let app = json!({
                "name": "app", "url": "https://a.example", "callback_urls": ["https://a.example/cb"],
            });
            let made = admin.post("/admin/applications", app).await.is(201).json();
            let path = format!(
                "/admin/applications/{}",
                made["client_id"].as_str().unwrap()
            );
            let rotated = admin
                .post(&format!("{path}/secret"), "")
                .await
                .is(200)
                .json();
            for secret in [&made, &rotated] {
                let secret = secret["client_secret"].as_str().unwrap().to_owned();
                self.secrets
                    .push(Secret::new("an app's new secret", secret));
            }
            for path in [
                "/admin/tokens",
                "/admin/applications",
                &path,
                "/admin/nowhere",
            ] {
                self.send(&admin, Method::PATCH, path, "{")
                    .await
                    .is(match path {
                        "/admin/tokens" | "/admin/applications" | "/admin/nowhere" => 404,
                        _ => 400,
                    });
            }
        }
    }

    /// Tokens in paths where they work and where they do not: other methods, spellings, places.
    async fn path_tokens(&mut self) {
        let token = self.fresh_token().await;
        let client_id = self.app.client_id.clone();
        let all: String = token.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let some = format!("%67{}", &token[1..]);
        let clients = [
            self.app.client.clone(),
            self.foreign.client.clone(),
            self.t.anyone(),
            self.octocat.client.clone(),
        ];
        for spelled in [
            token.clone(),
            all,
            some,
            format!("{token}%00"),
            format!("%ff{token}"),
            format!("{token}%zz"),
        ] {
            for path in [
                format!("/applications/{client_id}/tokens/{spelled}"),
                format!("/api/v3/applications/{client_id}/grants/{spelled}"),
                format!("/applications/{client_id}/tokens/{spelled}/"),
                format!("/applications/{client_id}/tokens/{spelled}/more"),
                format!("/applications/{client_id}/tokens//{spelled}"),
                format!("/applications/{client_id}/token/{spelled}"),
                format!("/applications/{spelled}/tokens/{client_id}"),
                format!("/applications/grants/{spelled}"),
                format!("/authorizations/{spelled}"),
                format!("/authorizations/clients/{spelled}"),
                format!("/users/{spelled}"),
                format!("/{spelled}"),
                format!("/nowhere?token={spelled}"),
            ] {
                for method in [
                    Method::GET,
                    Method::HEAD,
                    Method::PUT,
                    Method::PATCH,
                    Method::OPTIONS,
                ] {
                    for client in &clients {
                        let _ = self.send(client, method.clone(), &path, "{").await;
                    }
                }
            }
        }
        for path in ["/user", "/nowhere", "/authorizations"] {
            let token = self.fresh_token().await;
            let anyone = self.t.anyone();
            let path = format!("{path}?access_token={token}");
            let _ = self.send(&anyone, Method::GET, &path, "").await;
        }
    }

    /// What is refused before anything is looked at.
    async fn refused_early(&mut self) {
        let token = self.fresh_token().await;
        let path = self.app.path(&token);
        let clients = [
            self.app.with("x-long", &"x".repeat(40_000)),
            self.app.without("user-agent"),
            self.app
                .with("authorization", &format!("{}x", basic("a", &token))),
            self.app.with("x-forwarded-for", "203.0.113.1"),
        ];
        for client in clients {
            let _ = self.send(&client, Method::GET, &path, "").await;
            let _ = self
                .send(
                    &client,
                    Method::POST,
                    &format!("{path}?x={}", "y".repeat(9_000)),
                    "",
                )
                .await;
        }
        let app = self.app.client.clone();
        let _ = self
            .send(&app, Method::DELETE, &path, &token.repeat(2_000))
            .await;
    }
}

/// What the store has on disk, by the files' names.
async fn files(t: &TestApp) -> Vec<(String, Vec<u8>)> {
    let read = |path: PathBuf| (path.display().to_string(), std::fs::read(&path).unwrap());
    let files: Vec<_> = t.files().await.into_iter().map(read).collect();
    let size: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(size > 100_000, "only {size} bytes are on disk");
    files
}

#[tokio::test]
async fn sec_s14_s15_s17_s32_no_secret_stands_in_logs_errors_metrics_or_files() {
    let log = Log::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(log.clone())
        .init();
    let mut stage = Stage::new().await;
    stage.every_route().await;
    stage.path_tokens().await;
    stage.refused_early().await;
    stage.flows().await;
    stage.administration().await;
    let codes = [stage.monalisa.code(), stage.monalisa.wrong_code()];
    for code in &codes {
        let client = stage.monalisa.with_otp(code);
        let _ = stage
            .send(&client, Method::GET, "/authorizations", "")
            .await;
    }

    let logged = log.bytes();
    let lines = String::from_utf8_lossy(&logged);
    assert!(
        lines.matches("grantd::access").count() > 1_000,
        "the log was read"
    );
    assert!(
        lines.contains("/applications/{client_id}/tokens/{access_token}"),
        "and names routes"
    );
    assert!(stage.refusals.len() > 500 && stage.secrets.len() > 60);
    let refusals: Vec<u8> = stage
        .refusals
        .iter()
        .flat_map(|answer| format!("{:?}\n{}\n", answer.headers, answer.text()).into_bytes())
        .collect();
    assert!(
        lines.contains("}:store{otel.kind="),
        "and what traces are made of"
    );
    let metrics = stage.t.server.metrics();
    let metrics = [metrics.open_metrics(), metrics.classic()].concat();
    assert!(metrics.contains("operation=\"apps/check-authorization\""));
    let mut places = vec![
        ("the metrics".to_owned(), metrics.into_bytes()),
        ("the log".to_owned(), logged.clone()),
        ("a refusal".to_owned(), refusals),
    ];
    places.extend(files(&stage.t).await);
    stage.t.authority.store.close().await;
    let closed = files(&stage.t).await;
    let known = [Secret::new("what is no secret", "http://my-github-app.com")];
    let known = Search::new(&known);
    let was_read = closed.iter().any(|(_, bytes)| known.find(bytes).is_some());
    assert!(was_read, "the files were read");
    places.extend(closed);
    let search = Search::new(&stage.secrets);
    for (place, bytes) in &places {
        assert_eq!(search.find(bytes), None, "a secret stands in {place}");
    }
    for code in &codes {
        for word in lines.split(|c: char| !c.is_ascii_alphanumeric()) {
            assert_ne!(word, code, "a one-time code was logged");
        }
    }
}
