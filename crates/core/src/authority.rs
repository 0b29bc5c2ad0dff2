//! The authority: rules joined with what was passed in (store, clock, chance,
//! settings). Owns how callers prove who they are; what they may then do is in
//! [`crate::authorizations`], [`crate::applications`] and [`crate::accounts`].

use std::net::IpAddr;
use std::sync::Arc;

use crate::app::{App, AppCredentials, ClientId};
use crate::audit::{Actor, Stamp};
use crate::clock::Clock;
use crate::counts::{Counts, Happening, SignInKind};
use crate::entropy::Entropy;
use crate::error::{Error, Forbidden, Result, Throttle};
use crate::hourly::{Bucket, Hourly};
use crate::ids::{AppId, SessionId};
use crate::last_used::LastUsed;
use crate::life::Lifetimes;
use crate::login::{Attempt, PasswordIdentity, SignIn};
use crate::mail::Mailer;
use crate::scope::Catalogue;
use crate::secret::{InstanceKey, Secret};
use crate::secret_scanning::KeySet;
use crate::store::{MintLimits, OtpUse, OwnedAuthorization, SharedStore, StoreError, TokenVerdict};
use crate::token::{Token, TokenFormat};
use crate::upgrade::Upgrades;
use crate::user::{LoginKey, User};

/// The settings that rules depend on.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Only users with a verified e-mail address may create authorizations.
    pub require_verified_email: bool,
    /// A one-time code serves one call only.
    pub strict_otp: bool,
    /// Users may sign in to the API with a password at all.
    pub basic_auth_api: bool,
    /// The ten-tokens rule, and the hourly one.
    pub mint_limits: MintLimits,
    /// A valid token that came as a query parameter is deleted.
    pub revoke_tokens_in_query: bool,
    /// So many wrong secrets for one app from one address in an hour; more are told to slow down.
    pub wrong_secrets_per_hour: u32,
    /// With the last use of a token the class of the address is kept ([`AddressClass`](crate::last_used::AddressClass)).
    pub last_used_address_class: bool,
    /// So many tickets ([`crate::ticket`]) are made for one address in an hour.
    pub tickets_per_hour: u32,
    /// So many links are mailed to one user in an hour.
    pub mailed_links_per_hour: u32,
    /// So many reports of leaked credentials are taken from one address in an hour.
    pub leak_reports_per_hour: u32,
    /// Strangers may make accounts for themselves ([`crate::sign_up`]).
    pub sign_up: bool,
    /// So many wishes for an account are taken from one address in an hour.
    pub sign_ups_per_hour: u32,
    /// So many sessions of one user are alive at a time; the next one ends the one that was used longest ago.
    pub sessions_per_user: u32,
    /// Seconds after its first authorization at which a family of refresh tokens ends ([`crate::refresh`]).
    pub refresh_family_seconds: i64,
    /// How long new tokens live.
    pub lifetimes: Lifetimes,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            require_verified_email: false,
            strict_otp: false,
            basic_auth_api: true,
            mint_limits: MintLimits {
                per_scope_set: 10,
                per_hour: None,
            },
            revoke_tokens_in_query: true,
            wrong_secrets_per_hour: 1_000,
            last_used_address_class: false,
            tickets_per_hour: 600,
            mailed_links_per_hour: 5,
            leak_reports_per_hour: 60,
            sign_up: false,
            sign_ups_per_hour: 10,
            sessions_per_user: 50,
            refresh_family_seconds: 365 * 86_400,
            lifetimes: Lifetimes::default(),
        }
    }
}

/// Where a request comes from, for throttles and the audit trail.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The client's address.
    pub address: IpAddr,
    /// The answer's `X-GitHub-Request-Id`.
    pub request_id: String,
}

/// A caller with a valid token.
#[derive(Clone, Debug)]
pub struct TokenIdentity(pub(crate) Arc<OwnedAuthorization>);

impl TokenIdentity {
    /// The token's record and its owner.
    pub fn token(&self) -> &OwnedAuthorization {
        &self.0
    }
}

/// An app that proved its secret.
#[derive(Clone)]
pub struct AppIdentity(pub(crate) Arc<AppCredentials>);

impl AppIdentity {
    /// Which app.
    pub fn app(&self) -> &App {
        &self.0.app
    }

    /// The actor of writes as this app.
    pub fn actor(&self) -> Actor {
        Actor::App {
            id: self.0.app.id,
            auth_generation: self.0.auth_generation,
        }
    }
}

/// A user in a browser, with a session that is alive.
#[derive(Clone, Debug)]
pub struct BrowserIdentity {
    /// Who.
    pub user: User,
    /// The user's [`auth_generation`](crate::user::UserCredentials::auth_generation) at sign-in:
    /// what the session rests on. Checked again in every write.
    pub auth_generation: i64,
    /// Which session. What was made under it and not used yet ends with it.
    pub session: SessionId,
}

impl BrowserIdentity {
    /// The actor of writes under this session.
    pub fn actor(&self) -> Actor {
        Actor::User {
            id: self.user.id,
            auth_generation: self.auth_generation,
        }
    }
}

/// The authority, shared by all requests.
pub struct Authority {
    /// What is remembered.
    pub store: SharedStore,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// Which strings are tokens.
    pub tokens: TokenFormat,
    /// Which scopes there are.
    pub scopes: Catalogue,
    /// Settings.
    pub policy: Policy,
    /// The one door for passwords.
    pub sign_in: SignIn,
    /// Events per hour.
    pub hourly: Arc<Hourly>,
    /// Last uses of tokens, until the store is told of them.
    pub last_used: Arc<LastUsed>,
    /// Tokens that came by salted hashes and have shown themselves.
    pub upgrades: Arc<Upgrades>,
    /// What short secrets are hashed under.
    pub key: Arc<InstanceKey>,
    /// Who sends mail, if anybody does.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// Whose messages about secrets found in public are taken, if anybody's.
    pub scanners: Option<KeySet>,
    /// What has happened on this node.
    pub counts: Arc<Counts>,
}

impl Authority {
    /// Proves a user by password and code.
    ///
    /// # Errors
    /// As [`SignIn::sign_in`]; `BadCredentials` for everybody while the policy admits no passwords.
    pub async fn password(
        &self,
        login: &str,
        password: Secret,
        code: Option<Secret>,
        caller: &Caller,
    ) -> Result<PasswordIdentity> {
        if !self.policy.basic_auth_api {
            return Err(Error::BadCredentials);
        }
        let otp_use = if self.policy.strict_otp {
            OtpUse::Once
        } else {
            OtpUse::ReusableFromSameAddress
        };
        let attempt = Attempt {
            login: LoginKey::of(login),
            password,
            code,
            address: caller.address,
            request_id: caller.request_id.clone(),
            otp_use,
        };
        let outcome = self.sign_in.sign_in(attempt).await;
        self.counts.signed_in(SignInKind::Api, outcome)
    }

    /// Proves a token; its use is noted.
    ///
    /// # Errors
    /// `BadCredentials` when it is not valid, `Forbidden(Suspended)` when only its owner's suspension stands against it.
    pub async fn token(&self, token: &Token, caller: &Caller) -> Result<TokenIdentity> {
        match self.verdict(token, caller).await? {
            TokenVerdict::Valid(owned) => {
                self.counts.add(Happening::TokenValid);
                self.token_used(owned.authorization.id, caller.address);
                Ok(TokenIdentity(owned))
            }
            TokenVerdict::OwnerSuspended => {
                self.counts.add(Happening::TokenOfSuspended);
                Err(Error::Forbidden(Forbidden::Suspended))
            }
            TokenVerdict::Unknown => {
                self.counts.add(Happening::TokenUnknown);
                Err(Error::BadCredentials)
            }
        }
    }

    /// What the store knows of a token, by its hash or, if it came by a salted one, by that.
    async fn verdict(&self, token: &Token, caller: &Caller) -> Result<TokenVerdict> {
        let now = self.clock.now();
        match self.store.find_token(token.hash(), now).await? {
            TokenVerdict::Unknown => self.salted_token(token, caller).await,
            known => Ok(known),
        }
    }

    /// Proves an app by its secret and, in the same statement, looks up the
    /// token that it presented, whose use is noted. `None` when no app has this client id.
    ///
    /// # Errors
    /// `BadCredentials` for a wrong secret, a public or a suspended app; `Throttled` for
    /// very many of those. A right secret always passes: nobody can lock an app out.
    pub async fn app(
        &self,
        client_id: &str,
        secret: &Secret,
        token: Option<&Token>,
        caller: &Caller,
    ) -> Result<Option<(AppIdentity, Option<Arc<OwnedAuthorization>>)>> {
        let presented = secret.hash();
        let found = match ClientId::parse(client_id) {
            Ok(client_id) => {
                self.store
                    .check_token(&client_id, token.map(Token::hash), self.clock.now())
                    .await?
            }
            Err(_) => None,
        };
        let credentials = found.as_ref().map(|found| &*found.credentials);
        let right = AppCredentials::proves(credentials, &presented, self.clock.now());
        match found {
            None => Ok(None),
            Some(found) if right && found.credentials.app.suspended_at.is_none() => {
                self.counts.add(Happening::AppProved);
                if let Some(used) = &found.token {
                    self.counts.add(Happening::AppTokenValid);
                    self.token_used(used.authorization.id, caller.address);
                } else if token.is_some() {
                    self.counts.add(Happening::AppTokenUnknown);
                }
                Ok(Some((AppIdentity(found.credentials), found.token)))
            }
            Some(found) => Err(self.wrong_secret(found.credentials.app.id, caller)),
        }
    }

    /// The refusal of an app's wrong secret. Counted apart from people's passwords.
    pub(crate) fn wrong_secret(&self, app: AppId, caller: &Caller) -> Error {
        self.counts.add(Happening::AppRefused);
        let bucket = Bucket::WrongSecrets(app, caller.address.into());
        let (limit, now) = (self.policy.wrong_secrets_per_hour, self.clock.now());
        if self.hourly.count(bucket, limit, now).exceeded {
            return Error::Throttled {
                kind: Throttle::Login,
                retry_after: 600,
            };
        }
        Error::BadCredentials
    }

    /// Tells the store what was counted on this node, and hears of the other nodes:
    /// [`Hourly::exchange`]. A limit that has refused somebody leaves a row in the trail, one in its hour.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn exchange_counts(&self) -> Result<()> {
        let now = self.clock.now();
        self.hourly.exchange(&*self.store, now).await?;
        let refused = self.hourly.take_refused();
        if !refused.is_empty() {
            self.store
                .record_refusals(refused, Stamp::system(now))
                .await?;
        }
        Ok(())
    }

    /// Deals with a token that came as a query parameter, where proxies and
    /// histories keep it: if it is valid and the policy says so, it is deleted.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn token_leaked_in_query(&self, token: &Token, caller: &Caller) -> Result<()> {
        if !self.policy.revoke_tokens_in_query {
            return Ok(());
        }
        if let TokenVerdict::Valid(owned) = self.verdict(token, caller).await? {
            self.store
                .delete_token(owned.authorization.id, self.stamp(Actor::System, caller))
                .await?;
        }
        Ok(())
    }

    pub(crate) fn stamp(&self, by: Actor, caller: &Caller) -> Stamp {
        Stamp {
            at: self.clock.now(),
            by,
            address: Some(caller.address),
            request_id: Some(caller.request_id.clone()),
            reason: None,
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::StaleActor => Self::BadCredentials,
            StoreError::Unavailable(source) => Self::Unavailable(source),
            StoreError::ClockOff { .. } => Self::Unavailable(error.into()),
        }
    }
}
