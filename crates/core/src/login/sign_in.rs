//! The one door for passwords. Owns the order of judgement; counting, hashing
//! and codes have modules of their own.

mod in_steps;
mod known;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::hash_pool::{HashPool, PoolLoad, Turn};
use super::hashing::{Hashing, Question};
use super::otp::{self, Code};
use super::password::{self, PasswordCost};
use super::throttle::{Keys, Meter, Metered, Outcome, Throttle, ThrottlePolicy};
use super::verified::Verified;
use super::{Address, Attempt, PasswordIdentity};

use crate::audit::{Actor, Stamp};
use crate::clock::{Clock, Timer, Timestamp};
use crate::entropy::Entropy;
use crate::error::{Error, Forbidden, Result};
use crate::ids::UserId;
use crate::secret::InstanceKey;
use crate::store::{SharedStore, SignInCheck};
use crate::user::{LoginKey, PasswordHash, UserCredentials};

pub(crate) use self::in_steps::{Begun, CodeAttempt};

/// The one door for passwords.
pub struct SignIn {
    store: SharedStore,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    key: Arc<InstanceKey>,
    throttle: Arc<Throttle>,
    pub(crate) pool: Arc<HashPool>,
    verified: Arc<Verified>,
    hashing: Hashing,
    cost: PasswordCost,
    decoy: PasswordHash,
    seen: Mutex<HashMap<(UserId, Address), Timestamp>>,
}

/// What [`SignIn`] is made of.
#[expect(missing_docs, reason = "each field is its type")]
pub struct SignInParts {
    pub store: SharedStore,
    pub clock: Arc<dyn Clock>,
    pub timer: Arc<dyn Timer>,
    pub entropy: Arc<dyn Entropy>,
    pub key: Arc<InstanceKey>,
    pub throttle: ThrottlePolicy,
    pub pool: HashPool,
    pub cost: PasswordCost,
}

/// An attempt whose password is right, of a user who is not suspended.
struct FirstHalf {
    credentials: UserCredentials,
    proof: Proof,
    who: Metered,
    turn: Turn,
    pair: Meter,
}

/// How a password was found right.
#[derive(PartialEq)]
enum Proof {
    /// By a hash, which was counted.
    Hashed,
    /// It was right a moment ago.
    Remembered,
}

impl SignIn {
    /// A door over the meters that are in the store.
    pub fn new(parts: SignInParts) -> Self {
        let SignInParts {
            store,
            clock,
            timer,
            entropy,
            key,
            throttle,
            pool,
            cost,
        } = parts;
        let (counters, named, time) = (store.clone(), Arc::clone(&key), Arc::clone(&clock));
        let throttle = Arc::new(Throttle::new(throttle, counters, named, time, timer));
        let (pool, verified) = (Arc::new(pool), Arc::new(Verified::new(&*entropy)));
        let hashing = Hashing {
            throttle: Arc::clone(&throttle),
            pool: Arc::clone(&pool),
            verified: Arc::clone(&verified),
            clock: Arc::clone(&clock),
            in_flight: Mutex::default(),
        };
        Self {
            decoy: cost.decoy(&*entropy),
            store,
            clock,
            entropy,
            key,
            throttle,
            pool,
            verified,
            hashing,
            cost,
            seen: Mutex::default(),
        }
    }

    /// How busy the password threads are.
    pub fn pool_load(&self) -> PoolLoad {
        self.pool.load()
    }

    /// Judges an attempt.
    ///
    /// # Errors
    /// `BadCredentials`, `OtpRequired`, `Forbidden(TooManyAttempts | Suspended)`,
    /// `Throttled`, `Unavailable`.
    pub async fn sign_in(&self, attempt: Attempt) -> Result<PasswordIdentity> {
        let half = self.first_half(&attempt).await?;
        let proved_code = self
            .prove_code(&attempt, &half.who, &half.credentials)
            .await?;
        let identity = self.second_half(&attempt, half, proved_code).await?;
        self.note_sign_in(&attempt, &identity).await?;
        Ok(identity)
    }

    /// What is there under the attempt's login, if the pair is not locked.
    async fn look_up(&self, attempt: &Attempt) -> Result<(SignInCheck, Metered)> {
        let address = Address::from(attempt.address);
        let keys = self.throttle.keys(&attempt.login, address);
        let found = self.find_credentials(&attempt.login, address, &keys);
        let found = found.await?;
        self.throttle.admit(&found.meters[0])?;
        let who = Metered {
            keys,
            user: found.credentials.as_ref().map(|found| found.user.id),
            stamp: self.stamp(attempt, Actor::System),
        };
        Ok((found, who))
    }

    async fn find_credentials(
        &self,
        login: &LoginKey,
        from: Address,
        keys: &Keys,
    ) -> Result<SignInCheck> {
        let meters = [keys.pair, keys.login];
        Ok(self.store.find_credentials(login, from, meters).await?)
    }

    /// All but the code.
    async fn first_half(&self, attempt: &Attempt) -> Result<FirstHalf> {
        let (found, who) = self.look_up(attempt).await?;
        let is_known = self.is_known(&found);
        if !is_known && let Some(refusal) = self.throttle.closed_to_new_addresses(&found.meters[1])
        {
            return Err(refusal);
        }
        let turn = Turn::of(attempt.address.into(), attempt.login.clone()).known(is_known);
        let proof = self
            .prove_password(attempt, &who, &turn, found.credentials.as_ref())
            .await?;
        let Some(credentials) = found.credentials else {
            return Err(Error::BadCredentials);
        };
        if credentials.user.suspended_at.is_some() {
            return Err(Error::Forbidden(Forbidden::Suspended));
        }
        let [pair, _] = found.meters;
        Ok(FirstHalf {
            credentials,
            proof,
            who,
            turn,
            pair,
        })
    }

    /// What follows a full success.
    async fn second_half(
        &self,
        attempt: &Attempt,
        half: FirstHalf,
        proved_code: bool,
    ) -> Result<PasswordIdentity> {
        let to_clear = half.proof == Proof::Remembered && !proved_code;
        if to_clear && self.throttle.has_failures(&half.pair) {
            self.throttle.clear(half.who).await?;
        }
        let credentials = half.credentials;
        self.renew_hash(attempt, &credentials, half.turn).await?;
        Ok(PasswordIdentity {
            user: credentials.user,
            auth_generation: credentials.auth_generation,
        })
    }

    async fn prove_password(
        &self,
        attempt: &Attempt,
        who: &Metered,
        turn: &Turn,
        found: Option<&UserCredentials>,
    ) -> Result<Proof> {
        if attempt.password.expose().len() > password::LONGEST_PASSWORD {
            return Err(Error::BadCredentials);
        }
        let hash = found.map_or(&self.decoy, |credentials| &credentials.password_hash);
        let address = Address::from(attempt.address);
        let key = self
            .verified
            .key(&attempt.login, address, hash, &attempt.password);
        if found.is_some() && self.verified.contains(&key) {
            return Ok(Proof::Remembered);
        }
        let alone_suffices = found.is_some_and(|credentials| {
            credentials.totp_seed.is_none() && credentials.user.suspended_at.is_none()
        });
        let question = || Question {
            key,
            who: who.clone(),
            turn: turn.clone(),
            password: attempt.password.clone(),
            hash: hash.clone(),
            if_right: if alone_suffices {
                Outcome::Cleared
            } else {
                Outcome::Returned
            },
            if_known: found.is_some(),
        };
        match self.hashing.once(key, question).await? {
            true => Ok(Proof::Hashed),
            false => Err(Error::BadCredentials),
        }
    }

    /// Whether a code was needed, and right.
    async fn prove_code(
        &self,
        attempt: &Attempt,
        who: &Metered,
        credentials: &UserCredentials,
    ) -> Result<bool> {
        if credentials.totp_seed.is_none() {
            return Ok(false);
        }
        let id = credentials.user.id;
        let Some(typed) = attempt.code.as_ref().filter(|code| !code.is_empty()) else {
            self.throttle.missing_code(who.clone(), id).await?;
            return Err(Error::OtpRequired);
        };
        let reservation = self.throttle.reserve(who.clone(), Some(id)).await?;
        let code = Code::read(typed, &self.key);
        if self.spend(code, attempt, credentials).await? {
            reservation.settle(Outcome::Cleared).await?;
            Ok(true)
        } else {
            reservation.settle(Outcome::Failed).await?;
            Err(Error::OtpRequired)
        }
    }

    /// Whether the code is right, and not used up.
    async fn spend(
        &self,
        code: Code,
        attempt: &Attempt,
        credentials: &UserCredentials,
    ) -> Result<bool> {
        let id = credentials.user.id;
        match (code, &credentials.totp_seed) {
            (_, None) => Ok(false),
            (Code::Totp(code), Some(sealed)) => {
                let seed = otp::open_seed(&self.key, sealed)
                    .map_err(|source| Error::Unavailable(source.into()))?;
                let Some(step) = otp::matching_step(&seed, &code, self.clock.now()) else {
                    return Ok(false);
                };
                let address = Address::from(attempt.address);
                let spent = self
                    .store
                    .spend_otp_step(id, step, address, attempt.otp_use);
                Ok(spent.await?)
            }
            (Code::Recovery(codes), Some(_)) => {
                let actor = Actor::User {
                    id,
                    auth_generation: credentials.auth_generation,
                };
                let stamp = self.stamp(attempt, actor);
                for code in codes {
                    if self
                        .store
                        .burn_recovery_code(id, code, stamp.clone())
                        .await?
                    {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
        }
    }

    /// Makes the hash anew when the parameters have risen since it was made.
    async fn renew_hash(
        &self,
        attempt: &Attempt,
        credentials: &UserCredentials,
        turn: Turn,
    ) -> Result<()> {
        if !self.cost.exceeds(&credentials.password_hash) {
            return Ok(());
        }
        let (cost, entropy, password) = (
            self.cost,
            Arc::clone(&self.entropy),
            attempt.password.clone(),
        );
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

    fn stamp(&self, attempt: &Attempt, by: Actor) -> Stamp {
        Stamp {
            at: self.clock.now(),
            by,
            address: Some(attempt.address),
            request_id: Some(attempt.request_id.clone()),
            reason: None,
        }
    }
}
