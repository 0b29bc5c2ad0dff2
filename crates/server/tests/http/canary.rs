//! Secrets that no artefact may hold: unique ones are driven through every
//! route, in every place and spelling, and then looked for in the log at its
//! most talkative, in error bodies, and in the files of the database.

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use grantd_server::routes::ROUTES;
use http::Method;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{Answer, Client, OAuthApp, TestApp, User, basic};

/// Everything that was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;

    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

/// A secret and what it is.
struct Secret {
    what: String,
    bytes: Vec<u8>,
}

impl Secret {
    fn new(what: impl Into<String>, text: impl Into<Vec<u8>>) -> Self {
        Self {
            what: what.into(),
            bytes: text.into(),
        }
    }

    /// Every spelling under which it could stand somewhere.
    fn spellings(&self) -> Vec<Vec<u8>> {
        let bytes = &self.bytes;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let percent = |upper: bool| -> String {
            bytes
                .iter()
                .map(|byte| match byte {
                    b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'.' | b'_' | b'~' => {
                        char::from(*byte).to_string()
                    }
                    _ if upper => format!("%{byte:02X}"),
                    _ => format!("%{byte:02x}"),
                })
                .collect()
        };
        let all: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
        let mut spellings = vec![
            bytes.clone(),
            hex.to_uppercase().into_bytes(),
            hex.into_bytes(),
            percent(true).replace("%20", "+").into_bytes(),
            percent(true).into_bytes(),
            percent(false).into_bytes(),
            all.to_lowercase().into_bytes(),
            all.into_bytes(),
            serde_json::Value::from(String::from_utf8_lossy(bytes))
                .to_string()
                .trim_matches('"')
                .into(),
        ];
        // Base 64 depends on what stands before: all three phases, without the ends that others share.
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            for phase in 0..3 {
                let mut shifted = vec![0; phase];
                shifted.extend(bytes);
                let encoded = engine.encode(&shifted);
                spellings
                    .push(encoded.as_bytes()[phase.div_ceil(3) * 4..encoded.len() - 2].to_vec());
            }
        }
        spellings
    }
}

/// All spellings of all secrets, by their first eight bytes: one pass over a place finds any.
struct Search<'a> {
    spellings: HashMap<[u8; 8], Vec<(Vec<u8>, &'a str)>>,
    /// Which pairs of bytes begin one; most places in a file do not.
    begins: Vec<bool>,
}

impl<'a> Search<'a> {
    fn new(secrets: &'a [Secret]) -> Self {
        let mut search = Self {
            spellings: HashMap::new(),
            begins: vec![false; 1 << 16],
        };
        for secret in secrets {
            for spelling in secret.spellings() {
                let start: [u8; 8] = spelling[..8].try_into().expect("secrets are long");
                search.begins[usize::from(u16::from_be_bytes([start[0], start[1]]))] = true;
                search
                    .spellings
                    .entry(start)
                    .or_default()
                    .push((spelling, &secret.what));
            }
        }
        search
    }

    /// The first secret that stands there.
    fn find(&self, haystack: &[u8]) -> Option<&'a str> {
        for (at, window) in haystack.windows(8).enumerate() {
            if !self.begins[usize::from(u16::from_be_bytes([window[0], window[1]]))] {
                continue;
            }
            let Some(candidates) = self.spellings.get(window) else {
                continue;
            };
            let found = candidates
                .iter()
                .find(|(spelling, _)| haystack[at..].starts_with(spelling));
            if let Some((_, what)) = found {
                return Some(what);
            }
        }
        None
    }
}

#[test]
fn the_search_finds_what_is_hidden() {
    let secret = Secret::new("a test", "p\u{e4}ss \"word\" 0123456789");
    let text = String::from_utf8(secret.bytes.clone()).unwrap();
    let secrets = [secret];
    let search = Search::new(&secrets);
    for hidden in [
        format!("x{text}y"),
        format!("x{}", STANDARD.encode(format!("octocat:{text}"))),
        format!("x{}", STANDARD.encode(format!("hubot:{text}, and more"))),
        text.bytes().map(|byte| format!("{byte:02x}")).collect(),
        format!("{:?}", json!(text).to_string())
            .replace("\\\\", "\\")
            .replace("\\\"", "\""),
        url::form_urlencoded::byte_serialize(text.as_bytes()).collect(),
    ] {
        assert_eq!(search.find(hidden.as_bytes()), Some("a test"), "{hidden}");
    }
    assert_eq!(search.find(b"nothing to see here"), None);
}

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
        } else if answer.status == 201 || answer.asked.starts_with("POST /applications") {
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
                .replace("{username}", "octocat");
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
                ] {
                    let _ = self.send(&client, route.method.clone(), &path, &body).await;
                }
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

#[tokio::test]
async fn sec_s14_s15_s17_s32_no_secret_stands_in_logs_errors_or_files() {
    let log = Log::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .init();
    let mut stage = Stage::new().await;
    stage.every_route().await;
    stage.path_tokens().await;
    stage.refused_early().await;
    let codes = [stage.monalisa.code(), stage.monalisa.wrong_code()];
    for code in &codes {
        let client = stage.monalisa.with_otp(code);
        let _ = stage
            .send(&client, Method::GET, "/authorizations", "")
            .await;
    }

    let logged = log.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
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
    let files = || -> Vec<(String, Vec<u8>)> {
        let entries = std::fs::read_dir(stage.t.folder()).unwrap();
        entries
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.display().to_string(), std::fs::read(path).unwrap()))
            .collect()
    };
    let mut places = vec![
        ("the log".to_owned(), logged.clone()),
        ("a refusal".to_owned(), refusals),
    ];
    let open = files();
    assert!(
        open.iter()
            .any(|(name, bytes)| name.ends_with("-wal") && !bytes.is_empty())
    );
    places.extend(open);
    stage.t.authority.store.close().await;
    places.extend(files());
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
