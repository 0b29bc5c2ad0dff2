//! What an attempt to sign in looks up first: whoever has that name, and the meters. Owns when
//! that is void; must not know what a password is.
//!
//! It rests on more than rows that are known by their ids. A name may become another user's by a row
//! that was not there, and the table of meters has no ids that SQLite would tell of. So all of it is void as soon as any
//! row of a user was changed, or a statement that names the meters has run on the writer's connection.
//! That nobody has a name is kept like a user: both take the same work.

use std::sync::Arc;

use grantd_core::login::throttle::MeterKey;
use grantd_core::store::SignInCheck;
use grantd_core::user::LoginKey;

use super::{Asked, Cache, Read};

/// What is asked for: a name, and the meters of the attempt.
pub(in crate::sqlite) type Attempt = (LoginKey, [MeterKey; 2]);

/// The table of meters, as every statement that changes it must name it: there is neither a trigger nor
/// a reference through which another one could.
const METERS: &str = "meters";

impl Cache {
    /// What is known of an attempt without a look-up.
    pub(in crate::sqlite) fn sign_in(&self, attempt: &Attempt) -> Option<SignInCheck> {
        if !self.is_accounted_for() {
            return None;
        }
        let Read { value, at } = self.sign_ins.get(attempt)?;
        let holds = self.voided.holds_sign_ins(at);
        holds.then(|| SignInCheck::clone(&value))
    }

    /// Keeps what a look-up found.
    pub(in crate::sqlite) fn keep_sign_in(
        &self,
        Asked(at): Asked,
        attempt: Attempt,
        found: &SignInCheck,
    ) {
        let value = Arc::new(found.clone());
        self.sign_ins.insert(attempt, Read { value, at });
    }

    /// Hears of every statement that the writer runs, before it runs.
    pub(in crate::sqlite) fn hear(&self, statement: &str) {
        if statement.contains(METERS) {
            self.changed().sign_ins = true;
        }
    }
}
