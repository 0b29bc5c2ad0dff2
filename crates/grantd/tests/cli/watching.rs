//! What an operator watches: metrics on a listener of their own, traces at a
//! collector of the test's.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::place::{PASSWORD, Place};
use crate::web::{Server, basic};

/// The body of `GET path` at an address, with its head.
fn get(address: &str, path: &str, accept: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// Everything that a server's metrics say.
pub(crate) fn metrics_of(server: &Server) -> String {
    get(&metrics_address(server), "/metrics", "*/*").1
}

fn metrics_address(server: &Server) -> String {
    let (_, rest) = server
        .ready_line
        .split_once("metrics are on http://")
        .unwrap();
    rest.split_once('/').unwrap().0.to_owned()
}

#[test]
fn metrics_have_a_listener_of_their_own() {
    let place = Place::new();
    place.user("octocat");
    let server = place.serve(&["--metrics-listen", "127.0.0.1:0"]);
    let address = metrics_address(&server);
    server.mint("octocat", r#"{"note":"n"}"#);
    assert_eq!(server.call("GET", "/metrics", &[], "").status, 404);

    let (head, classic) = get(&address, "/metrics", "*/*");
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("text/plain; version=0.0.4"));
    assert!(classic.contains("# TYPE grantd_store_statements_total counter"));
    assert!(!classic.contains("# EOF"));
    let openmetrics = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5";
    let (head, text) = get(&address, "/metrics", openmetrics);
    assert!(head.contains("application/openmetrics-text"));
    assert!(text.ends_with("# EOF\n"));
    for name in [
        "grantd_build_info{version=",
        "grantd_hash_pool_saturation_ratio 0",
        "grantd_sqlite_commits_total ",
        "grantd_process_resident_memory_bytes ",
    ] {
        assert!(text.contains(name), "{name}: {text}");
    }
    let (head, _) = get(&address, "/", "*/*");
    assert!(head.starts_with("HTTP/1.1 404"));
    let (head, _) = get(&address, "/user", "*/*");
    assert!(head.starts_with("HTTP/1.1 404"));
    server.stop();
    assert!(TcpStream::connect(&address).is_err());
}

#[test]
fn without_the_setting_there_are_no_metrics() {
    let place = Place::new();
    let server = place.serve(&[]);
    assert!(!server.ready_line.contains("metrics"));
    assert_eq!(server.call("GET", "/metrics", &[], "").status, 404);
}

#[test]
fn tokens_that_end_soon_are_counted_at_the_start() {
    let place = Place::new();
    place.user("octocat");
    let server = place.serve(&[]);
    server.mint("octocat", r#"{"note":"n"}"#);
    server.stop();
    let server = place.serve(&["--metrics-listen", "127.0.0.1:0"]);
    let address = metrics_address(&server);
    let begun = Instant::now();
    loop {
        let (_, text) = get(&address, "/metrics", "*/*");
        if text.contains("grantd_tokens 1.0\n") {
            assert!(text.contains("grantd_tokens_expiring{days=\"30\"} 0.0\n"));
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{text}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A collector: takes whatever is sent.
#[derive(Clone)]
struct Collector {
    address: String,
    taken: Arc<Mutex<Vec<u8>>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let collector = Self {
            address: listener.local_addr().unwrap().to_string(),
            taken: Arc::default(),
        };
        let taken = Arc::clone(&collector.taken);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let taken = Arc::clone(&taken);
                std::thread::spawn(move || take(stream.unwrap(), &taken));
            }
        });
        collector
    }

    fn bytes(&self) -> Vec<u8> {
        self.taken.lock().unwrap().clone()
    }

    fn has(&self, what: &[u8]) -> bool {
        self.bytes()
            .windows(what.len())
            .any(|window| window == what)
    }
}

/// Requests of one connection, with heads, one after another.
fn take(stream: TcpStream, taken: &Mutex<Vec<u8>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        let mut head = String::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            head.push_str(&line);
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let mut all = taken.lock().unwrap();
        all.extend_from_slice(head.as_bytes());
        all.extend_from_slice(&body);
        drop(all);
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        reader.get_mut().write_all(answer).unwrap();
    }
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const FOREIGN: &str = "0af7651916cd43dd8448eb211c80319c";

fn bytes_of(hex: &str) -> Vec<u8> {
    let digit = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digit).collect()
}

#[test]
fn spans_reach_the_collector_without_a_secret() {
    let place = Place::new();
    place.user("octocat");
    let app = place.app(&[]);
    let (client_id, secret) = (
        app["client_id"].as_str().unwrap(),
        app["client_secret"].as_str().unwrap(),
    );
    let collector = Collector::start();
    let endpoint = format!("http://{}", collector.address);
    let server = place.serve(&[
        "--otlp-endpoint",
        &endpoint,
        "--trusted-proxies",
        "127.0.0.1",
    ]);
    let body = format!(r#"{{"client_id":"{client_id}","client_secret":"{secret}"}}"#);
    let token = server.mint("octocat", &body);
    let path = format!("/api/v3/applications/{client_id}/tokens/{token}");
    let from_proxy = format!("traceparent: 00-{TRACE}-00f067aa0ba902b7-01");
    let checked = server.call("GET", &path, &[&basic(client_id, secret), &from_proxy], "");
    assert_eq!(checked.status, 200);
    let nowhere = format!("/{token}?access_token={token}");
    let _ = server.call("GET", &nowhere, &[&basic("octocat", PASSWORD)], "");
    server.stop();

    assert!(collector.has(b"POST /v1/traces"));
    for said in [
        "apps/check-authorization",
        "/applications/{client_id}/tokens/{access_token}",
        "http.response.status_code",
        "oauth-authorizations/create-authorization",
        "store",
        "change",
        "grantd",
    ] {
        assert!(collector.has(said.as_bytes()), "{said}");
    }
    assert!(collector.has(&bytes_of(TRACE)), "the proxy's trace goes on");
    for secret in [token.as_str(), secret, PASSWORD, client_id] {
        assert!(!collector.has(secret.as_bytes()), "{secret}");
    }
}

#[test]
fn a_stranger_begins_no_trace() {
    let place = Place::new();
    let collector = Collector::start();
    let endpoint = format!("http://{}", collector.address);
    let server = place.serve(&["--otlp-endpoint", &endpoint]);
    let theirs = format!("traceparent: 00-{FOREIGN}-00f067aa0ba902b7-01");
    assert_eq!(
        server.call("GET", "/api/v3/meta", &[&theirs], "").status,
        200
    );
    server.stop();
    assert!(collector.has(b"meta/get"));
    assert!(!collector.has(&bytes_of(FOREIGN)));
}

#[test]
fn a_collector_that_is_away_is_in_nobodys_way() {
    let place = Place::new();
    let server = place.serve(&["--otlp-endpoint", "http://127.0.0.1:1"]);
    assert_eq!(server.call("GET", "/livez", &[], "").status, 200);
    let begun = Instant::now();
    server.stop();
    assert!(begun.elapsed() < Duration::from_secs(8));
}
