//! The engine that executes queries: an SQLite in memory, with a table per
//! resource of the statement. Owns how rows become tables and how the engine's
//! complaints become the statement's; values are bound, never spliced.

use std::ops::Range;

use rusqlite::config::DbConfig;
use rusqlite::types::Value as Cell;
use rusqlite::{Connection, Statement, params_from_iter};
use serde_json::{Map, Value};

use super::catalog::{Input, Kind, Resource};
use super::params::{self, Params};
use super::plan::Plan;
use super::rewrite::Edited;
use super::terms::{quoted, table};
use super::text::Text;
use super::value;
use crate::failure::Failure;

/// A result.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) columns: Vec<String>,
    /// What the API calls a column of that name, where the engine has no such type.
    pub(crate) kinds: Vec<Option<Kind>>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// The parameters of the call that answered a row.
pub(crate) type Given<'a> = [(&'a Input, Cell)];

pub(crate) struct Engine {
    connection: Connection,
}

impl Engine {
    /// With an empty table for each resource of a plan.
    pub(crate) fn new(plan: &Plan) -> Result<Self, Failure> {
        let engine = Self {
            connection: Connection::open_in_memory().map_err(unexpected)?,
        };
        for config in [
            DbConfig::SQLITE_DBCONFIG_DQS_DML,
            DbConfig::SQLITE_DBCONFIG_DQS_DDL,
        ] {
            // A misspelt "name" is no string.
            engine
                .connection
                .set_db_config(config, false)
                .map_err(unexpected)?;
        }
        for (index, source) in plan.sources.iter().enumerate() {
            engine.create(index, source.resource)?;
        }
        Ok(engine)
    }

    fn create(&self, index: usize, resource: &Resource) -> Result<(), Failure> {
        let fields = resource
            .columns
            .iter()
            .map(|column| (&column.name, column.kind));
        let hidden = resource.hidden();
        let hidden = hidden.iter().map(|input| (&input.name, input.kind));
        let columns: Vec<String> = fields
            .chain(hidden)
            .map(|(name, kind)| format!("{} {}", quoted(name), affinity(kind)))
            .collect();
        let table = quoted(&table(index));
        let sql = format!("CREATE TABLE {table} ({})", columns.join(", "));
        self.connection.execute_batch(&sql).map_err(unexpected)
    }

    /// Adds what a call answered.
    pub(crate) fn load(
        &self,
        index: usize,
        resource: &Resource,
        rows: &[Map<String, Value>],
        given: &Given<'_>,
    ) -> Result<(), Failure> {
        let hidden = resource.hidden();
        let marks = vec!["?"; resource.columns.len() + hidden.len()].join(", ");
        let sql = format!("INSERT INTO {} VALUES ({marks})", quoted(&table(index)));
        let transaction = self
            .connection
            .unchecked_transaction()
            .map_err(unexpected)?;
        let mut insert = self.connection.prepare(&sql).map_err(unexpected)?;
        for row in rows {
            let row = Value::Object(row.clone());
            let fields = resource
                .columns
                .iter()
                .map(|column| value::cell(row.get(&column.name)));
            let hidden = hidden.iter().map(|input| {
                let echo = resource.echoes.iter().find(|(name, _)| *name == input.name);
                let said = echo.and_then(|(_, pointer)| row.pointer(pointer));
                let asked = given.iter().find(|(other, _)| other.name == input.name);
                match (said, asked) {
                    (Some(said), _) => value::cell(Some(said)),
                    (None, Some((_, asked))) => asked.clone(),
                    (None, None) => Cell::Null,
                }
            });
            let cells = fields.chain(hidden);
            insert
                .execute(params_from_iter(cells))
                .map_err(unexpected)?;
        }
        transaction.commit().map_err(unexpected)
    }

    /// What a resource has in a column, each value once.
    pub(crate) fn column(&self, index: usize, column: &str) -> Result<Vec<Cell>, Failure> {
        let (column, table) = (quoted(column), quoted(&table(index)));
        let sql = format!("SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL");
        let mut statement = self.connection.prepare(&sql).map_err(unexpected)?;
        let rows = statement
            .query_map([], |row| row.get(0))
            .map_err(unexpected)?;
        rows.collect::<Result<_, _>>().map_err(unexpected)
    }

    /// Whether the engine would execute a part of the statement.
    pub(crate) fn check(
        &self,
        text: &Text,
        plan: &Plan,
        part: &Range<usize>,
        params: &Params,
    ) -> Result<(), Failure> {
        let edited = plan.edited(text, part.clone());
        let mut statement = self.prepare(text, plan, &edited)?;
        bind(text, &mut statement, params)
    }

    /// Executes a part of the statement.
    pub(crate) fn query(
        &self,
        text: &Text,
        plan: &Plan,
        part: &Range<usize>,
        params: &Params,
    ) -> Result<Table, Failure> {
        let edited = plan.edited(text, part.clone());
        let mut statement = self.prepare(text, plan, &edited)?;
        bind(text, &mut statement, params)?;
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let failed = |error| complaint(text, plan, &edited, &error);
        let mut rows = statement.raw_query();
        let mut cells = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let row = (0..columns.len()).map(|at| row.get(at));
            cells.push(row.collect::<Result<Vec<Cell>, _>>().map_err(failed)?);
        }
        Ok(Table {
            kinds: columns.iter().map(|name| kind(plan, name)).collect(),
            columns,
            rows: cells,
        })
    }

    fn prepare(&self, text: &Text, plan: &Plan, edited: &Edited) -> Result<Statement<'_>, Failure> {
        let prepared = self.connection.prepare(&edited.sql);
        prepared.map_err(|error| complaint(text, plan, edited, &error))
    }
}

fn affinity(kind: Kind) -> &'static str {
    match kind {
        Kind::Integer | Kind::Boolean => "INTEGER",
        Kind::Text | Kind::Object | Kind::Array => "TEXT",
    }
}

/// The type of the fields of this name, where it is one that the engine keeps as another.
fn kind(plan: &Plan, name: &str) -> Option<Kind> {
    let mut columns = plan
        .sources
        .iter()
        .filter_map(|source| source.resource.column(name));
    let kind = columns.next()?.kind;
    matches!(kind, Kind::Boolean | Kind::Object | Kind::Array).then_some(kind)
}

fn bind(text: &Text, statement: &mut Statement<'_>, params: &Params) -> Result<(), Failure> {
    for index in 1..=statement.parameter_count() {
        let name = statement.parameter_name(index).unwrap_or("?").to_owned();
        let Some(value) = params.get(&name) else {
            let at = text.sql.find(&name).unwrap_or(0);
            return Err(params::missing(text, at..at + name.len()));
        };
        statement
            .raw_bind_parameter(index, value)
            .map_err(unexpected)?;
    }
    Ok(())
}

/// What the engine says of a statement, at the token that it means.
fn complaint(text: &Text, plan: &Plan, edited: &Edited, error: &rusqlite::Error) -> Failure {
    let (words, at) = match error {
        rusqlite::Error::SqlInputError { msg, offset, .. } => {
            let offset = usize::try_from(*offset).unwrap_or(0);
            (msg.clone(), text.name_at(edited.back(offset)))
        }
        rusqlite::Error::SqliteFailure(_, Some(words)) => (words.clone(), named(text, words)),
        other => (other.to_string(), 0..0),
    };
    let unknown = words.strip_prefix("no such column: ");
    let close = unknown.and_then(|name| suggestion(plan, name.rsplit('.').next().unwrap_or(name)));
    match close {
        Some(close) => text.wrong(at, format!("{words}; did you mean {close}?")),
        None => text.wrong(at, words),
    }
}

/// Where the name that the words end with stands.
fn named(text: &Text, words: &str) -> Range<usize> {
    let name = words.rsplit([' ', '.']).next().unwrap_or_default();
    let found = text.pieces.iter().find(|piece| piece.is(name));
    found.map_or(0..0, |piece| piece.at.clone())
}

fn suggestion(plan: &Plan, typed: &str) -> Option<String> {
    let names = plan.sources.iter().flat_map(|source| {
        let hidden = source.resource.hidden();
        let hidden = hidden.into_iter().map(|input| input.name.clone());
        let fields = source
            .resource
            .columns
            .iter()
            .map(|column| column.name.clone());
        fields.chain(hidden).collect::<Vec<_>>()
    });
    let typed = typed.to_ascii_lowercase();
    let distance = |name: &String| strsim::damerau_levenshtein(name, &typed);
    names
        .min_by_key(distance)
        .filter(|name| distance(name) <= 1 + typed.len() / 3)
}

fn unexpected(why: rusqlite::Error) -> Failure {
    Failure::new(format!("the embedded engine failed: {why}"))
}
