//! SHOW and DESCRIBE: what there is, without a call. Owns their grammar and
//! the names of their columns, which are those of the dialect.

use rusqlite::types::Value as Cell;
use sqlparser::tokenizer::Token;

use super::catalog::{self, PROVIDER, RESOURCES, Resource, SERVICES};
use super::choice::listed;
use super::engine::Table;
use super::terms::no_resource;
use super::text::{Piece, Text};
use crate::failure::Failure;

/// What a SHOW or DESCRIBE shows; nothing where the statement is neither.
pub(super) fn table(text: &Text) -> Result<Option<Table>, Failure> {
    let Some(first) = text.pieces.first() else {
        return Ok(None);
    };
    let mut rest = text.pieces.get(1..).unwrap_or_default();
    let mut extended = false;
    if let Some(piece) = rest.first()
        && piece.is("EXTENDED")
    {
        (extended, rest) = (true, rest.get(1..).unwrap_or_default());
    }
    if first.is("DESCRIBE") || first.is("DESC") {
        return describe(named(text, rest)?, extended).map(Some);
    }
    if !first.is("SHOW") {
        return Ok(None);
    }
    show(text, rest, extended).map(Some)
}

fn show(text: &Text, rest: &[Piece], extended: bool) -> Result<Table, Failure> {
    let (what, rest) = rest.split_first().ok_or_else(|| wrong(text, rest))?;
    let inside = match rest.split_first() {
        Some((word, rest)) if word.is("IN") || word.is("FROM") => Some(rest),
        None => None,
        Some(_) => return Err(wrong(text, rest)),
    };
    if what.is("PROVIDERS") && inside.is_none() {
        let version = env!("CARGO_PKG_VERSION");
        return Ok(rows(
            &["name", "version"],
            vec![vec![PROVIDER.into(), version.into()]],
        ));
    }
    if what.is("SERVICES") {
        if let Some(names) = inside {
            provider(text, names)?;
        }
        let services = SERVICES.iter().map(|(name, title)| {
            vec![
                format!("{PROVIDER}.{name}"),
                (*name).into(),
                (*title).into(),
            ]
        });
        return Ok(rows(&["id", "name", "title"], services.collect()));
    }
    match inside {
        Some(names) if what.is("RESOURCES") => {
            let service = service(text, names)?;
            let resources = RESOURCES
                .iter()
                .filter(|resource| resource.service == service);
            let resources = resources
                .map(|resource| vec![resource.name.into(), resource.id(), resource.about.into()]);
            Ok(rows(&["name", "id", "title"], resources.collect()))
        }
        Some(names) if what.is("METHODS") => Ok(methods(named(text, names)?, extended)),
        _ => Err(wrong(text, std::slice::from_ref(what))),
    }
}

fn wrong(text: &Text, pieces: &[Piece]) -> Failure {
    let end = text.sql.len();
    let at = pieces.first().map_or(end..end, |piece| piece.at.clone());
    text.wrong(
        at,
        "SHOW PROVIDERS, SHOW SERVICES IN provider, SHOW RESOURCES IN provider.service, SHOW METHODS IN provider.service.resource",
    )
}

/// The parts of a name that ends the statement.
fn parts<'t>(text: &'t Text, pieces: &'t [Piece]) -> Result<Vec<&'t str>, Failure> {
    let mut parts = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        match (index % 2, piece.name(), &piece.token) {
            (0, Some(name), _) => parts.push(name),
            (1, _, Token::Period) => {}
            _ => return Err(text.wrong(piece.at.clone(), "here a name ends")),
        }
    }
    Ok(parts)
}

fn whole(pieces: &[Piece]) -> std::ops::Range<usize> {
    match (pieces.first(), pieces.last()) {
        (Some(first), Some(last)) => first.at.start..last.at.end,
        _ => 0..0,
    }
}

fn provider(text: &Text, pieces: &[Piece]) -> Result<(), Failure> {
    match parts(text, pieces)?.as_slice() {
        [name] if name.eq_ignore_ascii_case(PROVIDER) => Ok(()),
        _ => Err(text.wrong(whole(pieces), format!("the provider is {PROVIDER}"))),
    }
}

fn service(text: &Text, pieces: &[Piece]) -> Result<&'static str, Failure> {
    let parts = parts(text, pieces)?;
    let found = match parts.as_slice() {
        [provider, name] if provider.eq_ignore_ascii_case(PROVIDER) => SERVICES
            .iter()
            .find(|(service, _)| service.eq_ignore_ascii_case(name)),
        _ => None,
    };
    found.map(|(name, _)| *name).ok_or_else(|| {
        let names = listed(&mut SERVICES.iter().map(|(name, _)| *name));
        text.wrong(
            whole(pieces),
            format!("the services of {PROVIDER} are {names}"),
        )
    })
}

fn named(text: &Text, pieces: &[Piece]) -> Result<&'static Resource, Failure> {
    let parts = parts(text, pieces)?;
    catalog::find(&parts).ok_or_else(|| text.wrong(whole(pieces), no_resource(&parts)))
}

fn describe(resource: &Resource, extended: bool) -> Result<Table, Failure> {
    let columns: &[&str] = if extended {
        &["name", "type", "description"]
    } else {
        &["name", "type"]
    };
    let fields = resource.columns.iter().map(|column| {
        let mut row = vec![column.name.clone(), column.kind.name().to_owned()];
        row.extend(extended.then(|| column.about.clone()));
        row
    });
    Ok(rows(columns, fields.collect()))
}

fn methods(resource: &Resource, extended: bool) -> Table {
    let columns: &[&str] = if extended {
        &[
            "MethodName",
            "RequiredParams",
            "SQLVerb",
            "OptionalParams",
            "description",
        ]
    } else {
        &["MethodName", "RequiredParams", "SQLVerb"]
    };
    let names = |required: bool, method: &catalog::Method| {
        let inputs = method
            .inputs
            .iter()
            .filter(|input| input.required == required);
        inputs
            .map(|input| input.name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let methods = resource.methods.iter().map(|method| {
        let mut row = vec![
            method.name.to_owned(),
            names(true, method),
            method.access.to_string(),
        ];
        if extended {
            row.extend([names(false, method), method.about.clone()]);
        }
        row
    });
    rows(columns, methods.collect())
}

fn rows(columns: &[&str], rows: Vec<Vec<String>>) -> Table {
    Table {
        columns: columns.iter().map(|name| (*name).to_owned()).collect(),
        kinds: vec![None; columns.len()],
        rows: rows
            .into_iter()
            .map(|row| row.into_iter().map(Cell::Text).collect())
            .collect(),
    }
}
