//! The search: every spelling of every secret, in one pass over each place.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::json;

/// A secret and what it is.
pub(super) struct Secret {
    what: String,
    bytes: Vec<u8>,
}

impl Secret {
    pub(super) fn new(what: impl Into<String>, text: impl Into<Vec<u8>>) -> Self {
        Self {
            what: what.into(),
            bytes: text.into(),
        }
    }

    /// Every spelling under which it could stand somewhere.
    fn spellings(&self) -> Vec<Vec<u8>> {
        let bytes = &self.bytes;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let percent = |upper: bool| -> String {
            bytes
                .iter()
                .map(|byte| match byte {
                    b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'.' | b'_' | b'~' => {
                        char::from(*byte).to_string()
                    }
                    _ if upper => format!("%{byte:02X}"),
                    _ => format!("%{byte:02x}"),
                })
                .collect()
        };
        let all: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
        let mut spellings = vec![
            bytes.clone(),
            hex.to_uppercase().into_bytes(),
            hex.into_bytes(),
            percent(true).replace("%20", "+").into_bytes(),
            percent(true).into_bytes(),
            percent(false).into_bytes(),
            all.to_lowercase().into_bytes(),
            all.into_bytes(),
            serde_json::Value::from(String::from_utf8_lossy(bytes))
                .to_string()
                .trim_matches('"')
                .into(),
        ];
        // Base 64 depends on what stands before: all three phases, without the ends that others share.
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            for phase in 0..3 {
                let mut shifted = vec![0; phase];
                shifted.extend(bytes);
                let encoded = engine.encode(&shifted);
                spellings
                    .push(encoded.as_bytes()[phase.div_ceil(3) * 4..encoded.len() - 2].to_vec());
            }
        }
        spellings
    }
}

/// All spellings of all secrets, by their first eight bytes: one pass over a place finds any.
pub(super) struct Search<'a> {
    spellings: HashMap<[u8; 8], Vec<(Vec<u8>, &'a str)>>,
    /// Which pairs of bytes begin one; most places in a file do not.
    begins: Vec<bool>,
}

impl<'a> Search<'a> {
    pub(super) fn new(secrets: &'a [Secret]) -> Self {
        let mut search = Self {
            spellings: HashMap::new(),
            begins: vec![false; 1 << 16],
        };
        for secret in secrets {
            assert!(secret.bytes.len() >= 8, "{} is short", secret.what);
            for spelling in secret.spellings() {
                // Of a user code, what is sure to stand in base 64 is too short to mean anything.
                let Some(start) = spelling.first_chunk::<8>().copied() else {
                    continue;
                };
                search.begins[usize::from(u16::from_be_bytes([start[0], start[1]]))] = true;
                search
                    .spellings
                    .entry(start)
                    .or_default()
                    .push((spelling, &secret.what));
            }
        }
        search
    }

    /// The first secret that stands there.
    pub(super) fn find(&self, haystack: &[u8]) -> Option<&'a str> {
        for (at, window) in haystack.windows(8).enumerate() {
            if !self.begins[usize::from(u16::from_be_bytes([window[0], window[1]]))] {
                continue;
            }
            let Some(candidates) = self.spellings.get(window) else {
                continue;
            };
            let found = candidates
                .iter()
                .find(|(spelling, _)| haystack[at..].starts_with(spelling));
            if let Some((_, what)) = found {
                return Some(what);
            }
        }
        None
    }
}

#[test]
fn the_search_finds_what_is_hidden() {
    let secret = Secret::new("a test", "p\u{e4}ss \"word\" 0123456789");
    let text = String::from_utf8(secret.bytes.clone()).unwrap();
    let secrets = [secret];
    let search = Search::new(&secrets);
    for hidden in [
        format!("x{text}y"),
        format!("x{}", STANDARD.encode(format!("octocat:{text}"))),
        format!("x{}", STANDARD.encode(format!("hubot:{text}, and more"))),
        text.bytes().map(|byte| format!("{byte:02x}")).collect(),
        format!("{:?}", json!(text).to_string())
            .replace("\\\\", "\\")
            .replace("\\\"", "\""),
        url::form_urlencoded::byte_serialize(text.as_bytes()).collect(),
    ] {
        assert_eq!(search.find(hidden.as_bytes()), Some("a test"), "{hidden}");
    }
    assert_eq!(search.find(b"nothing to see here"), None);
}
