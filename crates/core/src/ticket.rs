//! Tickets: what the server remembers for somebody who holds a random string.
//! Owns what they are good for, how long they live and how many anybody may
//! have made; what a ticket says is its user's business.
//!
//! A ticket's secret is 256 random bits, of which only SHA-256 is kept; what
//! it says is sealed under the instance key. It is good once.

use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::audit::{Action, Actor, Stamp};
use crate::authority::{Authority, Caller};
use crate::entropy;
use crate::error::{Error, Result, Throttle};
use crate::hourly::Bucket;
use crate::ids::UserId;
use crate::secret::{InstanceKey, Sealed, Secret};
use crate::store::NewTicket;

/// What a ticket is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketKind {
    /// To be sent back where somebody came from (no page takes a target from its URL).
    ReturnTo,
    /// To go on signing in: the password is proved, the second factor is not.
    PendingSignIn,
    /// To end the registration of a passkey.
    PasskeyRegistration,
    /// To end a sign-in by passkey.
    PasskeySignIn,
    /// To confirm a second factor by its first code.
    TotpEnrolment,
    /// To become the first user, and site admin.
    Setup,
    /// To join.
    Invitation,
    /// To join by oneself ([`crate::sign_up`]).
    SignUp,
    /// To set another password without the old one.
    PasswordReset,
    /// To show that an address is one's own.
    EmailVerification,
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

impl TicketKind {
    /// The name in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReturnTo => "return_to",
            Self::PendingSignIn => "pending_sign_in",
            Self::PasskeyRegistration => "passkey_registration",
            Self::PasskeySignIn => "passkey_sign_in",
            Self::TotpEnrolment => "totp_enrolment",
            Self::Setup => "setup",
            Self::Invitation => "invitation",
            Self::SignUp => "sign_up",
            Self::PasswordReset => "password_reset",
            Self::EmailVerification => "email_verification",
        }
    }

    /// Seconds that an unused one lives.
    pub const fn lifetime(self) -> i64 {
        match self {
            Self::PasskeyRegistration | Self::PasskeySignIn => 5 * MINUTE,
            Self::PendingSignIn => 10 * MINUTE,
            Self::ReturnTo | Self::TotpEnrolment | Self::PasswordReset => HOUR,
            Self::EmailVerification | Self::SignUp => DAY,
            Self::Setup | Self::Invitation => 7 * DAY,
        }
    }

    fn purpose(self) -> String {
        format!("ticket: {}", self.name())
    }
}

/// A local target, as far as S44 allows one: a path below this site, with its query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnTo(String);

/// Longer targets are not remembered.
pub const LONGEST_RETURN_TO: usize = 16 * 1024;

impl ReturnTo {
    /// Reads a path and query as they stood in a request; anything that a browser could take for another
    /// site is none.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = |b: u8| (0x21..0x7f).contains(&b) && b != b'\\';
        let is_local = text.starts_with('/') && !text.starts_with("//");
        (is_local && text.len() <= LONGEST_RETURN_TO && text.bytes().all(is_plain))
            .then(|| Self(text.to_owned()))
    }

    /// The path and query.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Authority {
    /// Remembers where somebody is to be sent back to; what stands for it in URLs.
    ///
    /// # Errors
    /// `Throttled` after very many from one address, `Unavailable`.
    pub async fn remember_return(&self, to: &ReturnTo, caller: &Caller) -> Result<Secret> {
        self.issue_ticket(TicketKind::ReturnTo, None, to.as_str().as_bytes(), caller)
            .await
    }

    /// Where [`Authority::remember_return`] said. The ticket stays until it expires or is taken: a wrong password
    /// shows the same page again.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn return_target(&self, ticket: &Secret) -> Result<Option<ReturnTo>> {
        let said = self.look_at_ticket(TicketKind::ReturnTo, ticket).await?;
        Ok(said.and_then(|said| ReturnTo::parse(std::str::from_utf8(&said).ok()?)))
    }

    /// The same, once.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn take_return_target(&self, ticket: &Secret) -> Result<Option<ReturnTo>> {
        let said = self.take_ticket(TicketKind::ReturnTo, ticket).await?;
        Ok(said.and_then(|said| ReturnTo::parse(std::str::from_utf8(&said).ok()?)))
    }

    /// Keeps what `payload` says for whoever holds the returned secret.
    ///
    /// # Errors
    /// `Throttled` after very many from one address, `Unavailable`.
    pub async fn issue_ticket(
        &self,
        kind: TicketKind,
        user: Option<UserId>,
        payload: &[u8],
        caller: &Caller,
    ) -> Result<Secret> {
        let stamp = self.stamp(Actor::System, caller);
        self.issue_as(kind, user, payload, None, stamp, caller)
            .await
    }

    /// What the ticket says; it stays.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn look_at_ticket(
        &self,
        kind: TicketKind,
        ticket: &Secret,
    ) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let found = self
            .store
            .find_ticket(kind, ticket.hash(), self.clock.now());
        self.open(kind, found.await?)
    }

    /// What the ticket says, to one caller; it is gone.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn take_ticket(
        &self,
        kind: TicketKind,
        ticket: &Secret,
    ) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let taken = self
            .store
            .take_ticket(kind, ticket.hash(), self.clock.now());
        self.open(kind, taken.await?)
    }

    /// As [`Authority::issue_ticket`], with a row in the trail and an actor.
    pub(crate) async fn issue_as(
        &self,
        kind: TicketKind,
        user: Option<UserId>,
        payload: &[u8],
        announced: Option<Action>,
        stamp: Stamp,
        caller: &Caller,
    ) -> Result<Secret> {
        let bucket = Bucket::Tickets(caller.address.into());
        let (limit, now) = (self.policy.tickets_per_hour, self.clock.now());
        let hour = self.hourly.count(bucket, limit, now);
        if hour.exceeded {
            return Err(Error::Throttled {
                kind: Throttle::Tickets,
                retry_after: u32::try_from(hour.ends_at.since(now)).unwrap_or(1).max(1),
            });
        }
        let secret = fresh_secret(&*self.entropy);
        let new = NewTicket {
            hash: secret.hash(),
            kind,
            user,
            payload: self.seal(kind, payload),
            expires_at: now.plus(kind.lifetime()),
        };
        self.store.add_ticket(new, announced, stamp).await?;
        Ok(secret)
    }

    pub(crate) fn seal(&self, kind: TicketKind, payload: &[u8]) -> Sealed {
        sealed(&self.key, kind, payload, &*self.entropy)
    }

    pub(crate) fn open(
        &self,
        kind: TicketKind,
        sealed: Option<Sealed>,
    ) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let open = |sealed| self.key.open(&kind.purpose(), &sealed);
        sealed
            .map(open)
            .transpose()
            .map_err(|source| Error::Unavailable(source.into()))
    }

    /// What a ticket says in a form of its own; one of another release says nothing.
    pub(crate) async fn read_ticket<T: DeserializeOwned>(
        &self,
        kind: TicketKind,
        ticket: &Secret,
    ) -> Result<Option<T>> {
        let said = self.look_at_ticket(kind, ticket).await?;
        Ok(said.and_then(|said| serde_json::from_slice(&said).ok()))
    }
}

/// What a ticket says, as it is kept.
pub(crate) fn sealed(
    key: &InstanceKey,
    kind: TicketKind,
    payload: &[u8],
    entropy: &dyn entropy::Entropy,
) -> Sealed {
    key.seal(&kind.purpose(), payload, entropy)
}

/// What a ticket of a form of its own is to say.
pub(crate) fn written<T: Serialize>(payload: &T) -> Zeroizing<Vec<u8>> {
    // Payloads are structs of texts and numbers: they can always be written.
    Zeroizing::new(serde_json::to_vec(payload).unwrap_or_default())
}

/// 256 random bits as text that fits a URL and a cookie.
pub(crate) fn fresh_secret(entropy: &dyn entropy::Entropy) -> Secret {
    let bytes = Zeroizing::new(entropy::bytes::<32>(entropy));
    Secret::new(data_encoding::BASE64URL_NOPAD.encode(&bytes[..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_s44_only_a_path_of_this_site_is_a_target() {
        for good in [
            "/",
            "/login/oauth/authorize?client_id=a&state=%20b",
            "/a//b",
        ] {
            assert!(ReturnTo::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "a",
            "//evil.example",
            "/\\evil.example",
            "/a\\b",
            "https://evil.example/",
            "javascript:alert(1)",
            "/a\tb",
            "/a b",
            "/\n/evil.example",
            "/é",
            "?a",
            "#a",
            &format!("/{}", "a".repeat(LONGEST_RETURN_TO)),
        ] {
            assert!(ReturnTo::parse(bad).is_none(), "{bad:?}");
        }
    }
}
