//! CSV with a header. Owns how a row is found and told apart; must not know
//! what its columns mean.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use csv::{ReaderBuilder, StringRecord};
use grantd_core::clock::Timestamp;
use grantd_core::import::Refusal;

use crate::failure::Failure;

/// A row of a file, and the line on which it begins.
pub(super) struct Row<T> {
    pub(super) line: u64,
    pub(super) given: Result<T, Refusal>,
}

/// A table, read row by row.
pub(super) struct Table {
    reader: csv::Reader<File>,
    columns: HashMap<String, usize>,
    width: usize,
}

/// The cells of one row.
pub(super) struct Cells<'t> {
    columns: &'t HashMap<String, usize>,
    record: StringRecord,
}

impl Table {
    /// Opens a file that has these columns, and perhaps more.
    pub(super) fn open(path: &Path, needed: &[&str]) -> Result<Self, Failure> {
        let cannot = |why: String| Failure::new(format!("cannot read {}: {why}", path.display()));
        let file = File::open(path).map_err(|why| cannot(why.to_string()))?;
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(file);
        let header = reader.headers().map_err(|why| cannot(why.to_string()))?;
        let width = header.len();
        let names = header
            .iter()
            .map(|name| name.trim_start_matches('\u{feff}'));
        let columns: HashMap<String, usize> = names
            .enumerate()
            .map(|(at, name)| (name.trim().to_owned(), at))
            .collect();
        let missing: Vec<&str> = needed
            .iter()
            .copied()
            .filter(|name| !columns.contains_key(*name))
            .collect();
        if !missing.is_empty() {
            return Err(cannot(format!(
                "its first line names no column {}; it must name {}",
                missing.join(", "),
                needed.join(", ")
            )));
        }
        Ok(Self {
            reader,
            columns,
            width,
        })
    }

    /// Every row, read by `read`.
    pub(super) fn rows<T>(
        self,
        mut read: impl FnMut(&Cells<'_>) -> Result<T, Refusal>,
    ) -> impl Iterator<Item = Row<T>> {
        let Self {
            reader,
            columns,
            width,
        } = self;
        let mut records = reader.into_records();
        std::iter::from_fn(move || {
            let record = records.next()?;
            let (line, record) = match record {
                Ok(record) => (line_of(record.position()), Ok(record)),
                Err(why) => (
                    line_of(why.position()),
                    Err(Refusal::Malformed(why.to_string())),
                ),
            };
            let given = record.and_then(|record| {
                if record.len() != width {
                    let cells = record.len();
                    let words = format!("it has {cells} cells, and the first line {width}");
                    return Err(Refusal::Malformed(words));
                }
                read(&Cells {
                    columns: &columns,
                    record,
                })
            });
            Some(Row { line, given })
        })
    }
}

fn line_of(position: Option<&csv::Position>) -> u64 {
    position.map_or(0, csv::Position::line)
}

impl Cells<'_> {
    /// The text in a column; empty where there is no such column.
    pub(super) fn text(&self, column: &str) -> &str {
        let at = self.columns.get(column);
        at.and_then(|at| self.record.get(*at)).unwrap_or_default()
    }

    /// The same, if it is not empty.
    pub(super) fn some(&self, column: &str) -> Option<&str> {
        Some(self.text(column)).filter(|text| !text.is_empty())
    }

    /// A time, if it is not empty.
    pub(super) fn time(&self, column: &str) -> Result<Option<Timestamp>, Refusal> {
        self.some(column).map(time).transpose()
    }

    /// A time that must be there.
    pub(super) fn needed_time(&self, column: &str) -> Result<Timestamp, Refusal> {
        time(self.text(column))
    }

    /// A truth value, as databases write them.
    pub(super) fn flag(&self, column: &str) -> Result<bool, Refusal> {
        match self.text(column) {
            "t" | "true" | "TRUE" | "True" | "1" => Ok(true),
            "" | "f" | "false" | "FALSE" | "False" | "0" => Ok(false),
            other => Err(Refusal::Malformed(format!(
                "`{other}` is neither true nor false"
            ))),
        }
    }
}

/// A time as databases and programs write it: RFC 3339, the same with a space and without a zone
/// (then it is UTC), or seconds since 1970.
pub(super) fn time(text: &str) -> Result<Timestamp, Refusal> {
    if let Some(time) = Timestamp::parse(text) {
        return Ok(time);
    }
    if let (Ok(seconds), true) = (text.parse(), text.len() > 4) {
        return Ok(Timestamp(seconds));
    }
    let bare = text.trim_end_matches(" UTC").replacen(' ', "T", 1);
    let zoned = [bare.clone(), format!("{bare}Z"), format!("{bare}:00")];
    let found = zoned.iter().find_map(|text| Timestamp::parse(text));
    found.ok_or_else(|| Refusal::Time(text.to_owned()))
}

/// About how many rows a file has: lines may be within a row.
pub(super) fn count(path: &Path) -> Result<u64, Failure> {
    let cannot =
        |why: std::io::Error| Failure::new(format!("cannot read {}: {why}", path.display()));
    let mut file = BufReader::new(File::open(path).map_err(cannot)?);
    let (mut lines, mut buffer) = (0, vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut buffer).map_err(cannot)?;
        if read == 0 {
            return Ok(u64::saturating_sub(lines, 1));
        }
        lines += buffer[..read].iter().filter(|byte| **byte == b'\n').count() as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_databases_write_them() {
        let expected = Timestamp::parse("2020-11-13T16:00:00Z").unwrap();
        for text in [
            "2020-11-13T16:00:00Z",
            "2020-11-13T17:00:00+01:00",
            "2020-11-13 16:00:00",
            "2020-11-13 16:00:00.123456",
            "2020-11-13 16:00:00 UTC",
            "2020-11-13 18:00:00+02",
            "1605283200",
        ] {
            assert_eq!(time(text), Ok(expected), "{text}");
        }
        for text in ["", "2020", "yesterday", "13.11.2020"] {
            assert_eq!(time(text), Err(Refusal::Time(text.to_owned())), "{text}");
        }
    }
}
