//! What a monitoring system is told. Owns every metric's name, help and labels;
//! must not know where it is served. Labels are words of this program, and the
//! client ids of a bounded number of apps: nothing that a caller can make up.

mod classic;
mod collect;
pub mod listener;
mod process;
mod samples;
mod series;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use grantd_core::authority::Authority;
use grantd_core::clock::Timestamp;
use grantd_core::cost::Cost;
use grantd_core::error::{Error, Forbidden, Throttle};
use grantd_core::store::Stock;
use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::sync::atomic::AtomicU64;

use self::collect::Collect;
use self::series::Series;
use crate::error::Failure;
use crate::usage;

/// A label and its value.
pub(crate) type Label<V> = (&'static str, V);
type Seconds = Counter<f64, AtomicU64>;

/// In seconds: a check takes less than the first, a hashed password some of the middle ones.
const DURATIONS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// All metrics of one node.
pub struct Metrics {
    registry: Registry,
    in_flight: Gauge,
    families: Families,
    series: Series,
    refusals: Family<[Label<&'static str>; 1], Counter>,
    flow_refusals: Family<[Label<&'static str>; 1], Counter>,
    stock: Arc<Mutex<Option<Taken>>>,
}

/// Of requests.
struct Families {
    requests: Family<[Label<&'static str>; 2], Histogram>,
    callers: Family<[Label<&'static str>; 1], Counter>,
    statements: Family<[Label<&'static str>; 1], Counter>,
    database: Family<[Label<&'static str>; 1], Seconds>,
}

/// One request among those that are being answered.
pub(crate) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// A stock, and when it was taken.
#[derive(Clone, Copy)]
struct Taken {
    stock: Stock,
    at: Timestamp,
}

impl Metrics {
    /// Over what these rules and their store say of themselves, and who sends tokens in paths.
    pub(crate) fn new(authority: &Arc<Authority>, path_tokens: &usage::Series) -> Self {
        let mut registry = Registry::with_prefix("grantd");
        let metrics = Self {
            in_flight: Gauge::default(),
            families: Families {
                requests: Family::new_with_constructor(|| Histogram::new(DURATIONS)),
                callers: Family::default(),
                statements: Family::default(),
                database: Family::default(),
            },
            series: Series::new(),
            refusals: Family::default(),
            flow_refusals: Family::default(),
            stock: Arc::default(),
            registry: Registry::default(),
        };
        registry.register(
            "requests_in_flight",
            "Requests that are being answered",
            metrics.in_flight.clone(),
        );
        registry.register(
            "request_duration_seconds",
            "From the request's head to its answer, by operation and class of status",
            metrics.families.requests.clone(),
        );
        registry.register(
            "requests_by_caller",
            "Requests by what proved the caller: user (a password), token, app (its secret), nobody",
            metrics.families.callers.clone(),
        );
        registry.register(
            "request_statements",
            "Statements that requests ran in the database, by operation",
            metrics.families.statements.clone(),
        );
        registry.register(
            "request_database_seconds",
            "How long requests waited for the database, by operation",
            metrics.families.database.clone(),
        );
        registry.register(
            "refusals",
            "Requests that were refused or failed, by cause",
            metrics.refusals.clone(),
        );
        registry.register(
            "flow_refusals",
            "What programs were refused in a flow, by the code of the refusal",
            metrics.flow_refusals.clone(),
        );
        registry.register(
            "path_token_calls",
            "Calls with a token in their path, by app; beyond some hundred apps, by `other`",
            path_tokens.clone(),
        );
        let (authority, stock) = (Arc::clone(authority), Arc::clone(&metrics.stock));
        registry.register_collector(Box::new(Collect::new(authority, stock)));
        Self {
            registry,
            ..metrics
        }
    }

    /// A request has come. It is on its way until what this returns is dropped: a client that hangs up
    /// gets no answer, and is gone nevertheless.
    pub(crate) fn begin(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// It was answered.
    pub(crate) fn end(
        &self,
        operation: &'static str,
        caller: &str,
        status: u16,
        took: Duration,
        cost: Cost,
    ) {
        self.series
            .count(&self.families, operation, caller, status, took, cost);
    }

    /// A request was refused, or failed.
    pub(crate) fn refused(&self, failure: &Failure) {
        self.refusals
            .get_or_create(&[("cause", cause(failure))])
            .inc();
    }

    /// A program was refused what it asked for in a flow: a good answer in HTTP's eyes, and yet a refusal.
    pub(crate) fn flow_refused(&self, code: &'static str) {
        self.flow_refusals.get_or_create(&[("code", code)]).inc();
    }

    /// What there is, as it was counted at that moment.
    pub(crate) fn take_stock(&self, stock: Stock, at: Timestamp) {
        *self.stock.lock().unwrap_or_else(PoisonError::into_inner) = Some(Taken { stock, at });
    }

    /// All of it, as OpenMetrics says it.
    pub fn open_metrics(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = text::encode(&mut text, &self.registry);
        text
    }

    /// All of it, as Prometheus has always read it (text format 0.0.4).
    pub fn classic(&self) -> String {
        classic::from_open_metrics(&self.open_metrics())
    }
}

impl Families {
    fn duration(&self, operation: &'static str, class: &'static str) -> Histogram {
        let labels = [("operation", operation), ("status", class)];
        self.requests.get_or_create_owned(&labels)
    }

    fn caller(&self, caller: &'static str) -> Counter {
        self.callers.get_or_create_owned(&[("caller", caller)])
    }

    fn costs(&self, operation: &'static str) -> (Counter, Seconds) {
        let operation = [("operation", operation)];
        (
            self.statements.get_or_create_owned(&operation),
            self.database.get_or_create_owned(&operation),
        )
    }
}

/// One word for why.
pub(crate) fn cause(failure: &Failure) -> &'static str {
    match failure {
        Failure::Rule(error) => rule(error),
        Failure::NotBelieved(_) => "not_believed",
        Failure::BodyTooLarge => "body_too_large",
        Failure::HeadersTooLarge => "headers_too_large",
        Failure::BodyTooSlow => "body_too_slow",
        Failure::Method(_) => "method",
        Failure::FreshProof => "fresh_proof",
        Failure::Panic => "panic",
    }
}

fn rule(error: &Error) -> &'static str {
    match error {
        Error::BadCredentials => "bad_credentials",
        Error::AuthenticationRequired => "no_credentials",
        Error::OtpRequired => "code_wanted",
        Error::Forbidden(Forbidden::TooManyAttempts) => "locked",
        Error::Forbidden(Forbidden::Suspended) => "suspended",
        Error::Forbidden(Forbidden::PasswordOnly) => "password_only",
        Error::Forbidden(Forbidden::NotSiteAdmin) => "not_site_admin",
        Error::Forbidden(Forbidden::NotSiteAdminScope) => "scope",
        Error::Forbidden(Forbidden::Yourself) => "yourself",
        Error::Forbidden(Forbidden::TokenInUse) => "token_in_use",
        Error::NotFound => "not_found",
        Error::Malformed(_) => "malformed",
        Error::Schema(_) => "schema",
        Error::InvalidApp => "wrong_app",
        Error::Invalid(_) => "invalid",
        Error::Throttled { kind, .. } => match kind {
            Throttle::Requests { .. } => "rate",
            Throttle::Login => "throttled_login",
            Throttle::Creations => "throttled_creations",
            Throttle::Tickets => "throttled_pages",
            Throttle::Hashing => "busy",
        },
        Error::Gone => "gone",
        Error::Unavailable(_) => "unavailable",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_apart() {
        assert_eq!(cause(&Error::NotFound.into()), "not_found");
        let locked = Error::Forbidden(Forbidden::TooManyAttempts);
        assert_eq!(cause(&locked.into()), "locked");
        assert_eq!(cause(&Failure::Panic), "panic");
    }
}
