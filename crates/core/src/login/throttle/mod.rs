//! Counting attempts before they are checked. Owns what is metered, with which
//! limits, and how long anybody waits; must not know what a password is nor
//! where meters are kept.
//!
//! An attempt *reserves* before anything is checked and *settles* afterwards:
//! a right password gives the reservation back, a wrong one keeps it as a
//! failure. Only failures lock; when failures and reservations together reach
//! the limit, further attempts wait for a settlement, so that parallel guesses
//! gain nothing. The meters are in the store, so this holds over all nodes and
//! a restart forgets nothing.

mod gate;
mod meter;
mod tally;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};

use self::gate::{Gate, Gates};
use super::Address;
use crate::audit::{Action, Stamp};
use crate::clock::{Clock, Timer, Timestamp};
use crate::error::{Error, Forbidden, Result, Throttle as Throttled};
use crate::ids::UserId;
use crate::secret::InstanceKey;
use crate::store::{CounterStore, Settlement};
use crate::user::LoginKey;

pub use self::meter::{Admission, Limit, Meter, MeterKey, Outcome, RESERVED_SECONDS};
pub use self::tally::Tally;

/// The numbers; all are settings.
#[derive(Clone, Copy, Debug)]
pub struct ThrottlePolicy {
    /// So many failures of one login from one address lock that pair.
    pub failures: u32,
    /// Seconds in which those failures count, and for which the pair is then locked.
    pub lock_seconds: u32,
    /// So many wrong passwords for one login in an hour, from everywhere, close it to new addresses.
    pub failures_per_login_and_hour: u32,
    /// So many wrong codes of one user in an hour, from everywhere, close it.
    pub wrong_codes_per_user_and_hour: u32,
    /// So many missing codes of one user in an hour are worth an audit row.
    pub missing_codes_per_user_and_hour: u32,
}

impl Default for ThrottlePolicy {
    fn default() -> Self {
        Self {
            failures: 10,
            lock_seconds: 300,
            failures_per_login_and_hour: 100,
            wrong_codes_per_user_and_hour: 20,
            missing_codes_per_user_and_hour: 60,
        }
    }
}

const HOUR: u32 = 3_600;
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// How soon a settlement on another node is noticed.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// An attempt, as it is metered: one login from one address is the pair that
/// is locked.
#[derive(Clone, Copy, Debug)]
pub struct Keys {
    /// The meter of the login from this address.
    pub pair: MeterKey,
    /// The meter of the login from everywhere.
    pub login: MeterKey,
}

/// An attempt, and what the trail is told of it.
#[derive(Clone)]
pub(super) struct Metered {
    pub(super) keys: Keys,
    /// Nobody for a login that is not there.
    pub(super) user: Option<UserId>,
    pub(super) stamp: Stamp,
}

/// The meters of one instance.
pub(super) struct Throttle {
    policy: ThrottlePolicy,
    store: Arc<dyn CounterStore>,
    key: Arc<InstanceKey>,
    clock: Arc<dyn Clock>,
    timer: Arc<dyn Timer>,
    gates: Gates,
}

impl Throttle {
    /// The meters that are in `store`, named under `key`.
    pub(super) fn new(
        policy: ThrottlePolicy,
        store: Arc<dyn CounterStore>,
        key: Arc<InstanceKey>,
        clock: Arc<dyn Clock>,
        timer: Arc<dyn Timer>,
    ) -> Self {
        Self {
            policy,
            store,
            key,
            clock,
            timer,
            gates: Gates::default(),
        }
    }

    /// The meters of an attempt.
    pub(super) fn keys(&self, login: &LoginKey, address: Address) -> Keys {
        let login = login.as_str();
        Keys {
            // No address has a space.
            pair: self.key_of("meter of a pair", &format!("{address} {login}")),
            login: self.key_of("meter of a login", login),
        }
    }

    /// Refuses a locked pair.
    ///
    /// # Errors
    /// [`Forbidden::TooManyAttempts`].
    pub(super) fn admit(&self, pair: &Meter) -> Result<()> {
        if pair.is_locked(self.clock.now()) {
            return Err(Error::Forbidden(Forbidden::TooManyAttempts));
        }
        Ok(())
    }

    /// Whether there is something for a success to clear.
    pub(super) fn has_failures(&self, pair: &Meter) -> bool {
        pair.failures(self.policy.lock_seconds, self.clock.now()) > 0
    }

    /// Whether this login has had so many wrong passwords from everywhere that
    /// only addresses known for it are still served; the answer for the others.
    pub(super) fn closed_to_new_addresses(&self, login: &Meter) -> Option<Error> {
        let failures = login.failures(HOUR, self.clock.now());
        let closed = failures >= self.policy.failures_per_login_and_hour;
        closed.then_some(Error::Throttled {
            kind: Throttled::Login,
            retry_after: 600,
        })
    }

    /// Counts an attempt before it is checked, with `code_of` also among the codes of that user;
    /// waits, at most two seconds, while attempts in flight could already use up what is left.
    ///
    /// # Errors
    /// The pair or the user is locked, or nothing settled in time.
    pub(super) async fn reserve(
        self: &Arc<Self>,
        who: Metered,
        code_of: Option<UserId>,
    ) -> Result<Reservation> {
        let gate = self.gates.of(who.keys.pair);
        let patience = self.timer.sleep(LONGEST_WAIT);
        let (mut turn, mut patience) = match select(gate.turn.lock(), patience).await {
            Either::Left(asking) => asking,
            Either::Right(_) => return Err(busy()),
        };
        loop {
            let settled = gate.settled.listen();
            let at = self.clock.now();
            if *turn == Some(at) {
                return Err(Error::Forbidden(Forbidden::TooManyAttempts));
            }
            match self.store.reserve(self.places(&who, code_of), at).await? {
                Admission::Locked => {
                    // Of a locked user's codes the gate knows nothing.
                    *turn = code_of.is_none().then_some(at);
                    return Err(Error::Forbidden(Forbidden::TooManyAttempts));
                }
                Admission::Wait => {}
                Admission::Reserved => {
                    drop(turn);
                    return Ok(Reservation {
                        throttle: Arc::clone(self),
                        gate,
                        who,
                        code_of,
                        at,
                    });
                }
            }
            let reason = select(settled, self.timer.sleep(LOOK_AGAIN));
            match select(patience, reason).await {
                Either::Left(_) => return Err(busy()),
                Either::Right((_, rest)) => patience = rest,
            }
        }
    }

    /// A full success by a remembered password: the pair's failures are forgotten.
    pub(super) async fn clear(&self, who: Metered) -> Result<()> {
        let pair = (who.keys.pair, self.pair());
        self.settle(who, vec![entry(pair, None, Outcome::Cleared)])
            .await
    }

    /// Counts a right password without a code. An hour's overflow leaves a row in the trail, and locks nobody out.
    pub(super) async fn missing_code(&self, who: Metered, user: UserId) -> Result<()> {
        let missing = self.missing_codes(user);
        self.settle(who, vec![entry(missing, None, Outcome::Failed)])
            .await
    }

    async fn settle(&self, who: Metered, entries: Vec<Settlement>) -> Result<()> {
        let stamp = Stamp {
            at: self.clock.now(),
            ..who.stamp
        };
        Ok(self.store.settle(entries, who.user, stamp).await?)
    }

    fn places(&self, who: &Metered, code_of: Option<UserId>) -> Vec<(MeterKey, Limit)> {
        let mut places = vec![(who.keys.pair, self.pair())];
        places.extend(code_of.map(|user| self.wrong_codes(user)));
        places
    }

    fn pair(&self) -> Limit {
        Limit {
            most: self.policy.failures,
            window: self.policy.lock_seconds,
            lock: Some(Action::SignInLocked),
            tell: None,
        }
    }

    fn login(&self) -> Limit {
        Limit {
            tell: Some(Action::SignInClosed),
            ..hourly(self.policy.failures_per_login_and_hour)
        }
    }

    fn wrong_codes(&self, user: UserId) -> (MeterKey, Limit) {
        let key = self.key_of("meter of wrong codes", &user.0.to_string());
        let limit = Limit {
            tell: Some(Action::WrongCodesTooOften),
            ..hourly(self.policy.wrong_codes_per_user_and_hour)
        };
        (key, limit)
    }

    /// Locked, it counts nothing; nobody asks it whether it is.
    fn missing_codes(&self, user: UserId) -> (MeterKey, Limit) {
        let key = self.key_of("meter of missing codes", &user.0.to_string());
        let most = self.policy.missing_codes_per_user_and_hour;
        let limit = Limit {
            lock: Some(Action::OtpMissingTooOften),
            ..hourly(most.saturating_add(1))
        };
        (key, limit)
    }

    fn key_of(&self, purpose: &str, what: &str) -> MeterKey {
        MeterKey(self.key.keyed_hash(purpose, what.as_bytes()))
    }
}

/// The answer while passwords or codes of others are being checked.
pub(super) fn busy() -> Error {
    Error::Throttled {
        kind: Throttled::Hashing,
        retry_after: 1,
    }
}

fn hourly(most: u32) -> Limit {
    Limit {
        most,
        window: HOUR,
        lock: None,
        tell: None,
    }
}

fn entry(
    (key, limit): (MeterKey, Limit),
    reserved: Option<Timestamp>,
    outcome: Outcome,
) -> Settlement {
    Settlement {
        key,
        limit,
        reserved,
        outcome,
    }
}

/// An attempt that is counted and not yet judged. Dropped unjudged (its caller
/// went away), it is free again after [`RESERVED_SECONDS`].
pub(super) struct Reservation {
    throttle: Arc<Throttle>,
    gate: Arc<Gate>,
    who: Metered,
    code_of: Option<UserId>,
    at: Timestamp,
}

impl Reservation {
    /// From this moment on another attempt may have the place; nothing may be checked any more.
    pub(super) fn ends_at(&self) -> Timestamp {
        self.at.plus(RESERVED_SECONDS.into())
    }

    /// Says how the attempt ended. Nobody may be told before this has returned.
    pub(super) async fn settle(self, outcome: Outcome) -> Result<()> {
        let (throttle, at) = (&self.throttle, Some(self.at));
        let mut entries = vec![entry((self.who.keys.pair, throttle.pair()), at, outcome)];
        if let Some(user) = self.code_of {
            // Wrong codes of the past hour stay, whoever guessed them.
            let codes = match outcome {
                Outcome::Cleared => Outcome::Returned,
                other => other,
            };
            entries.push(entry(throttle.wrong_codes(user), at, codes));
            if outcome == Outcome::Cleared {
                entries.push(entry(throttle.missing_codes(user), None, outcome));
            }
        }
        if outcome == Outcome::Failed {
            let login = (self.who.keys.login, throttle.login());
            entries.push(entry(login, None, outcome));
        }
        let settled = throttle.settle(self.who, entries).await;
        self.gate.settled.notify(usize::MAX);
        settled
    }
}
