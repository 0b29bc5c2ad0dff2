//! What an app does with the tokens issued to it: check, reset, revoke. Owns
//! that another app's token looks like no token at all; every function asks
//! for an [`AppIdentity`].

use std::sync::Arc;

use crate::authority::{AppIdentity, Authority, Caller};
use crate::authorization::{Issued, NewToken};
use crate::error::{Error, Result};
use crate::store::OwnedAuthorization;
use crate::token::{Token, TokenKind};

impl Authority {
    /// Replaces a token of the app: the record stays, the old token is dead at once.
    ///
    /// # Errors
    /// `NotFound` when the app has no such valid token.
    pub async fn reset_token(
        &self,
        app: &AppIdentity,
        old: &Token,
        caller: &Caller,
    ) -> Result<Issued<OwnedAuthorization>> {
        let token = self.tokens.generate(TokenKind::OAuthApp, &*self.entropy);
        let new = NewToken {
            hash: token.hash(),
            last_eight: token.last_eight(),
        };
        let reset = self
            .store
            .reset_token(
                app.app().id,
                old.hash(),
                new,
                self.stamp(app.actor(), caller),
            )
            .await?;
        reset
            .map(|value| Issued { value, token })
            .ok_or(Error::NotFound)
    }

    /// Revokes a token of the app; the grant stays.
    ///
    /// # Errors
    /// `NotFound` when the app has no such valid token.
    pub async fn revoke_token(
        &self,
        app: &AppIdentity,
        token: &Token,
        caller: &Caller,
    ) -> Result<()> {
        let revoked = self
            .store
            .revoke_token(app.app().id, token.hash(), self.stamp(app.actor(), caller))
            .await?;
        if revoked {
            Ok(())
        } else {
            Err(Error::NotFound)
        }
    }

    /// Deletes the grant behind a token of the app, with every token of that user and app.
    ///
    /// # Errors
    /// `NotFound` when the app has no such valid token.
    pub async fn revoke_grant(
        &self,
        app: &AppIdentity,
        token: &Token,
        caller: &Caller,
    ) -> Result<()> {
        let revoked = self
            .store
            .revoke_grant_by_token(app.app().id, token.hash(), self.stamp(app.actor(), caller))
            .await?;
        if revoked {
            Ok(())
        } else {
            Err(Error::NotFound)
        }
    }
}

/// What an app's check shows: the token that it presented, with its record.
/// `found` came with the app's authentication, in one statement.
///
/// # Errors
/// `NotFound` when the app has no such valid token, or `presented` is no token.
pub fn check(
    presented: Option<Token>,
    found: Option<Arc<OwnedAuthorization>>,
) -> Result<Issued<Arc<OwnedAuthorization>>> {
    match (presented, found) {
        (Some(token), Some(value)) => Ok(Issued { value, token }),
        _ => Err(Error::NotFound),
    }
}
