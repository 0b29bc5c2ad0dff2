//! What core needs remembered. Owns the promises that every engine keeps; must not know any engine.
//!
//! Each method is one atomic, durable step: when it returns, its effect is on
//! disk, and nothing of it is there if it failed. Every sentence of a doc
//! comment below has a case in the conformance suite of the store crate.
//!
//! A method that takes a [`Stamp`] writes one audit row per changed record in
//! the same transaction. If the stamp's actor is a user or an app, the write is
//! refused with [`StoreError::StaleActor`] when that user or app is gone, suspended, or has another
//! `auth_generation` than the stamp says; as a site admin's token, unless admin, token and scope hold.

mod admin;
mod apps;
mod chain;
mod counters;
mod flows;
mod import;
mod keeping;
mod life;
mod page;
mod sessions;
mod upkeep;
mod watch;

use std::sync::Arc;

use async_trait::async_trait;

use crate::app::{AppCredentials, ClientId};
use crate::audit::Stamp;
use crate::authorization::{Authorization, AuthorizationEdit, NewAuthorization, NewToken};
use crate::clock::Timestamp;
use crate::grant::Grant;
use crate::ids::{AppId, AuthorizationId, GrantId, UserId};
use crate::login::Address;
use crate::login::throttle::{Meter, MeterKey};
use crate::token::TokenHash;
use crate::user::{LoginKey, NewUser, PasswordHash, SecondFactor, User, UserCredentials};

pub use self::admin::{
    AdminStore, AppAdministration, Impersonation, NewImpersonation, OwnedApp, TokenFilter,
};
pub use self::apps::AppStore;
pub use self::chain::{ChainStore, Lease, LeaseStore, Strays, Waiting};
pub use self::counters::{Count, CounterStore, Settlement};
pub use self::flows::{
    Access, CodeRecord, CodeRedemption, ConsentCheck, Consented, DeviceDecision, DeviceRedemption,
    DeviceRequest, FlowStore, Leaked, LiveRefreshToken, NewCode, NewDeviceCode, NewRefreshToken,
    Poll, Rotation, RotationLimits,
};
pub use self::import::ImportStore;
pub use self::keeping::{
    About, EventFilter, MOST_PASSKEYS, OwnedPasskey, Party, PasskeyNotAdded, PasskeyStore,
    SearchStore, UseStore, UsedAuthorization, UsedGrant,
};
pub use self::life::{Channel, Expiring, LifeStore, Lived, NoticeKey, Rotated};
pub use self::page::{Page, PageRequest};
pub use self::sessions::{
    AccountStore, LiveSession, NewSession, NewTicket, NotJoined, SessionRecord, SessionStore,
    Sighting, TicketStore,
};
pub use self::upkeep::{Reaped, Upkeep};
pub use self::watch::{EngineLoad, Steps, Stock, StoreLoad, WatchStore};

/// A step did not happen.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The acting user's or app's credentials changed since they were checked.
    #[error("the credentials changed since they were checked")]
    StaleActor,
    /// The engine failed; for a write, whether it happened may be unknown.
    #[error(transparent)]
    Unavailable(Box<dyn std::error::Error + Send + Sync>),
    /// This node lives by another time than the database: it must not judge tokens.
    #[error("this node's clock is {ahead} s ahead of the database's; set both by NTP")]
    ClockOff {
        /// Seconds; negative when it is behind.
        ahead: i64,
    },
}

/// What a step returns.
pub type Stored<T> = Result<T, StoreError>;

/// A record with such a value is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each name is the unique value")]
pub enum Taken {
    Login,
    Email,
    ClientId,
    Note,
    Fingerprint,
}

/// How an authorization came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GotOrCreated {
    /// There was none; this is new.
    Created(Authorization),
    /// This one was there, and is returned unchanged.
    Existing(Authorization),
}

/// Limits that are counted inside the creating transaction.
#[derive(Clone, Copy, Debug)]
pub struct MintLimits {
    /// At most so many tokens per user, app and scope set (its order does not matter); one more deletes the oldest. Personal access tokens are exempt.
    pub per_scope_set: u32,
    /// At most so many creations per user, app and hour, deleted ones included.
    pub per_hour: Option<u32>,
}

/// Why nothing was created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotCreated {
    /// A unique value is taken.
    Taken(Taken),
    /// [`MintLimits::per_hour`] is reached.
    TooMany,
    /// The app was deleted or suspended meanwhile.
    NoApp,
}

/// An authorization with its owner, as checks and `GET /user` need them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedAuthorization {
    /// The token record.
    pub authorization: Authorization,
    /// Its owner.
    pub user: User,
}

/// A valid token's owner may still be refused with words of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenVerdict {
    /// Every term of the validity predicate holds.
    Valid(Arc<OwnedAuthorization>),
    /// All but one: the owner is suspended.
    OwnerSuspended,
    /// No such token, or not valid any more.
    Unknown,
}

/// What one look-up as an app finds.
#[derive(Clone)]
pub struct AppCheck {
    /// The app, whatever its state: the caller compares the secret first.
    pub credentials: Arc<AppCredentials>,
    /// The valid token of this app with that hash.
    pub token: Option<Arc<OwnedAuthorization>>,
}

/// What one look-up for a sign-in finds.
#[derive(Clone)]
pub struct SignInCheck {
    /// Whoever the login or address names.
    pub credentials: Option<UserCredentials>,
    /// The meters that were asked for, in the same order; one that nobody has used is empty.
    pub meters: [Meter; 2],
    /// When the user last signed in from the address that was asked about.
    pub last_seen: Option<Timestamp>,
}

/// How a one-time code is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtpUse {
    /// Clients of the Basic API send one code with several calls: the same
    /// step again is fine from the address of its first use.
    ReusableFromSameAddress,
    /// Once and never again: the web sign-in, and the API when it is strict.
    Once,
}

/// People.
#[async_trait]
pub trait UserStore: Send + Sync {
    /// Adds a user; a login or e-mail address that differs only in case is taken.
    async fn create_user(&self, new: NewUser, stamp: Stamp) -> Stored<Result<User, Taken>>;
    /// The user with this login, spelled in any case.
    async fn find_user(&self, login: &LoginKey) -> Stored<Option<User>>;
    /// The user with this id.
    async fn find_user_by_id(&self, id: UserId) -> Stored<Option<User>>;
    /// All users, ids ascending.
    async fn list_users(&self, page: PageRequest) -> Stored<Page<User>>;
    /// What signing in needs, by login or else by verified e-mail address, when they last signed in from an
    /// address, and the state of two meters.
    /// One statement, whether somebody is found or not.
    async fn find_credentials(
        &self,
        login_or_email: &LoginKey,
        from: Address,
        meters: [MeterKey; 2],
    ) -> Stored<SignInCheck>;
    /// Replaces the password; raises the user's `auth_generation`. False when there is no such user.
    async fn set_password(&self, id: UserId, hash: PasswordHash, stamp: Stamp) -> Stored<bool>;
    /// Replaces a password's hash by one of the same password with newer parameters, if it is still `old`;
    /// `auth_generation` stays.
    async fn rehash_password(
        &self,
        id: UserId,
        old: PasswordHash,
        new: PasswordHash,
        stamp: Stamp,
    ) -> Stored<bool>;
    /// Suspends or unsuspends; raises `auth_generation`. False when there is no such user or nothing changed.
    async fn set_user_suspended(&self, id: UserId, suspended: bool, stamp: Stamp) -> Stored<bool>;
    /// Sets or removes the second factor with all its recovery codes and spent steps; raises `auth_generation`.
    /// False when there is no such user, or no factor to remove.
    async fn set_second_factor(
        &self,
        id: UserId,
        factor: Option<SecondFactor>,
        stamp: Stamp,
    ) -> Stored<bool>;
    /// Deletes a user with everything that is theirs (their apps too, with those apps' tokens and grants; the app of impersonations goes to the acting user, if another one). The id is never given out again.
    async fn delete_user(&self, id: UserId, stamp: Stamp) -> Stored<bool>;
    /// Spends a time step of the user's TOTP; whether it may be used now. Exactly one of any number of
    /// concurrent [`OtpUse::Once`] callers is told yes; a step spent once is dead for both uses, and one that
    /// was reused is dead for [`OtpUse::Once`].
    async fn spend_otp_step(
        &self,
        id: UserId,
        step: i64,
        address: Address,
        how: OtpUse,
    ) -> Stored<bool>;
    /// Burns the user's recovery code with this keyed hash; true for exactly one of any number of concurrent callers.
    async fn burn_recovery_code(&self, id: UserId, code: [u8; 32], stamp: Stamp) -> Stored<bool>;
    /// Notes a full sign-in from an address.
    async fn remember_address(&self, id: UserId, address: Address, at: Timestamp) -> Stored<()>;
    /// Notes a full sign-in from an address, to the API; the first in a day from there leaves a row in the trail.
    async fn note_sign_in(&self, id: UserId, address: Address, stamp: Stamp) -> Stored<()>;
}

/// Authorizations and grants.
///
/// A token is valid while all of these hold: it was not deleted or replaced,
/// `expires_at` lies after `now`, its owner is not suspended, and, if it
/// belongs to an app, the app is not suspended and the grant is alive. The
/// predicate stands in one place of the store.
#[async_trait]
pub trait AuthorizationStore: Send + Sync {
    /// Creates an authorization. For an app, the grant is created or widened in the same step and the oldest token
    /// beyond [`MintLimits::per_scope_set`] is deleted. Expired records with the same unique key make room.
    /// A personal access token's (note, fingerprint) is unique per user; if taken, the error names
    /// `Fingerprint` when it is not empty, else `Note`. An app's non-empty fingerprint is unique per user and app.
    async fn create_authorization(
        &self,
        new: NewAuthorization,
        limits: MintLimits,
        stamp: Stamp,
    ) -> Stored<Result<Authorization, NotCreated>>;
    /// The unexpired authorization of this user, app and fingerprint (of several without a fingerprint the lowest id), unchanged;
    /// or else creates `new`. Of any number of concurrent callers exactly one creates.
    async fn get_or_create_authorization(
        &self,
        new: NewAuthorization,
        limits: MintLimits,
        stamp: Stamp,
    ) -> Stored<Result<GotOrCreated, NotCreated>>;
    /// The user's authorization with this id, expired or not; another user's is not found.
    async fn find_authorization(
        &self,
        user: UserId,
        id: AuthorizationId,
    ) -> Stored<Option<OwnedAuthorization>>;
    /// The user's authorizations, ids ascending, of one app if asked; under
    /// [`PERSONAL_CLIENT_ID`](crate::app::PERSONAL_CLIENT_ID) those without an app.
    async fn list_authorizations(
        &self,
        user: UserId,
        client_id: Option<&str>,
        page: PageRequest,
    ) -> Stored<Page<Authorization>>;
    /// Applies an edit to the record as it is at that moment ([`AuthorizationEdit::apply`]); the grant's scopes follow.
    /// Expired records with the same unique key make room. `None` when the user has no such authorization.
    async fn edit_authorization(
        &self,
        user: UserId,
        id: AuthorizationId,
        edit: AuthorizationEdit,
        stamp: Stamp,
    ) -> Stored<Option<Result<Authorization, Taken>>>;
    /// Deletes the user's authorization: its token is dead and its unique key free. The grant stays.
    async fn delete_authorization(
        &self,
        user: UserId,
        id: AuthorizationId,
        stamp: Stamp,
    ) -> Stored<bool>;
    /// The token with this hash, judged at `now`. One statement.
    async fn find_token(&self, hash: TokenHash, now: Timestamp) -> Stored<TokenVerdict>;
    /// The app and, when `hash` is given, its valid token with that hash. One statement: what an app's check costs.
    async fn check_token(
        &self,
        client_id: &ClientId,
        hash: Option<TokenHash>,
        now: Timestamp,
    ) -> Stored<Option<AppCheck>>;
    /// Replaces the token of the app's valid authorization: same record, new token, `updated_at` is the stamp's time.
    /// Of concurrent resets of one token exactly one succeeds.
    async fn reset_token(
        &self,
        app: AppId,
        old: TokenHash,
        new: NewToken,
        stamp: Stamp,
    ) -> Stored<Option<OwnedAuthorization>>;
    /// Deletes the app's valid authorization with this token. The grant stays.
    async fn revoke_token(&self, app: AppId, hash: TokenHash, stamp: Stamp) -> Stored<bool>;
    /// Deletes the grant to which the app's valid token belongs, with every token of that user and app.
    async fn revoke_grant_by_token(
        &self,
        app: AppId,
        hash: TokenHash,
        stamp: Stamp,
    ) -> Stored<bool>;
    /// The user's grants, ids ascending, of one app if asked.
    async fn list_grants(
        &self,
        user: UserId,
        client_id: Option<&str>,
        page: PageRequest,
    ) -> Stored<Page<Grant>>;
    /// The user's grant with this id; another user's is not found.
    async fn find_grant(&self, user: UserId, id: GrantId) -> Stored<Option<Grant>>;
    /// Deletes the user's grant with every token of that app for the user.
    async fn delete_grant(&self, user: UserId, id: GrantId, stamp: Stamp) -> Stored<bool>;
    /// Tokens for an operator's eyes, ids ascending.
    async fn list_tokens(
        &self,
        filter: TokenFilter,
        page: PageRequest,
    ) -> Stored<Page<OwnedAuthorization>>;
    /// Deletes a token, whoever's it is (an operator, or a token that leaked in a URL). The grant stays.
    async fn delete_token(&self, id: AuthorizationId, stamp: Stamp) -> Stored<bool>;
}

/// Everything that is remembered.
pub trait Store:
    UserStore
    + AppStore
    + AuthorizationStore
    + FlowStore
    + SessionStore
    + TicketStore
    + AccountStore
    + PasskeyStore
    + UseStore
    + LifeStore
    + ImportStore
    + SearchStore
    + AdminStore
    + CounterStore
    + ChainStore
    + LeaseStore
    + Upkeep
    + WatchStore
{
}

impl<T> Store for T where
    T: UserStore
        + AppStore
        + AuthorizationStore
        + FlowStore
        + SessionStore
        + TicketStore
        + AccountStore
        + PasskeyStore
        + UseStore
        + LifeStore
        + ImportStore
        + SearchStore
        + AdminStore
        + CounterStore
        + ChainStore
        + LeaseStore
        + Upkeep
        + WatchStore
{
}

/// The store as it is handed around.
pub type SharedStore = Arc<dyn Store>;
