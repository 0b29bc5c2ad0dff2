//! Where public keys are found. Owns that an address is one that nobody can
//! forge on the way; must not fetch nor read.

use std::path::PathBuf;

use url::Url;

use super::Value;

/// An address or a file with a document of public keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeysAt {
    /// An https address.
    Address(Url),
    /// A file.
    File(PathBuf),
}

impl Value for KeysAt {
    const KIND: &'static str = "URL|PATH";

    fn parse(text: &str) -> Result<Self, String> {
        if !text.contains("://") {
            return PathBuf::parse(text).map(Self::File);
        }
        Url::parse(text)
            .ok()
            .filter(|url| url.scheme() == "https" && url.has_host())
            .map(Self::Address)
            .ok_or_else(|| "give an https address or a file".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_from_https_or_a_file() {
        let https = KeysAt::parse("https://api.github.com/meta/public_keys/secret_scanning");
        assert!(matches!(https, Ok(KeysAt::Address(_))));
        let file = KeysAt::parse("/etc/grantd/scanners.json");
        assert!(matches!(file, Ok(KeysAt::File(_))));
        for wrong in ["http://example.com/keys", "file:///keys", "https://", ""] {
            assert!(KeysAt::parse(wrong).is_err(), "{wrong}");
        }
    }
}
