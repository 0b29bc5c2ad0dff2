//! Tokens that somebody names beforehand, for tests that know theirs by heart.
//! Owns that none is handed out twice. Whoever serves anybody but tests names
//! none.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// None, unless [`Given::new`] says which.
#[derive(Clone, Default)]
pub(super) struct Given(Option<Arc<Named>>);

struct Named {
    all: HashSet<String>,
    next: Mutex<VecDeque<String>>,
}

impl Given {
    /// `all` are tokens; those of `next`, which are, too, are handed out in this order.
    pub(super) fn new(all: Vec<String>, next: Vec<String>) -> Self {
        let all = all.into_iter().chain(next.iter().cloned()).collect();
        Self(Some(Arc::new(Named {
            all,
            next: Mutex::new(next.into()),
        })))
    }

    pub(super) fn contains(&self, text: &str) -> bool {
        self.0
            .as_ref()
            .is_some_and(|named| named.all.contains(text))
    }

    pub(super) fn take(&self) -> Option<String> {
        let mut next = self
            .0
            .as_ref()?
            .next
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        next.pop_front()
    }
}

/// Without the tokens.
impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.0.as_ref().map_or(0, |named| named.all.len());
        write!(f, "{number} given tokens")
    }
}

#[cfg(test)]
mod tests {
    use crate::entropy::SeededEntropy;
    use crate::token::{TokenFormat, TokenKind};

    #[test]
    fn named_tokens_are_tokens_and_handed_out_first() {
        let format = TokenFormat::new("gt", false, false).unwrap();
        assert!(format.parse("OTOKEN").is_none());
        let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let format = format.with_given(named(&["OLD"]), named(&["OTOKEN", "second"]));
        for (text, good) in [
            ("OLD", true),
            ("OTOKEN", true),
            ("otoken", false),
            ("", false),
        ] {
            assert_eq!(format.parse(text).is_some(), good, "{text}");
        }
        let mint = |kind| {
            let token = format.generate(kind, &SeededEntropy::new(1));
            token.expose().to_owned()
        };
        assert!(mint(TokenKind::Refresh).starts_with("gtr_"));
        assert_eq!(mint(TokenKind::Personal), "OTOKEN");
        assert_eq!(mint(TokenKind::OAuthApp), "second");
        assert!(mint(TokenKind::OAuthApp).starts_with("gto_"));
        assert_eq!(format!("{format:?}").matches("OTOKEN").count(), 0);
    }
}
