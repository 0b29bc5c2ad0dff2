//! What a site admin does to accounts and apps in one step.

use async_trait::async_trait;

use super::{NotCreated, Page, PageRequest, Stored, Taken};
use crate::app::{App, AppEdit};
use crate::audit::Stamp;
use crate::authorization::Authorization;
use crate::clock::Timestamp;
use crate::ids::{AppId, AuthorizationId, UserId};
use crate::scope::Scopes;
use crate::token::{TokenHash, TokenLastEight};
use crate::user::{Login, User};

/// Which tokens an operator means.
#[derive(Clone, Debug)]
pub enum TokenFilter {
    /// All.
    All,
    /// Without an app, everybody's.
    Personal,
    /// Of this user.
    User(UserId),
    /// Of this app.
    App(AppId),
    /// With this id.
    Id(AuthorizationId),
    /// With these last eight characters.
    LastEight(String),
    /// With this hash.
    Hash(TokenHash),
}

/// What an impersonation needs, checked.
#[derive(Clone)]
pub struct NewImpersonation {
    /// Whose token it will be.
    pub user_id: UserId,
    /// The look-up key of the fresh token.
    pub token_hash: TokenHash,
    /// Its last eight characters.
    pub token_last_eight: TokenLastEight,
    /// In the order asked for.
    pub scopes: Scopes,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// A fresh impersonation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impersonation {
    /// The record.
    pub authorization: Authorization,
    /// Whether there was one of the same user, which is over now.
    pub replaced: bool,
}

/// An app with its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedApp {
    /// The app.
    pub app: App,
    /// Who registered it, or whom it was handed to.
    pub owner: User,
}

/// A change of an app by a site admin; absent parts stay as they are.
#[derive(Clone, Debug, Default)]
pub struct AppAdministration {
    /// What its owner could change.
    pub edit: AppEdit,
    /// To whom it goes.
    pub owner: Option<UserId>,
    /// Whether it and its tokens are refused.
    pub suspended: Option<bool>,
}

/// Accounts and apps, as a site admin sees to them.
#[async_trait]
pub trait AdminStore: Send + Sync {
    /// Gives a user another login; the one before is free. `auth_generation`, sessions and tokens stay. A login that
    /// differs only in case from another user's is taken. `None` when there is no such user. The same login changes
    /// nothing and leaves no audit row; else the row's details are the login before.
    async fn rename_user(
        &self,
        id: UserId,
        login: Login,
        stamp: Stamp,
    ) -> Stored<Option<Result<User, Taken>>>;
    /// Makes a token of the app of impersonations
    /// ([`IMPERSONATION_CLIENT_ID`](crate::app::IMPERSONATION_CLIENT_ID)) for a user, without note and fingerprint; the user's token of that app before it is deleted. Of any number of concurrent callers' tokens one is
    /// left. The app is registered at the first use: public, without callbacks and device flow, the acting user's
    /// (or else the user's own). `NoApp` when that app is suspended. `None` when there is no such user.
    async fn impersonate(
        &self,
        new: NewImpersonation,
        stamp: Stamp,
    ) -> Stored<Option<Result<Impersonation, NotCreated>>>;
    /// Deletes the user's token of that app, and the grant with it. False when there is no token.
    async fn end_impersonation(&self, user: UserId, stamp: Stamp) -> Stored<bool>;
    /// All apps with their owners, ids ascending.
    async fn list_owned_apps(&self, page: PageRequest) -> Stored<Page<OwnedApp>>;
    /// The app with its owner.
    async fn find_owned_app(&self, id: AppId) -> Stored<Option<OwnedApp>>;
    /// Hands an app on, edits and suspends or unsuspends it, as [`set_app_owner`](super::AppStore::set_app_owner),
    /// [`edit_app`](super::AppStore::edit_app) and [`set_app_suspended`](super::AppStore::set_app_suspended) would,
    /// in one step; what is so already leaves no audit row. `None` when there is no such app.
    async fn administer_app(
        &self,
        id: AppId,
        change: AppAdministration,
        stamp: Stamp,
    ) -> Stored<Option<OwnedApp>>;
}
