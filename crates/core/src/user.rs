//! Users: what a login is, and what is kept of a person. Owns the one way in
//! which login names are spelled the same; must not know how somebody signs in.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use crate::clock::Timestamp;
use crate::ids::UserId;
use crate::secret::Sealed;

/// A user name: 1 to 39 ASCII letters, digits, `-` and `_`, beginning and ending
/// with a letter or digit. Spelled as registered, compared without case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login(String);

/// The name cannot be a login.
#[derive(Debug, thiserror::Error)]
#[error(
    "a login has 1 to 39 ASCII letters, digits, `-` or `_`, and begins and ends with a letter or digit"
)]
pub struct InvalidLogin;

impl Login {
    /// # Errors
    /// The name has another shape.
    pub fn parse(text: &str) -> Result<Self, InvalidLogin> {
        let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        let ends = text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.ends_with(|c: char| c.is_ascii_alphanumeric());
        if !ends || text.len() > 39 || !text.bytes().all(inner) {
            return Err(InvalidLogin);
        }
        Ok(Self(text.to_owned()))
    }

    /// What the store wrote.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// As registered.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The spelling under which it is looked up and throttled.
    pub fn key(&self) -> LoginKey {
        LoginKey::of(&self.0)
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for Login {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Whatever somebody typed as a login or e-mail address, in the one spelling
/// that look-ups and throttles use: trimmed, NFKC, lower case. It need not
/// name anybody: unknown names are throttled alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LoginKey(String);

impl LoginKey {
    /// Canonicalises; never fails. Names longer than 320 bytes are cut, they name nobody.
    pub fn of(typed: &str) -> Self {
        let mut key: String = typed
            .trim()
            .nfkc()
            .flat_map(char::to_lowercase)
            .nfkc()
            .take(320)
            .collect();
        key.truncate(key.trim_end().len());
        Self(key.trim_start().to_owned())
    }

    /// The canonical spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An e-mail address, as far as it is checked: one `@` with something on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

/// The text is no e-mail address.
#[derive(Debug, thiserror::Error)]
#[error("an e-mail address looks like name@example.com and has at most 254 characters")]
pub struct InvalidEmail;

impl Email {
    /// # Errors
    /// The text is no address.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let parts = text
            .split_once('@')
            .filter(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
        if parts.is_none()
            || text.len() > 254
            || text.chars().any(|c| c.is_whitespace() || c.is_control())
        {
            return Err(InvalidEmail);
        }
        Ok(Self(text.to_owned()))
    }

    /// What the store wrote.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// As given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The spelling under which it is looked up.
    pub fn key(&self) -> LoginKey {
        LoginKey::of(&self.0)
    }
}

/// A person with an account here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The id, also in `node_id`.
    pub id: UserId,
    /// The name.
    pub login: Login,
    /// The address, if one is known.
    pub email: Option<Email>,
    /// Whether the address was shown to be the person's.
    pub email_verified: bool,
    /// May administer this site.
    pub site_admin: bool,
    /// Signs in with a one-time code.
    pub two_factor: bool,
    /// In which language pages and mails are, if not the browser's.
    pub language: Option<Language>,
    /// Since when nothing of this user's is accepted.
    pub suspended_at: Option<Timestamp>,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When anything of this record last changed.
    pub updated_at: Timestamp,
}

/// A language that pages and mails speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each name is a language")]
pub enum Language {
    English,
    German,
    Chinese,
}

impl Language {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::English, Self::German, Self::Chinese];

    /// Its tag (RFC 5646).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::Chinese => "zh",
        }
    }

    /// The language with this tag.
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.tag() == tag)
    }
}

/// What a new account needs.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The name, unique without case.
    pub login: Login,
    /// The address, unique without case.
    pub email: Option<Email>,
    /// An administrator vouches for an address given on the command line.
    pub email_verified: bool,
    /// The password's PHC string.
    pub password_hash: PasswordHash,
    /// May administer this site.
    pub site_admin: bool,
    /// The second factor, if enrolled at once.
    pub second_factor: Option<SecondFactor>,
}

/// A password's PHC string (`$argon2id$…`). Not printed: a stolen hash can be attacked at leisure.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// A TOTP seed, sealed, and the keyed hashes of fresh recovery codes.
#[derive(Clone, Debug)]
pub struct SecondFactor {
    /// The sealed seed.
    pub totp_seed: Sealed,
    /// One per recovery code.
    pub recovery_codes: Vec<[u8; 32]>,
}

/// What signing in needs to know of a user, read in one row.
#[derive(Clone, Debug)]
pub struct UserCredentials {
    /// The user.
    pub user: User,
    /// The password's PHC string.
    pub password_hash: PasswordHash,
    /// The sealed TOTP seed of a two-factor user.
    pub totp_seed: Option<Sealed>,
    /// Rises with every change of password, factor or suspension. Read here
    /// and checked again in every write made under this sign-in.
    pub auth_generation: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_have_the_shape_that_urls_and_mentions_need() {
        for good in ["octocat", "Octo-Cat", "a", "a_b", "0"] {
            assert!(Login::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "a b", "a/b", "é", &"a".repeat(40), "a\0"] {
            assert!(Login::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn sec_s06_all_spellings_share_one_key() {
        let key = LoginKey::of("octocat");
        for spelling in [
            "OctoCat",
            " octocat\t",
            "ｏｃｔｏｃａｔ",
            "OCTOCAT\u{a0}",
            "\u{2003}octocat",
        ] {
            assert_eq!(LoginKey::of(spelling), key, "{spelling:?}");
        }
        assert_ne!(LoginKey::of("octocat2"), key);
    }

    #[test]
    fn addresses_need_a_name_and_a_host() {
        assert!(Email::parse("octo@example.com").is_ok());
        for bad in ["", "@", "a@", "@b", "a@b@c", "a b@c", "a\n@b"] {
            assert!(Email::parse(bad).is_err(), "{bad:?}");
        }
    }
}
