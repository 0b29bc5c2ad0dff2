//! A statement's text: its tokens, where they stand, and what is said when one
//! of them is wrong. Owns the splitting of a script into statements; must not
//! know what a statement means.

use std::ops::Range;

use sqlparser::dialect::SQLiteDialect;
use sqlparser::tokenizer::{Location, Span, Token, Tokenizer, TokenizerError};

use crate::failure::Failure;

/// The dialect of the embedded engine.
pub(crate) const DIALECT: SQLiteDialect = SQLiteDialect {};

/// A token that is neither space nor comment.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) token: Token,
    /// Bytes of the statement.
    pub(crate) at: Range<usize>,
}

impl Piece {
    /// The name, if it is one.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.token {
            Token::Word(word) => Some(&word.value),
            _ => None,
        }
    }

    /// Whether it is this keyword or name, whatever its case, and unquoted.
    pub(crate) fn is(&self, name: &str) -> bool {
        matches!(&self.token, Token::Word(word)
            if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(name))
    }
}

/// One statement, without its semicolon.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) sql: String,
    pub(crate) pieces: Vec<Piece>,
    /// The number of its first line in what was typed.
    line: usize,
}

/// What is typed so far ends inside a string or a comment.
#[derive(Debug)]
pub(crate) struct Unfinished(pub(crate) Failure);

impl Text {
    /// The statements of a script. A last one needs no semicolon.
    ///
    /// # Errors
    /// A string, a quoted name or a comment does not end.
    pub(crate) fn split(script: &str) -> Result<Vec<Self>, Unfinished> {
        let mut statements = Vec::new();
        let mut pieces: Vec<Piece> = Vec::new();
        for piece in pieces_of(script)? {
            if piece.token == Token::SemiColon {
                statements.extend(Self::of(script, std::mem::take(&mut pieces)));
            } else {
                pieces.push(piece);
            }
        }
        statements.extend(Self::of(script, pieces));
        Ok(statements)
    }

    fn of(script: &str, mut pieces: Vec<Piece>) -> Option<Self> {
        let (start, end) = (pieces.first()?.at.start, pieces.last()?.at.end);
        for piece in &mut pieces {
            piece.at = piece.at.start - start..piece.at.end - start;
        }
        Some(Self {
            sql: script.get(start..end)?.to_owned(),
            pieces,
            line: script.get(..start)?.matches('\n').count() + 1,
        })
    }

    /// Where the parser says that something stands.
    pub(crate) fn at(&self, span: Span) -> Range<usize> {
        if span == Span::empty() {
            return 0..self.pieces.first().map_or(0, |piece| piece.at.end);
        }
        let start = offset(&self.sql, span.start);
        start..offset(&self.sql, span.end).max(start)
    }

    /// The token at or after an offset; the last one where there is none.
    pub(crate) fn token_at(&self, offset: usize) -> Range<usize> {
        let found = self.pieces.iter().find(|piece| piece.at.end > offset);
        let piece = found.or(self.pieces.last());
        piece.map_or(0..0, |piece| piece.at.clone())
    }

    /// The name at or after an offset, with what its dots join to it.
    pub(crate) fn name_at(&self, offset: usize) -> Range<usize> {
        let mut at = self.token_at(offset);
        let rest = self
            .pieces
            .iter()
            .skip_while(|piece| piece.at.start < at.end);
        let rest: Vec<&Piece> = rest.collect();
        for pair in rest.chunks_exact(2) {
            match pair {
                [dot, name] if dot.token == Token::Period && name.name().is_some() => {
                    at.end = name.at.end;
                }
                _ => break,
            }
        }
        at
    }

    /// Says what is wrong with the part at `at`, under that part.
    pub(crate) fn wrong(&self, at: Range<usize>, message: impl AsRef<str>) -> Failure {
        caret(&self.masked(&at), self.line, &at, message.as_ref())
    }

    /// The words of the parser, which end with a place.
    pub(crate) fn refused(&self, words: &str) -> Failure {
        let (message, place) = words.rsplit_once(" at Line: ").unwrap_or((words, ""));
        let message = message.trim_start_matches("sql parser error: ");
        let numbers = place.split_once(", Column: ").and_then(|(line, column)| {
            Some(Location::new(line.parse().ok()?, column.parse().ok()?))
        });
        let at = match numbers {
            Some(location) => self.token_at(offset(&self.sql, location)),
            None => self.sql.len()..self.sql.len(),
        };
        self.wrong(at, message)
    }

    /// Whether it holds what should not be kept or shown.
    pub(crate) fn holds_secrets(&self) -> bool {
        const NAMES: [&str; 4] = ["client_secret", "access_token", "password", "otp"];
        let text = self.sql.to_ascii_lowercase();
        NAMES.iter().any(|name| text.contains(name))
    }

    /// The text with other strings blanked where one of them may be a secret.
    fn masked(&self, shown: &Range<usize>) -> String {
        let mut text = self.sql.clone();
        if !self.holds_secrets() {
            return text;
        }
        for piece in self.pieces.iter().rev() {
            let is_string = matches!(piece.token, Token::SingleQuotedString(_));
            let (from, to) = (piece.at.start + 1, piece.at.end.saturating_sub(1));
            if is_string && piece.at != *shown && from < to {
                // As many bytes: what comes after stays where it is.
                text.replace_range(from..to, &"*".repeat(to - from));
            }
        }
        text
    }
}

fn pieces_of(script: &str) -> Result<Vec<Piece>, Unfinished> {
    let tokens = Tokenizer::new(&DIALECT, script).tokenize_with_location();
    let tokens = tokens.map_err(|TokenizerError { message, location }| {
        let start = offset(script, location);
        let end = script[start..]
            .find('\n')
            .map_or(script.len(), |at| start + at);
        Unfinished(caret(script, 1, &(start..end), &message))
    })?;
    let pieces = tokens.into_iter().map(|token| Piece {
        at: offset(script, token.span.start)..offset(script, token.span.end),
        token: token.token,
    });
    Ok(pieces
        .filter(|piece| !matches!(piece.token, Token::Whitespace(_) | Token::EOF))
        .collect())
}

/// A line and a column, both from 1, in bytes.
fn offset(text: &str, location: Location) -> usize {
    let line_at = text
        .split_inclusive('\n')
        .take((location.line as usize).saturating_sub(1))
        .map(str::len)
        .sum::<usize>();
    let line = text.get(line_at..).unwrap_or_default();
    let column = (location.column as usize).saturating_sub(1);
    let in_line = line.char_indices().nth(column).map(|(at, _)| at);
    line_at + in_line.unwrap_or(line.len())
}

fn caret(text: &str, first_line: usize, at: &Range<usize>, message: &str) -> Failure {
    let before = text.get(..at.start).unwrap_or(text);
    let line_at = before.rfind('\n').map_or(0, |at| at + 1);
    let line = text[line_at..].split('\n').next().unwrap_or_default();
    let line: String = line
        .trim_end()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let column = before[line_at..].chars().count();
    let marked = text.get(at.clone()).unwrap_or_default();
    let marked = marked.split('\n').next().unwrap_or_default().trim_end();
    let number = (first_line + before.matches('\n').count()).to_string();
    let margin = " ".repeat(number.len());
    let (space, mark) = (
        " ".repeat(column),
        "^".repeat(marked.chars().count().max(1)),
    );
    Failure::new(format!(
        "{message}\n{margin} |\n{number} | {line}\n{margin} | {space}{mark}"
    ))
}
