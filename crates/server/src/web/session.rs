//! Whoever is signed in in a browser. Owns how a cookie becomes a session and a
//! session a cookie; what a session is, is core's.

use grantd_core::authority::{Authority, Caller};
use grantd_core::error::Result;
use grantd_core::secret::Secret;
use grantd_core::session::{BrowserSession, LONGEST, SignedIn};

use super::cookies::{Cookie, Jar};

/// No secret is longer.
const LONGEST_SECRET: usize = 64;

/// Somebody who is signed in.
pub(crate) struct Signed {
    /// The session.
    pub(crate) session: BrowserSession,
    /// What the browser holds.
    pub(crate) secret: Secret,
}

/// The session of a cookie, if it is alive.
///
/// # Errors
/// `Unavailable`.
pub(crate) async fn find(
    authority: &Authority,
    cookie: String,
    caller: &Caller,
) -> Result<Option<Signed>> {
    let secret = Secret::new(cookie);
    if secret.expose().len() > LONGEST_SECRET {
        return Ok(None);
    }
    let session = authority.session(&secret, caller).await?;
    Ok(session.map(|session| Signed { session, secret }))
}

/// The cookie of a session that has just begun or got another secret.
pub(crate) fn cookie(jar: Jar, signed_in: &SignedIn) -> String {
    jar.set(Cookie::Session, signed_in.secret.expose(), Some(LONGEST))
}
