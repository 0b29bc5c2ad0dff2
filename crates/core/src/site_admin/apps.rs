//! OAuth apps, everybody's: registered, handed on, edited, suspended, deleted.

use super::{SiteAdmin, found};
use crate::app::{AppEdit, AppSettings, ClientId, NewApp};
use crate::authority::{Authority, Caller};
use crate::developer::{already_there, check, refuse};
use crate::error::{Error, FieldError, Result};
use crate::ids::UserId;
use crate::scope::Scopes;
use crate::secret::Secret;
use crate::store::{AppAdministration, OwnedApp, Page, PageRequest, Taken};

/// A new app as it is asked for.
#[derive(Clone, Debug, Default)]
pub struct AppWish {
    /// The name people see.
    pub name: String,
    /// The homepage.
    pub url: String,
    /// What it is for.
    pub description: Option<String>,
    /// Where codes may be sent.
    pub callback_urls: Vec<String>,
    /// Whose it will be, by login; the admin's own, if nobody is named.
    pub owner: Option<String>,
    /// Without a secret.
    pub public: bool,
    /// [`AppSettings::device_flow`]; on, if nothing is said.
    pub device_flow: Option<bool>,
    /// [`AppSettings::sub_path_callbacks`].
    pub sub_path_callbacks: bool,
    /// [`AppSettings::expiring_tokens`].
    pub expiring_tokens: bool,
    /// [`AppSettings::resource_server`].
    pub resource_server: bool,
    /// Names of scopes; everything, if none are given.
    pub allowed_scopes: Option<Vec<String>>,
}

/// A change of an app as it is asked for; absent parts stay as they are.
#[derive(Clone, Debug, Default)]
pub struct AppChange {
    /// What its owner could change, but for the scopes.
    pub edit: AppEdit,
    /// Names of scopes; `Some(None)` admits everything again.
    pub allowed_scopes: Option<Option<Vec<String>>>,
    /// To whom it goes, by login.
    pub owner: Option<String>,
    /// Whether it and its tokens are refused.
    pub suspended: Option<bool>,
}

impl Authority {
    /// A page of all apps with their owners.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn everybodys_apps(
        &self,
        _: &SiteAdmin,
        page: PageRequest,
    ) -> Result<Page<OwnedApp>> {
        Ok(self.store.list_owned_apps(page).await?)
    }

    /// The app with this client id and its owner.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn anybodys_app(&self, _: &SiteAdmin, client_id: &str) -> Result<OwnedApp> {
        let client_id = ClientId::parse(client_id).map_err(|_| Error::NotFound)?;
        let found = self.store.find_app(&client_id).await?;
        let id = found.ok_or(Error::NotFound)?.app.id;
        self.store.find_owned_app(id).await?.ok_or(Error::NotFound)
    }

    /// Registers an app; its secret in clear text is returned this once (none for a public app).
    ///
    /// # Errors
    /// `Invalid`.
    pub async fn register_anybodys_app(
        &self,
        who: &SiteAdmin,
        wish: AppWish,
        caller: &Caller,
    ) -> Result<(OwnedApp, Option<Secret>)> {
        let (name, url, description) = (&wish.name, &wish.url, wish.description.as_deref());
        let callbacks = Some(wish.callback_urls.as_slice());
        let mut errors = check(Some(name), Some(url), description, callbacks);
        errors.extend(proves_itself(wish.public, wish.resource_server));
        let allowed_scopes = gather(&mut errors, self.allowed(wish.allowed_scopes))?.flatten();
        let owner = match wish.owner {
            None => Some(who.user().id),
            Some(login) => gather(&mut errors, self.owner(&login).await)?,
        };
        refuse(errors)?;
        let owner_id = owner.ok_or(Error::NotFound)?;
        let secret = (!wish.public).then(|| Secret::generate_client_secret(&*self.entropy));
        let new = NewApp {
            client_id: ClientId::generate(&*self.entropy),
            name: wish.name,
            url: wish.url,
            description: wish.description,
            callback_urls: wish.callback_urls,
            owner_id,
            secret_hash: secret.as_ref().map(Secret::hash),
            settings: AppSettings {
                device_flow: wish.device_flow.unwrap_or(true),
                sub_path_callbacks: wish.sub_path_callbacks,
                expiring_tokens: wish.expiring_tokens,
                allowed_scopes,
                resource_server: wish.resource_server,
            },
        };
        let stamp = self.done_by(who, caller);
        let made = self.store.create_app(new, stamp).await?;
        let app = made.map_err(|_: Taken| already_there())?;
        let made = self.store.find_owned_app(app.id).await?;
        Ok((made.ok_or(Error::NotFound)?, secret))
    }

    /// Edits an app, hands it on, suspends or unsuspends it: all of it or nothing.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`.
    pub async fn change_anybodys_app(
        &self,
        who: &SiteAdmin,
        client_id: &str,
        change: AppChange,
        caller: &Caller,
    ) -> Result<OwnedApp> {
        let before = self.anybodys_app(who, client_id).await?;
        let mut edit = change.edit;
        let (name, url) = (edit.name.as_deref(), edit.url.as_deref());
        let description = edit.description.as_ref().and_then(Option::as_deref);
        let mut errors = check(name, url, description, edit.callback_urls.as_deref());
        let asks = edit.resource_server == Some(true);
        errors.extend(proves_itself(before.app.public, asks));
        if let Some(names) = change.allowed_scopes {
            edit.allowed_scopes = gather(&mut errors, self.allowed(names))?;
        }
        let owner = match change.owner {
            None => None,
            Some(login) => gather(&mut errors, self.owner(&login).await)?,
        };
        refuse(errors)?;
        let change = AppAdministration {
            edit,
            owner,
            suspended: change.suspended,
        };
        let stamp = self.done_by(who, caller);
        let after = self.store.administer_app(before.app.id, change, stamp);
        after.await?.ok_or(Error::NotFound)
    }

    /// Replaces an app's secret; the new one in clear text, this once. The old one is refused at once.
    ///
    /// # Errors
    /// `NotFound`, also for a public app.
    pub async fn rotate_anybodys_secret(
        &self,
        who: &SiteAdmin,
        client_id: &str,
        caller: &Caller,
    ) -> Result<(OwnedApp, Secret)> {
        let before = self.anybodys_app(who, client_id).await?;
        let secret = Secret::generate_client_secret(&*self.entropy);
        let (id, stamp) = (before.app.id, self.done_by(who, caller));
        let rotated = self.store.rotate_app_secret(id, secret.hash(), None, stamp);
        found(rotated.await?)?;
        let after = self.store.find_owned_app(id).await?;
        Ok((after.ok_or(Error::NotFound)?, secret))
    }

    /// Deletes an app with all its grants and tokens.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_anybodys_app(
        &self,
        who: &SiteAdmin,
        client_id: &str,
        caller: &Caller,
    ) -> Result<()> {
        let app = self.anybodys_app(who, client_id).await?.app;
        let stamp = self.done_by(who, caller);
        found(self.store.delete_app(app.id, stamp).await?)
    }

    fn allowed(&self, names: Option<Vec<String>>) -> Result<Option<Scopes>> {
        let parsed = names.map(|names| self.scopes.parse(&names)).transpose();
        parsed.map_err(|error| match error {
            Error::Invalid(errors) => {
                let of_app = |error: FieldError| field("allowed_scopes", error.message);
                Error::Invalid(errors.into_iter().map(of_app).collect())
            }
            other => other,
        })
    }

    async fn owner(&self, login: &str) -> Result<UserId> {
        match self.account_of(login).await {
            Ok(user) => Ok(user.id),
            Err(Error::NotFound) => {
                let words = "owner must be the login of a user".to_owned();
                Err(field("owner", Some(words)).into())
            }
            Err(other) => Err(other),
        }
    }
}

/// Who asks about tokens must prove who asks.
fn proves_itself(public: bool, resource_server: bool) -> Option<FieldError> {
    let words = "a public app has no secret to prove itself by: it cannot be a resource server";
    (public && resource_server).then(|| field("resource_server", Some(words.to_owned())))
}

fn field(field: &'static str, message: Option<String>) -> FieldError {
    FieldError {
        resource: "OauthApplication",
        ..FieldError::custom(field, message.unwrap_or_default())
    }
}

/// The value, or its errors put with the others; what is no `Invalid` ends it all.
fn gather<T>(errors: &mut Vec<FieldError>, outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(Error::Invalid(more)) => {
            errors.extend(more);
            Ok(None)
        }
        Err(other) => Err(other),
    }
}
