//! A code for a token. Owns how an app proves itself at the token endpoint,
//! what a code must fit, and what a flow hands out; must not know where codes
//! come from.

use crate::app::{App, AppCredentials, ClientId};
use crate::authority::{AppIdentity, Authority, Caller};
use crate::authorization::{Authorization, Issued, NewToken};
use crate::clock::Timestamp;
use crate::error::{Error, Throttle};
use crate::flow::{FlowError, Refresh, Tokens};
use crate::pkce;
use crate::secret::Secret;
use crate::store::{Access, CodeRecord, CodeRedemption, NewRefreshToken};
use crate::token::{Token, TokenKind};
use crate::user::User;

/// Seconds that a token lives, where its app wants them to end.
pub const TOKEN_SECONDS: u32 = 28_800;
/// Seconds that a refresh token lives: half a year.
pub const REFRESH_SECONDS: u32 = 15_811_200;
const SECONDS_OF_A_DAY: u32 = 86_400;

/// The parameters of a code exchange. Empty ones count as absent.
pub struct CodeExchange {
    /// `client_id`, from wherever the app's credentials came.
    pub client_id: String,
    /// `client_secret`, from wherever the app's credentials came.
    pub client_secret: Option<Secret>,
    /// `code`.
    pub code: Secret,
    /// `redirect_uri`.
    pub redirect_uri: Option<String>,
    /// `code_verifier`.
    pub code_verifier: Option<Secret>,
}

/// Fresh tokens, and what the store keeps of them.
pub(crate) struct Prepared {
    token: Token,
    expires_in: Option<u32>,
    refresh: Option<(Token, u32)>,
    pub(crate) access: Access,
}

impl Prepared {
    /// The same with a refresh token that ends then.
    pub(crate) fn ending(mut self, ends: Option<Timestamp>, now: Timestamp) -> Self {
        if let (Some((_, expires_in)), Some(ends)) = (&mut self.refresh, ends) {
            *expires_in = u32::try_from(ends.since(now)).unwrap_or(*expires_in);
        }
        self
    }

    /// The tokens with the record that they now belong to.
    pub(crate) fn issued(self, value: Authorization) -> Tokens {
        Tokens {
            access: Issued {
                value,
                token: self.token,
            },
            expires_in: self.expires_in,
            refresh: self.refresh.map(|(token, expires_in)| Issued {
                value: Refresh { expires_in },
                token,
            }),
        }
    }
}

impl Authority {
    /// Exchanges a code for a token.
    ///
    /// # Errors
    /// `IncorrectClientCredentials`; `RedirectUriMismatch` and `BadVerificationCode` for what does
    /// not fit the code, which stays as it was; `BadVerificationCode` also for one that is used,
    /// and then what it made is deleted; `UnverifiedUserEmail`.
    pub async fn exchange_code(
        &self,
        request: CodeExchange,
        caller: &Caller,
    ) -> Result<Tokens, FlowError> {
        let secret = request.client_secret.as_ref();
        let app = self
            .prove_for_flow(&request.client_id, secret, caller)
            .await?;
        let hash = self.code_hash(&request.code);
        let record = self.store.find_code(hash).await?;
        let record = record.ok_or(FlowError::BadVerificationCode)?;
        fits(&record, app.app(), &request)?;
        self.may_be_given_tokens(&record.user)?;
        let prepared = self.prepare_access(app.app());
        let stamp = self.stamp(app.actor(), caller);
        let access = prepared.access.clone();
        match self.store.redeem_code(hash, access, stamp).await? {
            CodeRedemption::Issued(record) => Ok(prepared.issued(*record)),
            CodeRedemption::Replayed | CodeRedemption::Dead => Err(FlowError::BadVerificationCode),
            CodeRedemption::TooMany => Err(too_many()),
        }
    }

    /// Proves an app at the token endpoint: by its secret, or, if it has none, by what else it
    /// must present there.
    ///
    /// # Errors
    /// `IncorrectClientCredentials`, also for a suspended app and for a secret of an app without
    /// one; `Other(Throttled)` for very many wrong secrets.
    pub(crate) async fn prove_for_flow(
        &self,
        client_id: &str,
        secret: Option<&Secret>,
        caller: &Caller,
    ) -> Result<AppIdentity, FlowError> {
        let found = match ClientId::parse(client_id) {
            Ok(client_id) => self.store.find_app(&client_id).await?,
            Err(_) => None,
        };
        let secret = secret.filter(|secret| !secret.is_empty());
        let presented = secret.map(Secret::hash);
        let right = presented
            .is_some_and(|hash| AppCredentials::proves(found.as_ref(), &hash, self.clock.now()));
        let found = found.ok_or(FlowError::IncorrectClientCredentials)?;
        if found.app.suspended_at.is_some() {
            return Err(FlowError::IncorrectClientCredentials);
        }
        if right || found.app.public && secret.is_none() {
            return Ok(AppIdentity(found.into()));
        }
        match self.wrong_secret(found.app.id, caller) {
            throttled @ Error::Throttled { .. } => Err(throttled.into()),
            _ => Err(FlowError::IncorrectClientCredentials),
        }
    }

    /// The app that a device names; its device code is what proves it.
    ///
    /// # Errors
    /// `IncorrectClientCredentials`, also for a suspended app.
    pub(crate) async fn named_for_flow(&self, client_id: &str) -> Result<AppIdentity, FlowError> {
        let found = match ClientId::parse(client_id) {
            Ok(client_id) => self.store.find_app(&client_id).await?,
            Err(_) => None,
        };
        let active = found.filter(|found| found.app.suspended_at.is_none());
        let found = active.ok_or(FlowError::IncorrectClientCredentials)?;
        Ok(AppIdentity(found.into()))
    }

    /// # Errors
    /// `UnverifiedUserEmail` where the policy says so.
    pub(crate) fn may_be_given_tokens(&self, user: &User) -> Result<(), FlowError> {
        if self.policy.require_verified_email && !user.email_verified {
            return Err(FlowError::UnverifiedUserEmail);
        }
        Ok(())
    }

    /// Makes the tokens that a flow of this app ends with.
    pub(crate) fn prepare_access(&self, app: &App) -> Prepared {
        let now = self.clock.now();
        let after = |seconds: u32| -> Timestamp { now.plus(seconds.into()) };
        let token = self.tokens.generate(TokenKind::OAuthApp, &*self.entropy);
        let refreshed = app.settings.expiring_tokens;
        let expires_in = if refreshed {
            Some(TOKEN_SECONDS)
        } else {
            let days = self.policy.lifetimes.unasked_days();
            days.map(|days| days.saturating_mul(SECONDS_OF_A_DAY))
        };
        let refresh = refreshed.then(|| {
            let token = self.tokens.generate(TokenKind::Refresh, &*self.entropy);
            (token, REFRESH_SECONDS)
        });
        let allowed = app.settings.allowed_scopes.as_ref();
        Prepared {
            access: Access {
                token: NewToken {
                    hash: token.hash(),
                    last_eight: token.last_eight(),
                },
                expires_at: expires_in.map(after),
                refresh: refresh.as_ref().map(|(token, seconds)| NewRefreshToken {
                    hash: token.hash(),
                    expires_at: after(*seconds),
                }),
                allowed: allowed.map(|allowed| self.scopes.reach(allowed)),
                limits: self.policy.mint_limits,
            },
            token,
            expires_in,
            refresh,
        }
    }
}

/// The hourly limit on creations.
pub(crate) fn too_many() -> FlowError {
    FlowError::Other(Error::Throttled {
        kind: Throttle::Creations,
        retry_after: 3_600,
    })
}

/// Whether what an app presents is what its code is bound to. A redirect URI may be left out, as
/// GitHub lets its apps do; one that is given must be the one that the code was sent to.
fn fits(record: &CodeRecord, app: &App, request: &CodeExchange) -> Result<(), FlowError> {
    if record.app != app.id {
        return Err(FlowError::BadVerificationCode);
    }
    let redirect_uri = request
        .redirect_uri
        .as_deref()
        .filter(|uri| !uri.is_empty());
    if redirect_uri.is_some_and(|uri| uri != record.redirect_uri) {
        return Err(FlowError::RedirectUriMismatch);
    }
    // An app without a secret is proved by its verifier alone.
    let proved = !app.public || record.challenge.is_some();
    if !proved || !pkce::fits(record.challenge.as_ref(), request.code_verifier.as_ref()) {
        return Err(FlowError::BadVerificationCode);
    }
    Ok(())
}
