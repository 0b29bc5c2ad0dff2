//! The file that says who and what a dev server begins with. Owns its keys and
//! what is said of mistakes in it; must not know how any of it comes to be.

use std::path::Path;

use serde::Deserialize;

use crate::failure::Failure;

/// The seed without a file.
const DEFAULT: &str = include_str!("default.toml");

/// Who and what is there at the start.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Seed {
    /// Handed out, in this order, before any is made.
    #[serde(default)]
    pub(super) next_tokens: Vec<String>,
    #[serde(default)]
    pub(super) users: Vec<SeedUser>,
    #[serde(default)]
    pub(super) apps: Vec<SeedApp>,
    #[serde(default)]
    pub(super) tokens: Vec<SeedToken>,
    /// Whether it is the documentation's own.
    #[serde(skip)]
    pub(super) is_default: bool,
}

/// `[[users]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeedUser {
    pub(super) login: String,
    pub(super) password: String,
    /// `LOGIN@example.com`, if none is given; verified.
    pub(super) email: Option<String>,
    #[serde(default)]
    pub(super) site_admin: bool,
    /// With one-time codes; from this secret, in base 32, or else from a made one.
    pub(super) otp_secret: Option<String>,
    #[serde(default)]
    pub(super) two_factor: bool,
}

/// `[[apps]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeedApp {
    pub(super) name: String,
    /// Made, if none is given.
    pub(super) client_id: Option<String>,
    /// Made, if none is given.
    pub(super) client_secret: Option<String>,
    /// The first user, if none is named.
    pub(super) owner: Option<String>,
    #[serde(default = "homepage")]
    pub(super) url: String,
    #[serde(default)]
    pub(super) callback_urls: Vec<String>,
    /// Without a secret.
    #[serde(default)]
    pub(super) public: bool,
    pub(super) device_flow: Option<bool>,
    #[serde(default)]
    pub(super) sub_path_callbacks: bool,
    #[serde(default)]
    pub(super) expiring_tokens: bool,
    #[serde(default)]
    pub(super) resource_server: bool,
    pub(super) allowed_scopes: Option<Vec<String>>,
}

/// `[[tokens]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeedToken {
    pub(super) user: String,
    /// A client id or a name; a personal access token, if none is named.
    pub(super) app: Option<String>,
    /// In clear text, of any shape; made, if none is given.
    pub(super) token: Option<String>,
    #[serde(default)]
    pub(super) scopes: Vec<String>,
    pub(super) note: Option<String>,
    pub(super) note_url: Option<String>,
    pub(super) fingerprint: Option<String>,
    /// RFC 3339.
    pub(super) expires_at: Option<String>,
}

fn homepage() -> String {
    "http://localhost".into()
}

impl Seed {
    /// Reads a file; without one, the documentation's users and app.
    ///
    /// # Errors
    /// The file cannot be read, or is no seed; with its line.
    pub(super) fn read(file: Option<&Path>) -> Result<Self, Failure> {
        let Some(file) = file else {
            return Ok(Self {
                is_default: true,
                ..Self::parse(DEFAULT).map_err(Failure::new)?
            });
        };
        let named = file.display();
        let text = std::fs::read_to_string(file)
            .map_err(|why| Failure::new(format!("cannot read the seed file {named}: {why}")))?;
        Self::parse(&text).map_err(|why| Failure::new(format!("{named} {why}")))
    }

    fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|why: toml::de::Error| {
            let before = why.span().map_or("", |span| &text[..span.start]);
            let line = before.matches('\n').count() + 1;
            format!("line {line}: {}", why.message().replace('\n', ", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_a_seed() {
        let seed = Seed::read(None).unwrap();
        assert_eq!(
            (seed.users.len(), seed.apps.len(), seed.tokens.len()),
            (2, 1, 5)
        );
        assert!(seed.is_default);
    }

    #[test]
    fn a_mistake_is_told_with_its_line() {
        let why = Seed::parse("[[users]]\nlogin = \"a\"\npasswort = \"b\"\n").err();
        let why = why.unwrap();
        assert!(why.starts_with("line 3: unknown field `passwort`"), "{why}");
        let why = Seed::parse("\n[[tokens]]\nscopes = []\n").err().unwrap();
        assert!(why.contains("missing field `user`"), "{why}");
    }
}
