//! What the flows need remembered: codes, device codes, refresh tokens.

use std::net::IpAddr;

use async_trait::async_trait;

use super::{MintLimits, Stored};
use crate::app::{AppCredentials, AppSummary, ClientId};
use crate::audit::{Action, Stamp};
use crate::authorization::{Authorization, NewToken};
use crate::clock::Timestamp;
use crate::ids::{AppId, GrantId, SessionId, UserId};
use crate::pkce::Challenge;
use crate::scope::Scopes;
use crate::secret::SecretHash;
use crate::token::{TokenHash, TokenLastEight};
use crate::user::User;

/// What the consent page decides from.
#[derive(Clone)]
pub struct ConsentCheck {
    /// The app, whatever its state.
    pub credentials: AppCredentials,
    /// Whose app it is.
    pub owner: User,
    /// The user's grant of it, and everything that was ever consented to under it.
    pub grant: Option<(GrantId, Scopes)>,
}

/// What a code rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consented {
    /// The user consents now: the grant is created or widened.
    Now,
    /// The user has consented before; this grant must still be there.
    Before(GrantId),
}

/// A code as it is kept.
#[derive(Clone)]
pub struct NewCode {
    /// Keyed hash of the code: it is short.
    pub hash: [u8; 32],
    /// For which app.
    pub app: AppId,
    /// Whose.
    pub user: UserId,
    /// Under which session it was made.
    pub session: SessionId,
    /// Where it is sent.
    pub redirect_uri: String,
    /// What the verifier must fit.
    pub challenge: Option<Challenge>,
    /// What was consented to.
    pub scopes: Scopes,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What a code is bound to. None of it ever changes.
#[derive(Clone, Debug)]
pub struct CodeRecord {
    /// For which app.
    pub app: AppId,
    /// Whose.
    pub user: User,
    /// [`NewCode::redirect_uri`].
    pub redirect_uri: String,
    /// [`NewCode::challenge`].
    pub challenge: Option<Challenge>,
}

/// A refresh token as it is kept.
#[derive(Clone, Copy, Debug)]
pub struct NewRefreshToken {
    /// The look-up key.
    pub hash: TokenHash,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What a flow hands out, prepared.
#[derive(Clone, Debug)]
pub struct Access {
    /// The access token.
    pub token: NewToken,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// What comes with it.
    pub refresh: Option<NewRefreshToken>,
    /// Everything that the app may have, implied scopes included; all else is left out.
    pub allowed: Option<Scopes>,
    /// The ten-tokens rule, and the hourly one.
    pub limits: MintLimits,
}

/// What presenting a code came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeRedemption {
    /// This caller is the one.
    Issued(Box<Authorization>),
    /// It was used before; what it made then is gone now.
    Replayed,
    /// It has expired, or what it rests on has ended.
    Dead,
    /// [`MintLimits::per_hour`] is reached; the code is not used.
    TooMany,
}

/// A device's wish as it is kept.
#[derive(Clone)]
pub struct NewDeviceCode {
    /// Hash of the device code.
    pub device_code: SecretHash,
    /// Keyed hash of the user code: it is short.
    pub user_code: [u8; 32],
    /// For which app.
    pub app: AppId,
    /// What it asks for.
    pub scopes: Scopes,
    /// From where it asks.
    pub address: IpAddr,
    /// Seconds between two polls.
    pub interval: u32,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A device's wish as the person who decides sees it.
#[derive(Clone)]
pub struct DeviceRequest {
    /// The app, its owner, the person's grant.
    pub consent: ConsentCheck,
    /// What it asks for.
    pub scopes: Scopes,
    /// From where it asks.
    pub address: String,
    /// Since when.
    pub created_at: Timestamp,
}

/// What a person decides of a device's wish.
#[derive(Clone, Debug)]
pub enum DeviceDecision {
    /// Yes, to these scopes: the grant is created or widened.
    Approve(Scopes),
    /// No.
    Deny,
}

/// What a poll finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poll {
    /// Nobody has decided.
    Pending,
    /// This poll came too early; from now on there must be so many seconds between two.
    TooFast(u32),
    /// Somebody has said yes: the token can be had.
    Approved,
    /// Somebody has said no.
    Denied,
    /// It has ended.
    Expired,
}

/// What redeeming an approved device code came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceRedemption {
    /// This caller is the one.
    Issued(Box<Authorization>),
    /// It is not approved, spent, has expired, or what it rests on has ended.
    Dead,
    /// [`MintLimits::per_hour`] is reached; the code is not spent.
    TooMany,
}

/// A refresh token that could be exchanged now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveRefreshToken {
    /// Whose it is.
    pub app: AppSummary,
    /// For whom.
    pub user: User,
    /// What its next token would have.
    pub scopes: Scopes,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// How long refresh tokens are good for, beyond their own end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotationLimits {
    /// Seconds in which a superseded one may be presented again.
    pub grace: u32,
    /// Seconds after its first authorization at which a family ends.
    pub family: i64,
}

/// What presenting a refresh token came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// A new token, and when its refresh token ends, if there is one.
    Issued(Box<Authorization>, Option<Timestamp>),
    /// It was superseded; the whole family is gone now.
    Reused,
    /// None of this app's, expired, or what it rests on has ended.
    Unknown,
    /// [`MintLimits::per_hour`] is reached; the refresh token is as it was.
    TooMany,
}

/// What a reported token was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaked {
    /// Whose.
    pub user: UserId,
    /// Which app's; none for a personal access token.
    pub app: Option<AppId>,
    /// The last eight characters; a refresh token's are not kept.
    pub last_eight: Option<TokenLastEight>,
}

/// Codes, device codes, refresh tokens.
///
/// All of them rest on a grant: a deleted grant takes them along, and one that is made again
/// does not bring them back. A code and an approved device code also rest on the credentials
/// of the user who consented (`auth_generation`), and on the app's not being suspended meanwhile.
#[async_trait]
pub trait FlowStore: Send + Sync {
    /// The app with this client id, its owner, and the user's grant of it. One statement.
    async fn find_consent(
        &self,
        client_id: &ClientId,
        user: Option<UserId>,
    ) -> Stored<Option<ConsentCheck>>;
    /// Keeps a code under a grant that is created or widened in the same step, or must be there. False, and nothing
    /// is kept, when the app is gone or suspended or that grant is not there. A user who acts needs the code's session:
    /// without it the actor is stale, so that no code outlives the session it was made under.
    async fn create_code(&self, new: NewCode, consented: Consented, stamp: Stamp) -> Stored<bool>;
    /// What a code is bound to, used or not, expired or not.
    async fn find_code(&self, hash: [u8; 32]) -> Stored<Option<CodeRecord>>;
    /// Uses a code: creates an authorization with its scopes as far as they are allowed, as
    /// [`AuthorizationStore::create_authorization`](super::AuthorizationStore::create_authorization) does, with its
    /// refresh token. Of any number of concurrent callers exactly one is issued something. A later call, until the
    /// code expires, deletes what it made, with all refresh tokens that followed and theirs.
    async fn redeem_code(
        &self,
        hash: [u8; 32],
        access: Access,
        stamp: Stamp,
    ) -> Stored<CodeRedemption>;
    /// Ends the unused codes that were made under a session.
    async fn end_codes_of_session(&self, session: SessionId, stamp: Stamp) -> Stored<()>;

    /// Keeps a device's wish. False when the user code is taken by one that has not been reaped.
    async fn create_device_code(&self, new: NewDeviceCode, stamp: Stamp) -> Stored<bool>;
    /// The wish with this user code that waits for a decision, with what this user has granted. One that has expired,
    /// or whose app is suspended or has the device flow switched off, is not found.
    async fn find_device_request(
        &self,
        user_code: [u8; 32],
        user: UserId,
        now: Timestamp,
    ) -> Stored<Option<DeviceRequest>>;
    /// Decides a wish that waits for it, as the user who is the stamp's actor. Exactly one of any number of
    /// concurrent callers decides. An approval creates or widens the grant in the same step.
    async fn decide_device_code(
        &self,
        user_code: [u8; 32],
        decision: DeviceDecision,
        stamp: Stamp,
    ) -> Stored<bool>;
    /// How the app's device code stands. A poll that comes sooner after the one before than the interval says adds
    /// five seconds to the interval. `None` for a device code of another app, a spent one, or none at all.
    async fn poll_device_code(
        &self,
        app: AppId,
        device_code: SecretHash,
        now: Timestamp,
    ) -> Stored<Option<Poll>>;
    /// Spends the app's approved device code, as [`FlowStore::redeem_code`] does with a code. Of any number of
    /// concurrent callers exactly one is issued something.
    async fn redeem_device_code(
        &self,
        app: AppId,
        device_code: SecretHash,
        access: Access,
        stamp: Stamp,
    ) -> Stored<DeviceRedemption>;

    /// Supersedes the app's refresh token by `access`: the authorizations of its family are deleted and a new one is
    /// created with the scopes of the last. No refresh token ends later than `limits.family` seconds after the first
    /// of its family was created, and none is good for anything from then on. Within `limits.grace` seconds a superseded token works again, as long as none of
    /// its successors was presented and one of their authorizations is there: the family's authorizations then stay. Any other presentation of a superseded
    /// token deletes the family with all its authorizations. A refresh token whose last authorization was deleted
    /// otherwise than by its expiry is none.
    async fn rotate_refresh_token(
        &self,
        app: AppId,
        hash: TokenHash,
        access: Access,
        limits: RotationLimits,
        stamp: Stamp,
    ) -> Stored<Rotation>;
    /// Deletes the family of the app's refresh token, superseded or not, with all its authorizations.
    async fn revoke_refresh_token(&self, app: AppId, hash: TokenHash, stamp: Stamp)
    -> Stored<bool>;

    /// Deletes what has this hash and has not expired, whoever's it is: an authorization, even one that is not valid
    /// while its owner or app is suspended, or the family of a refresh token, superseded or not, with all its
    /// authorizations. The grant stays. The audit rows bear the action; one of them names the hash. `None` when there is nothing.
    async fn revoke_leaked(
        &self,
        hash: TokenHash,
        action: Action,
        stamp: Stamp,
    ) -> Stored<Option<Leaked>>;
    /// The refresh token with this hash, whoever's it is, if it could be exchanged at `now`: neither superseded nor
    /// expired, nothing that it rests on deleted, neither its app nor its user suspended. One statement.
    async fn find_refresh_token(
        &self,
        hash: TokenHash,
        now: Timestamp,
    ) -> Stored<Option<LiveRefreshToken>>;
    /// Deletes the app's authorization with this token, or the family of its refresh token with this hash as
    /// [`FlowStore::revoke_refresh_token`] does. Valid or not: what is ended while its owner is suspended does not
    /// come back with the owner. False when the app has neither. The grant stays.
    async fn end_token(&self, app: AppId, hash: TokenHash, stamp: Stamp) -> Stored<bool>;
}
