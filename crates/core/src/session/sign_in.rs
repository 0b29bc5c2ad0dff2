//! Signing in on pages: password, then code, then a session; and proving again
//! who one is. Owns the order; every password and code goes through
//! [`crate::login`], as at every other door.

use serde::{Deserialize, Serialize};

use super::{BrowserSession, SignedIn};
use crate::authority::{Authority, Caller};
use crate::counts::{SignInKind, SignInOutcome};
use crate::error::{Error, Forbidden, Result};
use crate::ids::UserId;
use crate::login::{Attempt, Begun, CodeAttempt};
use crate::own_account::AccountRefusal;
use crate::secret::Secret;
use crate::store::OtpUse;
use crate::ticket::{self, TicketKind};
use crate::user::{LoginKey, User};

/// Where a right password leads.
pub enum SignInStep {
    /// In.
    In(Box<SignedIn>),
    /// On to the second factor, with this ticket; it lives ten minutes.
    NeedsSecondFactor(Secret),
}

/// A user whom a passkey proved, user verification included. Whoever makes one has checked the assertion.
#[derive(Clone, Copy, Debug)]
pub struct ProvenUser {
    /// Who.
    pub id: UserId,
}

/// What a pending sign-in's ticket says.
#[derive(Serialize, Deserialize)]
struct Pending {
    /// As typed, canonicalised: the pair that is counted.
    login: String,
    user: i64,
    auth_generation: i64,
}

impl Authority {
    /// The first step: login (or verified address) and password.
    ///
    /// # Errors
    /// `BadCredentials`, `Forbidden(TooManyAttempts | Suspended)`, `Throttled`, `Unavailable`.
    pub async fn start_sign_in(
        &self,
        login: &str,
        password: Secret,
        user_agent: &str,
        caller: &Caller,
    ) -> Result<SignInStep> {
        let login = LoginKey::of(login);
        let attempt = attempt(login.clone(), password, None, caller);
        let begun = self.sign_in.begin(attempt).await;
        let (user, auth_generation) = match self.counts.signed_in(SignInKind::Password, begun)? {
            Begun::Done(who) => {
                let begun = self.begin_session(
                    who.user().clone(),
                    who.auth_generation(),
                    user_agent,
                    caller,
                );
                return Ok(SignInStep::In(Box::new(begun.await?)));
            }
            Begun::NeedsCode {
                user,
                auth_generation,
            } => (user, auth_generation),
        };
        let pending = ticket::written(&Pending {
            login: login.as_str().to_owned(),
            user: user.id.0,
            auth_generation,
        });
        let kind = TicketKind::PendingSignIn;
        let ticket = self.issue_ticket(kind, Some(user.id), &pending, caller);
        Ok(SignInStep::NeedsSecondFactor(ticket.await?))
    }

    /// Whose sign-in is pending, for the page that asks for the second factor.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn pending_sign_in(&self, ticket: &Secret) -> Result<Option<User>> {
        match self.pending(ticket).await? {
            None => Ok(None),
            Some(pending) => Ok(self.store.find_user_by_id(UserId(pending.user)).await?),
        }
    }

    /// The second step: a TOTP code, good once (S03), or a recovery code. A wrong one leaves the ticket.
    ///
    /// # Errors
    /// `Spent` when the ticket is over, `WrongCode`, and as [`Authority::start_sign_in`].
    pub async fn finish_sign_in(
        &self,
        ticket: &Secret,
        code: Secret,
        user_agent: &str,
        caller: &Caller,
    ) -> Result<SignedIn, AccountRefusal> {
        let pending = self.pending(ticket).await?.ok_or(AccountRefusal::Spent)?;
        let step = CodeAttempt {
            login: LoginKey::of(&pending.login),
            user: UserId(pending.user),
            auth_generation: pending.auth_generation,
            code,
            address: caller.address,
            request_id: caller.request_id.clone(),
        };
        let finished = self.sign_in.finish(step).await;
        let finished = self.counts.signed_in(SignInKind::Code, finished);
        let who = finished.map_err(code_refusal)?;
        self.spend_pending(ticket).await?;
        let (user, generation) = (who.user().clone(), who.auth_generation());
        Ok(self
            .begin_session(user, generation, user_agent, caller)
            .await?)
    }

    /// Signs in by a passkey: instead of the code after a password (`ticket`), or instead of both.
    ///
    /// # Errors
    /// `Spent` when the ticket is over or another user's, `Other(Forbidden(Suspended))`, `Other(BadCredentials)` when
    /// the user is gone.
    pub async fn finish_sign_in_by_passkey(
        &self,
        ticket: Option<&Secret>,
        proven: ProvenUser,
        user_agent: &str,
        caller: &Caller,
    ) -> Result<SignedIn, AccountRefusal> {
        let found = self.store.find_account(proven.id).await?;
        let found = found.ok_or(Error::BadCredentials)?;
        if found.user.suspended_at.is_some() {
            self.counts
                .note_sign_in(SignInKind::Passkey, SignInOutcome::Suspended);
            return Err(Error::Forbidden(Forbidden::Suspended).into());
        }
        if let Some(ticket) = ticket {
            let pending = self.pending(ticket).await?;
            let is_same = |pending: &Pending| {
                pending.user == found.user.id.0 && pending.auth_generation == found.auth_generation
            };
            if !pending.as_ref().is_some_and(is_same) {
                return Err(AccountRefusal::Spent);
            }
            self.spend_pending(ticket).await?;
        }
        self.counts
            .note_sign_in(SignInKind::Passkey, SignInOutcome::Right);
        Ok(self
            .begin_session(found.user, found.auth_generation, user_agent, caller)
            .await?)
    }

    /// Proves again who one is, by password and, when enrolled, a code. The session gets another secret.
    ///
    /// # Errors
    /// `WrongPassword`, `WrongCode` (also for a missing one), and as [`Authority::start_sign_in`].
    pub async fn reauthenticate(
        &self,
        who: &BrowserSession,
        password: Secret,
        code: Option<Secret>,
        caller: &Caller,
    ) -> Result<SignedIn, AccountRefusal> {
        self.prove_password(who, password, code, caller).await?;
        Ok(self.renew_session(who, caller).await?)
    }

    /// The same by a passkey.
    ///
    /// # Errors
    /// `Other(BadCredentials)` for somebody else's passkey or when the session is over.
    pub async fn reauthenticate_by_passkey(
        &self,
        who: &BrowserSession,
        proven: ProvenUser,
        caller: &Caller,
    ) -> Result<SignedIn, AccountRefusal> {
        if proven.id != who.user().id {
            return Err(Error::BadCredentials.into());
        }
        Ok(self.renew_session(who, caller).await?)
    }

    /// Judges the session's user's password and code as a sign-in.
    pub(crate) async fn prove_password(
        &self,
        who: &BrowserSession,
        password: Secret,
        code: Option<Secret>,
        caller: &Caller,
    ) -> Result<(), AccountRefusal> {
        let attempt = attempt(who.user().login.key(), password, code, caller);
        match self.sign_in.sign_in(attempt).await {
            Ok(proved) if proved.user().id == who.user().id => Ok(()),
            Ok(_) | Err(Error::BadCredentials) => Err(AccountRefusal::WrongPassword),
            Err(error) => Err(code_refusal(error)),
        }
    }

    /// The same without the code.
    pub(crate) async fn prove_password_alone(
        &self,
        who: &BrowserSession,
        password: Secret,
        caller: &Caller,
    ) -> Result<(), AccountRefusal> {
        let attempt = attempt(who.user().login.key(), password, None, caller);
        let proved = match self.sign_in.begin(attempt).await {
            Ok(Begun::Done(proved)) => proved.user().id,
            Ok(Begun::NeedsCode { user, .. }) => user.id,
            Err(Error::BadCredentials) => return Err(AccountRefusal::WrongPassword),
            Err(error) => return Err(error.into()),
        };
        match proved == who.user().id {
            true => Ok(()),
            false => Err(AccountRefusal::WrongPassword),
        }
    }

    async fn pending(&self, ticket: &Secret) -> Result<Option<Pending>> {
        self.read_ticket(TicketKind::PendingSignIn, ticket).await
    }

    /// Of those who come with one ticket one goes on.
    async fn spend_pending(&self, ticket: &Secret) -> Result<(), AccountRefusal> {
        let taken = self.take_ticket(TicketKind::PendingSignIn, ticket).await?;
        taken.map(drop).ok_or(AccountRefusal::Spent)
    }
}

fn attempt(login: LoginKey, password: Secret, code: Option<Secret>, caller: &Caller) -> Attempt {
    Attempt {
        login,
        password,
        code,
        address: caller.address,
        request_id: caller.request_id.clone(),
        otp_use: OtpUse::Once,
    }
}

fn code_refusal(error: Error) -> AccountRefusal {
    match error {
        Error::OtpRequired => AccountRefusal::WrongCode,
        other => other.into(),
    }
}
