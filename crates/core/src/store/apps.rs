//! What is remembered of OAuth apps.

use async_trait::async_trait;

use super::{Page, PageRequest, Stored, Taken};
use crate::app::{App, AppCounts, AppCredentials, AppEdit, ClientId, NewApp};
use crate::audit::Stamp;
use crate::clock::Timestamp;
use crate::ids::{AppId, UserId};
use crate::logo::Logo;
use crate::secret::SecretHash;

/// OAuth apps.
#[async_trait]
pub trait AppStore: Send + Sync {
    /// Registers an app. The owner must exist.
    async fn create_app(&self, new: NewApp, stamp: Stamp) -> Stored<Result<App, Taken>>;
    /// The app's row for authentication, whatever its state.
    async fn find_app(&self, client_id: &ClientId) -> Stored<Option<AppCredentials>>;
    /// All apps but the one of impersonations, ids ascending.
    async fn list_apps(&self, page: PageRequest) -> Stored<Page<App>>;
    /// Hands the app to another user. False when there is no such app.
    async fn set_app_owner(&self, id: AppId, owner: UserId, stamp: Stamp) -> Stored<bool>;
    /// Replaces the secret; raises the app's `auth_generation`. The replaced secret is kept as the previous one
    /// until `previous_until`, or not at all. False when there is no such app or it is public.
    async fn rotate_app_secret(
        &self,
        id: AppId,
        secret: SecretHash,
        previous_until: Option<Timestamp>,
        stamp: Stamp,
    ) -> Stored<bool>;
    /// Forgets the previous secret before its time; raises the app's `auth_generation`. False when there is none.
    async fn end_previous_secret(&self, id: AppId, stamp: Stamp) -> Stored<bool>;
    /// Applies an edit to the app as it is at that moment ([`AppEdit::apply`]). `None` when there is no such app.
    async fn edit_app(&self, id: AppId, edit: AppEdit, stamp: Stamp) -> Stored<Option<App>>;
    /// A user's apps, ids ascending, but the one of impersonations.
    async fn list_apps_of_owner(&self, owner: UserId, page: PageRequest) -> Stored<Page<App>>;
    /// How many users have a grant of the app, and how many tokens it has.
    async fn count_app(&self, id: AppId) -> Stored<AppCounts>;
    /// Sets or removes the logo. False when there is no such app, or no logo to remove.
    async fn set_app_logo(&self, id: AppId, logo: Option<Logo>, stamp: Stamp) -> Stored<bool>;
    /// The app's logo.
    async fn find_app_logo(&self, id: AppId) -> Stored<Option<Logo>>;
    /// Suspends or unsuspends; raises `auth_generation`. False when there is no such app or nothing changed.
    async fn set_app_suspended(&self, id: AppId, suspended: bool, stamp: Stamp) -> Stored<bool>;
    /// Deletes an app with all its grants, tokens, codes and its logo.
    async fn delete_app(&self, id: AppId, stamp: Stamp) -> Stored<bool>;
}
