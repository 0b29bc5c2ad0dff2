//! OAuth apps (RFC 6749 "clients"). Owns what a client id is and which one a
//! personal access token shows; must not know what tokens an app holds.

use std::fmt;

use crate::clock::Timestamp;
use crate::ids::{AppId, UserId};
use crate::scope::Scopes;
use crate::secret::SecretHash;

/// The client id that the wire shows for authorizations without an app.
pub const PERSONAL_CLIENT_ID: &str = "00000000000000000000";

/// The client id of the app that holds the tokens of impersonations, as GitHub Enterprise Server shows it.
pub const IMPERSONATION_CLIENT_ID: &str = "67245d781a5e38286ce4";

/// A client id: 1 to 100 characters of `0-9A-Za-z._-`; generated ones are 20 hex digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientId(String);

/// The text cannot be a client id.
#[derive(Debug, thiserror::Error)]
#[error(
    "a client id has 1 to 100 characters of 0-9 A-Z a-z . _ - and is not `grants`, twenty zeros or that of impersonations"
)]
pub struct InvalidClientId;

impl ClientId {
    /// # Errors
    /// Another shape; `grants`, whose URLs would be those of the grants API;
    /// twenty zeros, which mean "no app"; and the one of impersonations, which
    /// takes part in no flow.
    pub fn parse(text: &str) -> Result<Self, InvalidClientId> {
        let fits = (1..=100).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        if !fits
            || text == "grants"
            || text == PERSONAL_CLIENT_ID
            || text == IMPERSONATION_CLIENT_ID
            || text.bytes().all(|b| b == b'.')
        {
            return Err(InvalidClientId);
        }
        Ok(Self(text.to_owned()))
    }

    /// A fresh one: 20 hex digits.
    pub fn generate(entropy: &dyn crate::entropy::Entropy) -> Self {
        Self(crate::entropy::hex::<10>(entropy))
    }

    /// What the store wrote.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for ClientId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// What an app's owner decides of its flows, and what the operator lets it do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppSettings {
    /// Devices without a browser may ask for tokens (RFC 8628).
    pub device_flow: bool,
    /// A callback admits what lies below its path, as at GitHub; else only itself.
    pub sub_path_callbacks: bool,
    /// Tokens from flows end after eight hours and come with a refresh token.
    pub expiring_tokens: bool,
    /// The app's tokens never have more than these and what they imply; everything, if none is set.
    pub allowed_scopes: Option<Scopes>,
    /// May ask about every access token ([`crate::resource`]), whoever's it is. The operator's to say, never the owner's.
    pub resource_server: bool,
}

impl Default for AppSettings {
    fn default() -> Self {
        Self {
            device_flow: true,
            sub_path_callbacks: false,
            expiring_tokens: false,
            allowed_scopes: None,
            resource_server: false,
        }
    }
}

/// A registered OAuth app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// The store's id.
    pub id: AppId,
    /// The public name of the app in every flow.
    pub client_id: ClientId,
    /// The name people see.
    pub name: String,
    /// The homepage.
    pub url: String,
    /// What it is for, in its owner's words.
    pub description: Option<String>,
    /// Where codes may be sent.
    pub callback_urls: Vec<String>,
    /// Who registered it.
    pub owner_id: UserId,
    /// Has no secret: an app on people's own machines (RFC 6749 section 2.1 "public").
    pub public: bool,
    /// How its flows work.
    pub settings: AppSettings,
    /// When its logo was set, if it has one.
    pub logo_at: Option<Timestamp>,
    /// Until when the secret before the present one is accepted too.
    pub previous_secret_until: Option<Timestamp>,
    /// Since when the app and its tokens are refused.
    pub suspended_at: Option<Timestamp>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When anything of this record last changed.
    pub updated_at: Timestamp,
}

/// What registering an app needs.
#[derive(Clone)]
pub struct NewApp {
    /// The public name of the app in every flow; unique.
    pub client_id: ClientId,
    /// The name people see.
    pub name: String,
    /// The homepage.
    pub url: String,
    /// What it is for, in its owner's words.
    pub description: Option<String>,
    /// Where codes may be sent.
    pub callback_urls: Vec<String>,
    /// Who registers it.
    pub owner_id: UserId,
    /// The hashed secret; none for a public app.
    pub secret_hash: Option<SecretHash>,
    /// How its flows work.
    pub settings: AppSettings,
}

/// A change of an app; absent parts stay as they are.
#[derive(Clone, Debug, Default)]
pub struct AppEdit {
    /// The name people see.
    pub name: Option<String>,
    /// The homepage.
    pub url: Option<String>,
    /// `Some(None)` clears it.
    pub description: Option<Option<String>>,
    /// Where codes may be sent.
    pub callback_urls: Option<Vec<String>>,
    /// [`AppSettings::device_flow`].
    pub device_flow: Option<bool>,
    /// [`AppSettings::sub_path_callbacks`].
    pub sub_path_callbacks: Option<bool>,
    /// [`AppSettings::expiring_tokens`].
    pub expiring_tokens: Option<bool>,
    /// [`AppSettings::allowed_scopes`]; `Some(None)` admits everything again.
    pub allowed_scopes: Option<Option<Scopes>>,
    /// [`AppSettings::resource_server`].
    pub resource_server: Option<bool>,
}

impl AppEdit {
    /// The settings after the edit.
    pub fn settings(&self, before: AppSettings) -> AppSettings {
        AppSettings {
            device_flow: self.device_flow.unwrap_or(before.device_flow),
            sub_path_callbacks: self.sub_path_callbacks.unwrap_or(before.sub_path_callbacks),
            expiring_tokens: self.expiring_tokens.unwrap_or(before.expiring_tokens),
            allowed_scopes: match &self.allowed_scopes {
                Some(allowed) => allowed.clone(),
                None => before.allowed_scopes,
            },
            resource_server: self.resource_server.unwrap_or(before.resource_server),
        }
    }

    /// The app after the edit; `updated_at` moves to `now` only if something changed.
    pub fn apply(&self, before: &App, now: Timestamp) -> App {
        fn set<T: Clone>(value: &mut T, to: &Option<T>) {
            if let Some(to) = to {
                value.clone_from(to);
            }
        }
        let mut after = before.clone();
        set(&mut after.name, &self.name);
        set(&mut after.url, &self.url);
        set(&mut after.description, &self.description);
        set(&mut after.callback_urls, &self.callback_urls);
        after.settings = self.settings(after.settings);
        if after != *before {
            after.updated_at = now;
        }
        after
    }
}

/// How many rely on an app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AppCounts {
    /// Users with a grant.
    pub users: u64,
    /// Tokens, expired ones included.
    pub tokens: u64,
}

/// An app as authorizations and grants show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppSummary {
    /// The store's id.
    pub id: AppId,
    /// The registered name.
    pub name: String,
    /// The homepage.
    pub url: String,
    /// The client id.
    pub client_id: ClientId,
    /// When the app's own record last changed, for conditional requests.
    pub updated_at: Timestamp,
}

/// The app's row as authentication needs it.
#[derive(Clone)]
pub struct AppCredentials {
    /// The app.
    pub app: App,
    /// The hashed secret; none for a public app.
    pub secret_hash: Option<SecretHash>,
    /// The secret before it, accepted until [`App::previous_secret_until`].
    pub previous_secret_hash: Option<SecretHash>,
    /// Rises with every change of secret or suspension; checked again in every write made as this app.
    pub auth_generation: i64,
}

impl AppCredentials {
    /// Whether a secret with this hash proves the app of this row, if there is one, at `now`.
    /// Compares in constant time, and always twice: all refusals take the same work. No secret
    /// proves a public app.
    pub fn proves(row: Option<&Self>, presented: &SecretHash, now: Timestamp) -> bool {
        let matches = |kept: Option<SecretHash>| {
            kept.unwrap_or(SecretHash([0; 32])).matches(presented) & kept.is_some()
        };
        let overlapping = row
            .and_then(|row| row.app.previous_secret_until)
            .is_some_and(|end| end > now);
        let present = matches(row.and_then(|row| row.secret_hash));
        let previous = matches(row.and_then(|row| row.previous_secret_hash));
        present | (previous & overlapping)
    }
}

#[cfg(test)]
mod tests {
    use super::ClientId;

    #[test]
    fn client_ids_that_collide_with_routes_are_refused() {
        for good in ["abcde12345fghij67890", "Iv1.0123456789abcdef", "my_app-2.0"] {
            assert!(ClientId::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "grants",
            "00000000000000000000",
            "67245d781a5e38286ce4",
            "a/b",
            "a b",
            "é",
            "..",
            &"a".repeat(101),
        ] {
            assert!(ClientId::parse(bad).is_err(), "{bad:?}");
        }
    }
}
