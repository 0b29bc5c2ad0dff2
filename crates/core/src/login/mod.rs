//! Signing in with a password and, when enrolled, a one-time code. Owns the
//! order in which an attempt is judged; the same for every door, so that no
//! door is weaker than another. Must not know where the attempt came in.
//!
//! The order: locked pair → closed login → verified before? → hash → suspended
//! → code. A missing name does the same work as a wrong password. One statement
//! finds the credentials and the state of the meters; a password that was
//! verified a moment ago costs nothing else.

mod address;
pub mod hash_pool;
mod hashing;
pub mod otp;
pub mod password;
mod sign_in;
#[cfg(test)]
pub(crate) mod testing;
pub mod throttle;
mod verified;

pub use address::Address;
pub(crate) use sign_in::{Begun, CodeAttempt};
pub use sign_in::{SignIn, SignInParts};

use crate::audit::Actor;
use crate::secret::Secret;
use crate::store::OtpUse;
use crate::user::{LoginKey, User};

/// What somebody presents to sign in.
pub struct Attempt {
    /// The login or e-mail address, canonicalised.
    pub login: LoginKey,
    /// The password.
    pub password: Secret,
    /// The one-time or recovery code, if one came along.
    pub code: Option<Secret>,
    /// From where.
    pub address: std::net::IpAddr,
    /// The answer's `X-GitHub-Request-Id`, for the audit trail.
    pub request_id: String,
    /// How a time step may be spent at this door.
    pub otp_use: OtpUse,
}

/// A user who proved the password and, when enrolled, the code. Only
/// [`SignIn`] makes one.
#[derive(Clone, Debug)]
pub struct PasswordIdentity {
    user: User,
    auth_generation: i64,
}

impl PasswordIdentity {
    /// Who.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// The user's generation when proved.
    pub fn auth_generation(&self) -> i64 {
        self.auth_generation
    }

    /// The actor of writes under this sign-in.
    pub fn actor(&self) -> Actor {
        Actor::User {
            id: self.user.id,
            auth_generation: self.auth_generation,
        }
    }
}
