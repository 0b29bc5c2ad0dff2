//! The JSON of every object: keys, their order, and what stands in them. Owns
//! the wire's shapes in both profiles; must not know how a record was found.

mod record;

use std::borrow::Borrow;

use grantd_core::app::{App, PERSONAL_CLIENT_ID};
use grantd_core::authorization::{Authorization, Issued};
use grantd_core::clock::Timestamp;
use grantd_core::grant::Grant;
use grantd_core::note::{Note, NoteUrl};
use grantd_core::scope::Scopes;
use grantd_core::secret::Secret;
use grantd_core::store::{OwnedApp, OwnedAuthorization};
use grantd_core::token::Token;
use grantd_core::user::User;
use serde::Serialize;
use serde_json::{Value, json};

use self::record::Bases;
pub use self::record::Record;
use crate::docs::Page;
use crate::json::Json;
use crate::settings::{Profile, Settings};

/// Bases of absolute URLs, and the profile: what rendering depends on.
#[derive(Clone, Debug)]
pub struct Wire {
    /// Base of API URLs, without a slash at the end.
    pub api: String,
    /// Base of pages, without a slash at the end.
    pub html: String,
    /// Which time of GitHub's is spoken.
    pub profile: Profile,
    personal_app_url: String,
    bases: Bases,
}

#[derive(Serialize)]
struct AppJson<'a> {
    name: &'a str,
    url: &'a str,
    client_id: &'a str,
}

#[derive(Serialize)]
struct AdminAppJson<'a> {
    client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
    name: &'a str,
    url: &'a str,
    description: Option<&'a str>,
    callback_urls: &'a [String],
    owner: Value,
    public: bool,
    device_flow: bool,
    sub_path_callbacks: bool,
    expiring_tokens: bool,
    resource_server: bool,
    allowed_scopes: Option<&'a Scopes>,
    suspended_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Serialize)]
struct GrantJson<'a> {
    id: i64,
    url: String,
    app: AppJson<'a>,
    created_at: Timestamp,
    updated_at: Timestamp,
    scopes: &'a Scopes,
}

impl Wire {
    /// The bases that follow from the settings: never from a request's `Host`.
    pub fn new(settings: &Settings) -> Self {
        let html = settings
            .public_url
            .as_str()
            .trim_end_matches('/')
            .to_owned();
        let api = match &settings.api_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("{html}/api/v3"),
        };
        let personal_app_url = Page::AuthorizationsTop.url(settings.profile);
        Self {
            bases: Bases::new(&api, &html),
            api,
            html,
            profile: settings.profile,
            personal_app_url,
        }
    }

    /// An authorization without its token.
    pub fn authorization<'a>(&'a self, authorization: &'a Authorization) -> Record<'a> {
        self.record(authorization, None, None)
    }

    /// A fresh authorization with its token.
    pub fn issued<'a>(&'a self, issued: &'a Issued<Authorization>) -> Record<'a> {
        self.record(&issued.value, Some(&issued.token), None)
    }

    /// What an app sees of its token: with the token and its owner.
    pub fn issued_with_user<'a, T: Borrow<OwnedAuthorization>>(
        &'a self,
        issued: &'a Issued<T>,
    ) -> Record<'a> {
        let OwnedAuthorization {
            authorization,
            user,
        } = issued.value.borrow();
        self.record(authorization, Some(&issued.token), Some(user))
    }

    /// The address of an authorization.
    pub fn authorization_url(&self, authorization: &Authorization) -> String {
        format!("{}/authorizations/{}", self.api, authorization.id)
    }

    fn record<'a>(
        &'a self,
        value: &'a Authorization,
        token: Option<&'a Token>,
        user: Option<&'a User>,
    ) -> Record<'a> {
        Record {
            wire: self,
            value,
            token,
            user,
        }
    }

    /// The app's summary; a personal access token shows its note, its note's
    /// URL (or the documentation), and twenty zeros.
    fn app_of<'a>(&'a self, value: &'a Authorization) -> AppJson<'a> {
        if let Some(app) = &value.app {
            return AppJson {
                name: &app.name,
                url: &app.url,
                client_id: app.client_id.as_str(),
            };
        }
        let note_url = value
            .note_url
            .as_ref()
            .map(NoteUrl::as_str)
            .filter(|url| !url.trim().is_empty());
        AppJson {
            name: value.note.as_ref().map_or("", Note::as_str),
            url: note_url.unwrap_or(&self.personal_app_url),
            client_id: PERSONAL_CLIENT_ID,
        }
    }

    /// A grant.
    pub fn grant<'a>(&self, grant: &'a Grant) -> impl Serialize + use<'a> {
        GrantJson {
            id: grant.id.0,
            url: format!("{}/applications/grants/{}", self.api, grant.id),
            app: AppJson {
                name: &grant.app.name,
                url: &grant.app.url,
                client_id: grant.app.client_id.as_str(),
            },
            created_at: grant.created_at,
            updated_at: grant.updated_at,
            scopes: &grant.scopes,
        }
    }

    /// An app as its admins see it; with its secret only when that is new.
    pub fn admin_app<'a>(
        &self,
        owned: &'a OwnedApp,
        secret: Option<&'a Secret>,
    ) -> impl Serialize + use<'a> {
        let OwnedApp { app, owner } = owned;
        AdminAppJson {
            client_id: app.client_id.as_str(),
            client_secret: secret.map(Secret::expose),
            name: &app.name,
            url: &app.url,
            description: app.description.as_deref(),
            callback_urls: &app.callback_urls,
            owner: self.user(owner),
            public: app.public,
            device_flow: app.settings.device_flow,
            sub_path_callbacks: app.settings.sub_path_callbacks,
            expiring_tokens: app.settings.expiring_tokens,
            resource_server: app.settings.resource_server,
            allowed_scopes: app.settings.allowed_scopes.as_ref(),
            suspended_at: app.suspended_at,
            created_at: app.created_at,
            updated_at: app.updated_at,
        }
    }

    /// The address of an app for its admins.
    pub fn admin_app_url(&self, app: &App) -> String {
        format!("{}/admin/applications/{}", self.api, app.client_id)
    }

    /// The address of a user's profile.
    pub fn user_url(&self, user: &User) -> String {
        format!("{}/users/{}", self.api, user.login)
    }

    /// The same, by number: it outlives a renaming.
    pub fn lasting_user_url(&self, user: &User) -> String {
        format!("{}/user/{}", self.api, user.id)
    }

    /// A user as lists and other records show one.
    pub fn user(&self, user: &User) -> Value {
        let mut out = Json::with_capacity(1_024);
        self.write_user(&mut out, user);
        // What was written is JSON.
        serde_json::from_slice(&out.into_bytes()).unwrap_or_default()
    }

    /// The public profile: GitHub's `public-user`, nulls and zeros where grantd has nothing.
    pub fn public_user(&self, user: &User) -> Value {
        let mut profile = self.user(user);
        extend(
            &mut profile,
            json!({
                "name": null, "company": null, "blog": "", "location": null, "email": null, "hireable": null,
                "bio": null, "twitter_username": null, "public_repos": 0, "public_gists": 0, "followers": 0,
                "following": 0, "created_at": user.created_at, "updated_at": user.updated_at,
            }),
        );
        profile
    }

    /// The profile for its owner's eyes: GitHub's `private-user`, every documented key.
    pub fn private_user(&self, user: &User) -> Value {
        let mut profile = self.public_user(user);
        extend(
            &mut profile,
            json!({
                "email": user.email.as_ref().map(|email| email.as_str()),
                "private_gists": 0, "total_private_repos": 0, "owned_private_repos": 0, "disk_usage": 0,
                "collaborators": 0, "two_factor_authentication": user.two_factor,
                "plan": { "name": "enterprise", "space": 0, "collaborators": 0, "private_repos": 0 },
                "suspended_at": user.suspended_at, "business_plus": false, "ldap_dn": null,
            }),
        );
        profile
    }
}

fn extend(profile: &mut Value, more: Value) {
    if let (Value::Object(profile), Value::Object(more)) = (profile, more) {
        profile.extend(more);
    }
}

/// GitHub's old global ids: base 64 of `04:User1`, the number being the type name's length.
fn node_id(kind: &str, id: i64) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(format!("{:02}:{kind}{id}", kind.len()))
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod recorded;

#[cfg(test)]
mod tests {
    use super::node_id;

    #[test]
    fn node_ids_equal_the_published_one() {
        assert_eq!(node_id("User", 1), "MDQ6VXNlcjE=");
    }
}
