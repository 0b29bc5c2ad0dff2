//! Second factors: TOTP (RFC 6238) and recovery codes. Owns how a code is made
//! and matched; whether a matched step may be used is for the store to settle.

use subtle::ConstantTimeEq;
use totp_rs::{Algorithm, Builder, Secret as TotpSecret, Totp};
use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::entropy::{self, Entropy};
use crate::secret::{InstanceKey, Secret};
use crate::user::{Login, SecondFactor};

/// Seconds of one time step (RFC 6238 section 4.1).
pub const STEP_SECONDS: i64 = 30;
const DIGITS: usize = 6;
const RECOVERY_CODES: usize = 16;
const SEALED_FOR: &str = "totp seed";
const HASHED_FOR: &str = "recovery code";

/// A fresh second factor, in clear text for its owner's eyes, once.
pub struct Enrolment {
    /// The seed in base 32, to type into an authenticator.
    pub totp_secret: Zeroizing<String>,
    /// The same as a URL, to show as a QR code.
    pub otpauth_url: Zeroizing<String>,
    /// One-time substitutes for a code: 16 hex digits (64 bits), hyphenated.
    pub recovery_codes: Vec<Zeroizing<String>>,
    /// What the store keeps of all this.
    pub factor: SecondFactor,
}

/// Makes a second factor for `login`; `issuer` is the site's name in authenticators.
///
/// # Errors
/// The issuer cannot stand in an `otpauth:` URL.
pub fn enrol(
    login: &Login,
    issuer: &str,
    key: &InstanceKey,
    entropy: &dyn Entropy,
) -> Result<Enrolment, UnusableIssuer> {
    let seed = Zeroizing::new(entropy::bytes::<20>(entropy));
    let (totp_secret, otpauth_url) = shown(login, issuer, &seed[..])?;
    let (recovery_codes, hashes) = self::recovery_codes(key, entropy);
    Ok(Enrolment {
        totp_secret,
        otpauth_url,
        recovery_codes,
        factor: SecondFactor {
            totp_seed: seal_seed(key, &seed[..], entropy),
            recovery_codes: hashes,
        },
    })
}

/// A seed as its owner sees it: in base 32 and as a URL.
pub(crate) fn shown(
    login: &Login,
    issuer: &str,
    seed: &[u8],
) -> Result<(Zeroizing<String>, Zeroizing<String>), UnusableIssuer> {
    let totp = builder(seed)
        .with_account_name(login.as_str())
        .with_issuer(Some(issuer))
        .build()
        .map_err(|_| UnusableIssuer)?;
    let base32 = Zeroizing::new(data_encoding::BASE32_NOPAD.encode(seed));
    let url = totp.to_url().map_err(|_| UnusableIssuer)?;
    Ok((base32, Zeroizing::new(url)))
}

/// A fresh set of recovery codes, and what the store keeps of them.
pub(crate) fn recovery_codes(
    key: &InstanceKey,
    entropy: &dyn Entropy,
) -> (Vec<Zeroizing<String>>, Vec<[u8; 32]>) {
    let codes: Vec<_> = (0..RECOVERY_CODES)
        .map(|_| fresh_recovery_code(entropy))
        .collect();
    let hashes = codes.iter().map(|code| recovery_code_hash(key, code));
    let hashes = hashes.collect();
    (codes, hashes)
}

/// The site's name holds a colon, which an `otpauth:` URL cannot carry.
#[derive(Debug, thiserror::Error)]
#[error("the issuer's name cannot stand in an otpauth URL")]
pub struct UnusableIssuer;

/// A code as somebody typed it.
pub enum Code {
    /// Six digits: a TOTP code and nothing else.
    Totp(Secret),
    /// Anything else may be a recovery code; these are its keyed hashes, under each key that is known.
    Recovery(Vec<[u8; 32]>),
}

impl Code {
    /// Reads a code; spaces are typing aids, hyphens and case of recovery codes too.
    pub fn read(typed: &Secret, key: &InstanceKey) -> Self {
        let text: Zeroizing<String> = Zeroizing::new(
            typed
                .expose()
                .chars()
                .filter(|c| !c.is_whitespace())
                .collect(),
        );
        if text.len() == DIGITS && text.bytes().all(|b| b.is_ascii_digit()) {
            return Self::Totp(Secret::new(text.to_string()));
        }
        Self::Recovery(recovery_code_hashes(key, &text))
    }
}

/// The time step that `code` belongs to, if it is the present, the last or the next one.
pub fn matching_step(seed: &[u8], code: &Secret, now: Timestamp) -> Option<i64> {
    let totp = totp(seed);
    let present = now.0.div_euclid(STEP_SECONDS);
    // All three are computed and compared in constant time, whichever matches.
    [present - 1, present, present + 1]
        .into_iter()
        .fold(None, |found, step| {
            let expected = totp
                .generate((step * STEP_SECONDS).max(0).unsigned_abs())
                .to_string();
            let right: bool = expected.as_bytes().ct_eq(code.expose().as_bytes()).into();
            if right { Some(step) } else { found }
        })
}

/// The same for a code as somebody typed it, spaces and all.
pub(crate) fn typed_step(seed: &[u8], typed: &Secret, now: Timestamp) -> Option<i64> {
    let digits = typed.expose().chars().filter(|c| !c.is_whitespace());
    matching_step(seed, &Secret::new(digits.collect()), now)
}

/// The code of the step that `now` is in: for tests, and for `grantd dev`.
pub fn code_at(seed: &[u8], now: Timestamp) -> String {
    totp(seed).generate(now.0.max(0).unsigned_abs()).to_string()
}

/// Opens the sealed seed of a user.
///
/// # Errors
/// It was sealed by another instance key.
pub fn open_seed(
    key: &InstanceKey,
    sealed: &crate::secret::Sealed,
) -> Result<Zeroizing<Vec<u8>>, crate::secret::NotSealedByThisKey> {
    key.open(SEALED_FOR, sealed)
}

fn builder(seed: &[u8]) -> Builder {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_step_duration(STEP_SECONDS.unsigned_abs())
        .with_secret(TotpSecret::from(seed.to_vec()))
}

fn totp(seed: &[u8]) -> Totp {
    builder(seed).build_noncompliant()
}

fn fresh_recovery_code(entropy: &dyn Entropy) -> Zeroizing<String> {
    let digits = Zeroizing::new(entropy::hex::<8>(entropy));
    Zeroizing::new(format!("{}-{}", &digits[..8], &digits[8..]))
}

fn recovery_code_hash(key: &InstanceKey, code: &str) -> [u8; 32] {
    key.keyed_hash(HASHED_FOR, canonical(code).as_bytes())
}

fn recovery_code_hashes(key: &InstanceKey, code: &str) -> Vec<[u8; 32]> {
    key.keyed_hashes(HASHED_FOR, canonical(code).as_bytes())
}

fn canonical(code: &str) -> Zeroizing<String> {
    let letters = code.chars().filter(|c| *c != '-');
    Zeroizing::new(letters.flat_map(char::to_lowercase).collect())
}

/// Seals a seed as [`open_seed`] opens it.
pub fn seal_seed(key: &InstanceKey, seed: &[u8], entropy: &dyn Entropy) -> crate::secret::Sealed {
    key.seal(SEALED_FOR, seed, entropy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[test]
    fn codes_equal_rfc_6238_appendix_b() {
        let seed = b"12345678901234567890";
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            assert_eq!(code_at(seed, Timestamp(time)), code);
            assert_eq!(
                matching_step(seed, &secret(code), Timestamp(time)),
                Some(time / 30)
            );
        }
    }

    #[test]
    fn the_window_is_one_step_each_way() {
        let seed = b"12345678901234567890";
        let code = secret(&code_at(seed, Timestamp(3_000)));
        for (now, step) in [
            (2_969, None),
            (2_970, Some(100)),
            (3_029, Some(100)),
            (3_030, Some(100)),
            (3_059, Some(100)),
            (3_060, None),
        ] {
            assert_eq!(matching_step(seed, &code, Timestamp(now)), step, "at {now}");
        }
    }

    #[test]
    fn an_enrolment_opens_only_with_the_instance_key() {
        let entropy = SeededEntropy::new(5);
        let key = InstanceKey::generate(&entropy);
        let enrolment = enrol(&Login::parse("octocat").unwrap(), "grantd", &key, &entropy).unwrap();
        let seed = open_seed(&key, &enrolment.factor.totp_seed).unwrap();
        assert_eq!(
            data_encoding::BASE32_NOPAD.encode(&seed),
            *enrolment.totp_secret
        );
        assert!(
            enrolment
                .otpauth_url
                .starts_with("otpauth://totp/grantd:octocat?secret="),
            "{}",
            *enrolment.otpauth_url
        );
        assert!(
            open_seed(
                &InstanceKey::generate(&entropy),
                &enrolment.factor.totp_seed
            )
            .is_err()
        );
    }

    #[test]
    fn sec_s04_recovery_codes_have_64_bits_and_are_kept_as_keyed_hashes() {
        let entropy = SeededEntropy::new(5);
        let key = InstanceKey::generate(&entropy);
        let enrolment = enrol(&Login::parse("octocat").unwrap(), "grantd", &key, &entropy).unwrap();
        let code = &enrolment.recovery_codes[0];
        assert_eq!(code.len(), 17);
        for typed in [
            code.to_string(),
            code.to_uppercase(),
            code.replace('-', ""),
            format!(" {} ", **code),
        ] {
            let Code::Recovery(hash) = Code::read(&secret(&typed), &key) else {
                panic!("{typed}")
            };
            assert_eq!(hash, [enrolment.factor.recovery_codes[0]]);
        }
        let other = InstanceKey::generate(&entropy);
        let Code::Recovery(hash) = Code::read(&secret(code), &other) else {
            panic!()
        };
        assert_ne!(hash, [enrolment.factor.recovery_codes[0]]);
    }

    #[test]
    fn six_digits_are_a_totp_code_only() {
        let key = InstanceKey::generate(&SeededEntropy::new(5));
        assert!(
            matches!(Code::read(&secret("123 456"), &key), Code::Totp(code) if code.expose() == "123456")
        );
        assert!(matches!(
            Code::read(&secret("1234567"), &key),
            Code::Recovery(_)
        ));
    }
}
