//! Tokens: what has the shape of one, its hash, its last eight characters.
#![no_main]

use grantd_core::entropy::SeededEntropy;
use grantd_core::token::{TokenFormat, TokenHash, TokenKind};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

const KINDS: [TokenKind; 4] = [
    TokenKind::Personal,
    TokenKind::OAuthApp,
    TokenKind::UserToServer,
    TokenKind::Refresh,
];

fn presented(format: &TokenFormat, text: &str, hex_counts: bool) {
    let hex = text.len() == 40 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let Some(token) = format.parse(text) else {
        assert!(!(hex && hex_counts), "{text}");
        return;
    };
    assert!(text.is_ascii() && text.len() <= 255);
    assert!(format.has_checked_shape(text) || hex && hex_counts);
    assert_eq!(token.expose(), text);
    let hash = token.hash();
    assert_eq!(hash.0[..], Sha256::digest(text.as_bytes())[..]);
    assert!(hash.matches(&TokenHash::parse(&hash.to_string()).unwrap()));
    assert_eq!(token.last_eight().0, text[text.len() - 8..]);
}

fuzz_target!(|data: &[u8]| {
    let plain = TokenFormat::new("gt", false, false).unwrap();
    let with_hex = TokenFormat::new("gh", false, true).unwrap();
    let only_hex = TokenFormat::new("gt", true, false).unwrap();
    if let Ok(text) = std::str::from_utf8(data) {
        presented(&plain, text, false);
        presented(&with_hex, text, true);
        presented(&only_hex, text, true);
        if let Some(hash) = TokenHash::parse(text) {
            assert_eq!(hash.to_string(), text.to_ascii_lowercase());
        }
        if let Ok(own) = TokenFormat::new(text, false, false) {
            let token = own.generate(TokenKind::Personal, &SeededEntropy::new(1));
            assert!(own.parse(token.expose()).is_some());
        }
    }
    // A minted token is a token; the same with one character changed is none.
    let Some((seed, change)) = data.split_first_chunk::<8>() else {
        return;
    };
    let seed = u64::from_be_bytes(*seed);
    let token = plain.generate(KINDS[seed as usize % 4], &SeededEntropy::new(seed));
    presented(&plain, token.expose(), false);
    assert!(plain.parse(token.expose()).is_some());
    if let [at, to, ..] = change {
        let mut other = token.expose().as_bytes().to_vec();
        let at = 4 + usize::from(*at) % (other.len() - 4);
        if to.is_ascii() && other[at] != *to {
            other[at] = *to;
            assert!(plain.parse(std::str::from_utf8(&other).unwrap()).is_none());
        }
    }
});
