//! What people change of their own accounts. Owns what needs a fresh proof
//! (S08) and in which words it is refused; must not know pages.

mod email;
mod factor;
mod password;

use crate::authority::{Authority, Caller};
use crate::error::{Error, Result};
use crate::login::otp::UnusableIssuer;
use crate::login::password::UnusablePassword;
use crate::secret::Secret;
use crate::session::BrowserSession;
use crate::store::{StoreError, Taken};
use crate::user::{Language, User};

pub use self::email::Outgoing;
pub use self::factor::{FactorOffer, RecoveryCodes};

/// The words of a mail with a link, from whom it goes to and the secret that the link carries.
pub type Letter<'l> = &'l (dyn Fn(&User, &Secret) -> Message + Send + Sync);

/// A mail's words.
pub struct Message {
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// Why something about an account was not done.
#[derive(Debug, thiserror::Error)]
pub enum AccountRefusal {
    /// The last proof is older than five minutes: [`Authority::reauthenticate`] first.
    #[error("a fresh proof is needed")]
    FreshProofNeeded,
    /// The present password is not right.
    #[error("the password is not right")]
    WrongPassword,
    /// The code is not right, missing or used.
    #[error("the code is not right")]
    WrongCode,
    /// The ticket, link or pending sign-in is not there, has ended or was used.
    #[error("the link has ended or was used")]
    Spent,
    /// The new password cannot be set.
    #[error(transparent)]
    Password(#[from] UnusablePassword),
    /// The login or address belongs to another account.
    #[error("taken: {0:?}")]
    Taken(Taken),
    /// There are users already.
    #[error("the site is set up")]
    NotFirst,
    /// There is no second factor.
    #[error("there is no second factor")]
    NoSecondFactor,
    /// There is a second factor already: remove it first.
    #[error("there is a second factor")]
    HasSecondFactor,
    /// No mail is sent from here.
    #[error("no mail is sent from here")]
    NoMailer,
    /// The site's name cannot stand in an enrolment.
    #[error(transparent)]
    Issuer(#[from] UnusableIssuer),
    /// As everywhere: locked, suspended, throttled, the session is over (`BadCredentials`), the store is away.
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<StoreError> for AccountRefusal {
    fn from(error: StoreError) -> Self {
        Self::Other(error.into())
    }
}

impl Authority {
    /// Sets the language of one's pages and mails; none for the browser's.
    ///
    /// # Errors
    /// `BadCredentials` when the session is over, `Unavailable`.
    pub async fn set_own_language(
        &self,
        who: &BrowserSession,
        language: Option<Language>,
        caller: &Caller,
    ) -> Result<()> {
        let stamp = self.stamp(who.identity.actor(), caller);
        let id = who.user().id;
        self.store.set_language(id, language, stamp).await?;
        Ok(())
    }
}
