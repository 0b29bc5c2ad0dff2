//! Secrets that are not tokens: passwords, codes, client secrets, the
//! instance key. Owns how they are compared, hashed and sealed. None of these
//! types can be printed, compared with `==` or serialized; memory is wiped.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::entropy::{self, Entropy};

/// A secret in clear text: a password, a one-time code, a client secret.
///
/// ```compile_fail
/// let secret = grantd_core::secret::Secret::new("hunter2".into());
/// println!("{secret:?}");
/// ```
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret(String);

impl Secret {
    /// Takes the text in.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The clear text. Every call is a place where the secret could leak: few, and looked at.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Nothing was given.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// SHA-256 of the text; enough at rest for secrets of 128 random bits and more.
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.0.as_bytes()).into())
    }

    /// A fresh client secret: 160 random bits as 40 lower-case hex digits.
    pub fn generate_client_secret(entropy: &dyn Entropy) -> Self {
        Self(entropy::hex::<20>(entropy))
    }
}

/// SHA-256 of a high-entropy secret, as it rests in the store.
#[derive(Clone, Copy)]
pub struct SecretHash(pub [u8; 32]);

impl SecretHash {
    /// Compares in constant time.
    pub fn matches(&self, other: &SecretHash) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// Ciphertext of a secret that must be readable again (a TOTP seed). Safe to
/// store and to print; only the [`InstanceKey`] opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

/// The sealed bytes are not what this key sealed for this purpose.
#[derive(Debug, thiserror::Error)]
#[error("the sealed secret does not open with this instance key")]
pub struct NotSealedByThisKey;

/// The key of this instance, kept outside the database: a copy of the
/// database alone opens no TOTP seed and verifies no recovery code.
///
/// After a rotation it knows the keys before it: these open and verify what was made under them, and
/// seal nothing.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct InstanceKey {
    key: [u8; 32],
    /// The latest first.
    previous: Vec<[u8; 32]>,
}

/// What a line of the key file begins with that holds a key from before.
const OLD: &str = "old ";

const NONCE: usize = 24;

impl InstanceKey {
    /// A fresh key.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self::of(entropy::bytes(entropy))
    }

    fn of(key: [u8; 32]) -> Self {
        let previous = Vec::new();
        Self { key, previous }
    }

    /// Reads the key file: the key in hexadecimal digits, then a line for each key before it.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let mut key = Self::parse_one(lines.next()?)?;
        for line in lines {
            key.previous
                .push(Self::parse_one(line.strip_prefix(OLD)?)?.key);
        }
        Some(key)
    }

    fn parse_one(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(
            data_encoding::HEXLOWER_PERMISSIVE
                .decode(text.trim().as_bytes())
                .ok()?,
        );
        bytes.as_slice().try_into().ok().map(Self::of)
    }

    /// The key alone: 64 hex digits.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(data_encoding::HEXLOWER.encode(&self.key))
    }

    /// The form for the key file.
    pub fn to_file(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(format!("{}\n", *self.to_hex()));
        for old in self.previous() {
            text.push_str(OLD);
            text.push_str(&old.to_hex());
            text.push('\n');
        }
        text
    }

    /// Another key, which knows this one and those that this one knows.
    #[must_use]
    pub fn succeeded_by(&self, mut next: Self) -> Self {
        next.previous = vec![self.key];
        next.previous.extend(&self.previous);
        next
    }

    /// The same key, which knows no other.
    #[must_use]
    pub fn without_previous(&self) -> Self {
        Self::of(self.key)
    }

    /// The keys before this one, the latest first.
    pub fn previous(&self) -> impl Iterator<Item = Self> {
        self.previous.iter().map(|key| Self::of(*key))
    }

    /// Whether this key, or one before it, has this fingerprint.
    pub fn has_fingerprint(&self, fingerprint: &str) -> bool {
        self.fingerprint() == fingerprint
            || self.previous().any(|old| old.fingerprint() == fingerprint)
    }

    /// Names the key without revealing it; the store keeps this to notice a wrong key.
    pub fn fingerprint(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.keyed_hash("fingerprint", b"")[..16])
    }

    /// Seals `plain` for `purpose`; it opens only under the same purpose.
    pub fn seal(&self, purpose: &str, plain: &[u8], entropy: &dyn Entropy) -> Sealed {
        let nonce = entropy::bytes::<NONCE>(entropy);
        let payload = Payload {
            msg: plain,
            aad: purpose.as_bytes(),
        };
        let mut sealed = nonce.to_vec();
        // The cipher refuses only messages of 256 GiB and more.
        sealed.extend(
            self.cipher()
                .encrypt(&XNonce::from(nonce), payload)
                .unwrap_or_default(),
        );
        Sealed(sealed)
    }

    /// Opens what [`InstanceKey::seal`] made for the same purpose, under this key or one before it.
    ///
    /// # Errors
    /// The bytes were changed, sealed for another purpose, or by another key.
    pub fn open(
        &self,
        purpose: &str,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, NotSealedByThisKey> {
        let (nonce, text) = sealed
            .0
            .split_first_chunk::<NONCE>()
            .ok_or(NotSealedByThisKey)?;
        let open = |key: &Self| {
            let payload = Payload {
                msg: text,
                aad: purpose.as_bytes(),
            };
            key.cipher().decrypt(&XNonce::from(*nonce), payload).ok()
        };
        let plain = open(self).or_else(|| self.previous().find_map(|old| open(&old)));
        plain.map(Zeroizing::new).ok_or(NotSealedByThisKey)
    }

    /// HMAC-SHA-256 under this key, for secrets that are looked up (recovery codes).
    pub fn keyed_hash(&self, purpose: &str, data: &[u8]) -> [u8; 32] {
        keyed_hash(&self.key, &[purpose.as_bytes(), data])
    }

    /// The same under this key and each before it: what a secret may be kept under.
    pub fn keyed_hashes(&self, purpose: &str, data: &[u8]) -> Vec<[u8; 32]> {
        let before = self.previous();
        let before = before.map(|old| old.keyed_hash(purpose, data));
        std::iter::once(self.keyed_hash(purpose, data))
            .chain(before)
            .collect()
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(self.keyed_hash("sealing", b"")))
    }
}

/// HMAC-SHA-256 over `parts`, each preceded by its length so that no two lists collide.
pub fn keyed_hash(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key)
        .expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    #[test]
    fn a_sealed_secret_opens_only_with_its_key_and_purpose() {
        let entropy = SeededEntropy::new(1);
        let (key, other) = (
            InstanceKey::generate(&entropy),
            InstanceKey::generate(&entropy),
        );
        let sealed = key.seal("totp", b"seed", &entropy);
        assert_eq!(key.open("totp", &sealed).unwrap().as_slice(), b"seed");
        assert!(other.open("totp", &sealed).is_err());
        assert!(key.open("webhook", &sealed).is_err());
        let mut cut = sealed.clone();
        cut.0.truncate(10);
        assert!(key.open("totp", &cut).is_err());
    }

    #[test]
    fn the_key_file_round_trips() {
        let key = InstanceKey::generate(&SeededEntropy::new(2));
        let again = InstanceKey::parse(&format!("{}\n", *key.to_hex())).unwrap();
        assert_eq!(key.fingerprint(), again.fingerprint());
        assert!(InstanceKey::parse("short").is_none());
    }

    #[test]
    fn a_key_opens_what_those_before_it_have_sealed_and_seals_under_itself() {
        let entropy = SeededEntropy::new(3);
        let keys = [0, 1, 2].map(|_| InstanceKey::generate(&entropy));
        let sealed = keys
            .each_ref()
            .map(|key| key.seal("totp", b"seed", &entropy));
        let [first, second, third] = keys;
        let second = first.succeeded_by(second);
        let third = second.succeeded_by(third);
        let third = InstanceKey::parse(&third.to_file()).unwrap();
        assert!(sealed.iter().all(|one| third.open("totp", one).is_ok()));
        assert!(second.open("totp", &sealed[2]).is_err());
        assert!(third.has_fingerprint(&first.fingerprint()));
        let hashes = third.keyed_hashes("code", b"x");
        assert_eq!(hashes[0], third.keyed_hash("code", b"x"));
        assert_eq!(hashes[2], first.keyed_hash("code", b"x"));
        let fresh = third.seal("totp", b"seed", &entropy);
        let alone = third.without_previous();
        assert!(alone.open("totp", &fresh).is_ok() && alone.open("totp", &sealed[1]).is_err());
        assert!(!alone.has_fingerprint(&first.fingerprint()));
    }

    #[test]
    fn keyed_hashes_do_not_collide_over_part_boundaries() {
        assert_ne!(
            keyed_hash(&[0; 32], &[b"ab", b"c"]),
            keyed_hash(&[0; 32], &[b"a", b"bc"])
        );
    }
}
