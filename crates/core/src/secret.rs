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
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct InstanceKey([u8; 32]);

const NONCE: usize = 24;

impl InstanceKey {
    /// A fresh key.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(entropy::bytes(entropy))
    }

    /// Reads the hexadecimal form of the key file.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(
            data_encoding::HEXLOWER_PERMISSIVE
                .decode(text.trim().as_bytes())
                .ok()?,
        );
        bytes.as_slice().try_into().ok().map(Self)
    }

    /// The form for the key file: 64 hex digits.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(data_encoding::HEXLOWER.encode(&self.0))
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

    /// Opens what [`InstanceKey::seal`] made for the same purpose.
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
        let payload = Payload {
            msg: text,
            aad: purpose.as_bytes(),
        };
        let plain = self
            .cipher()
            .decrypt(&XNonce::from(*nonce), payload)
            .map_err(|_| NotSealedByThisKey)?;
        Ok(Zeroizing::new(plain))
    }

    /// HMAC-SHA-256 under this key, for secrets that are looked up (recovery codes).
    pub fn keyed_hash(&self, purpose: &str, data: &[u8]) -> [u8; 32] {
        keyed_hash(&self.0, &[purpose.as_bytes(), data])
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
    fn keyed_hashes_do_not_collide_over_part_boundaries() {
        assert_ne!(
            keyed_hash(&[0; 32], &[b"ab", b"c"]),
            keyed_hash(&[0; 32], &[b"a", b"bc"])
        );
    }
}
