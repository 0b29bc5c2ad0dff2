//! What is said of a request and its caller besides the answer itself: an id,
//! and what tells callers apart. Must not decide anything.

use std::sync::atomic::{AtomicU64, Ordering};

use grantd_core::entropy::{self, Entropy};

use crate::auth::Identity;
use crate::finish::About;
use crate::settings::Profile;

/// What tells requests apart. Ids are told to everybody and open nothing: it is enough that no two
/// are alike, so only the start is left to chance, and no request asks the system for any.
pub(crate) struct RequestIds {
    start: [u64; 2],
    count: AtomicU64,
    profile: Profile,
}

impl RequestIds {
    /// Ids of this process.
    pub(crate) fn new(entropy: &dyn Entropy, profile: Profile) -> Self {
        let half = || u64::from_ne_bytes(entropy::bytes::<8>(entropy));
        Self {
            start: [half(), half()],
            count: AtomicU64::new(0),
            profile,
        }
    }

    /// A UUID, as GitHub Enterprise Server makes them; in P2 five groups of hex digits, as github.com did.
    pub(crate) fn next(&self) -> String {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let [first, second] = self.start;
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&scattered(first.wrapping_add(count)).to_be_bytes());
        bytes[8..].copy_from_slice(&scattered(second.wrapping_add(count)).to_be_bytes());
        if self.profile == Profile::P2 {
            let hex = |range: &[u8]| data_encoding::HEXLOWER.encode(range);
            let groups = [
                hex(&bytes[..2]),
                hex(&bytes[2..4]),
                hex(&bytes[4..8]),
                hex(&bytes[8..12]),
                hex(&bytes[12..]),
            ];
            return groups.join(":").to_uppercase();
        }
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        uuid(&bytes)
    }
}

/// Another number for each, far from its neighbours' (the finisher of SplitMix64).
fn scattered(number: u64) -> u64 {
    let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Groups of 8, 4, 4, 4 and 12 digits.
fn uuid(bytes: &[u8; 16]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push(DIGITS[usize::from(byte >> 4)].into());
        text.push(DIGITS[usize::from(byte & 0x0f)].into());
    }
    text
}

/// What the answer will say of its caller.
pub(crate) fn describe(identity: &Identity, about: &mut About) {
    about.tag = match identity {
        Identity::Anonymous => "-".to_owned(),
        Identity::Password(user) => format!("user:{}", user.user().id),
        Identity::Token(token) => format!("token:{}", token.token().authorization.id),
        Identity::App(app, _) => format!("app:{}", app.app().client_id),
    };
    if let Identity::Token(token) = identity {
        let token = &token.token().authorization;
        about.scopes = Some(token.scopes.sorted().join(", "));
        about.token_ends = token.expires_at;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use grantd_core::entropy::SeededEntropy;

    use super::*;

    #[test]
    fn no_two_ids_are_alike_and_each_looks_as_it_should() {
        let ids = RequestIds::new(&SeededEntropy::new(1), Profile::P3);
        let made: HashSet<String> = (0..10_000).map(|_| ids.next()).collect();
        assert_eq!(made.len(), 10_000);
        for id in made {
            let lengths: Vec<usize> = id.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
            assert_eq!(id.as_bytes()[14], b'4', "{id}");
        }
        let other = RequestIds::new(&SeededEntropy::new(2), Profile::P3);
        assert_ne!(ids.next(), other.next());
        let old = RequestIds::new(&SeededEntropy::new(1), Profile::P2).next();
        let lengths: Vec<usize> = old.split(':').map(str::len).collect();
        assert_eq!(lengths, [4, 4, 8, 8, 8], "{old}");
    }
}
