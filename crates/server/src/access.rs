//! What is told of a request besides its answer: one line in the log, the
//! metrics, a span. Owns what these may say; the caller's own text (path, query,
//! headers, body, a method of its own) is in none of them.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use grantd_core::authority::Caller;
use grantd_core::cost::Bill;
use http::{Method, StatusCode};
use tracing::field::Empty;
use tracing::{Instrument as _, Level, Span};

use crate::app::App;
use crate::auth::Identity;
use crate::finish::About;
use crate::metrics::{InFlight, Metrics};
use crate::request::Asked;
use crate::routes::{Part, Route};
use crate::trace::{self, Tracer};

/// A request on its way.
pub(crate) struct Access {
    begun: Instant,
    method: &'static str,
    operation: &'static str,
    route: &'static str,
    address: IpAddr,
    bill: Bill,
    span: Span,
    /// Until it is dropped, whether or not the client has waited for its answer.
    _in_flight: InFlight,
}

impl Access {
    /// Notes what is known of a request before it is judged.
    pub(crate) fn begin(app: &App, asked: &Asked, caller: &Caller, peer: IpAddr) -> Self {
        let operation = asked
            .matched
            .as_ref()
            .map_or("none", |matched| matched.route.operation);
        let (method, route) = (name(&asked.method), asked.template());
        let span = tracing::info_span!(
            target: "grantd::trace",
            "request",
            otel.name = operation,
            otel.kind = "server",
            http.request.method = method,
            http.route = route,
            http.response.status_code = Empty,
            request_id = caller.request_id,
            statements = Empty,
            database_micros = Empty,
        );
        if let Some(tracer) = &app.tracer
            && let Some(parent) = trace::parent(asked, peer, &app.settings.trusted_proxies)
        {
            tracer.adopt(&span, parent);
        }
        Self {
            begun: Instant::now(),
            method,
            operation,
            route,
            address: caller.address,
            bill: Bill::default(),
            span,
            _in_flight: app.metrics.begin(),
        }
    }

    /// Does the work of answering, and has the request pay for it.
    pub(crate) async fn during<F: Future>(&self, answering: F) -> F::Output {
        let paid = self.bill.pays_for(answering);
        paid.instrument(self.span.clone()).await
    }

    /// Tells of the answer.
    pub(crate) fn end(self, app: &App, status: StatusCode, about: &About) {
        let (took, cost) = (self.begun.elapsed(), self.bill.total());
        let database_micros = cost.time.as_micros() as u64;
        self.span
            .record("http.response.status_code", status.as_u16());
        self.span.record("statements", cost.statements);
        self.span.record("database_micros", database_micros);
        let kind = about.tag.split_once(':').map_or("nobody", |(kind, _)| kind);
        app.metrics
            .end(self.operation, kind, status.as_u16(), took, cost);
        if app.settings.log_requests
            && tracing::event_enabled!(target: "grantd::access", Level::INFO)
        {
            let line = AccessLine {
                method: self.method,
                operation: self.operation,
                route: self.route,
                status: status.as_u16(),
                caller: &about.tag,
                address: self.address,
                request_id: &about.request_id,
                micros: took.as_micros() as u64,
                database_micros,
                statements: cost.statements,
            };
            match &app.access_log {
                Some(log) => log.tell(&line),
                None => line.tell_the_library(),
            }
        }
    }
}

/// What the log says of a request, field by field in this order.
#[expect(missing_docs, reason = "each field is called as in the log")]
pub struct AccessLine<'a> {
    pub method: &'static str,
    pub operation: &'static str,
    pub route: &'static str,
    pub status: u16,
    pub caller: &'a str,
    pub address: IpAddr,
    pub request_id: &'a str,
    pub micros: u64,
    pub database_micros: u64,
    pub statements: u32,
}

/// Who writes lines of requests faster than the library that all other lines go through.
pub trait AccessLog: Send + Sync {
    /// Writes one, and waits for nobody.
    fn tell(&self, line: &AccessLine<'_>);
}

impl AccessLine<'_> {
    /// Logs it as any other line.
    pub fn tell_the_library(&self) {
        tracing::info!(
            target: "grantd::access",
            method = self.method,
            operation = self.operation,
            route = self.route,
            status = self.status,
            caller = %self.caller,
            address = %self.address,
            request_id = %self.request_id,
            micros = self.micros,
            database_micros = self.database_micros,
            statements = self.statements,
        );
    }
}

impl App {
    /// From now on traces of trusted proxies are gone on with.
    #[must_use]
    pub fn with_tracer(mut self, tracer: Arc<dyn Tracer>) -> Self {
        self.tracer = Some(tracer);
        self
    }

    /// From now on lines of requests go there.
    #[must_use]
    pub fn with_access_log(mut self, log: Arc<dyn AccessLog>) -> Self {
        self.access_log = Some(log);
        self
    }

    /// What a monitoring system is told.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Counts who still sends tokens in paths, and says so once an hour.
    pub(crate) fn note_path_token(&self, route: &Route, identity: &Identity) {
        let (Part::PathTokens, Identity::App(app, _)) = (route.part, identity) else {
            return;
        };
        let app = app.app();
        if let Some(calls) = self.path_tokens.count(app, self.authority.clock.now()) {
            tracing::info!(target: "grantd::path_tokens", client_id = %app.client_id, calls, "an app sends tokens in paths");
        }
    }

    /// Says once that somebody speaks as a proxy who is none of ours.
    pub(crate) fn warn_of_stranger(&self, asked: &Asked, peer: IpAddr) {
        if asked.is_forwarded_by_stranger(peer, &self.settings.trusted_proxies)
            && !self.warned_of_stranger.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(%peer, "a peer that is not in `trusted_proxies` sends forwarded headers; they are ignored, and all its clients share one address");
        }
    }
}

/// A method that somebody made up is theirs: it may say anything.
fn name(method: &Method) -> &'static str {
    let known = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT",
    ];
    known
        .into_iter()
        .find(|known| *known == method.as_str())
        .unwrap_or("OTHER")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_s32_a_made_up_method_is_not_repeated() {
        let made_up = Method::from_bytes(b"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").unwrap();
        assert_eq!(name(&made_up), "OTHER");
        assert_eq!(name(&Method::PATCH), "PATCH");
    }
}
