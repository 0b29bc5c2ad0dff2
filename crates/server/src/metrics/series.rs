//! The series of requests, found once and then kept at hand: to look one up by
//! its labels costs more than to count in it. Must not know what is counted why.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

use grantd_core::cost::Cost;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;

use super::{Families, Seconds};
use crate::routes::{ROUTES, SITE};

/// Classes of statuses.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];
/// What proves callers.
const CALLERS: [&str; 4] = ["user", "token", "app", "nobody"];

/// What is at hand.
pub(super) struct Series {
    operations: HashMap<&'static str, Operation>,
    callers: [OnceLock<Counter>; CALLERS.len()],
}

/// Of one operation. Each exists from its first request on, as in the families.
#[derive(Default)]
struct Operation {
    durations: [OnceLock<Histogram>; CLASSES.len()],
    costs: OnceLock<(Counter, Seconds)>,
}

impl Series {
    pub(super) fn new() -> Self {
        let named = ROUTES.iter().chain(SITE).map(|route| route.operation);
        let operations = named.chain(["none"]);
        Self {
            operations: operations
                .map(|name| (name, Operation::default()))
                .collect(),
            callers: Default::default(),
        }
    }

    /// Counts a request that was answered.
    pub(super) fn count(
        &self,
        families: &Families,
        operation: &'static str,
        caller: &str,
        status: u16,
        took: Duration,
        cost: Cost,
    ) {
        let known = CALLERS.iter().position(|known| *known == caller);
        let at = known.unwrap_or(CALLERS.len() - 1);
        self.callers[at]
            .get_or_init(|| families.caller(CALLERS[at]))
            .inc();
        let Some(series) = self.operations.get(operation) else {
            return;
        };
        let at = usize::from(status / 100).clamp(1, CLASSES.len()) - 1;
        series.durations[at]
            .get_or_init(|| families.duration(operation, CLASSES[at]))
            .observe(took.as_secs_f64());
        let (statements, seconds) = series.costs.get_or_init(|| families.costs(operation));
        statements.inc_by(cost.statements.into());
        seconds.inc_by(cost.time.as_secs_f64());
    }
}
