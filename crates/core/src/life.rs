//! How long tokens may live. Owns what the policy gives a new token, what it
//! takes from one that is there, and since when a token is idle; must not know
//! who asks, nor how rows are changed.
//!
//! A policy is written into the rows it concerns: the end of each token stands
//! in its record, where every check looks anyway.

use crate::clock::Timestamp;
use crate::store::Lived;

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// How long new tokens live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lifetimes {
    /// Days that a token lives whose maker says nothing; without it, the most that is allowed.
    pub default_days: Option<u32>,
    /// Days that a token lives at most; without it, as long as its maker says, or for ever.
    pub max_days: Option<u32>,
}

impl Lifetimes {
    /// Days of a token whose maker says nothing; none: it never ends by itself.
    pub fn unasked_days(&self) -> Option<u32> {
        let most = self.max_days.unwrap_or(u32::MAX);
        self.default_days
            .or(self.max_days)
            .map(|days| days.min(most))
    }

    /// When a token ends that is made now and whose maker says nothing.
    pub fn unasked(&self, now: Timestamp) -> Option<Timestamp> {
        Some(now.plus(seconds(self.unasked_days()?)))
    }

    /// The last moment at which a token may end that was issued then; none: any.
    pub fn latest(&self, issued_at: Timestamp) -> Option<Timestamp> {
        Some(issued_at.plus(seconds(self.max_days?)))
    }

    /// Whether a token that is made now may end then, or, without an end, live for ever.
    pub fn allows(&self, end: Option<Timestamp>, now: Timestamp) -> bool {
        match (self.latest(now), end) {
            (None, _) => true,
            (Some(latest), Some(end)) => end <= latest,
            (Some(_), None) => false,
        }
    }

    /// When the token ends that takes the place of one that was given this time to live: as long again, as
    /// far as that is allowed; after one without an end, as if nothing was said.
    pub fn again(
        &self,
        issued_at: Timestamp,
        end: Option<Timestamp>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let Some(end) = end else {
            return self.unasked(now);
        };
        let again = now.plus(end.since(issued_at).max(0));
        Some(self.latest(now).map_or(again, |latest| latest.min(again)))
    }
}

/// What is demanded of tokens that are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LifePolicy {
    /// Days that a token lives at most, from when it was issued.
    pub max_days: Option<u32>,
    /// Days after which a token ends that nobody has used, made or renewed meanwhile.
    pub idle_days: Option<u32>,
    /// Days that a token is left which would end at once by `max_days`.
    pub grace_days: u32,
}

/// Why a token is hit by a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It would live longer than allowed.
    Maximum,
    /// Nobody uses it.
    Idle,
}

impl Reason {
    /// The name that scripts rely on.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Maximum => "maximum",
            Self::Idle => "idle",
        }
    }
}

/// What a policy does to a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Why.
    pub reason: Reason,
    /// When it ends by the policy: never later than it would have.
    pub ends_at: Timestamp,
}

impl LifePolicy {
    /// What the policy does to a token; nothing to one that has ended or obeys. Who is idle ends at once,
    /// whatever else stands against it.
    pub fn judge(&self, lived: &Lived, now: Timestamp) -> Option<Hit> {
        let end = lived.owned.authorization.expires_at;
        if end.is_some_and(|end| end <= now) {
            return None;
        }
        if self
            .idle_before(now)
            .is_some_and(|before| lived.idle_since() <= before)
        {
            return Some(Hit {
                reason: Reason::Idle,
                ends_at: now,
            });
        }
        let latest = lived.issued_at.plus(seconds(self.max_days?));
        let ends_at = latest.max(now.plus(seconds(self.grace_days)));
        end.is_none_or(|end| end > ends_at).then_some(Hit {
            reason: Reason::Maximum,
            ends_at,
        })
    }

    /// Whoever was not used since then is idle.
    pub fn idle_before(&self, now: Timestamp) -> Option<Timestamp> {
        Some(now.plus(-seconds(self.idle_days?)))
    }
}

/// So many days in seconds.
pub fn seconds(days: u32) -> i64 {
    i64::from(days) * DAY
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_600_000_000);

    fn in_days(days: i64) -> Option<Timestamp> {
        Some(NOW.plus(days * DAY))
    }

    #[test]
    fn without_a_policy_tokens_never_end() {
        let none = Lifetimes::default();
        assert_eq!((none.unasked(NOW), none.latest(NOW)), (None, None));
        assert!(none.allows(None, NOW) && none.allows(in_days(9_999), NOW));
    }

    #[test]
    fn the_default_is_given_and_the_maximum_is_never_passed() {
        let of = |default_days, max_days| Lifetimes {
            default_days,
            max_days,
        };
        assert_eq!(of(Some(30), None).unasked(NOW), in_days(30));
        assert_eq!(of(None, Some(90)).unasked(NOW), in_days(90));
        assert_eq!(of(Some(30), Some(90)).unasked(NOW), in_days(30));
        assert_eq!(of(Some(99), Some(90)).unasked(NOW), in_days(90));
        let most = of(None, Some(90));
        assert!(most.allows(in_days(90), NOW) && !most.allows(None, NOW));
        let a_second_more = in_days(90).map(|end| end.plus(1));
        assert!(!most.allows(a_second_more, NOW), "to the second");
    }

    #[test]
    fn a_successor_lives_as_long_again() {
        let most = |max_days| Lifetimes {
            default_days: None,
            max_days,
        };
        let issued = NOW.plus(-10 * DAY);
        assert_eq!(most(None).again(issued, in_days(20), NOW), in_days(30));
        assert_eq!(most(Some(7)).again(issued, in_days(20), NOW), in_days(7));
        assert_eq!(most(None).again(issued, None, NOW), None);
        assert_eq!(most(Some(7)).again(issued, None, NOW), in_days(7));
    }
}
