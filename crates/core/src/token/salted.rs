//! Tokens that another authority kept by a salted hash. Owns how such a hash is
//! made and written; a record of it has no look-up key until its token shows
//! itself, and something in its place that no token has.

use std::fmt;

use hmac::Hmac;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{Token, TokenHash};

/// PBKDF2 with HMAC-SHA-256, as Gitea and Forgejo make it.
const SCHEME: &str = "pbkdf2-sha256$10000";
const ITERATIONS: u32 = 10_000;
const LENGTH: usize = 50;
const LONGEST_SALT: usize = 64;
/// So many bytes at the end of a hash are zero that stands in for one.
const MARK: usize = 8;

/// A salted hash of a token that nobody here has seen yet.
///
/// Written `pbkdf2-sha256$10000$SALT$HASH`, the hash in hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub struct SaltedHash {
    salt: String,
    hash: [u8; LENGTH],
}

impl SaltedHash {
    /// A salt as text and 50 bytes as 100 hexadecimal digits.
    pub fn new(salt: &str, hex: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_graphic() && b != b'$';
        let good = (1..=LONGEST_SALT).contains(&salt.len()) && salt.bytes().all(plain);
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(hex.as_bytes());
        let hash = bytes.ok()?.try_into().ok()?;
        good.then(|| Self {
            salt: salt.to_owned(),
            hash,
        })
    }

    /// Reads the written form.
    pub fn parse(text: &str) -> Option<Self> {
        let (salt, hex) = text
            .strip_prefix(SCHEME)?
            .strip_prefix('$')?
            .split_once('$')?;
        Self::new(salt, hex)
    }

    /// Whether it is this token's. Takes some milliseconds.
    pub fn is_of(&self, token: &Token) -> bool {
        let mut made = [0; LENGTH];
        let (token, salt) = (token.expose().as_bytes(), self.salt.as_bytes());
        let done = pbkdf2::pbkdf2::<Hmac<Sha256>>(token, salt, ITERATIONS, &mut made);
        done.is_ok() & bool::from(made.ct_eq(&self.hash))
    }

    /// What stands where the record's look-up key will be: it follows from the salted hash, so that
    /// two rows are told apart and one is known again, and no token has it.
    pub fn stand_in(&self) -> TokenHash {
        let mut bytes: [u8; 32] = Sha256::digest(self.to_string().as_bytes()).into();
        bytes[32 - MARK..].fill(0);
        TokenHash(bytes)
    }
}

impl fmt::Display for SaltedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = data_encoding::HEXLOWER.encode(&self.hash);
        write!(f, "{SCHEME}${}${hex}", self.salt)
    }
}

impl fmt::Debug for SaltedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SaltedHash")
    }
}

impl TokenHash {
    /// Whether this only stands in for a hash that is not known yet ([`SaltedHash::stand_in`]). Of
    /// tokens one in 2^64 looks like that.
    pub fn is_stand_in(&self) -> bool {
        self.0[32 - MARK..] == [0; MARK]
    }

    /// The wire's form: nothing while it is not known.
    pub fn shown(&self) -> String {
        match self.is_stand_in() {
            true => String::new(),
            false => self.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::TokenFormat;

    fn token(text: &str) -> Token {
        let hex = TokenFormat::new("gt", false, true).unwrap();
        hex.parse(text).unwrap()
    }

    /// The first row of the table that Gitea tests itself with.
    const TOKEN: &str = "d2c6c1ba3890b309189a8e618c72a162e4efbf36";
    const SALT: &str = "QuSiZr1byZ";
    const HASH: &str = "2b3668e11cb82d3af8c6e4524fc7841297668f5008d1626f0ad3417e9fa39af84c268248b78c481daa7e5dc437784003494f";

    #[test]
    fn a_token_is_known_by_its_salted_hash() {
        let kept = SaltedHash::new(SALT, HASH).unwrap();
        assert!(kept.is_of(&token(TOKEN)));
        assert!(!kept.is_of(&token(&TOKEN.replace('d', "e"))));
        let salted = SaltedHash::new("QuSiZr1byY", HASH).unwrap();
        assert!(!salted.is_of(&token(TOKEN)));
    }

    #[test]
    fn it_is_read_and_written_alike() {
        let kept = SaltedHash::new(SALT, HASH).unwrap();
        assert_eq!(SaltedHash::parse(&kept.to_string()), Some(kept));
        let (short, dollar) = (&HASH[2..], "a$b");
        for (salt, hash) in [("", HASH), (SALT, short), (dollar, HASH), (SALT, "zz")] {
            assert_eq!(SaltedHash::new(salt, hash), None, "{salt} {hash}");
        }
    }

    #[test]
    fn sec_what_stands_in_for_a_hash_is_no_tokens() {
        let kept = SaltedHash::new(SALT, HASH).unwrap();
        let stands_in = kept.stand_in();
        assert!(stands_in.is_stand_in() && stands_in.shown().is_empty());
        let known = token(TOKEN).hash();
        assert!(!known.is_stand_in() && known.shown() == known.to_string());
        assert_ne!(
            SaltedHash::new("other", HASH).unwrap().stand_in(),
            stands_in
        );
        // Not even what it follows from is ever looked up.
        let foreign = crate::token::ForeignShape::parse("base64url:43").unwrap();
        let format = TokenFormat::new("gt", true, true).unwrap();
        let format = format.with_foreign(vec![foreign]);
        assert!(format.parse(&kept.to_string()).is_none());
    }
}
