//! Values that come beside the statements, for `:name` in them: they are bound,
//! and no character of them is ever read as SQL. Owns their names.

use std::collections::BTreeMap;
use std::ops::Range;

use rusqlite::types::Value as Cell;
use sqlparser::tokenizer::Token;

use super::text::Text;
use crate::failure::Failure;
use crate::secret_input;

/// Values by name, without the colon.
#[derive(Debug, Default)]
pub(crate) struct Params(BTreeMap<String, Cell>);

impl Params {
    /// From `NAME=VALUE`s and `NAME=FILE`s.
    ///
    /// # Errors
    /// A name is none, or a file cannot be read.
    pub(crate) fn read(values: &[String], files: &[String]) -> Result<Self, Failure> {
        let mut params = Self::default();
        for given in values {
            let (name, value) = split(given)?;
            params.insert(name, value.to_owned());
        }
        for given in files {
            let (name, path) = split(given)?;
            let text = std::fs::read_to_string(path)
                .map_err(|why| Failure::new(format!("cannot read {path}: {why}")))?;
            params.insert(name, secret_input::without_newline(&text).to_owned());
        }
        Ok(params)
    }

    fn insert(&mut self, name: &str, value: String) {
        self.0.insert(name.to_owned(), Cell::Text(value));
    }

    /// The value of `:name`, `$name` or `@name`.
    pub(crate) fn get(&self, placeholder: &str) -> Option<&Cell> {
        self.0.get(placeholder.trim_start_matches([':', '$', '@']))
    }
}

impl Params {
    /// # Errors
    /// A statement names one that was not given.
    pub(crate) fn check(&self, text: &Text) -> Result<(), Failure> {
        for (index, piece) in text.pieces.iter().enumerate() {
            let at = match (&piece.token, text.pieces.get(index + 1)) {
                (Token::Placeholder(_), _) => piece.at.clone(),
                (Token::Colon, Some(name)) if name.at.start == piece.at.end => {
                    piece.at.start..name.at.end
                }
                _ => continue,
            };
            if self.get(&text.sql[at.clone()]).is_none() {
                return Err(missing(text, at));
            }
        }
        Ok(())
    }
}

/// A name has no value.
pub(crate) fn missing(text: &Text, at: Range<usize>) -> Failure {
    let name = text.sql.get(at.clone()).unwrap_or_default();
    let words =
        format!("{name} has no value; give it with --param NAME=VALUE or --param-file NAME=FILE");
    text.wrong(at, words)
}

fn split(given: &str) -> Result<(&str, &str), Failure> {
    let parts = given.split_once('=');
    let named = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    parts
        .filter(|(name, _)| named(name))
        .ok_or_else(|| Failure::new("a parameter is NAME=VALUE, its name of letters, digits and _"))
}
