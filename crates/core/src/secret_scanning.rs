//! Messages about secrets that were found in public, signed as GitHub signs
//! those to the partners of its secret scanning. Owns whose messages are
//! believed; must not know what is done about the secrets.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use data_encoding::BASE64;
use futures_util::lock;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::pkcs8::DecodePublicKey as _;
use serde::Deserialize;

use crate::clock::Timestamp;
use crate::outbound::Outbound;

/// A longer document is no key set.
const LONGEST_DOCUMENT: usize = 64 * 1024;
/// Keys are fetched at most once in so many seconds, whatever identifiers messages name.
const BETWEEN_FETCHES: i64 = 60;
/// Keys that are older than this are fetched again: one that was withdrawn is then forgotten.
const OLDEST_KEYS: i64 = 24 * 3_600;

/// The document is no key set.
#[derive(Debug, thiserror::Error)]
#[error(
    "a key set is {{\"public_keys\":[{{\"key_identifier\":…,\"key\":…}}]}}, each key ECDSA P-256 in PEM"
)]
pub struct NoKeySet;

/// Why a message is not believed.
#[derive(Debug, thiserror::Error)]
pub enum NotBelieved {
    /// It is not signed at all.
    #[error(
        "The message is not signed: Github-Public-Key-Identifier and Github-Public-Key-Signature are missing."
    )]
    Unsigned,
    /// No key has this identifier.
    #[error("No key has this identifier.")]
    UnknownKey,
    /// The key did not sign this.
    #[error("The signature does not match the body.")]
    WrongSignature,
    /// The keys cannot be had at the moment.
    #[error("the keys cannot be had")]
    NoKeys(#[source] Unfetched),
}

#[derive(Deserialize)]
struct Document {
    public_keys: Vec<PublicKey>,
}

#[derive(Deserialize)]
struct PublicKey {
    key_identifier: String,
    key: String,
}

type Keys = HashMap<String, VerifyingKey>;
/// Why there are no keys.
type Unfetched = Box<dyn std::error::Error + Send + Sync>;

/// Reads a key set as GitHub publishes it. Keys of other kinds are passed over.
fn read(document: &[u8]) -> Result<Keys, NoKeySet> {
    let document: Document = serde_json::from_slice(document).map_err(|_| NoKeySet)?;
    let keys: Keys = document
        .public_keys
        .into_iter()
        .filter_map(|one| {
            let key = VerifyingKey::from_public_key_pem(&one.key).ok()?;
            Some((one.key_identifier, key))
        })
        .collect();
    if keys.is_empty() {
        return Err(NoKeySet);
    }
    Ok(keys)
}

/// The keys whose messages are believed.
pub struct KeySet {
    kept: Mutex<Kept>,
    source: Option<Source>,
}

#[derive(Default)]
struct Kept {
    keys: Keys,
    /// Of those that were fetched.
    since: Option<Timestamp>,
}

/// Where keys are fetched from. Whoever fetches holds the lock; in it stands when that was last tried.
struct Source {
    url: String,
    outbound: Arc<dyn Outbound>,
    tried: lock::Mutex<Option<Timestamp>>,
}

impl KeySet {
    /// The keys of a document, for good.
    ///
    /// # Errors
    /// It is no key set.
    pub fn fixed(document: &[u8]) -> Result<Self, NoKeySet> {
        let kept = Kept {
            keys: read(document)?,
            since: None,
        };
        Ok(Self {
            kept: Mutex::new(kept),
            source: None,
        })
    }

    /// The keys that are published at an address, fetched when a message needs them.
    pub fn published(url: String, outbound: Arc<dyn Outbound>) -> Self {
        Self {
            kept: Mutex::default(),
            source: Some(Source {
                url,
                outbound,
                tried: lock::Mutex::new(None),
            }),
        }
    }

    /// Whether a body was signed by the key with this identifier; the signature is DER in base 64.
    ///
    /// # Errors
    /// It was not, or the key cannot be had.
    pub async fn verify(
        &self,
        identifier: &str,
        signature: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), NotBelieved> {
        let key = self.key(identifier, now).await?;
        let signature = BASE64
            .decode(signature.as_bytes())
            .ok()
            .and_then(|der| Signature::from_der(&der).ok());
        signature
            .filter(|signature| key.verify(body, signature).is_ok())
            .map(drop)
            .ok_or(NotBelieved::WrongSignature)
    }

    async fn key(&self, identifier: &str, now: Timestamp) -> Result<VerifyingKey, NotBelieved> {
        let Some(source) = &self.source else {
            let known = self.kept().keys.get(identifier).copied();
            return known.ok_or(NotBelieved::UnknownKey);
        };
        if let Some(key) = self.fresh(identifier, now) {
            return Ok(key);
        }
        let mut tried = source.tried.lock().await;
        // Whoever waited may find what another fetched.
        if let Some(key) = self.fresh(identifier, now) {
            return Ok(key);
        }
        let may_try = tried.is_none_or(|at| now.since(at) >= BETWEEN_FETCHES);
        let fetched = if may_try {
            *tried = Some(now);
            source.fetch().await
        } else {
            Err("they were asked for a moment ago".into())
        };
        let mut kept = self.kept();
        match fetched {
            Ok(keys) => {
                *kept = Kept {
                    keys,
                    since: Some(now),
                };
            }
            // Old keys are better than none while their place is away.
            Err(why) if kept.keys.is_empty() => return Err(NotBelieved::NoKeys(why)),
            Err(_) => {}
        }
        let known = kept.keys.get(identifier).copied();
        known.ok_or(NotBelieved::UnknownKey)
    }

    fn fresh(&self, identifier: &str, now: Timestamp) -> Option<VerifyingKey> {
        let kept = self.kept();
        let is_fresh = kept.since.is_some_and(|at| now.since(at) < OLDEST_KEYS);
        kept.keys.get(identifier).filter(|_| is_fresh).copied()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source {
    async fn fetch(&self) -> Result<Keys, Unfetched> {
        let keys = match self.outbound.get(&self.url, LONGEST_DOCUMENT).await {
            Ok(document) => read(&document).map_err(Unfetched::from),
            Err(why) => Err(why.into()),
        };
        if let Err(why) = &keys {
            tracing::warn!(%why, "the keys of secret scanners could not be fetched");
        }
        keys
    }
}

#[cfg(test)]
#[path = "secret_scanning_tests.rs"]
mod tests;
