//! Tokens as others look for them: patterns for secret scanners, and examples
//! for documents that no server takes.

use super::{BASE62, CHECKSUM, RANDOM, TokenFormat, TokenKind};
use crate::entropy::Entropy;

/// What a scanner looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// A name for programs, such as `personal-access-token`.
    pub name: &'static str,
    /// The same for people.
    pub words: &'static str,
    /// What every such token begins with.
    pub prefix: String,
    /// A regular expression as RE2 and its like read it; it tells nothing of the checksum.
    pub expression: String,
}

/// Tokens of hex digits look like any commit's hash: there is no pattern for them.
#[derive(Debug, thiserror::Error)]
#[error(
    "tokens of 40 hex digits cannot be told from the hash of any commit: no scanner finds them"
)]
pub struct NoPattern;

impl TokenFormat {
    /// What new tokens look like, by kind.
    ///
    /// # Errors
    /// They look like nothing in particular.
    pub fn patterns(&self) -> Result<Vec<Pattern>, NoPattern> {
        if self.mint_hex {
            return Err(NoPattern);
        }
        let kinds = [
            (
                TokenKind::Personal,
                "personal-access-token",
                "personal access token",
            ),
            (TokenKind::OAuthApp, "oauth-app-token", "OAuth app's token"),
            (TokenKind::Refresh, "refresh-token", "refresh token"),
        ];
        let of = |(kind, name, words): (TokenKind, _, _)| {
            let prefix = format!("{}{}_", self.prefix, kind.letter());
            let length = RANDOM + CHECKSUM;
            Pattern {
                name,
                words,
                expression: format!(r"\b{prefix}[0-9A-Za-z]{{{length}}}\b"),
                prefix,
            }
        };
        Ok(kinds.map(of).to_vec())
    }

    /// A token for documents: of this format but for its end, so that it is accepted nowhere.
    pub fn example(&self, kind: TokenKind, entropy: &dyn Entropy) -> String {
        let token = self.generate(kind, entropy);
        let (rest, last) = token.expose().split_at(token.expose().len() - 1);
        let next = if self.mint_hex {
            // No hex digit: without a checksum nothing else would be wrong.
            'x'
        } else {
            let at = BASE62
                .iter()
                .position(|digit| last.as_bytes() == [*digit])
                .unwrap_or(0);
            char::from(BASE62[(at + 1) % BASE62.len()])
        };
        format!("{rest}{next}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    const KINDS: [TokenKind; 3] = [TokenKind::Personal, TokenKind::OAuthApp, TokenKind::Refresh];

    #[test]
    fn no_example_is_ever_a_token() {
        let entropy = SeededEntropy::new(7);
        for (prefix, hex) in [("gt", false), ("gh", false), ("gt", true)] {
            let format = TokenFormat::new(prefix, hex, true).unwrap();
            // Whatever else a server accepts.
            let github = TokenFormat::new("gh", false, true).unwrap();
            for kind in KINDS {
                for _ in 0..2_000 {
                    let example = format.example(kind, &entropy);
                    assert!(format.parse(&example).is_none(), "{example}");
                    assert!(github.parse(&example).is_none(), "{example}");
                }
            }
        }
    }

    #[test]
    fn examples_look_like_tokens() {
        let format = TokenFormat::new("gt", false, false).unwrap();
        let example = format.example(TokenKind::Personal, &SeededEntropy::new(7));
        assert!(example.starts_with("gtp_") && example.len() == 40);
        assert_ne!(
            example,
            format.example(TokenKind::Personal, &SeededEntropy::new(8))
        );
    }

    #[test]
    fn there_is_a_pattern_for_each_kind_that_is_made() {
        let format = TokenFormat::new("acme", false, true).unwrap();
        let patterns = format.patterns().unwrap();
        assert_eq!(patterns.len(), KINDS.len());
        for (kind, pattern) in KINDS.into_iter().zip(patterns) {
            let token = format.generate(kind, &SeededEntropy::new(7));
            assert!(token.expose().starts_with(&pattern.prefix));
            let expected = format!(r"\b{}[0-9A-Za-z]{{36}}\b", pattern.prefix);
            assert_eq!(pattern.expression, expected);
        }
        assert!(
            TokenFormat::new("gt", true, true)
                .unwrap()
                .patterns()
                .is_err()
        );
    }
}
