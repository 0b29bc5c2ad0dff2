//! How many requests a caller has left this hour. Owns the limits and what
//! headers say of them; counting is core's.

use std::sync::Arc;

use grantd_core::clock::Timestamp;
use grantd_core::hourly::{Bucket, Hour, Hourly};

use crate::settings::{Profile, Settings};

const ANONYMOUS_PER_HOUR: u32 = 60;
const P2_PER_HOUR: u32 = 5_000;

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

impl Rate {
    fn of(hour: Hour, limit: u32) -> Self {
        Self {
            limit,
            remaining: limit.saturating_sub(hour.used),
            reset: hour.ends_at,
            exceeded: hour.exceeded,
        }
    }
}

/// The limits, over what is counted.
pub struct Rates {
    hourly: Arc<Hourly>,
    per_user: Option<u32>,
    per_app: Option<u32>,
    /// P2 tells apps of a bucket as github.com did, and yet never refuses them.
    app_shown: Option<u32>,
}

impl Rates {
    /// The limits that the settings say.
    pub fn new(settings: &Settings, hourly: Arc<Hourly>) -> Self {
        let p2 = (settings.profile == Profile::P2).then_some(P2_PER_HOUR);
        Self {
            hourly,
            per_user: settings.requests_per_hour.or(p2),
            per_app: settings.app_requests_per_hour,
            app_shown: p2,
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
            Bucket::WrongSecrets(..)
            | Bucket::DeviceCodes(..)
            | Bucket::Tickets(_)
            | Bucket::LinksByMail(_)
            | Bucket::LeakReports(_)
            | Bucket::LinksToAddress(_)
            | Bucket::SignUps(_) => None,
        }
    }

    /// Looks at a bucket without counting; `None` where nothing is limited.
    pub fn look(&self, bucket: Bucket, now: Timestamp) -> Option<Rate> {
        let limit = self.limit(bucket)?;
        Some(Rate::of(self.hourly.look(bucket, now), limit))
    }

    /// Counts a request; `None` where nothing is limited.
    pub fn count(&self, bucket: Bucket, now: Timestamp) -> Option<Rate> {
        let limit = self.limit(bucket)?;
        let only_shown = matches!(bucket, Bucket::App(_)) && self.per_app.is_none();
        let rate = Rate::of(self.hourly.count(bucket, limit, now), limit);
        Some(Rate {
            exceeded: rate.exceeded && !only_shown,
            ..rate
        })
    }

    /// Takes one back: a 304 costs nothing.
    pub fn give_back(&self, bucket: Bucket) {
        self.hourly.take_back(bucket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use grantd_core::ids::{AppId, UserId};
    use grantd_core::login::Address;

    fn rates(change: impl FnOnce(&mut Settings)) -> Rates {
        let mut settings = Settings::new("http://127.0.0.1:8370".parse().unwrap());
        change(&mut settings);
        Rates::new(&settings, Arc::default())
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
}
