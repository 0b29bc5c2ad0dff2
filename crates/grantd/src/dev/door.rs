//! The door of a dev server: what comes in, what goes out, and what is put in
//! between. Owns sockets, the order of fault, answer and journal; must not know
//! what is answered.

use std::future::Future;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use grantd_core::clock::Clock;
use grantd_server::body::drain;
use grantd_server::serve::Tls;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::RwLock;
use tokio::task::JoinSet;

use super::body::{Copied, Sent};
use super::control;
use super::faults::{Cut, Fault, Faults};
use super::journal::{Answered, Asked, Journal};
use super::world::{Ground, Mood, World};
use crate::failure::Failure;

/// A dev server.
pub(super) struct Door {
    pub(super) ground: Ground,
    /// Requests read; a reset waits for them, and they for it. None after a reset that failed.
    world: RwLock<Option<World>>,
    pub(super) journal: Journal,
    pub(super) faults: Faults,
}

/// A connection that ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("cut off by a fault")]
struct CutOff;

/// What becomes of a request.
enum Outcome {
    Answer(Response<Bytes>),
    Half(Response<Bytes>),
    /// Whatever would have been answered, if anything.
    Nothing(Option<Response<Bytes>>),
}

impl Door {
    /// A door to this world.
    pub(super) fn new(ground: Ground, world: World) -> Self {
        Self {
            ground,
            world: RwLock::new(Some(world)),
            journal: Journal::default(),
            faults: Faults::default(),
        }
    }

    /// Answers until `shutdown` resolves; nobody is waited for then.
    pub(super) async fn serve(
        self: &Arc<Self>,
        listener: TcpListener,
        tls: Option<Tls>,
        shutdown: impl Future<Output = ()>,
    ) {
        let (mut shutdown, tls) = (pin!(shutdown), tls.map(Arc::new));
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = &mut shutdown => return,
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => {
                        let (door, tls) = (Arc::clone(self), tls.clone());
                        connections.spawn(door.connection(stream, peer.ip(), tls));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                },
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
            }
        }
    }

    async fn connection(self: Arc<Self>, stream: TcpStream, peer: IpAddr, tls: Option<Arc<Tls>>) {
        let _ = stream.set_nodelay(true);
        match tls {
            None => self.requests(stream, peer).await,
            Some(tls) => match tls.accept(stream).await {
                Ok(stream) => self.requests(stream, peer).await,
                Err(error) => tracing::debug!(%error, "a TLS handshake failed"),
            },
        }
    }

    async fn requests(self: Arc<Self>, stream: impl AsyncRead + AsyncWrite + Unpin, peer: IpAddr) {
        let service = service_fn(move |request| {
            let door = Arc::clone(&self);
            async move { door.respond(request, peer).await }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // As the server's own limits, which refuse in GitHub's words, lie below.
            .max_headers(1_024)
            .max_buf_size(256 * 1024)
            .serve_connection(TokioIo::new(stream), service);
        if let Err(error) = connection.await {
            tracing::debug!(%peer, %error, "a connection ended early");
        }
    }

    async fn respond(
        &self,
        request: Request<Incoming>,
        peer: IpAddr,
    ) -> Result<Response<Sent>, CutOff> {
        if control::is_meant(request.uri().path()) {
            return Ok(control::answer(self, request).await.map(Sent::whole));
        }
        let (begun, at) = (Instant::now(), self.ground.clock.now());
        let met = self
            .faults
            .meet(request.method().as_str(), request.uri().path());
        let fault = met.as_ref().map(|met| &met.fault);
        if let Some(delay) = fault.and_then(|fault| fault.delay_ms) {
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
        let (parts, body) = request.into_parts();
        let (body, copy) = Copied::new(body);
        let asked = parts.clone();
        let outcome = self.outcome(parts, body, peer, fault).await;
        let answered = match &outcome {
            Outcome::Answer(answer) | Outcome::Half(answer) => Some(answer),
            Outcome::Nothing(answer) => answer.as_ref(),
        };
        let answered = answered.map(|answer| {
            let (head, body) = answer.clone().into_parts();
            Answered::new(&head, &body)
        });
        let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let asked = Asked::new(&asked, &copy.take());
        let fault = met.as_ref().map(|met| met.id);
        self.journal.add(at, took, asked, answered, fault);
        match outcome {
            Outcome::Answer(answer) => Ok(answer.map(Sent::whole)),
            Outcome::Half(answer) => Ok(answer.map(|body| Sent::half(&body))),
            Outcome::Nothing(_) => Err(CutOff),
        }
    }

    async fn outcome(
        &self,
        parts: Parts,
        body: Copied<Incoming>,
        peer: IpAddr,
        fault: Option<&Fault>,
    ) -> Outcome {
        let Some(fault) = fault else {
            return Outcome::Answer(self.usual(parts, body, peer, Mood::Usual).await);
        };
        if let Some(status) = fault.status {
            drain(body).await;
            return Outcome::Answer(self.dated(instead(fault, status)));
        }
        if fault.cut == Some(Cut::Before) {
            return Outcome::Nothing(None);
        }
        let mood = match fault {
            Fault { brownout: true, .. } => Mood::BrownedOut,
            Fault {
                rate_limit_spent: Some(_),
                ..
            } => Mood::Spent,
            _ => Mood::Usual,
        };
        let mut answer = self.usual(parts, body, peer, mood).await;
        if let Some(limit) = fault.rate_limit_spent {
            // The hour was spent by having none; that is not how it is told.
            let headers = answer.headers_mut();
            if headers.contains_key(RATE_LIMIT) {
                headers.insert(RATE_LIMIT, limit.into());
            }
        }
        match fault.cut {
            Some(Cut::After) => Outcome::Nothing(Some(answer)),
            Some(Cut::Half) => Outcome::Half(answer),
            Some(Cut::Before) | None => Outcome::Answer(answer),
        }
    }

    /// What the server answers.
    async fn usual(
        &self,
        parts: Parts,
        body: Copied<Incoming>,
        peer: IpAddr,
        mood: Mood,
    ) -> Response<Bytes> {
        let world = self.world.read().await;
        let Some(world) = &*world else {
            return told(
                StatusCode::SERVICE_UNAVAILABLE,
                &json!({"message": "the last reset failed"}),
            );
        };
        let request = Request::from_parts(parts, body);
        let (head, body) = world.app(mood).respond(request, peer).await.into_parts();
        let body = match body.collect().await {
            Ok(body) => body.to_bytes(),
            Err(never) => match never {},
        };
        self.dated(Response::from_parts(head, body))
    }

    /// With the time of the dev clock, where hyper would tell the machine's.
    fn dated(&self, mut answer: Response<Bytes>) -> Response<Bytes> {
        let now = httpdate::fmt_http_date(self.ground.clock.now().system_time());
        if let Ok(now) = HeaderValue::from_str(&now) {
            answer.headers_mut().insert(header::DATE, now);
        }
        answer
    }

    /// Begins anew: what the seed names, and nothing else.
    ///
    /// # Errors
    /// There is no room any more. Requests are refused then.
    pub(super) async fn reset(&self) -> Result<(), Failure> {
        let mut world = self.world.write().await;
        if let Some(old) = world.take() {
            old.end().await;
        }
        *world = Some(World::begin(&self.ground).await?);
        self.journal.clear();
        self.faults.clear();
        Ok(())
    }

    /// Does something with the world as it is.
    ///
    /// # Errors
    /// There is none, since a reset failed; or as `with` does.
    pub(super) async fn with<T>(
        &self,
        with: impl AsyncFnOnce(&World) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        match &*self.world.read().await {
            Some(world) => with(world).await,
            None => Err(Failure::new("the last reset failed")),
        }
    }

    /// Lets go of everything.
    pub(super) async fn close(&self) {
        if let Some(world) = self.world.write().await.take() {
            world.end().await;
        }
    }
}

const RATE_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");

/// An answer of JSON that is no part of the API.
pub(super) fn told(status: StatusCode, value: &Value) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from(format!("{value}\n")));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, json);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// What a fault answers.
fn instead(fault: &Fault, status: u16) -> Response<Bytes> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let reason = status.canonical_reason().unwrap_or("A fault on demand");
    let mut answer = told(status, &json!({"message": reason}));
    match &fault.body {
        None => {}
        Some(Value::String(text)) => *answer.body_mut() = Bytes::from(text.clone()),
        Some(value) => *answer.body_mut() = Bytes::from(value.to_string()),
    }
    for (name, value) in &fault.headers {
        let value = value
            .as_str()
            .and_then(|text| text.parse::<HeaderValue>().ok());
        if let (Ok(name), Some(value)) = (name.parse::<HeaderName>(), value) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}
