//! How many requests a caller has made this hour. Owns the windows and their
//! headers; must not know what the requests were.

use std::collections::HashMap;
use std::sync::Mutex;

use grantd_core::clock::Timestamp;
use grantd_core::ids::{AppId, UserId};
use grantd_core::login::Address;

use crate::settings::{Profile, Settings};

const HOUR: i64 = 3_600;
const ANONYMOUS_PER_HOUR: u32 = 60;
const P2_PER_HOUR: u32 = 5_000;
const MOST_CALLERS: usize = 100_000;

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// A user's, by password and by token.
    User(UserId),
    /// An app's own.
    App(AppId),
    /// Everybody's at one address who is not known.
    Anonymous(Address),
}

/// The state of a bucket, as the headers tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests per hour.
    pub limit: u32,
    /// How many are left.
    pub remaining: u32,
    /// When the hour ends.
    pub reset: Timestamp,
    /// The limit was spent before this request.
    pub exceeded: bool,
}

struct Window {
    used: u32,
    reset: Timestamp,
}

/// The limits, and every caller's window.
pub struct Rates {
    per_user: Option<u32>,
    per_app: Option<u32>,
    /// P2 tells apps of a bucket as github.com did, and yet never refuses them.
    app_shown: Option<u32>,
    windows: Mutex<HashMap<Bucket, Window>>,
}

impl Rates {
    /// Windows at zero.
    pub fn new(settings: &Settings) -> Self {
        let p2 = (settings.profile == Profile::P2).then_some(P2_PER_HOUR);
        Self {
            per_user: settings.requests_per_hour.or(p2),
            per_app: settings.app_requests_per_hour,
            app_shown: p2,
            windows: Mutex::default(),
        }
    }

    /// Whether users and anonymous callers are limited at all.
    pub fn enabled(&self) -> bool {
        self.per_user.is_some()
    }

    fn limit(&self, bucket: Bucket) -> Option<u32> {
        match bucket {
            Bucket::User(_) => self.per_user,
            Bucket::App(_) => self.per_app.or(self.app_shown),
            Bucket::Anonymous(_) => self.per_user.map(|limit| limit.min(ANONYMOUS_PER_HOUR)),
        }
    }

    /// Looks at a bucket without counting; `None` where nothing is limited.
    pub fn look(&self, bucket: Bucket, now: Timestamp) -> Option<Rate> {
        let limit = self.limit(bucket)?;
        let windows = self.lock();
        let window = windows.get(&bucket).filter(|window| window.reset > now);
        let (used, reset) =
            window.map_or((0, now.plus(HOUR)), |window| (window.used, window.reset));
        Some(Rate {
            limit,
            remaining: limit.saturating_sub(used),
            reset,
            exceeded: false,
        })
    }

    /// Counts a request; `None` where nothing is limited.
    pub fn count(&self, bucket: Bucket, now: Timestamp) -> Option<Rate> {
        let limit = self.limit(bucket)?;
        let mut windows = self.lock();
        if windows.len() >= MOST_CALLERS && !windows.contains_key(&bucket) {
            windows.retain(|_, window| window.reset > now);
            if windows.len() > MOST_CALLERS / 2 {
                windows.retain(|bucket, _| !matches!(bucket, Bucket::Anonymous(_)));
            }
        }
        let window = windows.entry(bucket).or_insert(Window {
            used: 0,
            reset: now.plus(HOUR),
        });
        if window.reset <= now {
            *window = Window {
                used: 0,
                reset: now.plus(HOUR),
            };
        }
        let only_shown = matches!(bucket, Bucket::App(_)) && self.per_app.is_none();
        let exceeded = window.used >= limit && !only_shown;
        window.used = window.used.saturating_add(1).min(limit);
        Some(Rate {
            limit,
            remaining: limit - window.used,
            reset: window.reset,
            exceeded,
        })
    }

    /// Takes one back: a 304 costs nothing.
    pub fn give_back(&self, bucket: Bucket) {
        if let Some(window) = self.lock().get_mut(&bucket) {
            window.used = window.used.saturating_sub(1);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Bucket, Window>> {
        self.windows
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(change: impl FnOnce(&mut Settings)) -> Rates {
        let mut settings = Settings::new("http://127.0.0.1:8370".parse().unwrap());
        change(&mut settings);
        Rates::new(&settings)
    }

    #[test]
    fn p3_limits_nobody_unless_told() {
        assert_eq!(
            rates(|_| {}).count(Bucket::User(UserId(1)), Timestamp(0)),
            None
        );
        let rates = rates(|settings| settings.requests_per_hour = Some(2));
        assert_eq!(rates.count(Bucket::App(AppId(1)), Timestamp(0)), None);
        let count = || rates.count(Bucket::User(UserId(1)), Timestamp(10)).unwrap();
        assert_eq!((count().remaining, count().remaining), (1, 0));
        assert!(count().exceeded);
        let later = rates
            .count(Bucket::User(UserId(1)), Timestamp(3_610))
            .unwrap();
        assert_eq!(
            later,
            Rate {
                limit: 2,
                remaining: 1,
                reset: Timestamp(7_210),
                exceeded: false
            }
        );
    }

    #[test]
    fn p2_shows_apps_a_bucket_and_never_refuses_them() {
        let rates = rates(|settings| settings.profile = Profile::P2);
        for _ in 0..6_000 {
            assert!(
                !rates
                    .count(Bucket::App(AppId(1)), Timestamp(0))
                    .unwrap()
                    .exceeded
            );
        }
        assert_eq!(
            rates
                .look(Bucket::App(AppId(1)), Timestamp(0))
                .unwrap()
                .remaining,
            0
        );
        assert_eq!(
            rates
                .count(Bucket::User(UserId(1)), Timestamp(0))
                .unwrap()
                .limit,
            5_000
        );
        let address = Address::from(std::net::IpAddr::from([192, 0, 2, 1]));
        assert_eq!(
            rates
                .count(Bucket::Anonymous(address), Timestamp(0))
                .unwrap()
                .limit,
            60
        );
    }

    #[test]
    fn a_304_is_given_back() {
        let rates = rates(|settings| settings.requests_per_hour = Some(5));
        rates.count(Bucket::User(UserId(1)), Timestamp(0));
        rates.give_back(Bucket::User(UserId(1)));
        assert_eq!(
            rates
                .look(Bucket::User(UserId(1)), Timestamp(0))
                .unwrap()
                .remaining,
            5
        );
    }

    #[test]
    fn sec_s30_memory_is_bounded_under_a_million_addresses() {
        let rates = rates(|settings| settings.profile = Profile::P2);
        for number in 0..1_000_000u32 {
            let address = Address::from(std::net::IpAddr::from(number.to_be_bytes()));
            rates.count(Bucket::Anonymous(address), Timestamp(0));
        }
        assert!(rates.lock().len() <= MOST_CALLERS);
    }
}
