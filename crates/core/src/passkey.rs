//! Passkeys as they are kept. Owns their names, how many there may be and that
//! whoever changes them has proved freshly who they are (S08); must not know
//! how an assertion is verified.
//!
//! A passkey proves its user at the web's doors, alone or in the place of a
//! code. The API knows no passkeys: it asks for a code exactly when TOTP is
//! enrolled.

use crate::authority::{Authority, BrowserIdentity, Caller};
use crate::clock::Timestamp;
use crate::error::{Error, Forbidden, Result};
use crate::ids::{PasskeyId, UserId};
use crate::own_account::AccountRefusal;
use crate::session::{BrowserSession, ProvenUser};
use crate::store::{OwnedPasskey, PasskeyNotAdded, StoreError};

/// Bytes of a name.
pub const LONGEST_NAME: usize = 100;

/// A passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// Its name in URLs.
    pub id: PasskeyId,
    /// Whose it is.
    pub user_id: UserId,
    /// What the authenticator calls it; no two are alike.
    pub credential_id: Vec<u8>,
    /// What its user calls it.
    pub name: String,
    /// What its verifier keeps: a public key, no secret.
    pub data: Vec<u8>,
    /// How often the authenticator says that it was used; 0 when it does not count.
    pub counter: u32,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

/// A passkey to add. Whose it will be, the identity says.
#[derive(Clone, Debug)]
pub struct NewPasskey {
    /// [`Passkey::credential_id`].
    pub credential_id: Vec<u8>,
    /// [`Passkey::name`].
    pub name: String,
    /// [`Passkey::data`].
    pub data: Vec<u8>,
    /// [`Passkey::counter`].
    pub counter: u32,
}

/// That a passkey was used.
#[derive(Clone, Debug)]
pub struct PasskeyUse {
    /// Which.
    pub id: PasskeyId,
    /// [`Passkey::data`] from now on.
    pub data: Vec<u8>,
    /// What the authenticator says.
    pub counter: u32,
    /// When.
    pub at: Timestamp,
}

/// Why something about a passkey was not done.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyRefusal {
    /// The last proof is older than five minutes.
    #[error("a fresh proof is needed")]
    FreshProofNeeded,
    /// The name is blank, longer than [`LONGEST_NAME`] or has control characters.
    #[error("a passkey's name has 1 to 100 bytes and no control characters")]
    Name,
    /// The authenticator is registered already.
    #[error("the passkey is registered already")]
    Taken,
    /// The user has [`MOST_PASSKEYS`](crate::store::MOST_PASSKEYS).
    #[error("there are too many passkeys")]
    TooMany,
    /// The counter went back: somebody may have a copy.
    #[error("the passkey's counter went back")]
    Copied,
    /// As everywhere: `NotFound`, the session is over (`BadCredentials`), the store is away.
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<StoreError> for PasskeyRefusal {
    fn from(error: StoreError) -> Self {
        Self::Other(error.into())
    }
}

impl Authority {
    /// The user's passkeys, the oldest first.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn own_passkeys(&self, who: &BrowserIdentity) -> Result<Vec<Passkey>> {
        Ok(self.store.list_passkeys(who.user.id).await?)
    }

    /// Adds a passkey that its verifier has accepted. All other sessions of the user end.
    ///
    /// # Errors
    /// `FreshProofNeeded`, `Name`, `Taken`, `TooMany`.
    pub async fn add_own_passkey(
        &self,
        who: &BrowserSession,
        new: NewPasskey,
        caller: &Caller,
    ) -> Result<Passkey, PasskeyRefusal> {
        let identity = fresh(who)?;
        let name = checked_name(&new.name)?;
        let new = NewPasskey { name, ..new };
        let stamp = self.stamp(identity.actor(), caller);
        let added = self.store.add_passkey(identity.clone(), new, stamp).await?;
        added.map_err(|refusal| match refusal {
            PasskeyNotAdded::Taken => PasskeyRefusal::Taken,
            PasskeyNotAdded::TooMany => PasskeyRefusal::TooMany,
        })
    }

    /// Gives the user's passkey another name.
    ///
    /// # Errors
    /// `Name`, `Other(NotFound)`, also for another user's.
    pub async fn rename_own_passkey(
        &self,
        who: &BrowserIdentity,
        id: PasskeyId,
        name: &str,
        caller: &Caller,
    ) -> Result<(), PasskeyRefusal> {
        let name = checked_name(name)?;
        let stamp = self.stamp(who.actor(), caller);
        let renamed = self.store.rename_passkey(who.user.id, id, name, stamp);
        found(renamed.await?)
    }

    /// Removes the user's passkey. All other sessions of the user end.
    ///
    /// # Errors
    /// `FreshProofNeeded`, `Other(NotFound)`, also for another user's.
    pub async fn remove_own_passkey(
        &self,
        who: &BrowserSession,
        id: PasskeyId,
        caller: &Caller,
    ) -> Result<(), PasskeyRefusal> {
        let identity = fresh(who)?;
        let stamp = self.stamp(identity.actor(), caller);
        found(
            self.store
                .remove_passkey(identity.clone(), id, stamp)
                .await?,
        )
    }

    /// The passkey that an assertion names, with its owner. Proves nothing: the assertion is yet to be verified.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn passkey(&self, credential_id: &[u8]) -> Result<Option<OwnedPasskey>> {
        Ok(self.store.find_passkey(credential_id.to_vec()).await?)
    }

    /// Takes in that an assertion of this passkey was verified, user verification included: `data` and `counter` as
    /// the verifier has them now. What it returns signs its owner in, or proves them again.
    ///
    /// # Errors
    /// `Copied` when the counter went back or the passkey was removed meanwhile; `Other(Forbidden(Suspended))`.
    pub async fn passkey_used(
        &self,
        owned: &OwnedPasskey,
        data: Vec<u8>,
        counter: u32,
    ) -> Result<ProvenUser, PasskeyRefusal> {
        if owned.user.suspended_at.is_some() {
            return Err(Error::Forbidden(Forbidden::Suspended).into());
        }
        let used = PasskeyUse {
            id: owned.passkey.id,
            data,
            counter,
            at: self.clock.now(),
        };
        match self.store.use_passkey(used).await? {
            true => Ok(ProvenUser { id: owned.user.id }),
            false => Err(PasskeyRefusal::Copied),
        }
    }
}

fn fresh(who: &BrowserSession) -> Result<&BrowserIdentity, PasskeyRefusal> {
    who.fresh()
        .map_err(|_: AccountRefusal| PasskeyRefusal::FreshProofNeeded)
}

fn found(done: bool) -> Result<(), PasskeyRefusal> {
    match done {
        true => Ok(()),
        false => Err(Error::NotFound.into()),
    }
}

/// The name without white space around it.
fn checked_name(name: &str) -> Result<String, PasskeyRefusal> {
    let name = name.trim();
    let good = (1..=LONGEST_NAME).contains(&name.len()) && !name.chars().any(char::is_control);
    match good {
        true => Ok(name.to_owned()),
        false => Err(PasskeyRefusal::Name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passkey_has_a_name_that_fits_a_line() {
        assert_eq!(checked_name(" Key \n").unwrap(), "Key");
        for bad in ["", " \t", "a\nb", "a\0b", &"a".repeat(LONGEST_NAME + 1)] {
            assert!(checked_name(bad).is_err(), "{bad:?}");
        }
        assert!(checked_name(&"a".repeat(LONGEST_NAME)).is_ok());
    }
}
