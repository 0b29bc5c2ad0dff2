//! One's second factor: offered, confirmed by its first code, removed; and its
//! recovery codes.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::AccountRefusal;
use crate::authority::{Authority, BrowserIdentity, Caller};
use crate::error::{Error, Result};
use crate::login::otp;
use crate::secret::{Sealed, Secret};
use crate::session::BrowserSession;
use crate::store::OtpUse;
use crate::ticket::{self, TicketKind};
use crate::user::SecondFactor;

/// A second factor that is not in force yet.
pub struct FactorOffer {
    /// To come back with, within an hour.
    pub ticket: Secret,
    /// The seed in base 32, to type into an authenticator.
    pub totp_secret: Zeroizing<String>,
    /// The same as a URL, to show as a QR code.
    pub otpauth_url: Zeroizing<String>,
}

/// Fresh recovery codes, in clear text for their owner's eyes, once.
pub type RecoveryCodes = Vec<Zeroizing<String>>;

/// What an enrolment's ticket says.
#[derive(Serialize, Deserialize)]
struct Offered {
    user: i64,
    auth_generation: i64,
    sealed_seed: Vec<u8>,
}

impl Authority {
    /// Makes a seed to put into an authenticator; `issuer` is the site's name there. Nothing is in force yet.
    ///
    /// # Errors
    /// `FreshProofNeeded`, `HasSecondFactor`, `Issuer`.
    pub async fn offer_factor(
        &self,
        who: &BrowserSession,
        issuer: &str,
        caller: &Caller,
    ) -> Result<FactorOffer, AccountRefusal> {
        let identity = who.fresh()?;
        if identity.user.two_factor {
            return Err(AccountRefusal::HasSecondFactor);
        }
        let made = otp::enrol(&identity.user.login, issuer, &self.key, &*self.entropy)?;
        let offered = ticket::written(&Offered {
            user: identity.user.id.0,
            auth_generation: identity.auth_generation,
            sealed_seed: made.factor.totp_seed.0,
        });
        let (kind, user) = (TicketKind::TotpEnrolment, Some(identity.user.id));
        Ok(FactorOffer {
            ticket: self.issue_ticket(kind, user, &offered, caller).await?,
            totp_secret: made.totp_secret,
            otpauth_url: made.otpauth_url,
        })
    }

    /// The offer again, for the page that is shown after a wrong code.
    ///
    /// # Errors
    /// `FreshProofNeeded`, `Spent`, `Issuer`.
    pub async fn offered_factor(
        &self,
        who: &BrowserSession,
        ticket: &Secret,
        issuer: &str,
    ) -> Result<FactorOffer, AccountRefusal> {
        let identity = who.fresh()?;
        let seed = self.offered_seed(identity, ticket).await?;
        let (totp_secret, otpauth_url) =
            otp::shown(&identity.user.login, issuer, &self.open_seed(&seed)?)?;
        Ok(FactorOffer {
            ticket: ticket.clone(),
            totp_secret,
            otpauth_url,
        })
    }

    /// Puts the offered factor in force by its first code. The person's other sessions end; the recovery codes are
    /// shown this once. A wrong code leaves the ticket.
    ///
    /// # Errors
    /// `FreshProofNeeded`, `HasSecondFactor`, `Spent`, `WrongCode`.
    pub async fn confirm_factor(
        &self,
        who: &BrowserSession,
        ticket: &Secret,
        code: &Secret,
        caller: &Caller,
    ) -> Result<RecoveryCodes, AccountRefusal> {
        let identity = who.fresh()?;
        if identity.user.two_factor {
            return Err(AccountRefusal::HasSecondFactor);
        }
        let totp_seed = self.offered_seed(identity, ticket).await?;
        let step = otp::typed_step(&self.open_seed(&totp_seed)?, code, self.clock.now());
        let step = step.ok_or(AccountRefusal::WrongCode)?;
        let taken = self.take_ticket(TicketKind::TotpEnrolment, ticket).await?;
        if taken.is_none() {
            return Err(AccountRefusal::Spent);
        }
        let (codes, recovery_codes) = otp::recovery_codes(&self.key, &*self.entropy);
        let factor = SecondFactor {
            totp_seed,
            recovery_codes,
        };
        let stamp = self.stamp(identity.actor(), caller);
        self.store
            .set_own_factor(identity.clone(), Some(factor), stamp)
            .await?;
        // The code that confirmed it opens nothing else.
        let (user, address) = (identity.user.id, caller.address.into());
        self.store
            .spend_otp_step(user, step, address, OtpUse::Once)
            .await?;
        Ok(codes)
    }

    /// Removes the second factor with its recovery codes. The person's other sessions end.
    ///
    /// # Errors
    /// `FreshProofNeeded`, `NoSecondFactor`.
    pub async fn remove_factor(
        &self,
        who: &BrowserSession,
        caller: &Caller,
    ) -> Result<(), AccountRefusal> {
        let identity = who.fresh()?;
        let stamp = self.stamp(identity.actor(), caller);
        let removed = self.store.set_own_factor(identity.clone(), None, stamp);
        match removed.await? {
            true => Ok(()),
            false => Err(AccountRefusal::NoSecondFactor),
        }
    }

    /// Replaces all recovery codes; the new ones are shown this once.
    ///
    /// # Errors
    /// `FreshProofNeeded`, `NoSecondFactor`.
    pub async fn replace_recovery_codes(
        &self,
        who: &BrowserSession,
        caller: &Caller,
    ) -> Result<RecoveryCodes, AccountRefusal> {
        let identity = who.fresh()?;
        let (codes, hashes) = otp::recovery_codes(&self.key, &*self.entropy);
        let stamp = self.stamp(identity.actor(), caller);
        let id = identity.user.id;
        match self.store.replace_recovery_codes(id, hashes, stamp).await? {
            true => Ok(codes),
            false => Err(AccountRefusal::NoSecondFactor),
        }
    }

    /// The seed that was offered to this person, under the credentials that still hold.
    async fn offered_seed(
        &self,
        who: &BrowserIdentity,
        ticket: &Secret,
    ) -> Result<Sealed, AccountRefusal> {
        let kind = TicketKind::TotpEnrolment;
        let offered: Option<Offered> = self.read_ticket(kind, ticket).await?;
        let is_own = |offered: &Offered| {
            offered.user == who.user.id.0 && offered.auth_generation == who.auth_generation
        };
        let offered = offered.filter(is_own).ok_or(AccountRefusal::Spent)?;
        Ok(Sealed(offered.sealed_seed))
    }

    fn open_seed(&self, seed: &Sealed) -> Result<Zeroizing<Vec<u8>>> {
        otp::open_seed(&self.key, seed).map_err(|source| Error::Unavailable(source.into()))
    }
}
