//! The one door for passwords. Owns the order of judgement; counting, hashing
//! and codes have modules of their own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use futures_util::future::{BoxFuture, FutureExt, Shared};

use super::hash_pool::{Busy, HashPool};
use super::otp::{self, Code};
use super::password::{self, PasswordCost};
use super::throttle::{Pair, Throttle};
use super::verified::{Verified, VerifiedKey};
use super::{Address, Attempt, PasswordIdentity};

use crate::audit::{Action, Actor, Stamp};
use crate::clock::{Clock, Timestamp};
use crate::entropy::Entropy;
use crate::error::{Error, Forbidden, Result, Throttle as Throttled};
use crate::ids::UserId;
use crate::secret::{InstanceKey, Secret};
use crate::store::SharedStore;
use crate::user::{LoginKey, PasswordHash, UserCredentials};

/// What hashing came to; shared by identical attempts in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Right,
    Wrong,
    Locked,
    Busy,
}

type InFlight = Shared<BoxFuture<'static, Verdict>>;

/// The one door for passwords.
pub struct SignIn {
    store: SharedStore,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    key: Arc<InstanceKey>,
    throttle: Arc<Throttle>,
    pool: Arc<HashPool>,
    verified: Arc<Verified>,
    in_flight: Mutex<HashMap<VerifiedKey, InFlight>>,
    cost: PasswordCost,
    decoy: PasswordHash,
    seen: Mutex<HashMap<(UserId, Address), Timestamp>>,
}

/// What [`SignIn`] is made of.
#[expect(missing_docs, reason = "each field is its type")]
pub struct SignInParts {
    pub store: SharedStore,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub key: Arc<InstanceKey>,
    pub throttle: Throttle,
    pub pool: HashPool,
    pub cost: PasswordCost,
}

const DAY: i64 = 86_400;
const KNOWN_FOR: i64 = 30 * DAY;
const MOST_SEEN: usize = 10_000;

impl SignIn {
    /// A door with its counters at zero.
    pub fn new(parts: SignInParts) -> Self {
        let SignInParts {
            store,
            clock,
            entropy,
            key,
            throttle,
            pool,
            cost,
        } = parts;
        Self {
            verified: Arc::new(Verified::new(&*entropy)),
            decoy: cost.decoy(&*entropy),
            store,
            clock,
            entropy,
            key,
            throttle: Arc::new(throttle),
            pool: Arc::new(pool),
            in_flight: Mutex::default(),
            cost,
            seen: Mutex::default(),
        }
    }

    /// Judges an attempt.
    ///
    /// # Errors
    /// `BadCredentials`, `OtpRequired`, `Forbidden(TooManyAttempts | Suspended)`,
    /// `Throttled`, `Unavailable`.
    pub async fn sign_in(&self, attempt: Attempt) -> Result<PasswordIdentity> {
        let address = Address::from(attempt.address);
        let pair: Pair = (attempt.login.clone(), address);
        self.throttle.admit(&pair)?;
        let found = self.store.find_credentials(&attempt.login).await?;
        self.admit_address(&attempt.login, found.as_ref(), address)
            .await?;
        self.prove_password(&pair, &attempt.password, found.as_ref())
            .await?;
        let Some(credentials) = found else {
            return Err(Error::BadCredentials);
        };
        if credentials.user.suspended_at.is_some() {
            return Err(Error::Forbidden(Forbidden::Suspended));
        }
        self.prove_code(&pair, &attempt, &credentials).await?;
        self.throttle.clear(&pair, credentials.user.id);
        self.renew_hash(&pair, &attempt, &credentials).await?;
        self.remember_address(credentials.user.id, address).await?;
        Ok(PasswordIdentity {
            user: credentials.user,
            auth_generation: credentials.auth_generation,
        })
    }

    /// The refusal of an app's wrong secret. Counted apart from people's passwords.
    pub(crate) fn wrong_secret(&self, client_id: &str, address: Address) -> Error {
        if self
            .throttle
            .wrong_secrets_overflow((LoginKey::of(client_id), address))
        {
            return Error::Throttled {
                kind: Throttled::Login,
                retry_after: 600,
            };
        }
        Error::BadCredentials
    }

    /// After a hundred failures in an hour, only addresses that signed in within 30 days go on.
    async fn admit_address(
        &self,
        login: &LoginKey,
        found: Option<&UserCredentials>,
        address: Address,
    ) -> Result<()> {
        let Some(refusal) = self.throttle.closed_to_new_addresses(login) else {
            return Ok(());
        };
        let Some(credentials) = found else {
            return Err(refusal);
        };
        let last = self
            .store
            .address_last_seen(credentials.user.id, address)
            .await?;
        let known = last.is_some_and(|last| self.clock.now().since(last) < KNOWN_FOR);
        if known { Ok(()) } else { Err(refusal) }
    }

    async fn prove_password(
        &self,
        pair: &Pair,
        password: &Secret,
        found: Option<&UserCredentials>,
    ) -> Result<()> {
        if password.expose().len() > password::LONGEST_PASSWORD {
            return Err(Error::BadCredentials);
        }
        let hash = found.map_or(&self.decoy, |credentials| &credentials.password_hash);
        let key = self.verified.key(&pair.0, pair.1, hash, password);
        if found.is_some() && self.verified.contains(&key) {
            return Ok(());
        }
        let verdict = self.hash_once(key, pair, password, hash).await;
        match verdict {
            Verdict::Right if found.is_some() => Ok(()),
            Verdict::Right | Verdict::Wrong => Err(Error::BadCredentials),
            Verdict::Locked => Err(Error::Forbidden(Forbidden::TooManyAttempts)),
            Verdict::Busy => Err(Error::Throttled {
                kind: Throttled::Hashing,
                retry_after: 1,
            }),
        }
    }

    /// Identical attempts in flight (login, address, password, stored hash) share one reservation and one hash.
    async fn hash_once(
        &self,
        key: VerifiedKey,
        pair: &Pair,
        password: &Secret,
        hash: &PasswordHash,
    ) -> Verdict {
        let shared = {
            let mut in_flight = self
                .in_flight
                .lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner());
            in_flight.retain(|_, hashing| {
                hashing.peek().is_none() && hashing.strong_count().is_some_and(|count| count > 1)
            });
            let start = || {
                self.hash(key, pair.clone(), password.clone(), hash.clone())
                    .boxed()
                    .shared()
            };
            in_flight.entry(key).or_insert_with(start).clone()
        };
        shared.await
    }

    fn hash(
        &self,
        key: VerifiedKey,
        pair: Pair,
        password: Secret,
        hash: PasswordHash,
    ) -> impl Future<Output = Verdict> + use<> {
        let (throttle, pool, verified) = (
            Arc::clone(&self.throttle),
            Arc::clone(&self.pool),
            Arc::clone(&self.verified),
        );
        async move {
            let reservation = match throttle.reserve(pair.clone()).await {
                Ok(reservation) => reservation,
                Err(Error::Forbidden(_)) => return Verdict::Locked,
                Err(_) => return Verdict::Busy,
            };
            let turn = (pair.1, pair.0);
            match pool
                .run(turn, move || password::verify(&password, &hash))
                .await
            {
                Ok(true) => {
                    verified.insert(key);
                    Verdict::Right
                }
                Ok(false) => {
                    reservation.fail();
                    Verdict::Wrong
                }
                Err(Busy) => Verdict::Busy,
            }
        }
    }

    async fn prove_code(
        &self,
        pair: &Pair,
        attempt: &Attempt,
        credentials: &UserCredentials,
    ) -> Result<()> {
        let Some(sealed) = &credentials.totp_seed else {
            return Ok(());
        };
        let id = credentials.user.id;
        let Some(typed) = attempt.code.as_ref().filter(|code| !code.is_empty()) else {
            if self.throttle.missing_code_overflows(id) {
                self.store
                    .record(
                        Action::OtpMissingTooOften,
                        Some(id),
                        self.stamp(attempt, Actor::System),
                    )
                    .await?;
            }
            return Err(Error::OtpRequired);
        };
        let reservation = self.throttle.reserve(pair.clone()).await?;
        self.throttle.reserve_code(id)?;
        let right = match Code::read(typed, &self.key) {
            Code::Totp(code) => {
                let seed = otp::open_seed(&self.key, sealed)
                    .map_err(|source| Error::Unavailable(source.into()))?;
                match otp::matching_step(&seed, &code, self.clock.now()) {
                    Some(step) => {
                        self.store
                            .spend_otp_step(id, step, pair.1, attempt.otp_use)
                            .await?
                    }
                    None => false,
                }
            }
            Code::Recovery(code) => {
                let actor = Actor::User {
                    id,
                    auth_generation: credentials.auth_generation,
                };
                self.store
                    .burn_recovery_code(id, code, self.stamp(attempt, actor))
                    .await?
            }
        };
        if right {
            self.throttle.return_code(id);
            Ok(())
        } else {
            reservation.fail();
            Err(Error::OtpRequired)
        }
    }

    /// Makes the hash anew when the parameters have risen since it was made.
    async fn renew_hash(
        &self,
        pair: &Pair,
        attempt: &Attempt,
        credentials: &UserCredentials,
    ) -> Result<()> {
        if !self.cost.exceeds(&credentials.password_hash) {
            return Ok(());
        }
        let (cost, entropy, password) = (
            self.cost,
            Arc::clone(&self.entropy),
            attempt.password.clone(),
        );
        let turn = (pair.1, pair.0.clone());
        // A full queue only puts the renewal off until the next sign-in.
        let Ok(new) = self
            .pool
            .run(turn, move || cost.hash(&password, &*entropy))
            .await
        else {
            return Ok(());
        };
        let stamp = self.stamp(attempt, Actor::System);
        self.store
            .rehash_password(
                credentials.user.id,
                credentials.password_hash.clone(),
                new,
                stamp,
            )
            .await?;
        Ok(())
    }

    /// Notes a full sign-in from an address, at most once a day.
    async fn remember_address(&self, user: UserId, address: Address) -> Result<()> {
        let now = self.clock.now();
        {
            let mut seen = self
                .seen
                .lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner());
            if seen
                .get(&(user, address))
                .is_some_and(|last| now.since(*last) < DAY)
            {
                return Ok(());
            }
            if seen.len() >= MOST_SEEN {
                seen.clear();
            }
            seen.insert((user, address), now);
        }
        Ok(self.store.remember_address(user, address, now).await?)
    }

    fn stamp(&self, attempt: &Attempt, by: Actor) -> Stamp {
        Stamp {
            at: self.clock.now(),
            by,
            address: Some(attempt.address),
            request_id: Some(attempt.request_id.clone()),
        }
    }
}
