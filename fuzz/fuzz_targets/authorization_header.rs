//! The `Authorization` header: whatever arrives is none, Basic, a token or unreadable.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use grantd_server::credentials::{Credentials, read};
use libfuzzer_sys::fuzz_target;

/// The reading in a form that can be compared.
fn shown(header: &[u8]) -> (&'static str, String, String) {
    match read(Some(header)) {
        Credentials::None => ("none", String::new(), String::new()),
        Credentials::Basic { name, password } => ("basic", name, password.expose().to_owned()),
        Credentials::Token(token) => ("token", token.expose().to_owned(), String::new()),
        Credentials::Unreadable => ("unreadable", String::new(), String::new()),
    }
}

fuzz_target!(|data: &[u8]| {
    let (kind, first, second) = shown(data);
    match kind {
        "none" => assert!(data.iter().all(|b| !b.is_ascii_graphic())),
        "basic" => {
            assert!(!first.contains(':'), "the first colon ends the name");
            let again = format!("Basic {}", STANDARD.encode(format!("{first}:{second}")));
            assert_eq!(shown(again.as_bytes()), ("basic", first, second));
        }
        "token" => {
            assert!(!first.is_empty() && first == first.trim());
            let again = format!("token {first}");
            assert_eq!(shown(again.as_bytes()), ("token", first, String::new()));
        }
        _ => {}
    }
    // The scheme's case changes nothing.
    if let Some(space) = data.iter().position(|b| *b == b' ') {
        let mut loud = data.to_vec();
        loud[..space].make_ascii_uppercase();
        assert_eq!(shown(&loud), shown(data));
    }
    // Any bytes with a colon can be a name and a password.
    let encoded = format!("basic {}", STANDARD.encode(data));
    let expected = if data.contains(&b':') {
        "basic"
    } else {
        "unreadable"
    };
    assert_eq!(shown(encoded.as_bytes()).0, expected);
});
