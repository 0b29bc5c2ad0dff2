//! The fingerprint that tells apart several authorizations of one app and
//! user. Owns that "absent" and `""` are one value.

use crate::error::{FieldError, Text};

/// A fingerprint, possibly none. At most 1,024 bytes (it is part of an index).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// `None` and `""` mean the same: no fingerprint.
    ///
    /// # Errors
    /// Longer than 1,024 bytes, or holding U+0000.
    pub fn parse(text: Option<String>) -> Result<Self, FieldError> {
        let text = text.unwrap_or_default();
        Text {
            field: "fingerprint",
            longest: 1_024,
        }
        .check(&text)?;
        Ok(Self(text))
    }

    /// What the store wrote.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text, `""` for none: the stored form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, `None` for none: the wire's form (null).
    pub fn get(&self) -> Option<&str> {
        (!self.0.is_empty()).then_some(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprint;

    #[test]
    fn absent_and_empty_are_one_value() {
        assert_eq!(
            Fingerprint::parse(None).unwrap(),
            Fingerprint::parse(Some(String::new())).unwrap()
        );
        assert_eq!(
            Fingerprint::parse(Some("a".into())).unwrap().get(),
            Some("a")
        );
    }

    #[test]
    fn what_cannot_be_indexed_is_refused() {
        assert!(Fingerprint::parse(Some("x".repeat(1_025))).is_err());
        assert!(Fingerprint::parse(Some("a\0b".into())).is_err());
    }
}
