//! A backup, line by line. Owns that nothing is believed that does not add up.

use std::io::BufRead;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{BackupError, BackupHead, BackupTable, VERSION, unhex};
use crate::copy::page::Page;
use crate::copy::side::PAGE;
use crate::copy::tables::{META, TABLES, Table};

/// What comes next.
pub(crate) enum Event {
    /// A table.
    Begins(&'static Table),
    /// Some of its rows.
    Rows(&'static Table, Page),
    /// Its end; the rows were what they were.
    Ends(BackupTable),
    /// The backup is whole.
    Over,
}

/// A table that is being read.
struct Open {
    table: &'static Table,
    rows: u64,
    digest: Sha256,
    /// The line that ends it, already read.
    end: Option<Value>,
}

pub(crate) struct Reader<'r> {
    input: &'r mut (dyn BufRead + Send),
    head: BackupHead,
    open: Option<Open>,
    tables: u64,
    /// The line that was read last.
    text: String,
    /// Of all lines before it.
    digest: Sha256,
}

impl<'r> Reader<'r> {
    /// Reads the head.
    pub(crate) fn open(input: &'r mut (dyn BufRead + Send)) -> Result<Self, BackupError> {
        let mut text = String::new();
        let line = read(input, &mut text)?.unwrap_or_default();
        match line["grantd_backup"].as_i64() {
            Some(VERSION) => {}
            Some(other) => {
                return Err(BackupError::Other(format!(
                    "the backup has form {other}, and this grantd reads {VERSION}"
                )));
            }
            None => return Err(damaged("it does not begin as one")),
        }
        let number = |key: &str| line[key].as_i64().ok_or_else(|| damaged("its head"));
        let word = |key: &str| line[key].as_str().ok_or_else(|| damaged("its head"));
        let head = BackupHead {
            schema: number("schema")?,
            engine: word("engine")?.to_owned(),
            made_at: grantd_core::clock::Timestamp(number("made_at")?),
            instance_key: word("instance_key")?.to_owned(),
            last_audit: number("last_audit")?,
        };
        let known = crate::migrate::known();
        if head.schema != known {
            return Err(BackupError::Other(format!(
                "the backup has schema {}, and this grantd restores schema {known}: \
                 restore it with the grantd that made it, then upgrade",
                head.schema
            )));
        }
        Ok(Self {
            input,
            head,
            open: None,
            tables: 0,
            text,
            digest: Sha256::new(),
        })
    }

    pub(crate) fn head(&self) -> &BackupHead {
        &self.head
    }

    pub(crate) fn next(&mut self) -> Result<Event, BackupError> {
        match &self.open {
            None => self.between(),
            Some(Open { end: Some(_), .. }) => self.end(),
            Some(_) => self.rows(),
        }
    }

    fn line(&mut self) -> Result<Value, BackupError> {
        self.digest.update(&self.text);
        read(self.input, &mut self.text)?.ok_or_else(|| damaged("it is cut off"))
    }

    fn between(&mut self) -> Result<Event, BackupError> {
        let line = self.line()?;
        if let Some(tables) = line["end_of_backup"].as_u64() {
            let sha256 = self.digest.clone().finalize();
            let said = line["sha256"].as_str().and_then(unhex);
            if said.as_deref() != Some(&sha256[..]) {
                return Err(damaged("a line is not what it was"));
            }
            let more = read(self.input, &mut self.text)?.is_some();
            let whole = tables == self.tables && tables == TABLES.len() as u64 + 1 && !more;
            return match whole {
                true => Ok(Event::Over),
                false => Err(damaged("tables are missing")),
            };
        }
        let name = line["table"].as_str().unwrap_or_default();
        let mut known = TABLES.iter().chain([&META]);
        let table = known
            .nth(self.tables as usize)
            .filter(|table| table.name == name)
            .ok_or_else(|| damaged("its tables are not those of this schema"))?;
        let columns: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
        if line["columns"] != serde_json::json!(columns) {
            return Err(damaged("its columns are not those of this schema"));
        }
        self.open = Some(Open {
            table,
            rows: 0,
            digest: Sha256::new(),
            end: None,
        });
        Ok(Event::Begins(table))
    }

    fn rows(&mut self) -> Result<Event, BackupError> {
        let Some(mut open) = self.open.take() else {
            return Err(damaged("a row outside a table"));
        };
        let mut page = Page::of(open.table);
        while page.rows < PAGE {
            match self.line()? {
                Value::Array(values) => page
                    .push_values(&values)
                    .ok_or_else(|| damaged(&format!("a row of `{}`", open.table.name)))?,
                end => {
                    open.end = Some(end);
                    break;
                }
            }
        }
        open.rows += page.rows as u64;
        page.digest(&mut open.digest);
        let table = open.table;
        self.open = Some(open);
        Ok(Event::Rows(table, page))
    }

    fn end(&mut self) -> Result<Event, BackupError> {
        let Some(Open {
            table,
            rows,
            digest,
            end: Some(end),
        }) = self.open.take()
        else {
            return Err(damaged("a table does not end"));
        };
        let sha256: [u8; 32] = digest.finalize().into();
        let said = end["sha256"].as_str().and_then(unhex);
        let same = end["end"] == table.name
            && end["rows"].as_u64() == Some(rows)
            && said.as_deref() == Some(&sha256[..]);
        if !same {
            return Err(damaged(&format!(
                "the rows of `{}` are not what they were",
                table.name
            )));
        }
        self.tables += 1;
        Ok(Event::Ends(BackupTable {
            table: table.name,
            rows,
            sha256,
            highest_id: end["highest_id"].as_i64(),
        }))
    }
}

fn read(input: &mut (dyn BufRead + Send), text: &mut String) -> Result<Option<Value>, BackupError> {
    text.clear();
    if input.read_line(text)? == 0 {
        return Ok(None);
    }
    if !text.ends_with('\n') {
        return Err(damaged("it is cut off"));
    }
    let value = serde_json::from_str(text);
    value.map(Some).map_err(|_| damaged("a line is no JSON"))
}

fn damaged(what: &str) -> BackupError {
    BackupError::Damaged(what.to_owned())
}
