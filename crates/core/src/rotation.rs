//! Another token in the place of one, with a time in which both work. Owns how
//! long that may be and when the successor ends; that both are always one
//! step apart is the store's.
//!
//! The record stays what it was, with its id, and gets the new token, as at any
//! regeneration. The old token goes on under a record of its own until its
//! end is over: a token is valid exactly while there is a record with its hash,
//! so that no check has to know of this.

use crate::accounts::Operator;
use crate::authority::{Authority, Caller};
use crate::authorization::{Authorization, Issued, NewToken};
use crate::clock::Timestamp;
use crate::error::{Error, FieldError};
use crate::ids::AuthorizationId;
use crate::life::{DAY, Lifetimes};
use crate::own_account::AccountRefusal;
use crate::session::BrowserSession;
use crate::store::{Lived, Rotated, Stored};
use crate::token::{Token, TokenFormat, TokenKind};

/// Seconds for which an old token goes on at most.
pub const LONGEST_OVERLAP: u32 = 30 * DAY as u32;

impl Authority {
    /// Gives a personal access token another token, shown this once, and another end; the old token goes on for
    /// `overlap` seconds.
    ///
    /// # Errors
    /// As [`Authority::regenerate_own_token`]; `Other(Invalid)` also for an overlap above [`LONGEST_OVERLAP`].
    pub async fn rotate_own_token(
        &self,
        who: &BrowserSession,
        id: AuthorizationId,
        expires_at: Option<Timestamp>,
        overlap: u32,
        caller: &Caller,
    ) -> Result<Issued<Authorization>, AccountRefusal> {
        let identity = who.fresh()?;
        self.check_end(expires_at)?;
        if overlap > LONGEST_OVERLAP {
            let words = "overlap is longer than thirty days";
            return Err(Error::from(FieldError::custom("overlap", words)).into());
        }
        let token = self.tokens.generate(TokenKind::Personal, &*self.entropy);
        let stamp = self.stamp(identity.actor(), caller);
        let (user, old_until) = (identity.user.id, stamp.at.plus(overlap.into()));
        let rotated = self
            .store
            .rotate_token(user, id, kept(&token), expires_at, old_until, stamp)
            .await?;
        let value = rotated.ok_or(Error::NotFound)?.authorization;
        Ok(Issued { value, token })
    }
}

impl Operator<'_> {
    /// The same for anybody's personal access token; the new token lives as long again as the old one was given, as far as
    /// the policy allows. `None` when it is gone or an app's.
    ///
    /// # Errors
    /// The store is away.
    pub async fn rotate_token(
        &self,
        lived: &Lived,
        overlap: u32,
        (format, lifetimes): (&TokenFormat, Lifetimes),
    ) -> Stored<Option<Issued<Rotated>>> {
        let old = &lived.owned.authorization;
        let token = format.generate(TokenKind::Personal, self.entropy);
        let stamp = self.stamp();
        let expires_at = lifetimes.again(lived.issued_at, old.expires_at, stamp.at);
        let old_until = stamp.at.plus(overlap.min(LONGEST_OVERLAP).into());
        let rotated = self.store.rotate_token(
            old.user_id,
            old.id,
            kept(&token),
            expires_at,
            old_until,
            stamp,
        );
        Ok(rotated.await?.map(|value| Issued { value, token }))
    }
}

fn kept(token: &Token) -> NewToken {
    NewToken {
        hash: token.hash(),
        last_eight: token.last_eight(),
    }
}
