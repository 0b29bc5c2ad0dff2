//! One's password: changed with the present one, or set anew by a mailed link.

use serde::{Deserialize, Serialize};

use super::{AccountRefusal, Letter, Outgoing};
use crate::audit::{Action, Actor};
use crate::authority::{Authority, Caller};
use crate::error::Result;
use crate::ids::UserId;
use crate::login::hash_pool::Turn;
use crate::login::password;
use crate::secret::Secret;
use crate::session::BrowserSession;
use crate::ticket::{self, TicketKind};
use crate::user::{User, UserCredentials};

/// What a reset link says.
#[derive(Serialize, Deserialize)]
struct Reset {
    user: i64,
    auth_generation: i64,
}

impl Authority {
    /// Changes the password. The person's other sessions end.
    ///
    /// # Errors
    /// `FreshProofNeeded`, `WrongPassword` for the present one, `Password` for the new one, and as a sign-in.
    pub async fn change_password(
        &self,
        who: &BrowserSession,
        present: Secret,
        new: &Secret,
        caller: &Caller,
    ) -> Result<(), AccountRefusal> {
        let identity = who.fresh()?;
        judge(new, &identity.user)?;
        // The second factor was part of the fresh proof.
        self.prove_password_alone(who, present, caller).await?;
        let hash = self.sign_in.hash(new, turn(&identity.user, caller)).await?;
        let stamp = self.stamp(identity.actor(), caller);
        self.store
            .set_own_password(identity.clone(), hash, stamp)
            .await?;
        Ok(())
    }

    /// Mails a link to whoever this login or verified address names. To the caller nobody's existence shows: not in
    /// the answer, not in the work. The mail is to be sent after the answer ([`Outgoing::send`]).
    ///
    /// # Errors
    /// `NoMailer`; `Throttled` after very many requests from one address.
    pub async fn forgot_password(
        &self,
        login_or_email: &str,
        letter: Letter<'_>,
        caller: &Caller,
    ) -> Result<Option<Outgoing>, AccountRefusal> {
        let mailer = self.mailer.clone().ok_or(AccountRefusal::NoMailer)?;
        let found = self.sign_in.find(login_or_email, caller.address).await?;
        let found = found.filter(|found| self.may_be_mailed(found));
        let said = ticket::written(&Reset {
            user: found.as_ref().map_or(0, |found| found.user.id.0),
            auth_generation: found.as_ref().map_or(0, |found| found.auth_generation),
        });
        let (kind, announced) = (
            TicketKind::PasswordReset,
            Some(Action::PasswordResetRequested),
        );
        let user = found.as_ref().map(|found| found.user.id);
        let stamp = self.stamp(Actor::System, caller);
        let secret = self
            .issue_as(kind, user, &said, announced, stamp, caller)
            .await?;
        let user = found.map(|found| found.user);
        Ok(user.and_then(|user| {
            let (to, message) = (user.email.clone()?, letter(&user, &secret));
            Some(Outgoing {
                mailer,
                to,
                message,
            })
        }))
    }

    fn may_be_mailed(&self, found: &UserCredentials) -> bool {
        let has_address = found.user.email.is_some() && found.user.email_verified;
        has_address && found.user.suspended_at.is_none() && self.mail_is_in_limits(found.user.id)
    }

    /// Whose password a reset link sets, while it is good.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn reset_target(&self, link: &Secret) -> Result<Option<User>> {
        Ok(self.reset_of(link).await?.map(|found| found.user))
    }

    /// Sets another password by a link. All sessions end; the second factor, if there is one, is still asked for at
    /// the next sign-in.
    ///
    /// # Errors
    /// `Spent`, `Password`.
    pub async fn reset_password(
        &self,
        link: &Secret,
        new: &Secret,
        caller: &Caller,
    ) -> Result<(), AccountRefusal> {
        let found = self.reset_of(link).await?.ok_or(AccountRefusal::Spent)?;
        judge(new, &found.user)?;
        let hash = self.sign_in.hash(new, turn(&found.user, caller)).await?;
        let actor = Actor::User {
            id: found.user.id,
            auth_generation: found.auth_generation,
        };
        let stamp = self.stamp(actor, caller);
        let (id, ticket) = (found.user.id, link.hash());
        match self.store.reset_password(ticket, id, hash, stamp).await? {
            true => Ok(()),
            false => Err(AccountRefusal::Spent),
        }
    }

    /// The account of a link that is good: nothing has changed since it was mailed.
    async fn reset_of(&self, link: &Secret) -> Result<Option<UserCredentials>> {
        let said: Option<Reset> = self.read_ticket(TicketKind::PasswordReset, link).await?;
        let Some(said) = said else {
            return Ok(None);
        };
        let found = self.store.find_account(UserId(said.user)).await?;
        Ok(found.filter(|found| {
            found.auth_generation == said.auth_generation && found.user.suspended_at.is_none()
        }))
    }
}

/// Of somebody who has a session, or the letter that was mailed to them.
fn turn(user: &User, caller: &Caller) -> Turn {
    Turn::of(caller.address.into(), user.login.key()).known(true)
}

fn judge(new: &Secret, user: &User) -> Result<(), password::UnusablePassword> {
    password::judge(new, user.login.as_str(), user.two_factor)
}
