//! What the owner of an app does with it in a browser. Owns that another's app
//! looks like none, but to a site admin; must not know a page.

use crate::app::{App, AppCounts, AppEdit, AppSettings, ClientId, NewApp};
use crate::audit::Stamp;
use crate::authority::{Authority, BrowserIdentity, Caller};
use crate::error::{Error, FieldError, Result};
use crate::logo::Logo;
use crate::redirect_uri;
use crate::secret::Secret;
use crate::store::{Page, PageRequest, Taken};

/// Names, in bytes.
const LONGEST_NAME: usize = 255;
const LONGEST_URL: usize = 2_000;
const LONGEST_DESCRIPTION: usize = 1_000;
/// More callbacks than this nobody reads.
const MOST_CALLBACKS: usize = 20;

/// A new app as its owner describes it.
#[derive(Clone, Debug, Default)]
pub struct AppForm {
    /// The name people see.
    pub name: String,
    /// The homepage.
    pub url: String,
    /// What it is for.
    pub description: Option<String>,
    /// Where codes may be sent.
    pub callback_urls: Vec<String>,
    /// Without a secret.
    pub public: bool,
    /// How its flows work.
    pub settings: AppSettings,
}

impl Authority {
    /// A page of the user's own apps.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn own_apps(&self, who: &BrowserIdentity, page: PageRequest) -> Result<Page<App>> {
        Ok(self.store.list_apps_of_owner(who.user.id, page).await?)
    }

    /// The user's app with this client id; a site admin's are all.
    ///
    /// # Errors
    /// `NotFound`, also for another's.
    pub async fn own_app(&self, who: &BrowserIdentity, client_id: &str) -> Result<App> {
        let client_id = ClientId::parse(client_id).map_err(|_| Error::NotFound)?;
        let found = self.store.find_app(&client_id).await?;
        found
            .map(|found| found.app)
            .filter(|app| app.owner_id == who.user.id || who.user.site_admin)
            .ok_or(Error::NotFound)
    }

    /// Registers an app; its secret in clear text is returned this once (none for a public app). It never is a resource
    /// server.
    ///
    /// # Errors
    /// `Invalid`.
    pub async fn register_app(
        &self,
        who: &BrowserIdentity,
        form: AppForm,
        caller: &Caller,
    ) -> Result<(App, Option<Secret>)> {
        let (name, url, description) = (&form.name, &form.url, form.description.as_deref());
        refuse(check(
            Some(name),
            Some(url),
            description,
            Some(&form.callback_urls),
        ))?;
        let secret = (!form.public).then(|| Secret::generate_client_secret(&*self.entropy));
        let new = NewApp {
            client_id: ClientId::generate(&*self.entropy),
            name: form.name,
            url: form.url,
            description: form.description,
            callback_urls: form.callback_urls,
            owner_id: who.user.id,
            secret_hash: secret.as_ref().map(Secret::hash),
            settings: AppSettings {
                resource_server: false,
                ..form.settings
            },
        };
        let made = self.store.create_app(new, self.by(who, caller)).await?;
        let app = made.map_err(|_: Taken| already_there())?;
        Ok((app, secret))
    }

    /// Edits the user's app, but for whether it is a resource server.
    ///
    /// # Errors
    /// `NotFound`, also for another's; `Invalid`.
    pub async fn edit_own_app(
        &self,
        who: &BrowserIdentity,
        client_id: &str,
        edit: AppEdit,
        caller: &Caller,
    ) -> Result<App> {
        let app = self.own_app(who, client_id).await?;
        let description = edit.description.as_ref().and_then(Option::as_deref);
        let (name, url) = (edit.name.as_deref(), edit.url.as_deref());
        refuse(check(name, url, description, edit.callback_urls.as_deref()))?;
        let edit = AppEdit {
            resource_server: None,
            ..edit
        };
        let edited = self.store.edit_app(app.id, edit, self.by(who, caller));
        edited.await?.ok_or(Error::NotFound)
    }

    /// Replaces the secret of the user's app; the new one in clear text, this once. The old one is
    /// accepted for `overlap` seconds more.
    ///
    /// # Errors
    /// `NotFound`, also for another's and for a public one.
    pub async fn rotate_own_secret(
        &self,
        who: &BrowserIdentity,
        client_id: &str,
        overlap: u32,
        caller: &Caller,
    ) -> Result<(App, Secret)> {
        let app = self.own_app(who, client_id).await?;
        let secret = Secret::generate_client_secret(&*self.entropy);
        let until = (overlap > 0).then(|| self.clock.now().plus(overlap.into()));
        let stamp = self.by(who, caller);
        let rotated = self
            .store
            .rotate_app_secret(app.id, secret.hash(), until, stamp);
        found(rotated.await?)?;
        Ok((self.own_app(who, client_id).await?, secret))
    }

    /// Refuses the previous secret of the user's app from now on.
    ///
    /// # Errors
    /// `NotFound`, also for another's and where there is none.
    pub async fn end_own_previous_secret(
        &self,
        who: &BrowserIdentity,
        client_id: &str,
        caller: &Caller,
    ) -> Result<()> {
        let app = self.own_app(who, client_id).await?;
        let stamp = self.by(who, caller);
        found(self.store.end_previous_secret(app.id, stamp).await?)
    }

    /// Sets or removes the logo of the user's app.
    ///
    /// # Errors
    /// `NotFound`, also for another's and where there is none to remove.
    pub async fn set_own_logo(
        &self,
        who: &BrowserIdentity,
        client_id: &str,
        logo: Option<Logo>,
        caller: &Caller,
    ) -> Result<()> {
        let app = self.own_app(who, client_id).await?;
        let stamp = self.by(who, caller);
        found(self.store.set_app_logo(app.id, logo, stamp).await?)
    }

    /// How many rely on the user's app.
    ///
    /// # Errors
    /// `NotFound`, also for another's.
    pub async fn count_own_app(&self, who: &BrowserIdentity, client_id: &str) -> Result<AppCounts> {
        let app = self.own_app(who, client_id).await?;
        Ok(self.store.count_app(app.id).await?)
    }

    /// Deletes the user's app with all its grants and tokens.
    ///
    /// # Errors
    /// `NotFound`, also for another's.
    pub async fn delete_own_app(
        &self,
        who: &BrowserIdentity,
        client_id: &str,
        caller: &Caller,
    ) -> Result<()> {
        let app = self.own_app(who, client_id).await?;
        found(self.store.delete_app(app.id, self.by(who, caller)).await?)
    }

    /// An app's logo, for everybody.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn app_logo(&self, client_id: &str) -> Result<Logo> {
        let client_id = ClientId::parse(client_id).map_err(|_| Error::NotFound)?;
        let app = self.store.find_app(&client_id).await?;
        let app = app.ok_or(Error::NotFound)?.app;
        let logo = self.store.find_app_logo(app.id).await?;
        logo.ok_or(Error::NotFound)
    }

    fn by(&self, who: &BrowserIdentity, caller: &Caller) -> Stamp {
        self.stamp(who.actor(), caller)
    }
}

fn found(done: bool) -> Result<()> {
    done.then_some(()).ok_or(Error::NotFound)
}

pub(crate) fn refuse(errors: Vec<FieldError>) -> Result<()> {
    match errors.is_empty() {
        true => Ok(()),
        false => Err(Error::Invalid(errors)),
    }
}

/// A drawn client id is another's: this happens to nobody.
pub(crate) fn already_there() -> Error {
    FieldError {
        resource: "OauthApplication",
        ..FieldError::already_exists("client_id")
    }
    .into()
}

/// What is wrong with the given parts of an app.
pub(crate) fn check(
    name: Option<&str>,
    url: Option<&str>,
    description: Option<&str>,
    callback_urls: Option<&[String]>,
) -> Vec<FieldError> {
    let plain = |text: &str, longest| text.len() <= longest && !text.chars().any(char::is_control);
    let mut errors = Vec::new();
    let mut expect = |good: bool, field, words: &str| {
        if !good {
            errors.push(FieldError {
                resource: "OauthApplication",
                ..FieldError::custom(field, words)
            });
        }
    };
    if let Some(name) = name {
        let good = plain(name, LONGEST_NAME) && !name.trim().is_empty();
        expect(
            good,
            "name",
            "name has 1 to 255 bytes and no control characters",
        );
    }
    if let Some(url) = url {
        let good = plain(url, LONGEST_URL)
            && url::Url::parse(url)
                .is_ok_and(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
        expect(good, "url", "url must be an http or https URL");
    }
    if let Some(description) = description {
        let good = plain(description, LONGEST_DESCRIPTION);
        expect(
            good,
            "description",
            "description has at most 1000 bytes and no control characters",
        );
    }
    if let Some(callback_urls) = callback_urls {
        let good = (1..=MOST_CALLBACKS).contains(&callback_urls.len());
        expect(good, "callback_urls", "callback_urls has 1 to 20 entries");
        for callback in callback_urls {
            if let Err(why) = redirect_uri::check_callback(callback) {
                expect(false, "callback_urls", &why.to_string());
            }
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(errors: Vec<FieldError>) -> Vec<&'static str> {
        errors.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn every_part_of_an_app_is_checked() {
        let good = ["https://app.example/cb".to_owned()];
        let name = Some("App");
        let url = Some("https://app.example");
        assert!(check(name, url, Some("Builds"), Some(&good)).is_empty());
        assert!(check(None, None, None, None).is_empty());
        let bad = ["javascript:alert(1)".to_owned(), "https://a/#b".to_owned()];
        let all = check(Some(" "), Some("app.example"), Some("a\nb"), Some(&bad));
        let expected = [
            "name",
            "url",
            "description",
            "callback_urls",
            "callback_urls",
        ];
        assert_eq!(fields(all), expected);
        assert_eq!(
            fields(check(None, None, None, Some(&[]))),
            ["callback_urls"]
        );
    }
}
