//! Rows on their way: a page of a table, column by column. Owns how a row is
//! written down for its digest, the same for both engines.

use std::io::Write;

use rusqlite::Statement;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio_postgres::types::ToSql;

use super::tables::{Kind, Table};
use crate::backup::{hex, unhex};
use crate::db::{Columns, DbResult, Param};

/// Rows in order of their key.
pub(crate) struct Page {
    pub(crate) rows: usize,
    columns: Vec<Cells>,
}

/// One column of every row.
enum Cells {
    Int(Vec<Option<i64>>),
    Flag(Vec<Option<bool>>),
    Text(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

impl Cells {
    fn array(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::Int(values) => values,
            Self::Flag(values) => values,
            Self::Text(values) => values,
            Self::Bytes(values) => values,
        }
    }
}

/// A column of the row where the next page begins.
pub(crate) enum Cell {
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Cell {
    pub(super) fn param(&self) -> &dyn Param {
        match self {
            Self::Int(value) => value,
            Self::Text(value) => value,
            Self::Bytes(value) => value,
        }
    }
}

impl Page {
    pub(crate) fn of(table: &Table) -> Self {
        let columns = table.columns.iter().map(|(_, kind)| match kind {
            Kind::Int => Cells::Int(Vec::new()),
            Kind::Flag => Cells::Flag(Vec::new()),
            Kind::Text => Cells::Text(Vec::new()),
            Kind::Bytes => Cells::Bytes(Vec::new()),
        });
        Self {
            rows: 0,
            columns: columns.collect(),
        }
    }

    pub(crate) fn push(&mut self, row: &dyn Columns) -> DbResult<()> {
        for (at, column) in self.columns.iter_mut().enumerate() {
            match column {
                Cells::Int(values) => values.push(row.maybe(at)?),
                Cells::Flag(values) => values.push(row.maybe(at)?),
                Cells::Text(values) => values.push(row.maybe(at)?),
                Cells::Bytes(values) => values.push(row.maybe(at)?),
            }
        }
        self.rows += 1;
        Ok(())
    }

    /// Adds a row as [`write_lines`](Self::write_lines) wrote it; `None` when it is no row of this table.
    pub(crate) fn push_values(&mut self, row: &[Value]) -> Option<()> {
        if row.len() != self.columns.len() {
            return None;
        }
        for (column, value) in self.columns.iter_mut().zip(row) {
            let null = value.is_null();
            match column {
                Cells::Int(values) => values.push(if null { None } else { Some(value.as_i64()?) }),
                Cells::Flag(values) => {
                    values.push(if null { None } else { Some(value.as_bool()?) })
                }
                Cells::Text(values) => {
                    values.push(if null {
                        None
                    } else {
                        Some(value.as_str()?.to_owned())
                    });
                }
                Cells::Bytes(values) => {
                    values.push(if null {
                        None
                    } else {
                        Some(unhex(value.as_str()?)?)
                    });
                }
            }
        }
        self.rows += 1;
        Some(())
    }

    /// Writes every row as a JSON array in a line of its own; bytes as hexadecimal digits.
    pub(crate) fn write_lines(&self, out: &mut (dyn Write + Send)) -> std::io::Result<()> {
        let mut line = Vec::new();
        for row in 0..self.rows {
            line.clear();
            for (at, column) in self.columns.iter().enumerate() {
                line.push(if at == 0 { b'[' } else { b',' });
                match column {
                    Cells::Int(values) => serde_json::to_writer(&mut line, &values[row])?,
                    Cells::Flag(values) => serde_json::to_writer(&mut line, &values[row])?,
                    Cells::Text(values) => serde_json::to_writer(&mut line, &values[row])?,
                    Cells::Bytes(values) => {
                        let hex = values[row].as_deref().map(hex);
                        serde_json::to_writer(&mut line, &hex)?;
                    }
                }
            }
            line.extend_from_slice(b"]\n");
            out.write_all(&line)?;
        }
        Ok(())
    }

    /// Two columns of text.
    pub(crate) fn texts(&self) -> Vec<(String, String)> {
        match &self.columns[..] {
            [Cells::Text(keys), Cells::Text(values)] => {
                let pairs = keys.iter().cloned().zip(values.iter().cloned());
                pairs
                    .filter_map(|(key, value)| Some((key?, value?)))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// The key of the last row; empty when there is none.
    pub(crate) fn last_key(&self, key: usize) -> Vec<Cell> {
        let last = |column: &Cells| {
            let at = self.rows.checked_sub(1)?;
            match column {
                Cells::Int(values) => values[at].map(Cell::Int),
                Cells::Flag(values) => values[at].map(|flag| Cell::Int(flag.into())),
                Cells::Text(values) => values[at].clone().map(Cell::Text),
                Cells::Bytes(values) => values[at].clone().map(Cell::Bytes),
            }
        };
        self.columns[..key].iter().filter_map(last).collect()
    }

    /// Every column as an array, for PostgreSQL.
    pub(super) fn arrays(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.columns.iter().map(Cells::array).collect()
    }

    /// Every row, one after the other, for SQLite.
    pub(super) fn insert(&self, statement: &mut Statement<'_>) -> rusqlite::Result<()> {
        for row in 0..self.rows {
            for (at, column) in (1..).zip(&self.columns) {
                match column {
                    Cells::Int(values) => statement.raw_bind_parameter(at, values[row])?,
                    Cells::Flag(values) => statement.raw_bind_parameter(at, values[row])?,
                    Cells::Text(values) => statement.raw_bind_parameter(at, &values[row])?,
                    Cells::Bytes(values) => statement.raw_bind_parameter(at, &values[row])?,
                }
            }
            statement.raw_execute()?;
        }
        Ok(())
    }

    /// Adds every row to a digest: of each cell its kind, its length and itself, so that no two
    /// tables are written down alike.
    pub(crate) fn digest(&self, digest: &mut Sha256) {
        for row in 0..self.rows {
            for column in &self.columns {
                match column {
                    Cells::Int(values) => int(digest, values[row]),
                    Cells::Flag(values) => int(digest, values[row].map(i64::from)),
                    Cells::Text(values) => {
                        bytes(digest, 2, values[row].as_deref().map(str::as_bytes));
                    }
                    Cells::Bytes(values) => bytes(digest, 3, values[row].as_deref()),
                }
            }
        }
    }
}

fn int(digest: &mut Sha256, value: Option<i64>) {
    let value = value.map(i64::to_be_bytes);
    bytes(digest, 1, value.as_ref().map(|value| &value[..]));
}

fn bytes(digest: &mut Sha256, kind: u8, value: Option<&[u8]>) {
    match value {
        None => digest.update([0]),
        Some(value) => {
            digest.update([kind]);
            digest.update((value.len() as u64).to_be_bytes());
            digest.update(value);
        }
    }
}
