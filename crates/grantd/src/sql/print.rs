//! Results as tables, JSON and CSV. Owns that nothing a server sends moves the
//! reader's terminal.

use clap::ValueEnum;
use comfy_table::{ContentArrangement, presets};
use rusqlite::types::Value as Cell;
use serde_json::{Map, Value};

use super::engine::Table;
use super::value;
use crate::failure::Failure;
use crate::output;

/// How results are printed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Output {
    /// For people
    Table,
    /// An array of objects per statement
    Json,
    /// A line of names, then a line per row (RFC 4180)
    Csv,
}

impl Output {
    /// Writes a result to standard output.
    pub(crate) fn print(self, table: &Table) -> Result<(), Failure> {
        match self {
            Self::Table => output::bytes(format!("{}\n", drawn(table)).as_bytes()),
            Self::Json => output::json(&objects(table)),
            Self::Csv => output::bytes(&lines(table)?),
        }
    }
}

/// A table of text.
pub(super) fn drawn(table: &Table) -> String {
    let mut drawn = comfy_table::Table::new();
    drawn.load_style(presets::ASCII_MARKDOWN);
    drawn.set_content_arrangement(ContentArrangement::Disabled);
    drawn.set_header(table.columns.iter().map(|name| visible(name)));
    for row in &table.rows {
        let cells = row.iter().map(|cell| match value::words(cell) {
            None => "null".to_owned(),
            Some(words) => visible(&words).replace('|', "\\|"),
        });
        drawn.add_row(cells);
    }
    drawn.to_string()
}

/// What would move a terminal, or end the line, as its code.
fn visible(text: &str) -> String {
    let mut visible = String::new();
    for c in text.chars() {
        match c {
            '\n' => visible.push_str("\\n"),
            '\r' => visible.push_str("\\r"),
            '\t' => visible.push_str("\\t"),
            // Bidirectional overrides would show another text than there is.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => visible.extend(c.escape_unicode()),
            c if c.is_control() => visible.extend(c.escape_unicode()),
            c => visible.push(c),
        }
    }
    visible
}

/// An object per row; a second column of a name gets a number.
pub(super) fn objects(table: &Table) -> Vec<Value> {
    let mut names: Vec<String> = Vec::new();
    for name in &table.columns {
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let mut candidates = std::iter::once(name.clone()).chain(numbered);
        names.extend(candidates.find(|candidate| !names.contains(candidate)));
    }
    let object = |row: &Vec<Cell>| {
        let values = row
            .iter()
            .zip(&table.kinds)
            .map(|(cell, kind)| value::shown(cell, *kind));
        Value::Object(names.iter().cloned().zip(values).collect::<Map<_, _>>())
    };
    table.rows.iter().map(object).collect()
}

/// CSV; NULL is an empty field.
pub(super) fn lines(table: &Table) -> Result<Vec<u8>, Failure> {
    let failed = |why: csv::Error| Failure::new(format!("cannot write CSV: {why}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&table.columns).map_err(failed)?;
    for row in &table.rows {
        let cells = row
            .iter()
            .map(|cell| value::words(cell).unwrap_or_default());
        writer.write_record(cells).map_err(failed)?;
    }
    writer
        .into_inner()
        .map_err(|why| Failure::new(format!("cannot write CSV: {why}")))
}
