//! OAuth apps (RFC 6749 "clients"). Owns what a client id is and which one a
//! personal access token shows; must not know what tokens an app holds.

use std::fmt;

use crate::clock::Timestamp;
use crate::ids::{AppId, UserId};
use crate::secret::SecretHash;

/// The client id that the wire shows for authorizations without an app.
pub const PERSONAL_CLIENT_ID: &str = "00000000000000000000";

/// A client id: 1 to 100 characters of `0-9A-Za-z._-`; generated ones are 20 hex digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientId(String);

/// The text cannot be a client id.
#[derive(Debug, thiserror::Error)]
#[error(
    "a client id has 1 to 100 characters of 0-9 A-Z a-z . _ - and is not `grants` or twenty zeros"
)]
pub struct InvalidClientId;

impl ClientId {
    /// # Errors
    /// Another shape; `grants`, whose URLs would be those of the grants API;
    /// twenty zeros, which mean "no app".
    pub fn parse(text: &str) -> Result<Self, InvalidClientId> {
        let fits = (1..=100).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        if !fits
            || text == "grants"
            || text == PERSONAL_CLIENT_ID
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
    /// Where codes may be sent.
    pub callback_urls: Vec<String>,
    /// Who registered it.
    pub owner_id: UserId,
    /// Has no secret: an app on people's own machines (RFC 6749 section 2.1 "public").
    pub public: bool,
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
    /// Where codes may be sent.
    pub callback_urls: Vec<String>,
    /// Who registers it.
    pub owner_id: UserId,
    /// The hashed secret; none for a public app.
    pub secret_hash: Option<SecretHash>,
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
    /// Rises with every change of secret or suspension; checked again in every write made as this app.
    pub auth_generation: i64,
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
