//! The people and apps of a test.

use std::ops::Deref;

use grantd_core::app::AppEdit;
use grantd_core::audit::{Actor, Stamp};
use grantd_core::authority::BrowserIdentity;
use grantd_core::clock::Clock as _;
use grantd_core::entropy;
use grantd_core::ids::{AppId, UserId};
use grantd_core::login::otp;
use grantd_core::secret::SecretHash;
use grantd_core::store::NewSession;
use http::Method;
use serde_json::{Value, json};

use super::{Answer, Client, TestApp};

/// A person, who calls with login and password and without a code.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) client: Client,
    pub(crate) id: UserId,
    pub(crate) login: String,
    pub(crate) password: String,
    /// Of the second factor, if enrolled.
    pub(crate) seed: Option<Vec<u8>>,
    pub(crate) recovery_codes: Vec<String>,
}

impl Deref for User {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl User {
    /// The code of this moment.
    pub(crate) fn code(&self) -> String {
        let seed = self.seed.as_ref().expect("a second factor");
        otp::code_at(seed, self.t.clock.now())
    }

    /// A code that is right at no moment of the present window.
    pub(crate) fn wrong_code(&self) -> String {
        let seed = self.seed.as_ref().expect("a second factor");
        let now = self.t.clock.now();
        let right: Vec<String> = (-3..=3)
            .map(|step| otp::code_at(seed, now.plus(step * 30)))
            .collect();
        (0..)
            .map(|n| format!("{n:06}"))
            .find(|code| !right.contains(code))
            .expect("one")
    }

    /// With the code of this moment.
    pub(crate) fn with_code(&self) -> Client {
        self.with_otp(&self.code())
    }

    pub(crate) fn with_wrong_password(&self) -> Client {
        self.with_basic(&self.login, "not the password")
    }

    /// A fresh personal access token.
    pub(crate) async fn personal_token(&self, note: &str) -> Answer {
        let client = if self.seed.is_some() {
            self.with_code()
        } else {
            self.client.clone()
        };
        let answer = client
            .post("/authorizations", json!({ "note": note }))
            .await;
        answer.is(201);
        answer
    }

    /// A fresh personal access token with these scopes.
    pub(crate) async fn scoped_token(&self, note: &str, scopes: &[&str]) -> Answer {
        let body = json!({ "note": note, "scopes": scopes });
        let answer = self.post("/authorizations", body).await;
        answer.is(201);
        answer
    }

    /// A fresh token of an app.
    pub(crate) async fn token_of(&self, app: &OAuthApp) -> Answer {
        let client = if self.seed.is_some() {
            self.with_code()
        } else {
            self.client.clone()
        };
        let answer = client.post("/authorizations", app.credentials()).await;
        answer.is(201);
        answer
    }
}

/// An OAuth app, which calls with its client id and secret.
#[derive(Clone)]
pub(crate) struct OAuthApp {
    pub(crate) client: Client,
    pub(crate) id: AppId,
    pub(crate) client_id: String,
    pub(crate) secret: String,
}

impl Deref for OAuthApp {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl OAuthApp {
    /// As a user's request carries them.
    pub(crate) fn credentials(&self) -> Value {
        json!({ "client_id": self.client_id, "client_secret": self.secret })
    }

    pub(crate) fn path(&self, token: &str) -> String {
        format!("/applications/{}/tokens/{token}", self.client_id)
    }

    pub(crate) async fn check(&self, token: &str) -> Answer {
        self.get(&self.path(token)).await
    }

    pub(crate) async fn reset(&self, token: &str) -> Answer {
        self.post(&self.path(token), "").await
    }

    pub(crate) async fn revoke(&self, token: &str) -> Answer {
        self.delete(&self.path(token)).await
    }

    /// Asks about a token in the body, at `token`, `token/scoped` or `grant`.
    pub(crate) async fn ask(&self, method: Method, place: &str, token: &str) -> Answer {
        let path = format!("/applications/{}/{place}", self.client_id);
        let body = json!({ "access_token": token });
        self.send(method, &path, body).await
    }

    pub(crate) async fn revoke_grant(&self, token: &str) -> Answer {
        self.delete(&format!("/applications/{}/grants/{token}", self.client_id))
            .await
    }
}

impl TestApp {
    /// The user in a fresh session, without the pages.
    pub(crate) async fn signed_in(&self, login: &str) -> BrowserIdentity {
        let found = self.credentials(login).await;
        let now = self.clock.now();
        let new = NewSession {
            hash: SecretHash(entropy::bytes(&*self.authority.entropy)),
            user_agent: String::new(),
            expires_at: now.plus(86_400),
            sudo_until: now,
            most: 50,
        };
        let by = Actor::User {
            id: found.user.id,
            auth_generation: found.auth_generation,
        };
        let stamp = Stamp {
            by,
            ..Stamp::operator(now)
        };
        let session = self.authority.store.create_session(new, stamp).await;
        BrowserIdentity {
            user: found.user,
            auth_generation: found.auth_generation,
            session: session.expect("a store"),
        }
    }

    /// An app that may ask about every token.
    pub(crate) async fn resource_server(&self, name: &str) -> OAuthApp {
        let app = self.app(name).await;
        let edit = AppEdit {
            resource_server: Some(true),
            ..AppEdit::default()
        };
        let stamp = Stamp::operator(self.clock.now());
        let edited = self.authority.store.edit_app(app.id, edit, stamp).await;
        let edited = edited.expect("a store").expect("an app");
        assert!(edited.settings.resource_server);
        app
    }
}
