//! Accounts that people make for themselves, where the operator lets them.
//! Owns that no address is anybody's before its owner has said so, and that
//! nobody learns by signing up which addresses have an account; must not know
//! pages, nor in which words mails speak.
//!
//! Where mail is sent, a login and an address make no account but a link,
//! which is mailed; whoever opens it chooses the password. So nobody can choose
//! one beforehand for an account with somebody else's address. Where no mail is
//! sent, an account is made at once, and without an address: an unverified one
//! would keep its owner from using it, and to refuse it would tell of others.

use crate::authority::{Authority, Caller};
use crate::error::{Error, Result, Throttle};
use crate::hourly::{Bucket, Hour};
use crate::login::password;
use crate::onboarding::{Invitation, Said};
use crate::own_account::{AccountRefusal, Message, Outgoing};
use crate::secret::Secret;
use crate::session::SignedIn;
use crate::store::Taken;
use crate::ticket::{self, TicketKind};
use crate::user::{Email, Login, User};

/// How somebody gets an account of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUpWay {
    /// By a link that is mailed.
    ByMail,
    /// At once: no mail is sent from here.
    AtOnce,
}

/// What a mail to somebody who signs up is about.
#[derive(Clone, Copy)]
pub enum JoinLetter<'l> {
    /// The account with this login is theirs, by the link that carries the secret.
    Link(&'l Login, &'l Secret),
    /// They have an account already.
    HasAccount(&'l User),
}

/// The words of a mail to somebody who signs up.
pub type JoinWords<'l> = &'l (dyn Fn(JoinLetter<'_>) -> Message + Send + Sync);

impl Authority {
    /// How people sign up here, if they may.
    pub fn sign_up_way(&self) -> Option<SignUpWay> {
        self.policy.sign_up.then_some(match self.mailer {
            Some(_) => SignUpWay::ByMail,
            None => SignUpWay::AtOnce,
        })
    }

    /// Mails a link to an account with this login and address. To the caller it does not show whether the address has
    /// an account: not in the answer, not in the work; its owner is mailed so. The mail, if there is one, is to be sent
    /// after the answer ([`Outgoing::send`]).
    ///
    /// # Errors
    /// `Taken(Login)`; `Throttled` after some from one address; `NotFound` where nobody signs up by mail.
    pub async fn ask_to_sign_up(
        &self,
        login: Login,
        email: Email,
        words: JoinWords<'_>,
        caller: &Caller,
    ) -> Result<Option<Outgoing>, AccountRefusal> {
        let mailer = self.mailer.clone().filter(|_| self.policy.sign_up);
        let mailer = mailer.ok_or(Error::NotFound)?;
        self.count_sign_up(caller)?;
        self.login_is_free(&login).await?;
        let owner = self.sign_in.find(email.as_str(), caller.address).await?;
        let said = ticket::written(&Said::from(Invitation {
            login: login.clone(),
            email: Some(email.clone()),
            site_admin: false,
        }));
        // Also where nobody will ever hear of it: the work is the same.
        let secret = self
            .issue_ticket(TicketKind::SignUp, None, &said, caller)
            .await?;
        if self.hour_of_mails(&email).exceeded {
            return Ok(None);
        }
        let (to, message) = match owner.map(|owner| owner.user) {
            Some(user) if user.suspended_at.is_some() => return Ok(None),
            // Where it is spelled differently, as its owner spelled it.
            Some(user) => {
                let message = words(JoinLetter::HasAccount(&user));
                (user.email.unwrap_or(email), message)
            }
            None => (email, words(JoinLetter::Link(&login, &secret))),
        };
        Ok(Some(Outgoing {
            mailer,
            to,
            message,
        }))
    }

    /// Makes an account without an address, and signs its owner in.
    ///
    /// # Errors
    /// `Password`, `Taken(Login)`; `Throttled` after some from one address; `NotFound` where nobody signs up at once.
    pub async fn sign_up_at_once(
        &self,
        login: Login,
        password: &Secret,
        user_agent: &str,
        caller: &Caller,
    ) -> Result<SignedIn, AccountRefusal> {
        if self.sign_up_way() != Some(SignUpWay::AtOnce) {
            return Err(Error::NotFound.into());
        }
        password::judge(password, login.as_str(), false)?;
        self.count_sign_up(caller)?;
        self.login_is_free(&login).await?;
        let said = ticket::written(&Said::from(Invitation {
            login,
            email: None,
            site_admin: false,
        }));
        let kind = TicketKind::SignUp;
        let link = self.issue_ticket(kind, None, &said, caller).await?;
        self.join_by(kind, &link, password, user_agent, caller)
            .await
    }

    /// What account a mailed link makes, while it is good.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn sign_up_link(&self, link: &Secret) -> Result<Option<Invitation>> {
        match self.policy.sign_up {
            true => self.invited(TicketKind::SignUp, link).await,
            false => Ok(None),
        }
    }

    /// Makes the account of a mailed link, its address verified by that, and signs its owner in.
    ///
    /// # Errors
    /// `Spent`, `Password`, `Taken` when somebody else has the login or address meanwhile.
    pub async fn finish_sign_up(
        &self,
        link: &Secret,
        password: &Secret,
        user_agent: &str,
        caller: &Caller,
    ) -> Result<SignedIn, AccountRefusal> {
        if !self.policy.sign_up {
            return Err(AccountRefusal::Spent);
        }
        self.join_by(TicketKind::SignUp, link, password, user_agent, caller)
            .await
    }

    /// # Errors
    /// `Taken(Login)`: logins are no secret.
    async fn login_is_free(&self, login: &Login) -> Result<(), AccountRefusal> {
        let found = self.store.find_user(&login.key()).await?;
        match found {
            Some(_) => Err(AccountRefusal::Taken(Taken::Login)),
            None => Ok(()),
        }
    }

    fn count_sign_up(&self, caller: &Caller) -> Result<()> {
        let bucket = Bucket::SignUps(caller.address.into());
        let (limit, now) = (self.policy.sign_ups_per_hour, self.clock.now());
        let hour = self.hourly.count(bucket, limit, now);
        if hour.exceeded {
            return Err(Error::Throttled {
                kind: Throttle::Tickets,
                retry_after: u32::try_from(hour.ends_at.since(now)).unwrap_or(1).max(1),
            });
        }
        Ok(())
    }

    /// One more mail to an address that may be nobody's here.
    fn hour_of_mails(&self, email: &Email) -> Hour {
        let hash = self.key.keyed_hash(
            "links by mail to an address",
            email.key().as_str().as_bytes(),
        );
        let [a, b, c, d, e, f, g, h, ..] = hash;
        let bucket = Bucket::LinksToAddress(u64::from_be_bytes([a, b, c, d, e, f, g, h]));
        let (limit, now) = (self.policy.mailed_links_per_hour, self.clock.now());
        self.hourly.count(bucket, limit, now)
    }
}
