//! The `Authorization` header and what it may mean. Owns the reading of the
//! header; whether the credentials are right is core's to say.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use grantd_core::secret::Secret;

/// What was presented.
pub enum Credentials {
    /// Nothing.
    None,
    /// `Basic name:password`.
    Basic {
        /// Before the first colon: a login, an e-mail address, a client id or a token.
        name: String,
        /// After it: a password, a client secret, a token, or nothing of the kind.
        password: Secret,
    },
    /// `token …` or `Bearer …`.
    Token(Secret),
    /// Something that is no credentials at all.
    Unreadable,
}

/// Reads the header's value; the scheme's case does not matter.
pub fn read(value: Option<&[u8]>) -> Credentials {
    let Some(value) = value else {
        return Credentials::None;
    };
    let Ok(text) = std::str::from_utf8(value) else {
        return Credentials::Unreadable;
    };
    let text = text.trim();
    if text.is_empty() {
        return Credentials::None;
    }
    let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("basic") {
        return basic(rest).unwrap_or(Credentials::Unreadable);
    }
    if (scheme.eq_ignore_ascii_case("token") || scheme.eq_ignore_ascii_case("bearer"))
        && !rest.is_empty()
    {
        return Credentials::Token(Secret::new(rest.to_owned()));
    }
    Credentials::Unreadable
}

fn basic(encoded: &str) -> Option<Credentials> {
    let decoded = STANDARD
        .decode(encoded)
        .or_else(|_| STANDARD_NO_PAD.decode(encoded))
        .ok()?;
    // Older clients send Latin-1 (python-requests does): what is no UTF-8 is read so.
    let text = String::from_utf8(decoded).unwrap_or_else(|not_utf8| {
        not_utf8
            .into_bytes()
            .iter()
            .map(|byte| char::from(*byte))
            .collect()
    });
    let (name, password) = text.split_once(':')?;
    Some(Credentials::Basic {
        name: name.to_owned(),
        password: Secret::new(password.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(header: &str) -> String {
        match read(Some(header.as_bytes())) {
            Credentials::None => "none".into(),
            Credentials::Basic { name, password } => format!("{name}|{}", password.expose()),
            Credentials::Token(token) => format!("token {}", token.expose()),
            Credentials::Unreadable => "unreadable".into(),
        }
    }

    #[test]
    fn schemes_are_known_in_any_case() {
        let encoded = STANDARD.encode("octocat:pass:word");
        for scheme in ["Basic", "basic", "BASIC"] {
            assert_eq!(shown(&format!("{scheme} {encoded}")), "octocat|pass:word");
        }
        assert_eq!(shown("token abc"), "token abc");
        assert_eq!(shown("bEARER  abc "), "token abc");
    }

    #[test]
    fn what_is_no_credentials_is_unreadable_and_nothing_is_none() {
        assert_eq!(shown(""), "none");
        for header in [
            "Basic",
            "Basic !!!",
            "Basic b2N0b2NhdA==",
            "Basic /w==",
            "Digest x",
            "token",
            "Bearer ",
        ] {
            assert_eq!(shown(header), "unreadable", "{header}");
        }
        assert!(matches!(read(Some(b"\xff")), Credentials::Unreadable));
        assert_eq!(
            shown(&format!("Basic {}", STANDARD_NO_PAD.encode("a:b"))),
            "a|b"
        );
        assert_eq!(
            shown(&format!("Basic {}", STANDARD.encode(b"a:\xff"))),
            "a|ÿ",
            "Latin-1"
        );
        assert_eq!(
            shown(&format!("Basic {}", STANDARD.encode("a:ÿ"))),
            "a|ÿ",
            "UTF-8"
        );
    }
}
