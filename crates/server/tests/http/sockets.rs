//! What a real connection carries: bytes that are hardly HTTP, and the end of the server.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use grantd_core::clock::Clock;
use grantd_core::hourly::Bucket;
use grantd_core::store::{Count, CounterStore};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::support::{TestApp, User, basic};

struct Served {
    t: TestApp,
    address: std::net::SocketAddr,
    octocat: User,
    end: oneshot::Sender<()>,
    serving: JoinHandle<()>,
    _reload: watch::Sender<()>,
}

async fn serve() -> Served {
    serve_on(TestApp::new().await).await
}

async fn serve_on(t: TestApp) -> Served {
    let octocat = t.user("octocat").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ended) = oneshot::channel();
    let (reload, reloads) = watch::channel(());
    let app = Arc::clone(&t.server);
    let serving = tokio::spawn(async move {
        let shutdown = async {
            let _ = ended.await;
        };
        grantd_server::serve::serve(listener, app, None, reloads, shutdown).await;
    });
    Served {
        t,
        address,
        octocat,
        end,
        serving,
        _reload: reload,
    }
}

impl Served {
    /// Sends bytes and reads until the server closes or has answered in full.
    async fn exchange(&self, bytes: &[u8]) -> (u16, String, String) {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        // The server may answer and close before everything is sent.
        let _ = socket.write_all(bytes).await;
        read_answer(&mut socket).await
    }

    fn authorization(&self) -> String {
        basic("octocat", &self.octocat.password)
    }
}

/// Status, head and body of one answer.
async fn read_answer(socket: &mut TcpStream) -> (u16, String, String) {
    let mut received = Vec::new();
    let mut chunk = [0; 4_096];
    let reading = async {
        loop {
            let text = String::from_utf8_lossy(&received).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| {
                    line.to_ascii_lowercase()
                        .strip_prefix("content-length: ")?
                        .parse()
                        .ok()
                });
                if length.is_some_and(|length: usize| body.len() >= length) {
                    return text;
                }
            }
            match socket.read(&mut chunk).await {
                Ok(0) | Err(_) => return text,
                Ok(count) => received.extend_from_slice(&chunk[..count]),
            }
        }
    };
    let text = tokio::time::timeout(Duration::from_secs(20), reading)
        .await
        .expect("an answer in time");
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or(0);
    (status, head.to_owned(), body.to_owned())
}

fn refused(case: &str, answer: &(u16, String, String)) {
    let (status, head, body) = answer;
    assert!((400..500).contains(status), "{case}: {head}\n{body}");
    let json: Value = serde_json::from_str(body)
        .unwrap_or_else(|error| panic!("{case}: {error}: {head}\n{body}"));
    assert!(
        json["message"].is_string() && json["documentation_url"].is_string(),
        "{case}: {body}"
    );
}

#[tokio::test]
async fn bytes_that_are_hardly_http_are_refused_in_githubs_format() {
    let served = serve().await;
    let who = format!(
        "User-Agent: t\r\nAuthorization: {}\r\n",
        served.authorization()
    );
    let flood = "X-Flood: 1\r\n".repeat(2_000);
    let long = "x".repeat(300 * 1024);
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("garbage", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n".to_vec()),
        ("no version", b"GET /user\r\n\r\n".to_vec()),
        ("a strange version", b"GET /user HTTP/9.9\r\n\r\n".to_vec()),
        ("NUL in the path", b"GET /us\0er HTTP/1.1\r\nHost: x\r\n\r\n".to_vec()),
        ("no colon", b"GET /user HTTP/1.1\r\nHost x\r\n\r\n".to_vec()),
        ("NUL in a header", b"GET /user HTTP/1.1\r\nHost: x\r\nX-A: \0\r\n\r\n".to_vec()),
        ("a space in a name", b"GET /user HTTP/1.1\r\nX A: 1\r\n\r\n".to_vec()),
        ("too many headers", format!("GET /user HTTP/1.1\r\n{who}{flood}\r\n").into_bytes()),
        ("two hundred headers", format!("GET /user HTTP/1.1\r\n{who}{}\r\n", "X-A: 1\r\n".repeat(200)).into_bytes()),
        ("a long header", format!("GET /user HTTP/1.1\r\n{who}X-Long: {long}\r\n\r\n").into_bytes()),
        ("a long address", format!("GET /{long} HTTP/1.1\r\n{who}\r\n").into_bytes()),
        ("a length that is none", format!("POST /authorizations HTTP/1.1\r\n{who}Content-Length: x\r\n\r\n").into_bytes()),
        ("a negative length", format!("POST /authorizations HTTP/1.1\r\n{who}Content-Length: -1\r\n\r\n").into_bytes()),
        ("two lengths", format!("POST /authorizations HTTP/1.1\r\n{who}Content-Length: 1\r\nContent-Length: 2\r\n\r\n{{}}").into_bytes()),
        ("a bad chunk", format!("POST /authorizations HTTP/1.1\r\n{who}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n0\r\n\r\n").into_bytes()),
        ("a huge length", format!("POST /authorizations HTTP/1.1\r\n{who}Content-Length: 9223372036854775807\r\n\r\n{{").into_bytes()),
    ];
    for (case, bytes) in cases {
        refused(case, &served.exchange(&bytes).await);
    }
    let fine = format!("GET /user HTTP/1.1\r\n{who}\r\n");
    let (status, head, body) = served.exchange(fine.as_bytes()).await;
    assert_eq!((status, body.starts_with('{')), (200, true), "{head}");
}

#[tokio::test]
async fn a_body_too_large_is_refused_before_it_is_sent_when_the_client_asks() {
    let served = serve().await;
    let mut socket = TcpStream::connect(served.address).await.unwrap();
    let head = format!(
        "POST /authorizations HTTP/1.1\r\nUser-Agent: t\r\nAuthorization: {}\r\nContent-Length: 100000000\r\nExpect: 100-continue\r\n\r\n",
        basic("octocat", "wrong")
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let (status, _, body) = read_answer(&mut socket).await;
    assert_eq!(status, 401, "{body}");
}

#[tokio::test]
async fn a_request_in_flight_is_answered_before_the_server_ends() {
    let served = serve().await;
    let mut socket = TcpStream::connect(served.address).await.unwrap();
    let head = format!(
        "POST /authorizations HTTP/1.1\r\nUser-Agent: t\r\nAuthorization: {}\r\nExpect: 100-continue\r\nContent-Length: 12\r\n\r\n",
        served.authorization()
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    // The server has read the head and asks for the body: the request is in flight.
    let mut asked = [0; 25];
    socket.read_exact(&mut asked).await.unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    served.end.send(()).unwrap();
    socket.write_all(b"{\"note\":\"n\"}").await.unwrap();
    let (status, head, body) = read_answer(&mut socket).await;
    assert_eq!(status, 201, "{head}\n{body}");
    served.serving.await.unwrap();
    assert!(
        TcpStream::connect(served.address).await.is_err(),
        "nobody listens any more"
    );
}

/// Requests per hour as the store knows them.
async fn told(t: &TestApp) -> i64 {
    let now = t.clock.now();
    let nothing = Count {
        key: Bucket::Anonymous(IpAddr::from([127, 0, 0, 1]).into()).to_string(),
        used: 0,
        ends_at: now.plus(3_600),
    };
    let counts = t.store.add_counts(vec![nothing], now).await;
    counts.expect("a store")[0].used
}

#[tokio::test]
async fn what_a_node_counts_is_told_every_second_and_at_its_end() {
    let served = serve_on(TestApp::p2().await).await;
    let get = b"GET /meta HTTP/1.1\r\nUser-Agent: t\r\nConnection: close\r\n\r\n";
    served.exchange(get).await;
    let started = std::time::Instant::now();
    while told(&served.t).await == 0 {
        assert!(started.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    served.exchange(get).await;
    served.end.send(()).unwrap();
    served.serving.await.unwrap();
    assert_eq!(told(&served.t).await, 2);
}

#[tokio::test]
async fn where_nothing_is_limited_nothing_is_told() {
    let served = serve().await;
    let get = b"GET /meta HTTP/1.1\r\nUser-Agent: t\r\nConnection: close\r\n\r\n";
    served.exchange(get).await;
    served.end.send(()).unwrap();
    served.serving.await.unwrap();
    assert!(!served.t.store.take().contains_key("add_counts"));
}
