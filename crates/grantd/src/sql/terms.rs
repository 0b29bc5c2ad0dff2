//! Small terms of a statement: constants, conditions that must all hold, names
//! and their quoting. Owns nothing but their reading.

use std::ops::Range;

use rusqlite::types::Value as Cell;
use sqlparser::ast::{
    BinaryOperator, Expr, Ident, ObjectName, Query, Spanned, UnaryOperator, Value,
};

use super::catalog::{self, RESOURCES, Resource};
use super::params::Params;
use super::text::Text;

/// The table of the resource with this number in the statement.
pub(super) fn table(index: usize) -> String {
    format!("of {index}")
}

/// A name as SQL quotes it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The parts of a condition that must all hold.
pub(super) fn conjuncts(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::BinaryOp {
            left,
            op: BinaryOperator::And,
            right,
        } => {
            let mut parts = conjuncts(left);
            parts.extend(conjuncts(right));
            parts
        }
        Expr::Nested(inner) => conjuncts(inner),
        other => vec![other],
    }
}

/// A value that stands in the statement, or beside it.
pub(super) fn constant(expr: &Expr, params: &Params) -> Option<Cell> {
    match expr {
        Expr::Nested(inner) => constant(inner, params),
        Expr::UnaryOp {
            op: UnaryOperator::Minus,
            expr,
        } => match constant(expr, params)? {
            Cell::Integer(number) => Some(Cell::Integer(-number)),
            Cell::Real(number) => Some(Cell::Real(-number)),
            _ => None,
        },
        Expr::Value(value) => Some(match &value.value {
            Value::SingleQuotedString(text) => Cell::Text(text.clone()),
            Value::Number(digits, _) => match digits.parse() {
                Ok(number) => Cell::Integer(number),
                Err(_) => Cell::Real(digits.parse().ok()?),
            },
            Value::Boolean(truth) => Cell::Integer(i64::from(*truth)),
            Value::Null => Cell::Null,
            Value::Placeholder(name) => params.get(name)?.clone(),
            _ => return None,
        }),
        _ => None,
    }
}

/// From a query's first token to before the parenthesis that ends it.
pub(super) fn query_at(text: &Text, query: &Query) -> Option<Range<usize>> {
    use sqlparser::tokenizer::Token::{LParen, RParen};
    let start = text.at(query.span()).start;
    let first = text
        .pieces
        .iter()
        .position(|piece| piece.at.start == start)?;
    let mut depth = 0_usize;
    for piece in text.pieces.get(first..)? {
        match piece.token {
            LParen => depth += 1,
            RParen if depth == 0 => return Some(start..piece.at.start),
            RParen => depth -= 1,
            _ => {}
        }
    }
    Some(start..text.sql.len())
}

pub(super) fn idents(name: &ObjectName) -> impl Iterator<Item = &Ident> {
    name.0.iter().filter_map(|part| part.as_ident())
}

pub(super) fn last_part(name: &ObjectName) -> String {
    idents(name)
        .last()
        .map_or_else(String::new, |ident| ident.value.clone())
}

/// There is no such resource, and which one may be meant.
pub(super) fn no_resource(parts: &[&str]) -> String {
    let typed = parts.join(".");
    let ids: Vec<String> = RESOURCES.iter().map(Resource::id).collect();
    let tail = |id: &&String| {
        let end = format!(".{}", typed.to_ascii_lowercase());
        parts.len() < 3 && id.ends_with(&end)
    };
    let close = |id: &&String| strsim::damerau_levenshtein(id, &typed.to_ascii_lowercase()) <= 4;
    match ids.iter().find(tail).or_else(|| ids.iter().find(close)) {
        Some(id) => format!("there is no resource {typed}; did you mean {id}?"),
        None => format!(
            "there is no resource {typed}; SHOW RESOURCES IN {}.oauth_authorizations lists some",
            catalog::PROVIDER
        ),
    }
}
