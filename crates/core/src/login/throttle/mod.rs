//! Counting attempts before they are checked. Owns who is locked out, who is
//! slowed, and for how long; must not know what a password is.
//!
//! An attempt *reserves* before anything is checked and *settles* afterwards:
//! a right password gives the reservation back, a wrong one keeps it as a
//! failure. Only failures lock; when failures and reservations together reach
//! the limit, further attempts wait for a settlement, so that parallel guesses
//! gain nothing.

mod hourly;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use event_listener::{Event, EventListener};
use futures_util::future::{Either, select};

use hourly::{Hourly, make_room};

use super::Address;
use crate::clock::{Clock, Timer, Timestamp};
use crate::error::{Error, Forbidden, Result, Throttle as Throttled};
use crate::ids::UserId;
use crate::user::LoginKey;

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
    /// So many wrong secrets for one app from one address in an hour; more are told to slow down.
    pub wrong_secrets_per_hour: u32,
}

impl Default for ThrottlePolicy {
    fn default() -> Self {
        Self {
            failures: 10,
            lock_seconds: 300,
            failures_per_login_and_hour: 100,
            wrong_codes_per_user_and_hour: 20,
            missing_codes_per_user_and_hour: 60,
            wrong_secrets_per_hour: 1_000,
        }
    }
}

/// The unit that is locked: one login from one address.
pub type Pair = (LoginKey, Address);

const LONGEST_WAIT: Duration = Duration::from_secs(2);

#[derive(Default)]
struct PairState {
    failures: Vec<Timestamp>,
    reserved: u32,
    locked_until: Option<Timestamp>,
    settled: Arc<Event>,
}

impl PairState {
    fn is_idle(&self, now: Timestamp, window: i64) -> bool {
        let recent = self.failures.iter().any(|at| now.since(*at) < window);
        self.reserved == 0 && !recent && self.locked_until.is_none_or(|until| until <= now)
    }
}

struct Counts {
    pairs: HashMap<Pair, PairState>,
    logins: Hourly<LoginKey>,
    wrong_codes: Hourly<UserId>,
    missing_codes: Hourly<UserId>,
    wrong_secrets: Hourly<Pair>,
}

/// What [`Throttle::begin`] says.
enum Begin {
    Reserved,
    Wait(EventListener),
    Locked,
}

/// All counters of one process.
pub struct Throttle {
    policy: ThrottlePolicy,
    clock: Arc<dyn Clock>,
    timer: Arc<dyn Timer>,
    counts: Mutex<Counts>,
}

impl Throttle {
    /// Counters at zero.
    pub fn new(policy: ThrottlePolicy, clock: Arc<dyn Clock>, timer: Arc<dyn Timer>) -> Self {
        let counts = Counts {
            pairs: HashMap::new(),
            logins: Hourly(HashMap::new()),
            wrong_codes: Hourly(HashMap::new()),
            missing_codes: Hourly(HashMap::new()),
            wrong_secrets: Hourly(HashMap::new()),
        };
        Self {
            policy,
            clock,
            timer,
            counts: Mutex::new(counts),
        }
    }

    /// Refuses a locked pair, before anything is looked up.
    ///
    /// # Errors
    /// [`Forbidden::TooManyAttempts`].
    pub fn admit(&self, pair: &Pair) -> Result<()> {
        let now = self.clock.now();
        let locked = self
            .lock()
            .pairs
            .get(pair)
            .and_then(|state| state.locked_until)
            .is_some_and(|until| until > now);
        if locked {
            Err(Error::Forbidden(Forbidden::TooManyAttempts))
        } else {
            Ok(())
        }
    }

    /// Whether this login has had so many wrong passwords from everywhere that
    /// only addresses known for it are still served; the answer for the others.
    pub fn closed_to_new_addresses(&self, login: &LoginKey) -> Option<Error> {
        let now = self.clock.now();
        let failures = self.lock().logins.count(login, now);
        let closed = failures >= self.policy.failures_per_login_and_hour as usize;
        closed.then_some(Error::Throttled {
            kind: Throttled::Login,
            retry_after: 600,
        })
    }

    /// Counts an attempt before it is checked; waits, at most two seconds,
    /// while attempts in flight could already use up what is left.
    ///
    /// # Errors
    /// The pair is locked, or nothing settled in time.
    pub async fn reserve(self: &Arc<Self>, pair: Pair) -> Result<Reservation> {
        let mut patience = self.timer.sleep(LONGEST_WAIT);
        loop {
            match self.begin(&pair) {
                Begin::Reserved => {
                    return Ok(Reservation {
                        throttle: Arc::clone(self),
                        pair,
                        failed: false,
                    });
                }
                Begin::Locked => return Err(Error::Forbidden(Forbidden::TooManyAttempts)),
                Begin::Wait(settled) => match select(settled, patience).await {
                    Either::Left(((), rest)) => patience = rest,
                    Either::Right(_) => {
                        return Err(Error::Throttled {
                            kind: Throttled::Hashing,
                            retry_after: 1,
                        });
                    }
                },
            }
        }
    }

    fn begin(&self, pair: &Pair) -> Begin {
        let now = self.clock.now();
        let (limit, window) = (
            self.policy.failures as usize,
            i64::from(self.policy.lock_seconds),
        );
        let mut counts = self.lock();
        make_room(
            &mut counts.pairs,
            |state| !state.is_idle(now, window),
            |state| state.reserved > 0,
        );
        let state = counts.pairs.entry(pair.clone()).or_default();
        if state.locked_until.is_some_and(|until| until > now) {
            return Begin::Locked;
        }
        state.failures.retain(|at| now.since(*at) < window);
        if state.failures.len() + state.reserved as usize >= limit {
            return Begin::Wait(state.settled.listen());
        }
        state.reserved += 1;
        Begin::Reserved
    }

    fn settle(&self, pair: &Pair, failed: bool) {
        let now = self.clock.now();
        let mut counts = self.lock();
        if failed {
            let most = self.policy.failures_per_login_and_hour as usize;
            counts.logins.add(pair.0.clone(), now, most);
        }
        let Some(state) = counts.pairs.get_mut(pair) else {
            return;
        };
        state.reserved = state.reserved.saturating_sub(1);
        if failed {
            state.failures.push(now);
            if state.failures.len() >= self.policy.failures as usize {
                state.locked_until = Some(now.plus(i64::from(self.policy.lock_seconds)));
                state.failures.clear();
            }
        }
        state.settled.notify(usize::MAX);
        if state.is_idle(now, i64::from(self.policy.lock_seconds)) {
            counts.pairs.remove(pair);
        }
    }

    /// A full success: the pair's failures are forgotten, and the user's missing codes.
    pub fn clear(&self, pair: &Pair, user: UserId) {
        let mut counts = self.lock();
        if let Some(state) = counts.pairs.get_mut(pair) {
            state.failures.clear();
            state.settled.notify(usize::MAX);
            if state.reserved == 0 {
                counts.pairs.remove(pair);
            }
        }
        counts.missing_codes.0.remove(&user);
    }

    /// Counts a code before it is checked, over all addresses.
    ///
    /// # Errors
    /// The hour's wrong codes are used up.
    pub fn reserve_code(&self, user: UserId) -> Result<()> {
        let most = self.policy.wrong_codes_per_user_and_hour as usize;
        let now = self.clock.now();
        if self.lock().wrong_codes.add(user, now, most) > most {
            return Err(Error::Forbidden(Forbidden::TooManyAttempts));
        }
        Ok(())
    }

    /// The code was right: it does not count.
    pub fn return_code(&self, user: UserId) {
        self.lock().wrong_codes.take_back(&user);
    }

    /// Counts a right password without a code; whether this one made the hour's bucket overflow.
    pub fn missing_code_overflows(&self, user: UserId) -> bool {
        let most = self.policy.missing_codes_per_user_and_hour as usize + 1;
        let now = self.clock.now();
        self.lock().missing_codes.add(user, now, most) == most
    }

    /// Counts an app's wrong secret; whether the hour's are used up.
    pub fn wrong_secrets_overflow(&self, app: Pair) -> bool {
        let most = self.policy.wrong_secrets_per_hour as usize;
        let now = self.clock.now();
        self.lock().wrong_secrets.add(app, now, most) > most
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// An attempt that is counted and not yet judged. Dropped unjudged (its caller
/// went away), it is given back.
pub struct Reservation {
    throttle: Arc<Throttle>,
    pair: Pair,
    failed: bool,
}

impl Reservation {
    /// The attempt was wrong: it stays counted.
    pub fn fail(mut self) {
        self.failed = true;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.throttle.settle(&self.pair, self.failed);
    }
}
