//! What an attempt to sign in looks up first: whoever has that name, when they were last there, and the
//! meters. Owns when that is void; must not know what a password is.
//!
//! It rests on more than rows that are known by their ids. A name may become another user's by a row that
//! was not there, and the tables of meters and of known addresses have no ids that SQLite would tell of. So
//! all of it is void as soon as any row of a user was changed, or a statement that names one of those tables
//! has run on the writer's connection.
//! That nobody has a name is kept like a user: both take the same work.

use std::sync::Arc;

use grantd_core::store::SignInCheck;

use super::{Asked, Cache, Read};
use crate::steps::users::Attempt;

/// The tables, as every statement that changes them must name them: there is neither a trigger nor an action
/// of a reference through which another one could.
const WITHOUT_IDS: [&str; 2] = ["meters", "known_addresses"];

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
        if WITHOUT_IDS.iter().any(|table| statement.contains(table)) {
            self.changed().sign_ins = true;
        }
    }
}
