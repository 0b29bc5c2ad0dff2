//! A fault on purpose: a front before a node that answers a check from what it
//! heard up to ten milliseconds ago. The checker has to find it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::handshake;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use super::record::lock;

const STALE: Duration = Duration::from_millis(10);

/// Answers to checks by path, with when they were heard.
type Heard = Arc<Mutex<HashMap<String, (Instant, StatusCode)>>>;

/// Starts it; it lives as long as the runtime.
pub(crate) async fn before(node: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let heard = Heard::default();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let heard = Arc::clone(&heard);
            let service = service_fn(move |request| answer(request, node, Arc::clone(&heard)));
            let http = hyper::server::conn::http1::Builder::new();
            tokio::spawn(http.serve_connection(TokioIo::new(client), service));
        }
    });
    address
}

async fn answer(
    request: Request<Incoming>,
    node: SocketAddr,
    heard: Heard,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let is_check = request.method() == Method::GET && path.contains("/tokens/");
    let remembered = lock(&heard).get(&path).copied();
    if let Some((when, status)) = remembered.filter(|_| is_check)
        && when.elapsed() < STALE
    {
        return Ok(with(status, Bytes::new()));
    }
    let (status, body) = pass_on(request, node).await;
    if is_check {
        lock(&heard).insert(path, (Instant::now(), status));
    }
    Ok(with(status, body))
}

async fn pass_on(request: Request<Incoming>, node: SocketAddr) -> (StatusCode, Bytes) {
    let asking = async {
        let (head, body) = request.into_parts();
        let body = Full::new(body.collect().await.ok()?.to_bytes());
        let stream = TcpStream::connect(node).await.ok()?;
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
        tokio::spawn(connection);
        let request = Request::from_parts(head, body);
        let response = sender.send_request(request).await.ok()?;
        let status = response.status();
        Some((
            status,
            response.into_body().collect().await.ok()?.to_bytes(),
        ))
    };
    let nobody = (StatusCode::BAD_GATEWAY, Bytes::new());
    asking.await.unwrap_or(nobody)
}

fn with(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response
}
