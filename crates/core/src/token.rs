//! Tokens: what they look like, how they are hashed, what of them may be
//! shown. Owns the shapes that are worth a look-up; must not know where
//! hashes are kept.

mod foreign;
mod given;
mod salted;
mod scanning;

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

pub use self::foreign::{ForeignShape, InvalidShape};
use self::given::Given;
pub use self::salted::SaltedHash;
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

    /// Whether it is forty hexadecimal digits.
    pub fn is_hex(&self) -> bool {
        is_hex_shape(&self.0)
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
    foreign: Vec<ForeignShape>,
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
            foreign: Vec::new(),
            given: Given::default(),
        })
    }

    /// The same, which looks strings of these shapes up too: tokens that another authority has made.
    pub fn with_foreign(self, foreign: Vec<ForeignShape>) -> Self {
        Self { foreign, ..self }
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
                || self.foreign.iter().any(|shape| shape.fits(presented))
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
mod tests;
