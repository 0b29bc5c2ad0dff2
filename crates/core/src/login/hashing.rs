//! Checking a password by its hash. Owns that identical attempts in flight
//! share one hash and one reservation, and the order: a place in the queue, a
//! reservation, the hash, the settlement, and only then the answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{BoxFuture, FutureExt, Shared};

use super::hash_pool::{HashPool, Turn};
use super::password;
use super::throttle::{Metered, Outcome, Throttle, busy};
use super::verified::{Verified, VerifiedKey};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::user::PasswordHash;

/// Whether a password is right; identical attempts get the same refusal too.
type Verdict = Result<bool, Arc<Error>>;

pub(super) struct Hashing {
    pub(super) throttle: Arc<Throttle>,
    pub(super) pool: Arc<HashPool>,
    pub(super) verified: Arc<Verified>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) in_flight: Mutex<HashMap<VerifiedKey, Shared<BoxFuture<'static, Verdict>>>>,
}

/// A password and the hash that it should have.
pub(super) struct Question {
    pub(super) key: VerifiedKey,
    pub(super) who: Metered,
    pub(super) turn: Turn,
    pub(super) password: Secret,
    pub(super) hash: PasswordHash,
    /// How a right password settles: cleared, or returned where more is to be proved.
    pub(super) if_right: Outcome,
    /// False for the hash that stands in for a login's that is not there: nothing is right then.
    pub(super) if_known: bool,
}

impl Hashing {
    /// Whether the password is right, by one hash for all who ask the same at the same time.
    pub(super) async fn once(
        &self,
        key: VerifiedKey,
        question: impl FnOnce() -> Question,
    ) -> Result<bool> {
        let shared = {
            let mut in_flight = self
                .in_flight
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            in_flight.retain(|_, hashing| {
                hashing.peek().is_none() && hashing.strong_count().is_some_and(|count| count > 1)
            });
            let start = || self.judge(question()).boxed().shared();
            in_flight.entry(key).or_insert_with(start).clone()
        };
        shared.await.map_err(|refusal| same(&refusal))
    }

    fn judge(&self, question: Question) -> impl Future<Output = Verdict> + use<> {
        let (throttle, pool) = (Arc::clone(&self.throttle), Arc::clone(&self.pool));
        let (verified, clock) = (Arc::clone(&self.verified), Arc::clone(&self.clock));
        async move {
            // A flood that finds no place writes nothing.
            let place = pool.enter(question.turn).map_err(|_| busy())?;
            let reservation = throttle.reserve(question.who, None).await?;
            let (password, hash) = (question.password, question.hash);
            let ends_at = reservation.ends_at();
            let check = move || (clock.now() < ends_at).then(|| password::verify(&password, &hash));
            let right = place.run(check).await.ok().flatten();
            let outcome = match right {
                Some(right) if right && question.if_known => question.if_right,
                Some(_) => Outcome::Failed,
                None => Outcome::Returned,
            };
            reservation.settle(outcome).await?;
            if right.is_none() {
                return Err(busy().into());
            }
            let right = outcome != Outcome::Failed;
            if right {
                verified.insert(question.key);
            }
            Ok(right)
        }
    }
}

/// The same refusal for another of those who asked.
fn same(refusal: &Arc<Error>) -> Error {
    match &**refusal {
        Error::Forbidden(why) => Error::Forbidden(*why),
        Error::Throttled { kind, retry_after } => Error::Throttled {
            kind: kind.clone(),
            retry_after: *retry_after,
        },
        _ => Error::Unavailable(Box::new(Arc::clone(refusal))),
    }
}
