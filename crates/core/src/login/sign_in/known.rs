//! Addresses from which somebody has signed in. Owns how long one is known, and that it is noted
//! at most once a day.

use std::sync::PoisonError;

use super::SignIn;
use crate::audit::Actor;
use crate::error::Result;
use crate::ids::UserId;
use crate::login::{Address, Attempt, PasswordIdentity};
use crate::store::SignInCheck;

const DAY: i64 = 86_400;
const KNOWN_FOR: i64 = 30 * DAY;
const MOST_SEEN: usize = 10_000;

impl SignIn {
    /// Whether the login's user has signed in from the attempt's address lately. Known addresses go on when a
    /// hundred failures in an hour have closed a login, and are hashed before all others.
    pub(super) fn is_known(&self, found: &SignInCheck) -> bool {
        let last = found.last_seen;
        last.is_some_and(|last| self.clock.now().since(last) < KNOWN_FOR)
    }

    /// Notes a full sign-in to the API from an address, at most once a day.
    pub(super) async fn note_sign_in(
        &self,
        attempt: &Attempt,
        who: &PasswordIdentity,
    ) -> Result<()> {
        let (id, address) = (who.user.id, Address::from(attempt.address));
        if !self.is_first_of_day(id, address) {
            return Ok(());
        }
        let actor = Actor::User {
            id,
            auth_generation: who.auth_generation,
        };
        let stamp = self.stamp(attempt, actor);
        Ok(self.store.note_sign_in(id, address, stamp).await?)
    }

    /// Notes a full sign-in in a browser, whose session leaves its own row, at most once a day.
    pub(super) async fn remember_address(&self, user: UserId, address: Address) -> Result<()> {
        if !self.is_first_of_day(user, address) {
            return Ok(());
        }
        let now = self.clock.now();
        Ok(self.store.remember_address(user, address, now).await?)
    }

    /// As far as this node knows; the store knows better.
    fn is_first_of_day(&self, user: UserId, address: Address) -> bool {
        let now = self.clock.now();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen
            .get(&(user, address))
            .is_some_and(|last| now.since(*last) < DAY)
        {
            return false;
        }
        if seen.len() >= MOST_SEEN {
            seen.clear();
        }
        seen.insert((user, address), now);
        true
    }
}
