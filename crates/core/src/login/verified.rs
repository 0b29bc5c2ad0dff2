//! Passwords that were verified a moment ago, so that scripts which send one
//! with every call pay for hashing once. Owns the cache; a change of password
//! changes the stored hash, and with it the key, so nothing need be purged.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use super::Address;
use crate::entropy::{self, Entropy};
use crate::secret::{Secret, keyed_hash};
use crate::user::{LoginKey, PasswordHash};

const MOST: usize = 10_000;

/// HMAC over login, address, stored hash and password under a key that never leaves this process.
pub(super) type VerifiedKey = [u8; 32];

pub(super) struct Verified {
    key: [u8; 32],
    known: Mutex<HashMap<VerifiedKey, ()>>,
}

impl Verified {
    pub(super) fn new(entropy: &dyn Entropy) -> Self {
        Self {
            key: entropy::bytes(entropy),
            known: Mutex::default(),
        }
    }

    pub(super) fn key(
        &self,
        login: &LoginKey,
        address: Address,
        hash: &PasswordHash,
        password: &Secret,
    ) -> VerifiedKey {
        let address = address.to_string();
        keyed_hash(
            &self.key,
            &[
                login.as_str().as_bytes(),
                address.as_bytes(),
                hash.0.as_bytes(),
                password.expose().as_bytes(),
            ],
        )
    }

    pub(super) fn contains(&self, key: &VerifiedKey) -> bool {
        self.lock().contains_key(key)
    }

    pub(super) fn insert(&self, key: VerifiedKey) {
        let mut known = self.lock();
        if known.len() >= MOST {
            let mut odd = false;
            known.retain(|_, ()| {
                odd = !odd;
                odd
            });
        }
        known.insert(key, ());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<VerifiedKey, ()>> {
        self.known
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;
    use std::net::IpAddr;

    #[test]
    fn any_change_of_password_hash_login_or_address_misses() {
        let verified = Verified::new(&SeededEntropy::new(1));
        let key = |login: &str, last: u8, hash: &str, password: &str| {
            let address = Address::from(IpAddr::from([192, 0, 2, last]));
            verified.key(
                &LoginKey::of(login),
                address,
                &PasswordHash(hash.into()),
                &Secret::new(password.into()),
            )
        };
        verified.insert(key("octocat", 1, "h", "p"));
        assert!(verified.contains(&key("OctoCat", 1, "h", "p")));
        for other in [
            key("hubot", 1, "h", "p"),
            key("octocat", 2, "h", "p"),
            key("octocat", 1, "i", "p"),
            key("octocat", 1, "h", "q"),
        ] {
            assert!(!verified.contains(&other));
        }
    }

    #[test]
    fn the_cache_stays_bounded() {
        let verified = Verified::new(&SeededEntropy::new(1));
        for number in 0..3 * MOST as u64 {
            verified.insert(keyed_hash(&[0; 32], &[&number.to_be_bytes()]));
        }
        assert!(verified.lock().len() <= MOST);
    }
}
