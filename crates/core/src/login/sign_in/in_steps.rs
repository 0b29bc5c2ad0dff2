//! The same door, passed in two steps: a page asks for the password first and
//! for the code only when it was right. Owns that both steps together are
//! judged and counted as one attempt is.

use super::SignIn;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::login::{Address, Attempt, PasswordIdentity};
use crate::secret::Secret;
use crate::store::OtpUse;
use crate::user::{LoginKey, User, UserCredentials};

/// What the password alone has led to.
pub(crate) enum Begun {
    /// There is no second factor.
    Done(PasswordIdentity),
    /// A code is wanted next.
    NeedsCode { user: User, auth_generation: i64 },
}

/// The second step.
pub(crate) struct CodeAttempt {
    /// The login or address as it was given with the password: the same pair is counted.
    pub(crate) login: LoginKey,
    /// Whose password was proved, under which generation.
    pub(crate) user: UserId,
    pub(crate) auth_generation: i64,
    pub(crate) code: Secret,
    pub(crate) address: std::net::IpAddr,
    pub(crate) request_id: String,
}

impl SignIn {
    /// Judges the password; a code that came along is not looked at.
    ///
    /// # Errors
    /// As [`SignIn::sign_in`], without `OtpRequired`.
    pub(crate) async fn begin(&self, attempt: Attempt) -> Result<Begun> {
        let half = self.first_half(&attempt).await?;
        if half.credentials.totp_seed.is_none() {
            let identity = self.second_half(&attempt, half, false).await?;
            let address = Address::from(attempt.address);
            self.remember_address(identity.user.id, address).await?;
            return Ok(Begun::Done(identity));
        }
        self.renew_hash(&attempt, &half.credentials, half.turn)
            .await?;
        Ok(Begun::NeedsCode {
            user: half.credentials.user,
            auth_generation: half.credentials.auth_generation,
        })
    }

    /// Judges the code of somebody whose password was proved; a time step is good once.
    ///
    /// # Errors
    /// `OtpRequired` for a wrong code, `BadCredentials` when the account changed meanwhile,
    /// `Forbidden(TooManyAttempts)`, `Throttled`, `Unavailable`.
    pub(crate) async fn finish(&self, step: CodeAttempt) -> Result<PasswordIdentity> {
        let attempt = Attempt {
            login: step.login,
            password: Secret::new(String::new()),
            code: Some(step.code),
            address: step.address,
            request_id: step.request_id,
            otp_use: OtpUse::Once,
        };
        let (found, who) = self.look_up(&attempt).await?;
        let is_same = |user: &User, generation| {
            user.id == step.user
                && generation == step.auth_generation
                && user.two_factor
                && user.suspended_at.is_none()
        };
        let credentials = found
            .credentials
            .filter(|found| is_same(&found.user, found.auth_generation))
            .ok_or(Error::BadCredentials)?;
        self.prove_code(&attempt, &who, &credentials).await?;
        let address = Address::from(attempt.address);
        self.remember_address(credentials.user.id, address).await?;
        Ok(PasswordIdentity {
            user: credentials.user,
            auth_generation: credentials.auth_generation,
        })
    }

    /// Whoever a login or verified address names. One statement, whether it names anybody or not.
    ///
    /// # Errors
    /// `Unavailable`.
    pub(crate) async fn find(
        &self,
        login_or_email: &str,
        address: std::net::IpAddr,
    ) -> Result<Option<UserCredentials>> {
        let login = LoginKey::of(login_or_email);
        let address = Address::from(address);
        let keys = self.throttle.keys(&login, address);
        let found = self.find_credentials(&login, address, &keys).await?;
        Ok(found.credentials)
    }

    /// Hashes a password that is to be set, in the same bounded queue as those that are checked.
    ///
    /// # Errors
    /// `Throttled` while the queue is full.
    pub(crate) async fn hash(
        &self,
        password: &Secret,
        turn: crate::login::hash_pool::Turn,
    ) -> Result<crate::user::PasswordHash> {
        let (cost, entropy, password) = (
            self.cost,
            std::sync::Arc::clone(&self.entropy),
            password.clone(),
        );
        self.pool
            .run(turn, move || cost.hash(&password, &*entropy))
            .await
            .map_err(|_| crate::login::throttle::busy())
    }

    /// The hash of an account that nobody signs in to by a password.
    pub(crate) fn decoy(&self) -> crate::user::PasswordHash {
        self.cost.decoy(&*self.entropy)
    }
}
