//! `EXEC provider.service.resource.method @name=value, @@json='…'`: any method
//! by its name. Owns that grammar, which the parser does not know.

use std::ops::Range;

use rusqlite::types::Value as Cell;
use serde_json::Value;
use sqlparser::tokenizer::Token;

use super::api::Row;
use super::catalog::{self, Input, Method, Place, Resource};
use super::choice;
use super::engine::Table;
use super::session::Session;
use super::terms::no_resource;
use super::text::{Piece, Text};
use super::value;
use super::write::no_input;
use crate::failure::Failure;
use crate::output;

pub(super) fn is(text: &Text) -> bool {
    text.pieces
        .first()
        .is_some_and(|first| first.is("EXEC") || first.is("EXECUTE"))
}

/// What an EXEC says.
#[derive(Debug)]
pub(super) struct Exec {
    resource: &'static Resource,
    pub(super) method: &'static Method,
    pub(super) given: Vec<(&'static Input, Cell)>,
    pub(super) body: Row,
}

/// Carries it out and prints the answer, where there is one.
pub(super) async fn run(session: &mut Session, text: &Text) -> Result<(), Failure> {
    let exec = read(session, text)?;
    let rows = session
        .api
        .call(exec.method, &exec.given, Some(&exec.body))
        .await?;
    if rows.is_empty() {
        output::note(format!("{}: done", exec.method.name));
        return Ok(());
    }
    session.print(&table(exec.resource, &rows))
}

/// An answer by its own keys: it need not be a row of the resource.
fn table(resource: &Resource, rows: &[Row]) -> Table {
    let columns: Vec<String> = rows
        .first()
        .into_iter()
        .flat_map(|row| row.keys().cloned())
        .collect();
    let cells = |row: &Row| {
        columns
            .iter()
            .map(|name| value::cell(row.get(name)))
            .collect()
    };
    Table {
        kinds: columns
            .iter()
            .map(|name| resource.column(name).map(|column| column.kind))
            .collect(),
        rows: rows.iter().map(cells).collect(),
        columns,
    }
}

/// The statement's tokens, from the front.
struct Reader<'a> {
    text: &'a Text,
    next: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&'a Piece> {
        self.text.pieces.get(self.next)
    }

    fn take(&mut self) -> Option<&'a Piece> {
        let piece = self.peek();
        self.next += usize::from(piece.is_some());
        piece
    }

    fn takes(&mut self, token: &Token) -> bool {
        let fits = self.peek().is_some_and(|piece| piece.token == *token);
        self.next += usize::from(fits);
        fits
    }

    /// The place of the next token, or the end.
    fn here(&self) -> Range<usize> {
        let end = self.text.sql.len();
        self.peek().map_or(end..end, |piece| piece.at.clone())
    }

    fn wrong(&self, words: &str) -> Failure {
        self.text.wrong(self.here(), words)
    }
}

fn read(session: &Session, text: &Text) -> Result<Exec, Failure> {
    read_with(text, &|name| session.params.get(name).cloned())
}

pub(super) fn read_with(
    text: &Text,
    params: &dyn Fn(&str) -> Option<Cell>,
) -> Result<Exec, Failure> {
    let mut reader = Reader { text, next: 1 };
    let (resource, method, at) = named(&mut reader)?;
    let mut exec = Exec {
        resource,
        method,
        given: Vec::new(),
        body: Row::new(),
    };
    let mut has_json = false;
    while reader.peek().is_some() {
        if exec.given.is_empty() && !has_json {
            // The first follows the name directly.
        } else if !reader.takes(&Token::Comma) {
            return Err(reader.wrong("a comma belongs between parameters"));
        }
        let is_json = reader.takes(&Token::AtAt);
        if !is_json && !reader.takes(&Token::AtSign) {
            return Err(reader.wrong("a parameter is @name = value; the body is @@json = '{…}'"));
        }
        let at = reader.here();
        let name = reader.take().and_then(Piece::name).unwrap_or_default();
        if is_json && (!name.eq_ignore_ascii_case("json") || has_json) {
            return Err(text.wrong(at, "the body is @@json = '{…}', once"));
        }
        if !reader.takes(&Token::Eq) {
            return Err(reader.wrong("= belongs between a parameter's name and its value"));
        }
        let (cell, value_at) = value_of(&mut reader, params)?;
        if is_json {
            has_json = true;
            exec.body = object(&cell).ok_or_else(|| {
                text.wrong(
                    value_at,
                    "@@json is a JSON object, like '{\"note\":\"laptop\"}'",
                )
            })?;
            continue;
        }
        let Some(input) = method.input(name) else {
            return Err(text.wrong(at, no_input(method, name)));
        };
        if exec.given.iter().any(|(other, _)| other.name == input.name) {
            return Err(text.wrong(at, format!("{} is given twice", input.name)));
        }
        if let (Place::Body, Err(should)) = (input.place, value::json(&cell, input.kind)) {
            return Err(text.wrong(value_at, format!("{} is {should}", input.name)));
        }
        exec.given.push((input, cell));
    }
    let has = |input: &Input| {
        let named = exec.given.iter().any(|(other, _)| other.name == input.name);
        named || input.place == Place::Body && exec.body.contains_key(input.key())
    };
    choice::complete(text, at, method, &has)?;
    Ok(exec)
}

/// `provider.service.resource.method`.
fn named(
    reader: &mut Reader<'_>,
) -> Result<(&'static Resource, &'static Method, Range<usize>), Failure> {
    let start = reader.here().start;
    let mut parts: Vec<&str> = Vec::new();
    let mut end = start;
    while let Some(name) = reader.peek().and_then(Piece::name) {
        parts.push(name);
        end = reader.here().end;
        reader.next += 1;
        if !reader.takes(&Token::Period) {
            break;
        }
    }
    let text = reader.text;
    let Some((method, resource)) = parts.split_last().filter(|(_, rest)| !rest.is_empty()) else {
        return Err(text.wrong(
            start..end,
            "EXEC is followed by provider.service.resource.method",
        ));
    };
    let Some(resource) = catalog::find(resource) else {
        return Err(text.wrong(start..end, no_resource(resource)));
    };
    match resource.method(method) {
        Some(found) => Ok((resource, found, start..end)),
        None => Err(text.wrong(end - method.len()..end, no_method(resource, method))),
    }
}

fn no_method(resource: &Resource, typed: &str) -> String {
    let distance = |name: &&str| strsim::damerau_levenshtein(name, &typed.to_ascii_lowercase());
    let names = resource.methods.iter().map(|method| method.name);
    let close = names
        .min_by_key(distance)
        .filter(|name| distance(name) <= 4);
    let id = resource.id();
    match close {
        Some(name) => format!("{id} has no method {typed}; did you mean {name}?"),
        None => format!("{id} has no method {typed}; SHOW METHODS IN {id} lists them"),
    }
}

fn value_of(
    reader: &mut Reader<'_>,
    params: &dyn Fn(&str) -> Option<Cell>,
) -> Result<(Cell, Range<usize>), Failure> {
    let at = reader.here();
    let minus = reader.takes(&Token::Minus);
    let cell = match reader.take().map(|piece| &piece.token) {
        Some(Token::SingleQuotedString(text)) if !minus => Some(Cell::Text(text.clone())),
        Some(Token::Number(digits, _)) => {
            let sign = if minus { -1 } else { 1 };
            digits
                .parse::<i64>()
                .ok()
                .map(|number| Cell::Integer(sign * number))
        }
        Some(Token::Word(word)) if !minus => match word.value.to_ascii_lowercase().as_str() {
            "true" => Some(Cell::Integer(1)),
            "false" => Some(Cell::Integer(0)),
            "null" => Some(Cell::Null),
            _ => None,
        },
        Some(Token::Colon) if !minus => reader.take().and_then(Piece::name).and_then(params),
        Some(Token::Placeholder(name)) if !minus => params(name),
        _ => None,
    };
    let words =
        "a value is a string in '…', a number, true, false, null or a :name that --param gives";
    cell.map(|cell| (cell, at.clone()))
        .ok_or_else(|| reader.text.wrong(at, words))
}

fn object(cell: &Cell) -> Option<Row> {
    let Cell::Text(text) = cell else { return None };
    match serde_json::from_str(text) {
        Ok(Value::Object(row)) => Some(row),
        _ => None,
    }
}
