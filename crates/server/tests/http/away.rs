//! The database is away: stopped, frozen, or busy with something else. Whoever
//! needs it is told so in time, in the format of the surface; the log is told
//! once; and when it returns, all goes on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use grantd_core::store::Upkeep as _;
use grantd_server::routes::{Part, ROUTES, Route};
use grantd_store::conformance::cluster::Cluster;
use grantd_store::{PostgresOptions, PostgresStore};
use http::Method;
use http_body_util::Full;
use serde_json::json;

use crate::support::{Answer, Client, Engine, Log, OAuthApp, TestApp, User};

/// The store gives up after 0.8 seconds. Whoever has to wait twice is later than this, and a
/// busy machine has time left.
const ONCE: Duration = Duration::from_millis(1_500);
/// So many at once, more than the store has connections.
const CROWD: usize = 48;

/// What a request is owed while the database is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owed {
    /// The API's 503.
    Unavailable,
    /// The 503 for machines that watch.
    Unready,
    /// What it always gets.
    Itself,
}

struct Ask {
    client: Client,
    method: Method,
    path: String,
    owed: Owed,
}

struct Stage {
    cluster: Cluster,
    url: String,
    t: TestApp,
    octocat: User,
    monalisa: User,
    app: OAuthApp,
    token: String,
}

impl Stage {
    async fn new() -> Self {
        let cluster = Cluster::start();
        let url = cluster.database();
        let store = PostgresStore::connect(&url, PostgresOptions::default()).await;
        let engine = Engine::of(Arc::new(store.expect("a store")));
        let t = TestApp::on(engine, |_| {});
        let (octocat, monalisa) = (t.user("octocat").await, t.user_with_otp("monalisa").await);
        let app = t.app("ci").await;
        let token = octocat.token_of(&app).await.token();
        Self {
            cluster,
            url,
            t,
            octocat,
            monalisa,
            app,
            token,
        }
    }

    /// Everybody whom only the store knows, or does not know.
    fn callers(&self) -> Vec<Client> {
        let anyone = self.t.anyone();
        vec![
            self.octocat.client.clone(),
            self.octocat.with_wrong_password(),
            self.monalisa.client.clone(),
            self.monalisa.with_code(),
            anyone.with_basic("nobody", "a password"),
            anyone.with_token(&self.token),
            anyone.with_basic("octocat", &self.token),
            self.app.client.clone(),
            anyone.with_basic(&self.app.client_id, "not the secret"),
        ]
    }

    /// Every operation as everybody.
    fn asks(&self) -> Vec<Ask> {
        let mut asks = Vec::new();
        for route in ROUTES {
            let path = route
                .path
                .replace("{authorization_id}", "1")
                .replace("{grant_id}", "1")
                .replace("{client_id}", &self.app.client_id)
                .replace("{access_token}", &self.token)
                .replace("{fingerprint}", "fp")
                .replace("{username}", "octocat")
                .replace("{account_id}", "1")
                .replace("{token_id}", "1")
                .replace("{key_ids}", "1");
            let mut ask = |method: &Method, client: Client, owed| {
                asks.push(Ask {
                    client,
                    method: method.clone(),
                    path: path.clone(),
                    owed,
                });
            };
            ask(&route.method, self.t.anyone(), owed_to_anyone(route));
            if route.part == Part::Root {
                continue;
            }
            for client in self.callers() {
                ask(&route.method, client, Owed::Unavailable);
            }
            if route.method == Method::GET {
                ask(
                    &Method::HEAD,
                    self.octocat.client.clone(),
                    Owed::Unavailable,
                );
            }
        }
        for path in [
            "/nowhere".to_owned(),
            format!("/?access_token={}", self.token),
        ] {
            asks.push(Ask {
                client: self.octocat.client.clone(),
                method: Method::GET,
                path,
                owed: Owed::Unavailable,
            });
        }
        asks
    }

    /// Asks everything, a crowd at a time; nobody waits too long for what they are owed.
    async fn is_refused_in_time(&self) -> usize {
        let (mut slowest, mut refused) = (Duration::ZERO, 0);
        for crowd in self.asks().chunks(CROWD) {
            let timed = crowd.iter().map(async |ask| {
                let before = Instant::now();
                let answer = ask.send().await;
                (before.elapsed(), answer)
            });
            for (ask, (took, answer)) in crowd.iter().zip(join_all(timed).await) {
                slowest = slowest.max(took);
                ask.is_paid(&answer);
                refused += usize::from(answer.status == 503);
            }
        }
        println!("{refused} refusals, the slowest after {slowest:?}");
        assert!(slowest < ONCE, "{slowest:?}");
        refused
    }

    /// The same server serves everybody again.
    async fn recovers(&self) {
        let started = Instant::now();
        for ask in self.asks() {
            while ask.send().await.status == 503 {
                assert!(started.elapsed() < Duration::from_secs(60), "{}", ask.path);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

fn owed_to_anyone(route: &Route) -> Owed {
    match route.operation {
        "grantd/health" | "grantd/ready" => Owed::Unready,
        "users/get-by-username" | "users/get-by-id" => Owed::Unavailable,
        _ => Owed::Itself,
    }
}

impl Ask {
    async fn send(&self) -> Answer {
        let body = Full::new(json!({ "note": "n" }).to_string().into());
        self.client.exchange(&self.method, &self.path, body).await
    }

    fn is_paid(&self, answer: &Answer) {
        answer.judge(&self.method, &self.path);
        if self.owed == Owed::Itself {
            assert!(answer.status < 500, "{}: {}", answer.asked, answer.text());
            return;
        }
        assert_eq!(answer.is(503).header("retry-after"), Some("1"));
        if self.method == Method::HEAD {
            assert!(answer.body.is_empty());
            return;
        }
        let said = answer.json();
        match self.owed {
            Owed::Unready => {
                assert_eq!(said["status"], "unavailable");
                assert_eq!(said["reason"], "the database does not answer");
            }
            _ => {
                assert_eq!(said["message"], "Service unavailable");
                assert!(said["documentation_url"].is_string());
            }
        }
    }
}

/// Everything above `INFO` that this thread logs, until the guard is dropped.
fn listen() -> (Log, tracing::subscriber::DefaultGuard) {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    (log, tracing::subscriber::set_default(subscriber))
}

#[tokio::test]
async fn with_the_database_stopped_everybody_is_told_in_time_and_the_log_once() {
    let mut stage = Stage::new().await;
    let (log, _listening) = listen();
    stage.cluster.stop();
    let refused = stage.is_refused_in_time().await;
    assert!(refused > 150, "{refused}");
    let errors = "a request could not be served";
    assert_eq!(log.lines_with(errors).len(), 1);
    stage.t.clock.advance(10);
    let more = stage.is_refused_in_time().await;
    let said = log.lines_with(errors);
    let unsaid = format!("unsaid={}", refused - 1);
    assert!(said.len() == 2 && said[1].contains(&unsaid), "{said:?}");

    stage.cluster.restart();
    while stage.t.store.ping().await.is_err() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stage.t.clock.advance(10);
    stage.recovers().await;
    let over = log.lines_with("requests are served again");
    assert!(
        over.len() == 1 && over[0].contains("seconds=10"),
        "{over:?}"
    );
    stage.app.check(&stage.token).await.is(404);
    // What the engine itself says now and then is in there too.
    let lines = log.lines_with("").len();
    println!("{lines} lines for {} refusals", refused + more);
    assert!(lines < 20, "{}", String::from_utf8_lossy(&log.bytes()));
}

#[tokio::test]
async fn with_the_database_frozen_everybody_is_told_in_time() {
    let stage = Stage::new().await;
    stage.cluster.freeze();
    stage.is_refused_in_time().await;
    stage.cluster.thaw();
    stage.recovers().await;
}

/// Those who wait for a lock have all of the connections; the others are told so.
#[tokio::test]
async fn with_all_connections_taken_nobody_waits_for_one_without_end() {
    let stage = Stage::new().await;
    let held = stage.cluster.hold(&stage.url, "LOCK TABLE authorizations");
    let creating = (0..CROWD).map(async |number| {
        let before = Instant::now();
        let body = Full::new(json!({ "note": number.to_string() }).to_string().into());
        let client = &stage.octocat.client;
        let answer = client
            .exchange(&Method::POST, "/authorizations", body)
            .await;
        (before.elapsed(), answer)
    });
    let mut slowest = Duration::ZERO;
    for (took, answer) in join_all(creating).await {
        assert_eq!(answer.is(503).header("retry-after"), Some("1"));
        slowest = slowest.max(took);
    }
    println!("{CROWD} refusals, the slowest after {slowest:?}");
    assert!(slowest < ONCE, "{slowest:?}");
    drop(held);
    stage.recovers().await;
}
