//! Signed places of the chain. Owns the key and what it signs; must not know
//! the rows.
//!
//! The key is ECDSA over P-256, derived from the instance key: a copy of the
//! database alone signs nothing. What is signed is six lines of text, so that
//! anybody can verify it with OpenSSL, the public key and a link of the chain.

use std::fmt::Write;

use data_encoding::HEXLOWER;
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use p256::pkcs8::{DecodePublicKey, EncodePublicKey, LineEnding};
use sha2::{Digest, Sha256};

use super::chain::{Chain, Head};
use crate::clock::Timestamp;
use crate::secret::InstanceKey;

/// Of the derivation.
const PURPOSE: &str = "audit checkpoints";

/// A place of the chain, signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The number of the row up to which it signs.
    pub seq: i64,
    /// The number of the checkpoint before; 0 for the first.
    pub previous: i64,
    /// When it was signed.
    pub at: Timestamp,
    /// [`PublicKey::id`].
    pub key_id: String,
    /// ECDSA with SHA-256, in DER.
    pub signature: Vec<u8>,
}

impl Checkpoint {
    /// What is signed.
    fn text(&self, chain: &Chain) -> String {
        format!(
            "grantd audit checkpoint 1\nseq {}\nprevious {}\nat {}\nchain {}\nkey {}\n",
            self.seq,
            self.previous,
            self.at.0,
            HEXLOWER.encode(chain),
            self.key_id
        )
    }
}

/// Signs checkpoints.
pub struct CheckpointKey {
    key: SigningKey,
    id: String,
}

impl CheckpointKey {
    /// The one that belongs to an instance key.
    pub fn of(key: &InstanceKey) -> Self {
        let numbers = 0u8..=u8::MAX;
        let mut candidates = numbers.map(|number| key.keyed_hash(PURPOSE, &[number]));
        // Of 2^32 candidates one is no scalar of the curve.
        let key = candidates
            .find_map(|bytes| SigningKey::from_slice(&bytes).ok())
            .expect("one of 256 candidates is a key");
        let id = PublicKey(*key.verifying_key()).id();
        Self { key, id }
    }

    /// What anybody may know of it.
    pub fn public(&self) -> PublicKey {
        PublicKey(*self.key.verifying_key())
    }

    /// Signs a place of the chain.
    pub fn sign(&self, head: &Head, previous: i64, at: Timestamp) -> Checkpoint {
        let mut checkpoint = Checkpoint {
            seq: head.seq,
            previous,
            at,
            key_id: self.id.clone(),
            signature: Vec::new(),
        };
        let text = checkpoint.text(&head.chain);
        let signature: Signature = self.key.sign(text.as_bytes());
        checkpoint.signature = signature.normalize_s().to_der().as_bytes().to_vec();
        checkpoint
    }
}

/// Verifies checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// The text holds no public keys.
#[derive(Debug, thiserror::Error)]
#[error("that is no public key of audit checkpoints (PEM, ECDSA over P-256)")]
pub struct NotAPublicKey;

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";

impl PublicKey {
    /// Names it: the beginning of SHA-256 over its DER, in hex.
    pub fn id(&self) -> String {
        let der = self.0.to_public_key_der();
        let der = der.expect("every point of the curve has its DER");
        let mut id = String::new();
        for byte in &Sha256::digest(der.as_bytes())[..8] {
            // Writing to a String does not fail.
            let _ = write!(id, "{byte:02x}");
        }
        id
    }

    /// As PEM, for OpenSSL and whoever verifies elsewhere.
    pub fn to_pem(&self) -> String {
        let pem = self.0.to_public_key_pem(LineEnding::LF);
        pem.expect("every point of the curve has its PEM")
    }

    /// All keys of a PEM file.
    ///
    /// # Errors
    /// One is none, or there is none.
    pub fn all_from_pem(text: &str) -> Result<Vec<Self>, NotAPublicKey> {
        let blocks = text.split(BEGIN).skip(1);
        let keys: Result<Vec<_>, _> = blocks
            .map(|block| VerifyingKey::from_public_key_pem(&format!("{BEGIN}{}", until_end(block))))
            .collect();
        match keys {
            Ok(keys) if !keys.is_empty() => Ok(keys.into_iter().map(Self).collect()),
            _ => Err(NotAPublicKey),
        }
    }

    /// Whether this key has signed the checkpoint at this link.
    pub fn has_signed(&self, checkpoint: &Checkpoint, chain: &Chain) -> bool {
        let Ok(signature) = Signature::from_der(&checkpoint.signature) else {
            return false;
        };
        // The other of two equal signatures is none of ours.
        signature.normalize_s() == signature
            && self
                .0
                .verify(checkpoint.text(chain).as_bytes(), &signature)
                .is_ok()
    }
}

fn until_end(block: &str) -> &str {
    const END: &str = "-----END PUBLIC KEY-----";
    match block.find(END) {
        Some(at) => &block[..at + END.len()],
        None => block,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    fn key(seed: u64) -> CheckpointKey {
        CheckpointKey::of(&InstanceKey::generate(&SeededEntropy::new(seed)))
    }

    #[test]
    fn a_checkpoint_verifies_only_as_it_was_signed() {
        let head = Head {
            seq: 7,
            chain: [7; 32],
        };
        let signed = key(1).sign(&head, 3, Timestamp(100));
        let public = key(1).public();
        assert!(public.has_signed(&signed, &head.chain));
        assert!(!public.has_signed(&signed, &[8; 32]));
        assert!(!key(2).public().has_signed(&signed, &head.chain));
        let edits: [fn(&mut Checkpoint); 5] = [
            |one| one.seq += 1,
            |one| one.previous += 1,
            |one| one.at = Timestamp(101),
            |one| one.key_id.push('0'),
            |one| one.signature[10] ^= 1,
        ];
        for edit in edits {
            let mut edited = signed.clone();
            edit(&mut edited);
            assert!(!public.has_signed(&edited, &head.chain), "{edited:?}");
        }
    }

    #[test]
    fn public_keys_travel_as_pem() {
        let (one, two) = (key(1).public(), key(2).public());
        let file = format!("our keys\n{}{}\n", one.to_pem(), two.to_pem());
        assert_eq!(PublicKey::all_from_pem(&file).unwrap(), [one, two]);
        assert_ne!(one.id(), two.id());
        assert_eq!(one.id().len(), 16);
        assert!(PublicKey::all_from_pem("").is_err());
        assert!(PublicKey::all_from_pem(&file.replace("MFk", "MFj")).is_err());
    }
}
