//! Where metrics are read: a listener of its own, plain HTTP, one path. Owns
//! that socket, and that tokens are counted once a minute while it is there;
//! nothing of the server proper is reached through it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::Metrics;
use crate::app::App;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const CLASSIC: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Between two counts of what there is.
const STOCK_EVERY: Duration = Duration::from_secs(60);
/// Beyond this, counting would cost more than anybody learns of it.
const MOST_COUNTED: u32 = 1_000_000;
/// A scraper or two, and somebody with a browser.
const MOST_CONNECTIONS: usize = 16;
const PATIENCE: Duration = Duration::from_secs(10);

/// Serves until dropped.
pub async fn serve(listener: TcpListener, app: Arc<App>) {
    tokio::join!(keep_counting(&app), accept(listener, &app));
}

async fn keep_counting(app: &App) {
    loop {
        let now = app.authority.clock.now();
        match app.authority.store.take_stock(now, MOST_COUNTED).await {
            Ok(stock) => app.metrics.take_stock(stock, now),
            Err(error) => tracing::debug!(%error, "tokens will be counted later"),
        }
        tokio::time::sleep(STOCK_EVERY).await;
    }
}

async fn accept(listener: TcpListener, app: &App) {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let metrics = Arc::clone(&app.metrics);
                tokio::spawn(async move {
                    connection(stream, metrics).await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection for metrics could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, metrics: Arc<Metrics>) {
    let service = service_fn(move |request| {
        let answer = answer(&request, &metrics);
        async move { Ok::<_, Infallible>(answer) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service);
    // Whoever scrapes may end the connection as they like.
    let _ = connection.await;
}

fn answer<B>(request: &Request<B>, metrics: &Metrics) -> Response<Full<Bytes>> {
    let (status, kind, text) = match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/metrics") => {
            let accepted = request.headers().get(header::ACCEPT);
            let accepted = accepted.and_then(|accepted| accepted.to_str().ok());
            if accepted.is_some_and(|accepted| accepted.contains("application/openmetrics-text")) {
                (StatusCode::OK, OPEN_METRICS, metrics.open_metrics())
            } else {
                (StatusCode::OK, CLASSIC, metrics.classic())
            }
        }
        _ => (
            StatusCode::NOT_FOUND,
            CLASSIC,
            "Metrics are at /metrics.\n".to_owned(),
        ),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
