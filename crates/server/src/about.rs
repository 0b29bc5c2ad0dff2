//! What is said of a request and its caller besides the answer itself: an id,
//! and what tells callers apart. Must not decide anything.

use grantd_core::entropy::{self, Entropy};

use crate::auth::Identity;
use crate::finish::About;
use crate::settings::Profile;

/// A UUID, as GitHub Enterprise Server makes them; in P2 five groups of hex digits, as github.com did.
pub(crate) fn request_id(entropy: &dyn Entropy, profile: Profile) -> String {
    let mut bytes = entropy::bytes::<16>(entropy);
    if profile == Profile::P2 {
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
