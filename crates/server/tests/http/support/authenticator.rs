//! An authenticator in software: a key pair, and what WebAuthn has it say
//! (sections 6.1 and 7 of its Level 2). Its person always touches it.

use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{DerSignature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// One passkey and the browser around it.
pub(crate) struct Authenticator {
    key: SigningKey,
    id: Vec<u8>,
    origin: String,
    user: Option<String>,
    counter: u32,
    /// The last assertion, for whoever overheard it.
    last: Option<Value>,
}

/// The person was there, and proved it.
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

impl Authenticator {
    pub(crate) fn new(origin: &str) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let seed = Sha256::digest(format!("authenticator {number}"));
        let key = SigningKey::from_slice(&seed).expect("a key");
        let id = Sha256::digest(key.verifying_key().to_sec1_bytes()).to_vec();
        Self {
            key,
            id,
            origin: origin.to_owned(),
            user: None,
            counter: 0,
            last: None,
        }
    }

    fn said(&self, kind: &str, options: &Value, origin: &str) -> Vec<u8> {
        let said = json!({
            "type": kind,
            "challenge": options["publicKey"]["challenge"],
            "origin": origin,
            "crossOrigin": false,
        });
        said.to_string().into_bytes()
    }

    fn data(&self, site: &str, flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(site).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// Makes the passkey.
    pub(crate) fn create(&mut self, options: &Value) -> Value {
        let site = options["publicKey"]["rp"]["id"].as_str().expect("a site");
        let user = options["publicKey"]["user"]["id"].as_str().expect("a user");
        self.user = Some(user.to_owned());
        let mut data = self.data(site, PRESENT | VERIFIED | ATTESTED);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).expect("short").to_be_bytes());
        data.extend(&self.id);
        data.extend(self.public_key());
        // {"fmt": "none", "attStmt": {}, "authData": data}
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt");
        object.push(0x64);
        object.extend(b"none");
        object.push(0x67);
        object.extend(b"attStmt");
        object.extend([0xa0, 0x68]);
        object.extend(b"authData");
        object.push(0x59);
        object.extend(u16::try_from(data.len()).expect("short").to_be_bytes());
        object.extend(data);
        json!({
            "id": BASE64.encode(&self.id),
            "rawId": BASE64.encode(&self.id),
            "type": "public-key",
            "extensions": {},
            "response": {
                "attestationObject": BASE64.encode(object),
                "clientDataJSON": BASE64.encode(self.said("webauthn.create", options, &self.origin)),
            },
        })
    }

    /// {1: 2, 3: -7, -1: 1, -2: x, -3: y}: an elliptic key of the curve P-256, for ES256.
    fn public_key(&self) -> Vec<u8> {
        let point = self.key.verifying_key().to_sec1_point(false);
        let mut key = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
        key.extend(point.x().expect("a point"));
        key.extend([0x22, 0x58, 0x20]);
        key.extend(point.y().expect("a point"));
        key
    }

    /// Signs.
    pub(crate) fn get(&mut self, options: &Value) -> Value {
        let origin = self.origin.clone();
        let made = self.assertion(options, &origin, PRESENT | VERIFIED);
        self.last = Some(made.clone());
        made
    }

    fn assertion(&mut self, options: &Value, origin: &str, flags: u8) -> Value {
        self.counter += 1;
        let site = options["publicKey"]["rpId"].as_str().expect("a site");
        let data = self.data(site, flags);
        let said = self.said("webauthn.get", options, origin);
        let mut message = data.clone();
        message.extend(Sha256::digest(&said));
        let signature: DerSignature = self.key.sign(&message);
        json!({
            "id": BASE64.encode(&self.id),
            "rawId": BASE64.encode(&self.id),
            "type": "public-key",
            "extensions": {},
            "response": {
                "authenticatorData": BASE64.encode(data),
                "clientDataJSON": BASE64.encode(said),
                "signature": BASE64.encode(signature.as_bytes()),
                "userHandle": self.user,
            },
        })
    }

    /// An assertion that must not count.
    pub(crate) fn spoilt(&mut self, options: &Value, how: &str) -> Value {
        let origin = self.origin.clone();
        match how {
            "origin" => self.assertion(options, "https://evil.example", PRESENT | VERIFIED),
            "unverified" => self.assertion(options, &origin, PRESENT),
            "replay" => self.last.clone().expect("an earlier one"),
            "signature" => {
                let mut made = self.assertion(options, &origin, PRESENT | VERIFIED);
                let other = self.assertion(options, &origin, PRESENT | VERIFIED);
                made["response"]["signature"] = other["response"]["signature"].clone();
                made
            }
            other => panic!("{other}"),
        }
    }
}
