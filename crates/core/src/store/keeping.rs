//! What pages show and keep of credentials: passkeys, last uses, and the lists
//! of those who look after their own things or the site.

use async_trait::async_trait;

use super::{Page, PageRequest, Stored};
use crate::app::App;
use crate::audit::{Action, AuditRow, Stamp};
use crate::authority::BrowserIdentity;
use crate::authorization::{Authorization, NewToken};
use crate::clock::Timestamp;
use crate::grant::Grant;
use crate::ids::{AppId, AuthorizationId, GrantId, PasskeyId, UserId};
use crate::last_used::LastUse;
use crate::passkey::{NewPasskey, Passkey, PasskeyUse};
use crate::token::TokenHash;
use crate::user::{LoginKey, User};

/// The most passkeys that a user has.
pub const MOST_PASSKEYS: u32 = 20;

/// Why a passkey was not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasskeyNotAdded {
    /// The credential is somebody's already.
    Taken,
    /// The user has [`MOST_PASSKEYS`].
    TooMany,
}

/// A passkey and whose it is, as a sign-in finds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedPasskey {
    /// The passkey.
    pub passkey: Passkey,
    /// Its owner, suspended or not.
    pub user: User,
}

/// Passkeys. What they are made of is their verifier's business; here it is bytes.
///
/// The methods that take a [`BrowserIdentity`] refuse with
/// [`StaleActor`](super::StoreError::StaleActor) as a stamp's actor is refused. After those that raise `auth_generation`,
/// the identity's session goes on with the new generation and every other session of the user is ended.
#[async_trait]
pub trait PasskeyStore: Send + Sync {
    /// Adds a passkey of the user; raises `auth_generation`. Of any number of concurrent callers with one
    /// credential exactly one adds it.
    async fn add_passkey(
        &self,
        who: BrowserIdentity,
        new: NewPasskey,
        stamp: Stamp,
    ) -> Stored<Result<Passkey, PasskeyNotAdded>>;
    /// Gives the user's passkey another name; `auth_generation` stays. False when the user has no such passkey.
    async fn rename_passkey(
        &self,
        user: UserId,
        id: PasskeyId,
        name: String,
        stamp: Stamp,
    ) -> Stored<bool>;
    /// Removes the user's passkey; raises `auth_generation`. False when the user has no such passkey.
    async fn remove_passkey(
        &self,
        who: BrowserIdentity,
        id: PasskeyId,
        stamp: Stamp,
    ) -> Stored<bool>;
    /// The user's passkeys, ids ascending.
    async fn list_passkeys(&self, user: UserId) -> Stored<Vec<Passkey>>;
    /// The passkey with this credential id, whoever's it is.
    async fn find_passkey(&self, credential_id: Vec<u8>) -> Stored<Option<OwnedPasskey>>;
    /// Takes in a use: data, counter and time. False, and nothing is changed, when the passkey is gone, or when its
    /// counter, having ever counted, is not below the new one: then somebody has a copy of it.
    async fn use_passkey(&self, used: PasskeyUse) -> Stored<bool>;
    /// Removes the user's TOTP factor as [`set_second_factor`](super::UserStore::set_second_factor) does, and all
    /// passkeys, each with its audit row; raises `auth_generation`. False when there was neither.
    async fn reset_factors(&self, user: UserId, stamp: Stamp) -> Stored<bool>;
}

/// An authorization and its last use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedAuthorization {
    /// The record.
    pub authorization: Authorization,
    /// Its last use, as far as it is told yet; none when there was none.
    pub last_use: Option<LastUse>,
}

/// A grant, and what stands behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedGrant {
    /// The grant.
    pub grant: Grant,
    /// The app's owner.
    pub owner: User,
    /// How many tokens the app holds, expired ones that still are listed included.
    pub tokens: u64,
    /// The last use of any of them.
    pub last_use: Option<LastUse>,
}

/// Last uses of tokens. They are part of no record: noting one changes no `updated_at`.
#[async_trait]
pub trait UseStore: Send + Sync {
    /// Notes last uses. A later one that is noted already stays. What was not noted is returned: the record is gone,
    /// or somebody is at it. The rest may be forgotten if the engine's machine dies in the next moment.
    ///
    /// A last use goes when its authorization does; a reset or regenerated token's stays.
    async fn note_uses(
        &self,
        uses: Vec<(AuthorizationId, LastUse)>,
    ) -> Stored<Vec<AuthorizationId>>;
    /// The user's personal access tokens with their last uses, ids descending.
    async fn list_personal_tokens(
        &self,
        user: UserId,
        page: PageRequest,
    ) -> Stored<Page<UsedAuthorization>>;
    /// The user's personal access token with this id; another user's, or an app's, is not found.
    async fn find_personal_token(
        &self,
        user: UserId,
        id: AuthorizationId,
    ) -> Stored<Option<UsedAuthorization>>;
    /// Replaces the token of the user's personal access token, expired or not, and its end: same record, new token,
    /// `updated_at` is the stamp's time. `None` when the user has no such personal access token.
    async fn regenerate_token(
        &self,
        user: UserId,
        id: AuthorizationId,
        new: NewToken,
        expires_at: Option<Timestamp>,
        stamp: Stamp,
    ) -> Stored<Option<Authorization>>;
    /// Deletes the user's personal access token; another user's, or an app's, is not found.
    async fn delete_personal_token(
        &self,
        user: UserId,
        id: AuthorizationId,
        stamp: Stamp,
    ) -> Stored<bool>;
    /// The user's grants with what stands behind them, ids ascending.
    async fn list_used_grants(&self, user: UserId, page: PageRequest) -> Stored<Page<UsedGrant>>;
    /// The user's grant with this id; another user's is not found.
    async fn find_used_grant(&self, user: UserId, id: GrantId) -> Stored<Option<UsedGrant>>;
    /// Deletes all of the user's grants with all tokens of apps for the user; how many grants.
    async fn delete_grants(&self, user: UserId, stamp: Stamp) -> Stored<usize>;
}

/// Which rows of the trail are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// About this user's account or this app, or done by it.
    pub party: Option<Party>,
    /// Of this kind.
    pub action: Option<Action>,
}

/// Who can be spoken of in the trail and act in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// A user.
    User(UserId),
    /// An app.
    App(AppId),
}

/// What a row of the trail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// This record.
    Authorization(AuthorizationId),
    /// The token with this hash, other than its making here or its coming from elsewhere.
    FormerHash(TokenHash),
    /// This user's account, and no token.
    Account(UserId),
    /// This app, and neither a token nor a user.
    AppItself(AppId),
}

/// What is looked for by those who may see it.
#[async_trait]
pub trait SearchStore: Send + Sync {
    /// Rows of the trail for which all of the filter holds, ids descending, below `before` if given, at most `limit`.
    async fn list_events(
        &self,
        filter: EventFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Stored<Vec<AuditRow>>;
    /// Rows of the trail about this, ids ascending, above `after`, at most `limit`.
    async fn list_about(&self, about: About, after: i64, limit: u32) -> Stored<Vec<AuditRow>>;
    /// Users whose login or e-mail address begins like this, ids ascending.
    async fn search_users(&self, prefix: &LoginKey, page: PageRequest) -> Stored<Page<User>>;
    /// Apps in whose name this stands, or whose client id or owner's login begins with it, ids ascending. Letters of
    /// ASCII count in either case.
    async fn search_apps(&self, what: &str, page: PageRequest) -> Stored<Page<App>>;
    /// Makes a user a site admin, or no longer; raises `auth_generation` and ends all sessions of the user. False
    /// when there is no such user or nothing changed.
    async fn set_site_admin(&self, user: UserId, site_admin: bool, stamp: Stamp) -> Stored<bool>;
}
