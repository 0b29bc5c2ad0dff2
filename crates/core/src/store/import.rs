//! What comes from another authority.

use std::sync::Arc;

use async_trait::async_trait;

use super::Stored;
use crate::audit::Stamp;
use crate::ids::AuthorizationId;
use crate::import::{Ended, ImportedApp, ImportedToken, Outcome};
use crate::token::{SaltedHash, TokenHash, TokenLastEight};

/// Taking in what another authority has made.
///
/// With `rehearse` the outcome is what it would be, and nothing is changed.
#[async_trait]
pub trait ImportStore: Send + Sync {
    /// Adds tokens under the hashes, dates and scopes they have, each with its audit row, in one transaction; in
    /// order, so that ids ascend as the tokens come. A grant of a user and an app comes or grows with what comes
    /// under it. The outcome of each. A token that is here stays as it is, whatever has become of it; one that has
    /// ended here, as far as `ended` or a later row of the trail tells, is refused; and so is one whose user or app
    /// is not here, or whose place another has. Limits of mints do not count here. An idle token counts from now on.
    /// Of any number of concurrent callers with one token exactly one adds it.
    async fn import_tokens(
        &self,
        tokens: Vec<ImportedToken>,
        ended: Arc<Ended>,
        rehearse: bool,
        stamp: Stamp,
    ) -> Stored<Vec<Outcome>>;
    /// Registers an app with its client id, secret and dates, with its audit row. One that is here with that secret
    /// stays as it is; with another secret, or without a user of that login, it is refused.
    async fn import_app(&self, app: ImportedApp, rehearse: bool, stamp: Stamp) -> Stored<Outcome>;
    /// Salted hashes of tokens with these last eight characters, valid or not, ids ascending, at most `limit`. One goes
    /// with its record, and when the record gets another token, whichever way.
    async fn list_salted(
        &self,
        last_eight: &TokenLastEight,
        limit: u32,
    ) -> Stored<Vec<(AuthorizationId, SaltedHash)>>;
    /// The salted hash of a record, if it has one: for an export.
    async fn find_salted(&self, id: AuthorizationId) -> Stored<Option<SaltedHash>>;
    /// From now on the token is found by its hash instead of what stood in for it, with its audit row; its salted hash
    /// goes, nothing else changes. False when no record has that any more.
    async fn upgrade_hash(
        &self,
        stand_in: TokenHash,
        hash: TokenHash,
        stamp: Stamp,
    ) -> Stored<bool>;
}
