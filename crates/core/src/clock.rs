//! Time as an argument. Owns what an instant is and how it is written; must
//! not be read from anywhere but a [`Clock`] that was passed in.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Whole seconds since 1970-01-01T00:00:00Z, the precision of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Reads RFC 3339 (`2020-11-13T16:00:00Z`); fractions of a second are cut off.
    pub fn parse(text: &str) -> Option<Self> {
        let instant: jiff::Timestamp = text.parse().ok()?;
        Some(Self(instant.as_second()))
    }

    /// The instant `seconds` later (earlier if negative), stopping at the ends of time.
    pub fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Seconds from `earlier` to `self`; negative if `self` comes first.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The instant as the standard library knows it, for HTTP dates.
    pub fn system_time(self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.0.max(0).unsigned_abs())
    }

    /// The text of the wire, digit by digit, in ASCII: several stand in every answer. What is before the year 0 has
    /// that year.
    pub fn digits(self) -> [u8; 20] {
        let instant = jiff::Timestamp::from_second(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let civil = jiff::tz::Offset::UTC.to_datetime(instant);
        let year = civil.year().max(0).unsigned_abs();
        let mut text = *b"0000-00-00T00:00:00Z";
        let parts = [
            (0, (year / 100) as u8),
            (2, (year % 100) as u8),
            (5, civil.month().unsigned_abs()),
            (8, civil.day().unsigned_abs()),
            (11, civil.hour().unsigned_abs()),
            (14, civil.minute().unsigned_abs()),
            (17, civil.second().unsigned_abs()),
        ];
        for (at, value) in parts {
            text[at] += value / 10;
            text[at + 1] += value % 10;
        }
        text
    }
}

/// `YYYY-MM-DDTHH:MM:SSZ`, the only form on the wire.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.digits()).unwrap_or_default())
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(str::from_utf8(&self.digits()).unwrap_or_default())
    }
}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present second.
    fn now(&self) -> Timestamp;
}

/// Waits; the runtime's timer, passed in because core has no runtime.
pub trait Timer: Send + Sync {
    /// Resolves after `duration` of real time.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the machine's clock"
    )]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp(i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX))
    }
}

/// A clock that moves only when told, for tests.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that stands at `start`.
    pub fn at(start: Timestamp) -> Self {
        Self(AtomicI64::new(start.0))
    }

    /// Moves the clock by `seconds`.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_written_as_the_wire_writes_them() {
        let removal = Timestamp::parse("2020-11-13T16:00:00Z").unwrap();
        assert_eq!(removal, Timestamp(1_605_283_200));
        assert_eq!(removal.to_string(), "2020-11-13T16:00:00Z");
        assert_eq!(
            Timestamp::parse("2011-09-06T20:39:23.9+02:00")
                .unwrap()
                .to_string(),
            "2011-09-06T18:39:23Z"
        );
        assert_eq!(Timestamp::parse("yesterday"), None);
    }

    #[test]
    fn every_digit_is_the_calendars() {
        for at in (-2_000_000_000..32_000_000_000_i64).step_by(86_400 * 97 + 3_607) {
            let instant = jiff::Timestamp::from_second(at).unwrap();
            let expected = instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
            assert_eq!(Timestamp(at).to_string(), expected);
        }
    }

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = ManualClock::at(Timestamp(10));
        clock.advance(5);
        assert_eq!((clock.now(), clock.now()), (Timestamp(15), Timestamp(15)));
    }
}
