//! Which apps still send tokens in paths. Owns the counts and when a line
//! about them is due: one per app and hour, so that an operator sees who must
//! move before `path_tokens` can be switched off.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use grantd_core::clock::Timestamp;
use grantd_core::ids::AppId;

const HOUR: i64 = 3_600;

struct Count {
    calls: u64,
    told: Timestamp,
}

/// Calls per app since this process started.
#[derive(Default)]
pub struct PathTokenUsage(Mutex<HashMap<AppId, Count>>);

impl PathTokenUsage {
    /// Counts a call; the app's total when a line about it is due.
    pub fn count(&self, app: AppId, now: Timestamp) -> Option<u64> {
        let mut apps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = apps.entry(app).or_insert(Count {
            calls: 0,
            told: now.plus(-HOUR),
        });
        count.calls += 1;
        if now.since(count.told) < HOUR {
            return None;
        }
        count.told = now;
        Some(count.calls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_s33_each_app_is_told_of_once_an_hour_with_its_total() {
        let usage = PathTokenUsage::default();
        assert_eq!(usage.count(AppId(1), Timestamp(0)), Some(1));
        assert_eq!(usage.count(AppId(1), Timestamp(1)), None);
        assert_eq!(usage.count(AppId(2), Timestamp(2)), Some(1));
        assert_eq!(usage.count(AppId(1), Timestamp(3_600)), Some(3));
    }
}
