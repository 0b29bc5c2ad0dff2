//! Passwords: how they are hashed, verified and judged. Owns the argon2id
//! parameters; must not run on a runtime's worker thread (see [`super::hash_pool`]).

mod common;

use argon2::password_hash::phc::PasswordHash as Phc;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::entropy::{self, Entropy};
use crate::secret::Secret;
use crate::user::PasswordHash;

/// Longer passwords are refused before any hashing; nothing is ever cut off.
pub const LONGEST_PASSWORD: usize = 4_096;
/// Shorter ones are called weak (NIST SP 800-63B: at least 8 with a second factor, 15 alone).
pub const SHORTEST_GOOD_PASSWORD: usize = 15;
/// The same, in characters, beside a second factor.
pub const SHORTEST_BESIDE_FACTOR: usize = 8;

/// What one argon2id hash costs. The default is OWASP's first choice that fits
/// many parallel sign-ins: 19 MiB, two passes, one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory of one hash, in KiB.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub iterations: u32,
}

impl Default for PasswordCost {
    fn default() -> Self {
        Self {
            memory_kib: 19_456,
            iterations: 2,
        }
    }
}

/// Why a password cannot be set.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum UnusablePassword {
    /// Nothing was given.
    #[error("the password is empty")]
    Empty,
    /// More than [`LONGEST_PASSWORD`] bytes.
    #[error("the password is longer than {LONGEST_PASSWORD} bytes")]
    TooLong,
    /// Fewer characters than this; only people's own choices are held to it.
    #[error("the password is shorter than {0} characters")]
    TooShort(usize),
    /// Many people's password, or hardly more than the login.
    #[error("the password is easily guessed")]
    Common,
}

/// Whether a password may be set at all: any text of 1 to 4,096 bytes.
///
/// # Errors
/// It is empty or too long.
pub fn usable(password: &Secret) -> Result<(), UnusablePassword> {
    match password.expose().len() {
        0 => Err(UnusablePassword::Empty),
        length if length > LONGEST_PASSWORD => Err(UnusablePassword::TooLong),
        _ => Ok(()),
    }
}

/// Whether a person may choose this password (NIST SP 800-63B): long enough, not one that is tried first.
/// No rules about kinds of characters.
///
/// # Errors
/// It is unusable, too short, or easily guessed.
pub fn judge(password: &Secret, login: &str, two_factor: bool) -> Result<(), UnusablePassword> {
    usable(password)?;
    let shortest = if two_factor {
        SHORTEST_BESIDE_FACTOR
    } else {
        SHORTEST_GOOD_PASSWORD
    };
    if password.expose().chars().count() < shortest {
        return Err(UnusablePassword::TooShort(shortest));
    }
    match common::is_common(password, login) {
        true => Err(UnusablePassword::Common),
        false => Ok(()),
    }
}

impl PasswordCost {
    /// Hashes a password with a fresh salt. Takes about 15 ms at the default cost.
    pub fn hash(self, password: &Secret, entropy: &dyn Entropy) -> PasswordHash {
        let salt = entropy::bytes::<16>(entropy);
        let hash: Phc = PasswordHasher::hash_password_with_salt(
            &self.argon2(),
            password.expose().as_bytes(),
            &salt,
        )
        .expect("parameters within argon2's range hash any password");
        PasswordHash(hash.to_string())
    }

    /// A hash that no password matches and that costs as much to refuse as a real one.
    pub fn decoy(self, entropy: &dyn Entropy) -> PasswordHash {
        let base64 = |bytes: &[u8]| data_encoding::BASE64_NOPAD.encode(bytes);
        let Self {
            memory_kib,
            iterations,
        } = self;
        let (salt, hash) = (
            base64(&entropy::bytes::<16>(entropy)),
            base64(&entropy::bytes::<32>(entropy)),
        );
        PasswordHash(format!(
            "$argon2id$v=19$m={memory_kib},t={iterations},p=1${salt}${hash}"
        ))
    }

    /// Whether `hash` was made with less than this cost and should be made anew at the next sign-in.
    pub fn exceeds(self, hash: &PasswordHash) -> bool {
        let Ok(parsed) = Phc::new(&hash.0) else {
            return true;
        };
        let Ok(params) = Params::try_from(&parsed) else {
            return true;
        };
        params.m_cost() < self.memory_kib || params.t_cost() < self.iterations
    }

    fn argon2(self) -> Argon2<'static> {
        let params = Params::new(self.memory_kib.max(8), self.iterations.max(1), 1, None)
            .unwrap_or_default();
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
    }
}

/// Whether `password` is the one behind `hash`, with the parameters that the hash names.
pub fn verify(password: &Secret, hash: &PasswordHash) -> bool {
    Phc::new(&hash.0).is_ok_and(|parsed| {
        Argon2::default()
            .verify_password(password.expose().as_bytes(), &parsed)
            .is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    const CHEAP: PasswordCost = PasswordCost {
        memory_kib: 8,
        iterations: 1,
    };

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[test]
    fn a_hash_knows_its_password_and_no_other() {
        let hash = CHEAP.hash(&secret("pässwörd ✓"), &SeededEntropy::new(1));
        assert!(hash.0.starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
        assert!(verify(&secret("pässwörd ✓"), &hash));
        assert!(!verify(&secret("pässwörd"), &hash));
        assert!(!verify(&secret("x"), &PasswordHash("nonsense".into())));
    }

    #[test]
    fn sec_s07_a_decoy_is_a_real_hash_that_nothing_matches() {
        let decoy = PasswordCost::default().decoy(&SeededEntropy::new(1));
        assert!(decoy.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(!PasswordCost::default().exceeds(&decoy));
        assert!(!verify(&secret(""), &decoy));
    }

    #[test]
    fn hashes_below_the_present_cost_are_made_anew() {
        let hash = CHEAP.hash(&secret("a"), &SeededEntropy::new(1));
        assert!(!CHEAP.exceeds(&hash));
        assert!(
            PasswordCost {
                memory_kib: 16,
                iterations: 1
            }
            .exceeds(&hash)
        );
        assert!(
            PasswordCost {
                memory_kib: 8,
                iterations: 2
            }
            .exceeds(&hash)
        );
        assert!(CHEAP.exceeds(&PasswordHash("nonsense".into())));
    }

    #[test]
    fn sec_s09_any_text_up_to_four_kib_is_a_password() {
        assert_eq!(usable(&secret(&"é".repeat(2_048))), Ok(()));
        assert_eq!(
            usable(&secret(&"x".repeat(4_097))),
            Err(UnusablePassword::TooLong)
        );
        assert_eq!(usable(&secret("")), Err(UnusablePassword::Empty));
        let long = "x".repeat(4_096);
        let hash = CHEAP.hash(&secret(&long), &SeededEntropy::new(1));
        assert!(
            !verify(&secret(&long[..4_095]), &hash),
            "the last byte counts"
        );
    }
}
