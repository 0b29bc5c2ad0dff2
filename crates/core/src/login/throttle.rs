//! Counting attempts before they are checked. Owns who is locked out, who is
//! slowed, and for how long; must not know what a password is.
//!
//! An attempt *reserves* before anything is checked and *settles* afterwards:
//! a right password gives the reservation back, a wrong one keeps it as a
//! failure. Only failures lock; when failures and reservations together reach
//! the limit, further attempts wait for a settlement, so that parallel guesses
//! gain nothing.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use event_listener::{Event, EventListener};
use futures_util::future::{Either, select};

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

const HOUR: i64 = 3_600;
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// Memory stays bounded under any number of addresses and names.
const MOST_ENTRIES: usize = 100_000;

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

/// Events per key within the last hour.
struct Hourly<K>(HashMap<K, Vec<Timestamp>>);

impl<K: Hash + Eq> Hourly<K> {
    fn count(&mut self, key: &K, now: Timestamp) -> usize {
        let Some(events) = self.0.get_mut(key) else {
            return 0;
        };
        events.retain(|at| now.since(*at) < HOUR);
        events.len()
    }

    /// Adds an event and returns how many there are now; beyond `most` nothing more is kept.
    fn add(&mut self, key: K, now: Timestamp, most: usize) -> usize {
        make_room(
            &mut self.0,
            |events| events.last().is_some_and(|at| now.since(*at) < HOUR),
            |_| false,
        );
        let count = self.count(&key, now) + 1;
        if count <= most {
            self.0.entry(key).or_default().push(now);
        }
        count
    }

    /// Takes the latest event back.
    fn take_back(&mut self, key: &K) {
        if let Some(events) = self.0.get_mut(key) {
            events.pop();
            if events.is_empty() {
                self.0.remove(key);
            }
        }
    }
}

/// Bounds a table: drops what is over, then, if that was not half of it, every
/// second entry but the pinned ones. Forgetting some failures is the lesser
/// harm: a full table must neither grow nor keep people out.
fn make_room<K: Hash + Eq, V>(
    table: &mut HashMap<K, V>,
    live: impl Fn(&V) -> bool,
    pinned: impl Fn(&V) -> bool,
) {
    if table.len() < MOST_ENTRIES {
        return;
    }
    table.retain(|_, value| live(value));
    if table.len() > MOST_ENTRIES / 2 {
        let mut odd = false;
        table.retain(|_, value| {
            odd = !odd;
            odd || pinned(value)
        });
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::login::testing::{NoTimer, block_on};
    use std::net::IpAddr;

    fn throttle() -> (Arc<Throttle>, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(Timestamp(1_000_000)));
        (
            Arc::new(Throttle::new(
                ThrottlePolicy::default(),
                clock.clone(),
                Arc::new(NoTimer),
            )),
            clock,
        )
    }

    fn pair(login: &str, last: u8) -> Pair {
        (
            LoginKey::of(login),
            Address::from(IpAddr::from([192, 0, 2, last])),
        )
    }

    fn fail(throttle: &Arc<Throttle>, pair: &Pair) {
        block_on(throttle.reserve(pair.clone()))
            .ok()
            .expect("admitted")
            .fail();
    }

    #[test]
    fn ten_failures_lock_the_pair_for_five_minutes_and_nobody_else() {
        let (throttle, clock) = throttle();
        for _ in 0..10 {
            assert!(throttle.admit(&pair("octocat", 1)).is_ok());
            fail(&throttle, &pair("octocat", 1));
        }
        assert!(throttle.admit(&pair("octocat", 1)).is_err());
        assert!(throttle.admit(&pair("octocat", 2)).is_ok());
        assert!(throttle.admit(&pair("hubot", 1)).is_ok());
        clock.advance(299);
        assert!(throttle.admit(&pair("octocat", 1)).is_err());
        clock.advance(1);
        assert!(throttle.admit(&pair("octocat", 1)).is_ok());
    }

    #[test]
    fn failures_older_than_the_window_do_not_count() {
        let (throttle, clock) = throttle();
        for _ in 0..9 {
            fail(&throttle, &pair("octocat", 1));
        }
        clock.advance(300);
        fail(&throttle, &pair("octocat", 1));
        assert!(throttle.admit(&pair("octocat", 1)).is_ok());
    }

    #[test]
    fn a_success_clears_and_a_given_back_reservation_counts_nothing() {
        let (throttle, _) = throttle();
        for _ in 0..9 {
            fail(&throttle, &pair("octocat", 1));
        }
        drop(block_on(throttle.reserve(pair("octocat", 1))).ok());
        throttle.clear(&pair("octocat", 1), UserId(1));
        for _ in 0..9 {
            fail(&throttle, &pair("octocat", 1));
        }
        assert!(throttle.admit(&pair("octocat", 1)).is_ok());
    }

    #[test]
    fn sec_s05_attempts_in_flight_cannot_exceed_the_limit() {
        let (throttle, _) = throttle();
        let held: Vec<_> = (0..10)
            .map(|_| block_on(throttle.reserve(pair("octocat", 1))).ok().unwrap())
            .collect();
        assert!(matches!(
            throttle.begin(&pair("octocat", 1)),
            Begin::Wait(_)
        ));
        assert!(
            matches!(
                block_on(throttle.reserve(pair("octocat", 1))),
                Err(Error::Throttled { .. })
            ),
            "NoTimer ends the wait"
        );
        for reservation in held {
            reservation.fail();
        }
        assert!(matches!(throttle.begin(&pair("octocat", 1)), Begin::Locked));
    }

    #[test]
    fn a_hundred_failures_from_everywhere_close_a_login_to_new_addresses() {
        let (throttle, clock) = throttle();
        for last in 0..100 {
            assert!(
                throttle
                    .closed_to_new_addresses(&LoginKey::of("octocat"))
                    .is_none()
            );
            fail(&throttle, &pair("octocat", last));
        }
        assert!(
            throttle
                .closed_to_new_addresses(&LoginKey::of("octocat"))
                .is_some()
        );
        assert!(
            throttle
                .closed_to_new_addresses(&LoginKey::of("hubot"))
                .is_none()
        );
        clock.advance(HOUR);
        assert!(
            throttle
                .closed_to_new_addresses(&LoginKey::of("octocat"))
                .is_none()
        );
    }

    #[test]
    fn twenty_wrong_codes_close_a_user_and_right_ones_do_not_count() {
        let (throttle, _) = throttle();
        for _ in 0..20 {
            throttle.reserve_code(UserId(1)).unwrap();
            throttle.return_code(UserId(1));
        }
        for _ in 0..20 {
            throttle.reserve_code(UserId(1)).unwrap();
        }
        assert!(throttle.reserve_code(UserId(1)).is_err());
        assert!(throttle.reserve_code(UserId(2)).is_ok());
    }

    #[test]
    fn sec_s02_missing_codes_overflow_once_an_hour_and_lock_nobody() {
        let (throttle, clock) = throttle();
        let overflows = (0..200)
            .filter(|_| throttle.missing_code_overflows(UserId(1)))
            .count();
        assert_eq!(overflows, 1);
        clock.advance(HOUR);
        assert!(!throttle.missing_code_overflows(UserId(1)));
        assert!(throttle.admit(&pair("octocat", 1)).is_ok());
    }

    #[test]
    fn memory_stays_bounded_under_a_million_addresses() {
        let (throttle, _) = throttle();
        for number in 0..1_000_000u32 {
            let address = Address::from(IpAddr::from(number.to_be_bytes()));
            fail(&throttle, &(LoginKey::of("octocat"), address));
        }
        assert!(throttle.lock().pairs.len() <= MOST_ENTRIES);
    }
}
