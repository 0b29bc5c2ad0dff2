//! What others than its holder ask of a token: an app or a resource server
//! (RFC 7662), an app that ends it (RFC 7009), a proxy that asks whether a
//! request may pass. Owns who hears what of which token: an app only of its
//! own; all else looks like no token. Whether a token is valid is the store's
//! one predicate, here as everywhere.

use std::sync::Arc;

use crate::authority::{AppIdentity, Authority, Caller, TokenIdentity};
use crate::error::{Error, Result};
use crate::flow::FlowError;
use crate::scope::Scopes;
use crate::secret::Secret;
use crate::store::{LiveRefreshToken, OwnedAuthorization};
use crate::token::{Token, TokenKind};

/// What an app asks about, and how it proves itself.
pub struct TokenQuestion {
    /// `client_id`, from wherever the app's credentials came.
    pub client_id: String,
    /// `client_secret`, from wherever the app's credentials came.
    pub client_secret: Option<Secret>,
    /// `token`; without one the app is proved and nothing is looked for.
    pub token: Option<Secret>,
    /// `token_type_hint` is `refresh_token`: what a token may be by its shape, it is looked for as that first.
    pub hinted_refresh: bool,
}

/// A valid token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// An access token.
    Access(Arc<OwnedAuthorization>),
    /// A refresh token. Nobody but its app hears of it: a resource server that took it for an
    /// access token would let it pass.
    Refresh(Box<LiveRefreshToken>),
}

/// Whether a request with a token may pass.
#[derive(Clone, Debug)]
pub enum Admission {
    /// It may.
    Admitted(TokenIdentity),
    /// The token is not valid, its owner's suspension included.
    Invalid,
    /// The token is valid and does not cover what is wanted.
    Insufficient,
}

impl Authority {
    /// What an app may know of a token: of its own all that is to be said; of others', personal
    /// ones included, only if it is a [resource server](crate::app::AppSettings::resource_server).
    /// The use of an access token is noted.
    ///
    /// # Errors
    /// `IncorrectClientCredentials`, also for an app without a secret; `Other(Throttled)` for very
    /// many wrong secrets.
    pub async fn introspect(
        &self,
        asked: TokenQuestion,
        caller: &Caller,
    ) -> Result<Option<Known>, FlowError> {
        let token = asked.presented(self);
        let kind = token.as_ref().and_then(|token| self.tokens.kind(token));
        let may_be_access = kind != Some(TokenKind::Refresh);
        let secret = asked
            .client_secret
            .unwrap_or_else(|| Secret::new(String::new()));
        // An app's own access token comes with the app's proof, in one statement.
        let as_access = token.as_ref().filter(|_| may_be_access);
        let found = self.app(&asked.client_id, &secret, as_access, caller).await;
        let (app, own) = found
            .map_err(unproved)?
            .ok_or(FlowError::IncorrectClientCredentials)?;
        if let Some(own) = own {
            return Ok(Some(Known::Access(own)));
        }
        let Some(token) = token else {
            return Ok(None);
        };
        let as_refresh = matches!(kind, None | Some(TokenKind::Refresh));
        let as_others = may_be_access && app.app().settings.resource_server;
        let (first, second) = match asked.hinted_refresh {
            true => (Look::Refresh, Look::Others),
            false => (Look::Others, Look::Refresh),
        };
        for look in [first, second] {
            let known = match look {
                Look::Refresh if as_refresh => self.own_refresh_token(&app, &token).await?,
                Look::Others if as_others => self.anybodys_token(&token, caller).await?,
                Look::Refresh | Look::Others => None,
            };
            if known.is_some() {
                return Ok(known);
            }
        }
        Ok(None)
    }

    async fn own_refresh_token(&self, app: &AppIdentity, token: &Token) -> Result<Option<Known>> {
        let now = self.clock.now();
        let found = self.store.find_refresh_token(token.hash(), now).await?;
        let own = found.filter(|found| found.app.id == app.app().id);
        Ok(own.map(|own| Known::Refresh(Box::new(own))))
    }

    async fn anybodys_token(&self, token: &Token, caller: &Caller) -> Result<Option<Known>> {
        let valid = self.valid_token(token, caller).await?;
        Ok(valid.map(|TokenIdentity(owned)| Known::Access(owned)))
    }

    /// The token, if it is valid in every respect.
    async fn valid_token(&self, token: &Token, caller: &Caller) -> Result<Option<TokenIdentity>> {
        match self.token(token, caller).await {
            Ok(identity) => Ok(Some(identity)),
            Err(Error::BadCredentials | Error::Forbidden(_)) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// Ends a token of an app, and of a refresh token its family; another's and what is none stay
    /// as they are, and the app does not learn which it was. An app without a secret proves itself
    /// by its name and by having the token.
    ///
    /// # Errors
    /// `IncorrectClientCredentials`; `Other(Throttled)` for very many wrong secrets.
    pub async fn end_presented_token(
        &self,
        asked: TokenQuestion,
        caller: &Caller,
    ) -> Result<(), FlowError> {
        let secret = asked.client_secret.as_ref();
        let app = self
            .prove_for_flow(&asked.client_id, secret, caller)
            .await?;
        if let Some(token) = asked.presented(self) {
            let stamp = self.stamp(app.actor(), caller);
            let ended = self
                .store
                .end_token(app.app().id, token.hash(), stamp)
                .await;
            // Whether there was one is nobody's business (RFC 7009 section 2.2).
            ended
                .map(|_: bool| ())
                .map_err(|why| unproved(why.into()))?;
        }
        Ok(())
    }

    /// Whether a request with this token may pass where all of `wanted` is needed, by name or by
    /// implication. The token's use is noted.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn admit(
        &self,
        token: &Token,
        wanted: &Scopes,
        caller: &Caller,
    ) -> Result<Admission> {
        let Some(identity) = self.valid_token(token, caller).await? else {
            return Ok(Admission::Invalid);
        };
        let held = &identity.token().authorization.scopes;
        Ok(match self.scopes.covers_all(held, wanted) {
            true => Admission::Admitted(identity),
            false => Admission::Insufficient,
        })
    }
}

#[derive(Clone, Copy)]
enum Look {
    Refresh,
    Others,
}

impl TokenQuestion {
    /// The token, if it has a token's shape.
    fn presented(&self, authority: &Authority) -> Option<Token> {
        authority.tokens.parse(self.token.as_ref()?.expose())
    }
}

/// What was not proved, or not any more, in the words of the flows.
fn unproved(error: Error) -> FlowError {
    match error {
        Error::BadCredentials => FlowError::IncorrectClientCredentials,
        other => FlowError::Other(other),
    }
}
