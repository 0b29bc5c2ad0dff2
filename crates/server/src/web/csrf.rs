//! Whether a request that changes something was meant by the person: it comes
//! from this site (`Origin`, `Sec-Fetch-Site`) and carries the token that only
//! this site's pages hold. Owns both judgements. Tokens are kept nowhere: they
//! follow from what the browser keeps in a cookie, under the instance's key.

use grantd_core::secret::InstanceKey;
use http::HeaderMap;
use subtle::ConstantTimeEq;
use url::Url;

/// The hidden field that carries the token.
pub(crate) const FIELD: &str = "csrf";
/// The header that carries it for scripts.
pub(crate) const HEADER: &str = "x-csrf-token";

/// What a token is bound to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bound<'a> {
    /// A session's secret.
    Session(&'a str),
    /// The cookie of a browser in which nobody is signed in.
    Visit(&'a str),
}

/// The token of a browser's forms.
pub(crate) fn token(key: &InstanceKey, bound: Bound<'_>) -> String {
    let (purpose, secret) = match bound {
        Bound::Session(secret) => ("csrf session", secret),
        Bound::Visit(secret) => ("csrf visit", secret),
    };
    let hash = key.keyed_hash(purpose, secret.as_bytes());
    data_encoding::BASE64URL_NOPAD.encode(&hash[..24])
}

/// Why a form was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Another site sent it, or this one under another address.
    Foreign,
    /// The token is missing or belongs to another session.
    Token,
}

/// Judges a request that changes something.
///
/// # Errors
/// Why it is refused.
pub(crate) fn judge(
    headers: &HeaderMap,
    public_url: &Url,
    expected: Option<&str>,
    presented: &str,
) -> Result<(), Refused> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let ours = public_url.origin().ascii_serialization();
    if headers.get_all("origin").iter().count() > 1 || text("origin").is_some_and(|o| o != ours) {
        return Err(Refused::Foreign);
    }
    if text("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        return Err(Refused::Foreign);
    }
    let right =
        expected.is_some_and(|expected| expected.as_bytes().ct_eq(presented.as_bytes()).into());
    if right { Ok(()) } else { Err(Refused::Token) }
}

#[cfg(test)]
mod tests {
    use grantd_core::entropy::SeededEntropy;

    use super::*;

    fn judged(headers: &[(&'static str, &str)], presented: &str) -> Result<(), Refused> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let url = "https://git.example.com:8443/".parse().unwrap();
        judge(&map, &url, Some("right"), presented)
    }

    #[test]
    fn sec_s40_only_this_sites_own_forms_are_taken() {
        let ours = ("origin", "https://git.example.com:8443");
        assert_eq!(judged(&[ours], "right"), Ok(()));
        assert_eq!(judged(&[], "right"), Ok(()));
        assert_eq!(
            judged(&[("sec-fetch-site", "same-origin")], "right"),
            Ok(())
        );
        for foreign in [
            "https://git.example.com",
            "http://git.example.com:8443",
            "https://evil.example",
            "https://git.example.com:8443.evil.example",
            "null",
            "",
        ] {
            assert_eq!(
                judged(&[("origin", foreign)], "right"),
                Err(Refused::Foreign)
            );
        }
        assert_eq!(judged(&[ours, ours], "right"), Err(Refused::Foreign));
        for site in ["cross-site", "same-site", "x"] {
            let headers = [ours, ("sec-fetch-site", site)];
            assert_eq!(judged(&headers, "right"), Err(Refused::Foreign), "{site}");
        }
        for token in ["", "wrong", "right "] {
            assert_eq!(judged(&[ours], token), Err(Refused::Token), "{token}");
        }
    }

    #[test]
    fn sec_s40_a_token_belongs_to_one_session_and_one_instance() {
        let entropy = SeededEntropy::new(1);
        let (key, other) = (
            InstanceKey::generate(&entropy),
            InstanceKey::generate(&entropy),
        );
        let one = token(&key, Bound::Session("a"));
        assert_eq!(one, token(&key, Bound::Session("a")));
        assert_ne!(one, token(&key, Bound::Session("b")));
        assert_ne!(one, token(&key, Bound::Visit("a")));
        assert_ne!(one, token(&other, Bound::Session("a")));
    }
}
