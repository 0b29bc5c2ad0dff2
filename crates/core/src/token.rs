//! Tokens: what they look like, how they are hashed, what of them may be
//! shown. Owns the shapes that are worth a look-up; must not know where
//! hashes are kept.

mod given;
mod scanning;

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use self::given::Given;
pub use self::scanning::{NoPattern, Pattern};
use crate::entropy::{self, Entropy};

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM: usize = 30;
const CHECKSUM: usize = 6;
/// Longer strings are no token of any shape.
const LONGEST: usize = 255;

/// A token in clear text. It cannot be printed, compared or serialized, and
/// its memory is wiped; `Token::hash` is the only way to a [`TokenHash`].
///
/// ```compile_fail
/// fn printable<T: std::fmt::Debug>() {}
/// printable::<grantd_core::token::Token>();
/// ```
/// ```compile_fail
/// fn showable<T: std::fmt::Display>() {}
/// showable::<grantd_core::token::Token>();
/// ```
/// ```compile_fail
/// fn serializable<T: serde::Serialize>() {}
/// serializable::<grantd_core::token::Token>();
/// ```
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Token(String);

impl Token {
    /// The look-up key: SHA-256 of the token's ASCII text.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_bytes()).into())
    }

    /// The last eight characters, shown so that people can tell tokens apart.
    pub fn last_eight(&self) -> TokenLastEight {
        TokenLastEight(self.0[self.0.len().saturating_sub(8)..].to_owned())
    }

    /// The clear text, for the few answers that owe it to their caller.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// SHA-256 of a token: `hashed_token` on the wire, and the look-up key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl TokenHash {
    /// Reads the wire's form, 64 hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = data_encoding::HEXLOWER_PERMISSIVE
            .decode(text.as_bytes())
            .ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The first eight bytes as a number: what the store's index holds.
    pub fn prefix(&self) -> i64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        i64::from_be_bytes([a, b, c, d, e, f, g, h])
    }

    /// Compares in constant time.
    pub fn matches(&self, other: &TokenHash) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenHash({self})")
    }
}

/// The last eight characters of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenLastEight(pub String);

/// What a token stands for; told by the letter after the configured prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// `…p_`: a personal access token.
    Personal,
    /// `…o_`: a token of an OAuth app.
    OAuthApp,
    /// `…u_`: a user's token through a scoped exchange.
    UserToServer,
    /// `…r_`: a refresh token.
    Refresh,
}

impl TokenKind {
    const fn letter(self) -> char {
        match self {
            Self::Personal => 'p',
            Self::OAuthApp => 'o',
            Self::UserToServer => 'u',
            Self::Refresh => 'r',
        }
    }
}

/// Which strings are tokens here, and how new ones are made.
///
/// A string that is none of the shapes is refused without a look-up.
#[derive(Clone, Debug)]
pub struct TokenFormat {
    prefix: String,
    mint_hex: bool,
    accept_hex: bool,
    given: Given,
}

/// The configured prefix is not one to ten ASCII letters or digits.
#[derive(Debug, thiserror::Error)]
#[error("a token prefix is one to ten ASCII letters or digits, such as `gt`")]
pub struct InvalidPrefix;

impl TokenFormat {
    /// `prefix` goes before the kind's letter (`gt` makes `gtp_…`). With
    /// `mint_hex`, new tokens are 40 hex digits instead, as before 2021.
    /// `accept_hex` looks such tokens up; what is minted is always accepted.
    ///
    /// # Errors
    /// The prefix has another shape.
    pub fn new(prefix: &str, mint_hex: bool, accept_hex: bool) -> Result<Self, InvalidPrefix> {
        let fits =
            (1..=10).contains(&prefix.len()) && prefix.bytes().all(|b| b.is_ascii_alphanumeric());
        if !fits {
            return Err(InvalidPrefix);
        }
        Ok(Self {
            prefix: prefix.to_owned(),
            mint_hex,
            accept_hex: accept_hex || mint_hex,
            given: Given::default(),
        })
    }

    /// The same for tests that know their tokens: all are looked up, those of `next` handed out first.
    #[must_use]
    pub fn with_given(self, all: Vec<String>, next: Vec<String>) -> Self {
        let given = Given::new(all, next);
        Self { given, ..self }
    }

    /// A fresh token: ≥ 160 random bits (30 × log2 62 ≈ 178) and a checksum, or 40 hex digits.
    pub fn generate(&self, kind: TokenKind, entropy: &dyn Entropy) -> Token {
        if kind != TokenKind::Refresh
            && let Some(given) = self.given.take()
        {
            return Token(given);
        }
        if self.mint_hex {
            return Token(entropy::hex::<20>(entropy));
        }
        let random = entropy::characters(entropy, BASE62, RANDOM);
        let checksum = checksum(&random);
        Token(format!(
            "{}{}_{random}{checksum}",
            self.prefix,
            kind.letter()
        ))
    }

    /// Takes a presented string for a token if it has one of the accepted shapes.
    pub fn parse(&self, presented: &str) -> Option<Token> {
        let accepted = presented.len() <= LONGEST
            && (self.has_checked_shape(presented)
                || self.accept_hex && is_hex_shape(presented)
                || self.given.contains(presented));
        accepted.then(|| Token(presented.to_owned()))
    }

    /// What a token stands for, where its shape tells.
    pub fn kind(&self, token: &Token) -> Option<TokenKind> {
        let (prefix, _) = token.0.split_once('_')?;
        let all = [
            TokenKind::Personal,
            TokenKind::OAuthApp,
            TokenKind::UserToServer,
            TokenKind::Refresh,
        ];
        all.into_iter()
            .find(|kind| prefix.ends_with(kind.letter()) && self.has_checked_shape(&token.0))
    }

    /// The shape with prefix and checksum: no password looks like this by accident.
    pub fn has_checked_shape(&self, presented: &str) -> bool {
        let Some((prefix, body)) = presented.split_once('_') else {
            return false;
        };
        let Some(kind) = prefix
            .strip_prefix(self.prefix.as_str())
            .or_else(|| prefix.strip_prefix("gh"))
        else {
            return false;
        };
        let ours = matches!(kind, "p" | "o" | "u" | "r" | "s");
        if !ours
            || body.len() < RANDOM + CHECKSUM
            || !body.bytes().all(|b| b.is_ascii_alphanumeric())
        {
            return false;
        }
        let (random, found) = body.split_at(body.len() - CHECKSUM);
        checksum(random) == found
    }
}

fn is_hex_shape(presented: &str) -> bool {
    presented.len() == 40
        && presented
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// CRC-32 (IEEE) of the random characters in base 62, six digits.
fn checksum(random: &str) -> String {
    let mut rest = crc32fast::hash(random.as_bytes());
    let mut digits = [b'0'; CHECKSUM];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;
    use proptest::prelude::*;

    fn format() -> TokenFormat {
        TokenFormat::new("gt", false, false).unwrap()
    }

    #[test]
    fn hashes_and_last_eight_equal_the_published_pairs() {
        for (token, hash, last) in [
            (
                "abcdefgh12345678",
                "25f94a2a5c7fbaf499c665bc73d67c1c87e496da8985131633ee0a95819db2e8",
                "12345678",
            ),
            (
                "eef705f503b4053517ac55a99206feece1e48fab",
                "f41b865a3aa1ec9af88fcfaee7770f02953eaf1039a8d817fe098312fa1a57eb",
                "e1e48fab",
            ),
            (
                "2c6fffcc097cc3a3de4148bcb51fabad0e4e2912",
                "ab8727e18d3110e3bdd6e3ae0948f7612b4615c8c8b438705344b74b0da1a545",
                "0e4e2912",
            ),
            (
                "35335cc431caaaeb0a084e9dc43e73e87ef262a3",
                "0c901ddc355c8e3982afa5215205628d79341b58473b45a6f92a32e49b9dad4f",
                "7ef262a3",
            ),
            (
                "55b2bc7d744dc01067c389c65fbe4bbca5fb9357",
                "51c4d57c261d311e9aed0255173d8f2de29930afc3fcf487be2e1f101760340a",
                "a5fb9357",
            ),
            (
                "63042a99d88bf138e6d6cf5788e0dc4e7a5d7309",
                "12b727a23cad7c5a5caabb806d88e722794dede98464aed7f77cbc00dbf031a2",
                "7a5d7309",
            ),
        ] {
            let token = Token(token.to_owned());
            assert_eq!(token.hash().to_string(), hash);
            assert_eq!(token.last_eight().0, last);
            assert_eq!(TokenHash::parse(hash), Some(token.hash()));
        }
    }

    #[test]
    fn checksums_equal_the_published_vectors() {
        for (random, expected) in [
            ("zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17"),
            (&"A".repeat(30), "0uCPlr"),
            ("adE7dp8rHP6gUTuPwxLTZjZdtya3sV", "0UQzQM"),
            ("H3xbiBdlzffNx7Y56iNsPw3joObj7U", "2nO29h"),
            (&"0".repeat(30), "2C8GjS"),
            (&"a".repeat(30), "1yLcDB"),
            (&"z".repeat(30), "4IlJEz"),
        ] {
            assert_eq!(checksum(random), expected, "{random}");
        }
    }

    #[test]
    fn a_minted_token_is_forty_characters_and_parses() {
        let entropy = SeededEntropy::new(1);
        for kind in [
            TokenKind::Personal,
            TokenKind::OAuthApp,
            TokenKind::UserToServer,
            TokenKind::Refresh,
        ] {
            let token = format().generate(kind, &entropy);
            assert_eq!(token.expose().len(), 40);
            assert!(token.expose().starts_with(&format!("gt{}_", kind.letter())));
            assert!(format().parse(token.expose()).is_some());
            assert_eq!(format().kind(&token), Some(kind));
        }
        let hex = TokenFormat::new("gt", true, false).unwrap();
        let token = hex.generate(TokenKind::Refresh, &entropy);
        assert_eq!(hex.kind(&token), None, "nothing tells");
    }

    #[test]
    fn github_prefixes_are_looked_up_and_wrong_checksums_are_not() {
        assert!(
            format()
                .parse("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")
                .is_some()
        );
        assert!(
            format()
                .parse("gtp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17")
                .is_some()
        );
        assert!(
            format()
                .parse("ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18")
                .is_none()
        );
        assert!(
            format()
                .parse("ghp_16C7e42F292c6912E7710c838347Ae178B4a")
                .is_none()
        );
        assert!(
            format()
                .parse("ghx_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17")
                .is_none()
        );
    }

    #[test]
    fn hex_tokens_are_looked_up_only_where_enabled() {
        let hex = "eef705f503b4053517ac55a99206feece1e48fab";
        assert!(format().parse(hex).is_none());
        assert!(
            TokenFormat::new("gt", false, true)
                .unwrap()
                .parse(hex)
                .is_some()
        );
        let old = TokenFormat::new("gt", true, false).unwrap();
        let minted = old.generate(TokenKind::Personal, &SeededEntropy::new(3));
        assert!(is_hex_shape(minted.expose()));
        assert!(old.parse(minted.expose()).is_some());
        assert!(old.parse(&hex.to_uppercase()).is_none());
    }

    #[test]
    fn prefixes_that_could_not_be_told_apart_are_refused() {
        for prefix in ["", "g_t", "elevenchars", "é"] {
            assert!(
                TokenFormat::new(prefix, false, false).is_err(),
                "{prefix:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_accepts_only_right_checksums(text in "\\PC{0,60}") {
            if format().parse(&text).is_some() {
                prop_assert!(format().has_checked_shape(&text));
            }
        }
    }
}
