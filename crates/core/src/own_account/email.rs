//! One's mail address: changed by a link that was mailed to the new one.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{AccountRefusal, Letter, Message};
use crate::audit::Actor;
use crate::authority::{Authority, Caller};
use crate::error::{Error, Result, Throttle};
use crate::hourly::Bucket;
use crate::ids::UserId;
use crate::mail::{MailError, Mailer};
use crate::secret::Secret;
use crate::session::BrowserSession;
use crate::ticket::{self, TicketKind};
use crate::user::{Email, User};

/// A mail that is still to be handed over. Whoever answers first gives away by no delay who has an account.
pub struct Outgoing {
    pub(crate) mailer: Arc<dyn Mailer>,
    pub(crate) to: Email,
    pub(crate) message: Message,
}

impl Outgoing {
    /// A mail to somebody whose address is verified; none to others.
    pub(crate) fn to_verified(
        mailer: &Arc<dyn Mailer>,
        user: &User,
        message: Message,
    ) -> Option<Self> {
        let to = user.email.clone().filter(|_| user.email_verified)?;
        let mailer = Arc::clone(mailer);
        Some(Self {
            mailer,
            to,
            message,
        })
    }

    /// Hands it over.
    ///
    /// # Errors
    /// Nobody takes it.
    pub async fn send(self) -> Result<(), MailError> {
        let Message { subject, text } = &self.message;
        self.mailer.send(&self.to, subject, text).await
    }
}

/// What a verification link says.
#[derive(Serialize, Deserialize)]
struct Verification {
    user: i64,
    auth_generation: i64,
    email: String,
}

impl Authority {
    /// Mails a link to the address that is to become one's own, or to the present one to verify it. Nothing changes
    /// before the link is used, and the answer is the same whoever has that address. The letter's user carries the
    /// new address.
    ///
    /// # Errors
    /// `FreshProofNeeded`, `NoMailer`, `Throttled` after some in an hour.
    pub async fn change_email(
        &self,
        who: &BrowserSession,
        email: Email,
        letter: Letter<'_>,
        caller: &Caller,
    ) -> Result<Outgoing, AccountRefusal> {
        let identity = who.fresh()?;
        let mailer = self.mailer.clone().ok_or(AccountRefusal::NoMailer)?;
        if !self.mail_is_in_limits(identity.user.id) {
            return Err(Error::Throttled {
                kind: Throttle::Tickets,
                retry_after: 3_600,
            }
            .into());
        }
        let said = ticket::written(&Verification {
            user: identity.user.id.0,
            auth_generation: identity.auth_generation,
            email: email.as_str().to_owned(),
        });
        let (kind, user) = (TicketKind::EmailVerification, Some(identity.user.id));
        let secret = self.issue_ticket(kind, user, &said, caller).await?;
        let addressee = User {
            email: Some(email.clone()),
            ..identity.user.clone()
        };
        let message = letter(&addressee, &secret);
        Ok(Outgoing {
            mailer,
            to: email,
            message,
        })
    }

    /// The address that a verification link is about, for the page that asks whether to go on.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn email_to_verify(&self, link: &Secret) -> Result<Option<Email>> {
        let said: Option<Verification> = self
            .read_ticket(TicketKind::EmailVerification, link)
            .await?;
        Ok(said.map(|said| Email::from_stored(said.email)))
    }

    /// Takes a verification link: the address is the user's from now on. No session is needed, the link proves the
    /// address and was asked for under a fresh proof.
    ///
    /// # Errors
    /// `Spent`, also when the password or factor changed since; `Taken`.
    pub async fn verify_email(&self, link: &Secret, caller: &Caller) -> Result<(), AccountRefusal> {
        let taken = self
            .take_ticket(TicketKind::EmailVerification, link)
            .await?;
        let said: Option<Verification> = taken.and_then(|said| serde_json::from_slice(&said).ok());
        let said = said.ok_or(AccountRefusal::Spent)?;
        let id = UserId(said.user);
        let actor = Actor::User {
            id,
            auth_generation: said.auth_generation,
        };
        let (email, stamp) = (Email::from_stored(said.email), self.stamp(actor, caller));
        match self.store.set_verified_email(id, email, stamp).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) | Err(crate::store::StoreError::StaleActor) => Err(AccountRefusal::Spent),
            Ok(Err(taken)) => Err(AccountRefusal::Taken(taken)),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether one more link may be mailed to this user in this hour.
    pub(super) fn mail_is_in_limits(&self, user: UserId) -> bool {
        let (limit, now) = (self.policy.mailed_links_per_hour, self.clock.now());
        let hour = self.hourly.count(Bucket::LinksByMail(user), limit, now);
        !hour.exceeded
    }
}
