//! The words a person gives an authorization: what it is for, and where to
//! read more. Owns their limits; must not know whether a note is required
//! (that depends on the kind of authorization).

use crate::error::{FieldError, Text};

/// A note; on the wire `note`, in GitHub's errors `description`. At most 1,024 bytes (indexed).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note(String);

impl Note {
    /// # Errors
    /// Longer than 1,024 bytes, or holding U+0000.
    pub fn parse(text: String) -> Result<Self, FieldError> {
        Text {
            field: "description",
            longest: 1_024,
        }
        .check(&text)?;
        Ok(Self(text))
    }

    /// What the store wrote.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Nothing but white space.
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

/// A note's URL. Kept as given, even `""` and what is no URL: the contract
/// stores and returns it verbatim. At most 2,048 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteUrl(String);

impl NoteUrl {
    /// # Errors
    /// Longer than 2,048 bytes, or holding U+0000.
    pub fn parse(text: String) -> Result<Self, FieldError> {
        Text {
            field: "note_url",
            longest: 2_048,
        }
        .check(&text)?;
        Ok(Self(text))
    }

    /// What the store wrote.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
