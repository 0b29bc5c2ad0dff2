//! Proof key for code exchange (RFC 7636). Owns that S256 is the only method;
//! must not know what a challenge is kept with.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::secret::Secret;

/// An authorization request that no consent could mend; the text says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidChallenge(pub &'static str);

/// An S256 code challenge: 43 characters of base64url.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge(String);

impl Challenge {
    /// The challenge of an authorization request. Empty parameters count as absent.
    ///
    /// # Errors
    /// A method other than S256 (absent means `plain`, RFC 7636 section 4.3), a
    /// method without a challenge, or a challenge that is no SHA-256.
    pub fn parse(
        challenge: Option<&str>,
        method: Option<&str>,
    ) -> Result<Option<Self>, InvalidChallenge> {
        let given = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        let Some(challenge) = given(challenge) else {
            return match given(method) {
                None => Ok(None),
                Some(_) => Err(InvalidChallenge(
                    "code_challenge_method came without a code_challenge.",
                )),
            };
        };
        if method != Some("S256") {
            return Err(InvalidChallenge("The code_challenge_method must be S256."));
        }
        let bytes = BASE64URL_NOPAD.decode(challenge.as_bytes());
        if !bytes.is_ok_and(|bytes| bytes.len() == 32) {
            return Err(InvalidChallenge(
                "The code_challenge must be the base64url-encoded SHA-256 of the code_verifier.",
            ));
        }
        Ok(Some(Self(challenge)))
    }

    /// What the store wrote.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the challenge of a well-formed verifier. Compares in constant time.
    fn is_of(&self, verifier: &Secret) -> bool {
        let text = verifier.expose();
        let fits = (43..=128).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
        let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(text.as_bytes()));
        fits & bool::from(challenge.as_bytes().ct_eq(self.0.as_bytes()))
    }
}

/// Whether a verifier fits a code: with a challenge the right one must come, and without a
/// challenge none may (RFC 9700 section 2.1.1: no downgrade).
pub fn fits(challenge: Option<&Challenge>, verifier: Option<&Secret>) -> bool {
    match (challenge, verifier.filter(|verifier| !verifier.is_empty())) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => challenge.is_of(verifier),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn challenge() -> Challenge {
        Challenge::parse(Some(CHALLENGE), Some("S256"))
            .unwrap()
            .unwrap()
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[test]
    fn sec_s39_only_s256_is_a_method() {
        assert!(Challenge::parse(None, None).unwrap().is_none());
        assert!(Challenge::parse(Some(""), Some("")).unwrap().is_none());
        assert_eq!(challenge().as_str(), CHALLENGE);
        let longer = format!("{CHALLENGE}A");
        for (text, method) in [
            (Some(CHALLENGE), None),
            (Some(CHALLENGE), Some("")),
            (Some(CHALLENGE), Some("plain")),
            (Some(CHALLENGE), Some("s256")),
            (None, Some("S256")),
            (None, Some("plain")),
            (Some("short"), Some("S256")),
            (Some(longer.as_str()), Some("S256")),
            (
                Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM"),
                Some("S256"),
            ),
        ] {
            assert!(
                Challenge::parse(text, method).is_err(),
                "{text:?} {method:?}"
            );
        }
    }

    #[test]
    fn sec_s39_a_verifier_comes_exactly_with_a_challenge() {
        let (right, wrong) = (secret(VERIFIER), secret(&"a".repeat(43)));
        let challenge = challenge();
        assert!(fits(Some(&challenge), Some(&right)));
        assert!(!fits(Some(&challenge), Some(&wrong)));
        assert!(!fits(Some(&challenge), None));
        assert!(!fits(Some(&challenge), Some(&secret(""))));
        assert!(!fits(None, Some(&right)));
        assert!(fits(None, None));
    }

    #[test]
    fn sec_s39_a_challenge_is_no_verifier_and_a_short_verifier_is_none() {
        assert!(!fits(Some(&challenge()), Some(&secret(CHALLENGE))));
        let short = secret("short");
        let of_short = BASE64URL_NOPAD.encode(&Sha256::digest(b"short"));
        let of_short = Challenge::parse(Some(&of_short), Some("S256"))
            .unwrap()
            .unwrap();
        assert!(!fits(Some(&of_short), Some(&short)));
    }
}
