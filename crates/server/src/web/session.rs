//! Whoever is signed in in a browser. Owns how the session's cookie becomes a
//! person; sessions themselves are core's.

use grantd_core::authority::{Authority, BrowserIdentity, Caller};
use grantd_core::clock::Timestamp;
use grantd_core::error::Result;
use grantd_core::secret::Secret;

use super::words::Language;

/// Somebody who is signed in.
pub(crate) struct Signed {
    /// Who, under which session.
    pub(crate) who: BrowserIdentity,
    /// What the browser holds.
    pub(crate) secret: Secret,
}

impl Signed {
    /// Whether they proved who they are a moment ago, as sensitive changes need.
    pub(crate) fn is_fresh(&self, _now: Timestamp) -> bool {
        false
    }

    /// The language that they chose.
    pub(crate) fn language(&self) -> Option<Language> {
        None
    }
}

/// The session of a cookie, if it is alive.
///
/// # Errors
/// `Unavailable`.
pub(crate) async fn find(
    _authority: &Authority,
    _secret: String,
    _caller: &Caller,
) -> Result<Option<Signed>> {
    Ok(None)
}
