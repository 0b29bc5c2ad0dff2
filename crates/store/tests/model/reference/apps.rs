//! OAuth apps.

use async_trait::async_trait;
use grantd_core::app::{App, AppCounts, AppCredentials, AppEdit, AppSummary, ClientId, NewApp};
use grantd_core::audit::{Action, Stamp};
use grantd_core::clock::Timestamp;
use grantd_core::ids::{AppId, UserId};
use grantd_core::logo::Logo;
use grantd_core::secret::SecretHash;
use grantd_core::store::{AppStore, Page, PageRequest, Stored, Taken};

use super::flows::NO_FLOWS;
use super::{Reference, Registered, State, next, page, unavailable};

impl State {
    pub(super) fn registered(&self, id: AppId) -> Option<&Registered> {
        self.apps.iter().find(|one| one.app.id == id)
    }

    fn registered_mut(&mut self, id: AppId) -> Option<&mut Registered> {
        self.apps.iter_mut().find(|one| one.app.id == id)
    }

    /// The app as its tokens and grants show it now.
    pub(super) fn summary(&self, id: AppId) -> Option<AppSummary> {
        self.registered(id)
            .map(|Registered { app, .. }| AppSummary {
                id: app.id,
                name: app.name.clone(),
                url: app.url.clone(),
                client_id: app.client_id.clone(),
                updated_at: app.updated_at,
            })
    }

    pub(super) fn remove_app(&mut self, id: AppId, stamp: &Stamp) {
        self.remove_grants(stamp, |grant| grant.app.id == id);
        self.remove_tokens(Action::AuthorizationDeleted, stamp, |token| {
            token.app.as_ref().is_some_and(|app| app.id == id)
        });
        self.apps.retain(|one| one.app.id != id);
        self.tell(Action::AppDeleted, stamp, |row| row.app_id = Some(id));
    }
}

impl Registered {
    pub(super) fn credentials(&self) -> AppCredentials {
        AppCredentials {
            app: self.app.clone(),
            secret_hash: self.secret,
            previous_secret_hash: None,
            auth_generation: self.generation,
        }
    }
}

#[async_trait]
impl AppStore for Reference {
    async fn create_app(&self, new: NewApp, stamp: Stamp) -> Stored<Result<App, Taken>> {
        let mut state = self.change(&stamp).await?;
        if state
            .apps
            .iter()
            .any(|one| one.app.client_id == new.client_id)
        {
            return Ok(Err(Taken::ClientId));
        }
        if state.person(new.owner_id).is_none() {
            return Err(unavailable("no such owner"));
        }
        let app = App {
            id: AppId(next(&mut state.last.app)),
            client_id: new.client_id,
            name: new.name,
            url: new.url,
            callback_urls: new.callback_urls,
            owner_id: new.owner_id,
            description: new.description,
            public: new.secret_hash.is_none(),
            settings: new.settings,
            logo_at: None,
            previous_secret_until: None,
            suspended_at: None,
            created_at: stamp.at,
            updated_at: stamp.at,
        };
        state.apps.push(Registered {
            app: app.clone(),
            secret: new.secret_hash,
            generation: 1,
        });
        state.tell(Action::AppCreated, &stamp, |row| {
            row.app_id = Some(app.id);
            row.user_id = Some(app.owner_id);
        });
        Ok(Ok(app))
    }

    async fn find_app(&self, client_id: &ClientId) -> Stored<Option<AppCredentials>> {
        let state = self.open().await?;
        let mut apps = state.apps.iter();
        let found = apps.find(|one| one.app.client_id == *client_id);
        Ok(found.map(Registered::credentials))
    }

    async fn list_apps(&self, request: PageRequest) -> Stored<Page<App>> {
        let state = self.open().await?;
        let apps = state.apps.iter().map(|one| one.app.clone());
        Ok(page(apps.collect(), request))
    }

    async fn set_app_owner(&self, id: AppId, owner: UserId, stamp: Stamp) -> Stored<bool> {
        let mut state = self.change(&stamp).await?;
        let owner_exists = state.person(owner).is_some();
        let Some(found) = state.registered_mut(id) else {
            return Ok(false);
        };
        if !owner_exists {
            return Err(unavailable("no such owner"));
        }
        found.app.owner_id = owner;
        found.app.updated_at = stamp.at;
        state.tell(Action::AppOwnerChanged, &stamp, |row| {
            row.app_id = Some(id);
            row.user_id = Some(owner);
        });
        Ok(true)
    }

    async fn rotate_app_secret(
        &self,
        id: AppId,
        secret: SecretHash,
        previous_until: Option<Timestamp>,
        stamp: Stamp,
    ) -> Stored<bool> {
        if previous_until.is_some() {
            return Err(unavailable("no overlap here"));
        }
        let mut state = self.change(&stamp).await?;
        let Some(found) = state.registered_mut(id) else {
            return Ok(false);
        };
        if found.app.public {
            return Ok(false);
        }
        found.secret = Some(secret);
        found.generation += 1;
        found.app.updated_at = stamp.at;
        state.tell(Action::AppSecretRotated, &stamp, |row| {
            row.app_id = Some(id);
        });
        Ok(true)
    }

    async fn end_previous_secret(&self, _: AppId, _: Stamp) -> Stored<bool> {
        Err(unavailable(NO_FLOWS))
    }

    async fn edit_app(&self, _: AppId, _: AppEdit, _: Stamp) -> Stored<Option<App>> {
        Err(unavailable(NO_FLOWS))
    }

    async fn list_apps_of_owner(&self, _: UserId, _: PageRequest) -> Stored<Page<App>> {
        Err(unavailable(NO_FLOWS))
    }

    async fn count_app(&self, _: AppId) -> Stored<AppCounts> {
        Err(unavailable(NO_FLOWS))
    }

    async fn set_app_logo(&self, _: AppId, _: Option<Logo>, _: Stamp) -> Stored<bool> {
        Err(unavailable(NO_FLOWS))
    }

    async fn find_app_logo(&self, _: AppId) -> Stored<Option<Logo>> {
        Err(unavailable(NO_FLOWS))
    }

    async fn set_app_suspended(&self, id: AppId, suspended: bool, stamp: Stamp) -> Stored<bool> {
        let mut state = self.change(&stamp).await?;
        let Some(found) = state.registered_mut(id) else {
            return Ok(false);
        };
        if found.app.suspended_at.is_some() == suspended {
            return Ok(false);
        }
        found.app.suspended_at = suspended.then_some(stamp.at);
        found.generation += 1;
        found.app.updated_at = stamp.at;
        let action = match suspended {
            true => Action::AppSuspended,
            false => Action::AppUnsuspended,
        };
        state.tell(action, &stamp, |row| row.app_id = Some(id));
        Ok(true)
    }

    async fn delete_app(&self, id: AppId, stamp: Stamp) -> Stored<bool> {
        let mut state = self.change(&stamp).await?;
        if state.registered(id).is_none() {
            return Ok(false);
        }
        state.remove_app(id, &stamp);
        Ok(true)
    }
}
