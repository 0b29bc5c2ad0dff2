//! Which apps still send tokens in paths. Owns the counts, their series, and
//! when a line about them is due: one per app and hour, so that an operator
//! sees who must move before `path_tokens` can be switched off.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use grantd_core::app::App;
use grantd_core::clock::Timestamp;
use grantd_core::ids::AppId;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use crate::metrics::Label;

const HOUR: i64 = 3_600;
/// So many apps have a series of their own; the others share one.
const MOST_APPS: usize = 200;

/// Calls by client id.
pub(crate) type Series = Family<[Label<String>; 1], Counter>;

struct Count {
    calls: u64,
    told: Timestamp,
    series: Counter,
}

/// Calls per app since this process started.
#[derive(Default)]
pub(crate) struct PathTokenUsage {
    apps: Mutex<HashMap<AppId, Count>>,
    series: Series,
}

impl PathTokenUsage {
    /// The same for a monitoring system.
    pub(crate) fn series(&self) -> &Series {
        &self.series
    }

    /// Counts a call; the app's total when a line about it is due.
    pub(crate) fn count(&self, app: &App, now: Timestamp) -> Option<u64> {
        let mut apps = self.apps.lock().unwrap_or_else(PoisonError::into_inner);
        let has_own = apps.len() < MOST_APPS;
        let count = apps.entry(app.id).or_insert_with(|| {
            let name = if has_own {
                app.client_id.as_str()
            } else {
                "other"
            };
            Count {
                calls: 0,
                told: now.plus(-HOUR),
                series: self
                    .series
                    .get_or_create(&[("client_id", name.to_owned())])
                    .clone(),
            }
        });
        count.calls += 1;
        count.series.inc();
        if now.since(count.told) < HOUR {
            return None;
        }
        count.told = now;
        Some(count.calls)
    }
}
