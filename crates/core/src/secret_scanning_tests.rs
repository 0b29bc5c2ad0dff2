//! Whose messages are believed, and when keys are fetched.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures_util::FutureExt as _;
use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::Signer as _;
use p256::pkcs8::{EncodePublicKey as _, LineEnding};
use serde_json::json;

use super::*;
use crate::outbound::OutboundError;

const NOW: Timestamp = Timestamp(1_600_000_000);

// GitHub Docs, "Secret scanning partner program", the sample message and its key.
const SAMPLE_KEY: &str = "bcb53661c06b4728e59d897fb6165d5c9cda0fd9cdf9d09ead458168deb7518c";
const SAMPLE_PEM: &str = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYAGMWO8XgCamYKMJS6jc/qgvSlAd\nAjPuDPRcXU22YxgBrz+zoN19MzuRyW87qEt9/AmtoNP5GrobzUvQSyJFVw==\n-----END PUBLIC KEY-----\n";
const SAMPLE_SIGNATURE: &str = "MEQCIQDaMKqrGnE27S0kgMrEK0eYBmyG0LeZismAEz/BgZyt7AIfXt9fErtRS4XaeSt/AO1RtBY66YcAdjxji410VQV4xg==";
const SAMPLE_BODY: &str = r#"[{"source":"commit","token":"some_token","type":"some_type","url":"https://example.com/base-repo-url/"}]"#;

fn set(keys: &[(&str, String)]) -> Vec<u8> {
    let keys: Vec<_> = keys
        .iter()
        .map(|(id, key)| json!({ "key_identifier": id, "key": key, "is_current": true }))
        .collect();
    json!({ "public_keys": keys }).to_string().into_bytes()
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).unwrap()
}

fn pem(key: &SigningKey) -> String {
    let public = VerifyingKey::from(key);
    public.to_public_key_pem(LineEnding::LF).unwrap()
}

fn sign(key: &SigningKey, body: &[u8]) -> String {
    let signature: Signature = key.sign(body);
    BASE64.encode(signature.to_der().as_bytes())
}

fn now<T>(work: impl Future<Output = T>) -> T {
    work.now_or_never().expect("nothing here waits")
}

/// A place that publishes what it is told to, and counts.
#[derive(Default)]
struct Place {
    document: Mutex<Option<Vec<u8>>>,
    asked: AtomicUsize,
}

impl Place {
    fn publish(&self, document: Option<Vec<u8>>) {
        *self.document.lock().unwrap() = document;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Outbound for Place {
    async fn post(
        &self,
        _: &str,
        _: &[(&'static str, String)],
        _: Vec<u8>,
    ) -> Result<(), OutboundError> {
        Err(OutboundError("nothing is posted here".into()))
    }

    async fn get(&self, _: &str, _: usize) -> Result<Vec<u8>, OutboundError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let document = self.document.lock().unwrap().clone();
        document.ok_or_else(|| OutboundError("it is away".into()))
    }
}

fn believed(keys: &KeySet, id: &str, by: &SigningKey, at: Timestamp) -> Result<(), NotBelieved> {
    now(keys.verify(id, &sign(by, b"[]"), b"[]", at))
}

#[test]
fn sec_s36_the_documented_sample_is_believed_and_nothing_near_it() {
    let keys = KeySet::fixed(&set(&[(SAMPLE_KEY, SAMPLE_PEM.to_owned())])).unwrap();
    let verify = |id: &str, signature: &str, body: &str| {
        now(keys.verify(id, signature, body.as_bytes(), NOW))
    };
    assert!(verify(SAMPLE_KEY, SAMPLE_SIGNATURE, SAMPLE_BODY).is_ok());
    let other_body = SAMPLE_BODY.replace("some_token", "some_tokem");
    let spaced = SAMPLE_BODY.replace(":", ": ");
    let another = sign(&key(1), SAMPLE_BODY.as_bytes());
    for (signature, body) in [
        (SAMPLE_SIGNATURE, other_body.as_str()),
        (SAMPLE_SIGNATURE, spaced.as_str()),
        (another.as_str(), SAMPLE_BODY),
        ("", SAMPLE_BODY),
        ("!!!", SAMPLE_BODY),
        ("AAAA", SAMPLE_BODY),
    ] {
        let refused = verify(SAMPLE_KEY, signature, body);
        assert!(
            matches!(refused, Err(NotBelieved::WrongSignature)),
            "{signature}"
        );
    }
    let unknown = verify("another", SAMPLE_SIGNATURE, SAMPLE_BODY);
    assert!(matches!(unknown, Err(NotBelieved::UnknownKey)));
}

#[test]
fn what_is_no_key_set_is_refused() {
    for document in [
        &b"nonsense"[..],
        b"[]",
        br#"{"public_keys":[]}"#,
        br#"{"public_keys":[{"key_identifier":"a","key":"nonsense"}]}"#,
    ] {
        assert!(KeySet::fixed(document).is_err());
    }
}

#[test]
fn sec_s36_keys_are_fetched_once_and_again_for_an_unknown_one_at_most_every_minute() {
    let place = Arc::new(Place::default());
    let keys = KeySet::published("https://keys.example".to_owned(), place.clone());
    place.publish(Some(set(&[("one", pem(&key(1)))])));
    assert_eq!(place.asked(), 0, "nothing is fetched before it is needed");
    for _ in 0..3 {
        believed(&keys, "one", &key(1), NOW).unwrap();
    }
    assert_eq!(place.asked(), 1);
    place.publish(Some(set(&[("two", pem(&key(2)))])));
    for at in [0, 30, 59] {
        let refused = believed(&keys, "two", &key(2), NOW.plus(at));
        assert!(matches!(refused, Err(NotBelieved::UnknownKey)));
    }
    assert_eq!(place.asked(), 1, "whatever identifiers are named");
    believed(&keys, "two", &key(2), NOW.plus(60)).unwrap();
    assert_eq!(place.asked(), 2);
    let withdrawn = believed(&keys, "one", &key(1), NOW.plus(60));
    assert!(matches!(withdrawn, Err(NotBelieved::UnknownKey)));
}

#[test]
fn keys_a_day_old_are_fetched_again_and_kept_while_their_place_is_away() {
    let place = Arc::new(Place::default());
    let keys = KeySet::published("https://keys.example".to_owned(), place.clone());
    let away = believed(&keys, "one", &key(1), NOW);
    assert!(matches!(away, Err(NotBelieved::NoKeys(_))));
    let still = believed(&keys, "one", &key(1), NOW.plus(10));
    assert!(matches!(still, Err(NotBelieved::NoKeys(_))));
    assert_eq!(place.asked(), 1);
    place.publish(Some(set(&[("one", pem(&key(1)))])));
    believed(&keys, "one", &key(1), NOW.plus(60)).unwrap();
    place.publish(None);
    let next_day = NOW.plus(60 + OLDEST_KEYS);
    believed(&keys, "one", &key(1), next_day).unwrap();
    assert_eq!(place.asked(), 3);
    place.publish(Some(set(&[("two", pem(&key(2)))])));
    let withdrawn = believed(&keys, "one", &key(1), next_day.plus(60));
    assert!(matches!(withdrawn, Err(NotBelieved::UnknownKey)));
}
