//! Everything that is remembered as a stream of lines, the same from either
//! engine and for either. Owns the form of the stream and that nothing in it
//! can be missing or changed unnoticed; must not know where it goes, how it is
//! packed, or who may read it.
//!
//! The first line is the head. Each table has a line with its columns, its rows
//! as JSON arrays in the order of keys, and a line with their number and SHA-256,
//! in the one canonical form that copies have, too. The last line says that it
//! was the last, and has the SHA-256 of all before it. The instance key is **not** among it, only its fingerprint.

mod reader;

use std::io::Write;
use std::path::{Path, PathBuf};

use grantd_core::clock::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use serde_json::json;
use sha2::{Digest, Sha256};

pub(crate) use self::reader::{Event, Reader};
use crate::bulk::is_half_loaded;
use crate::copy::side::{PAGE, Side};
use crate::copy::tables::{META, TABLES, Table};
use crate::copy::{CopyStep, is_unfinished};
use crate::db::DbError;
use crate::open::{DatabaseUrl, NoStore};
use crate::restore;
use crate::steps::INSTANCE_KEY;

/// Of the form of the stream.
const VERSION: i64 = 2;

/// Where a backup is made of.
pub enum Source {
    /// A file that the SQLite engine has copied for the purpose.
    Snapshot(PathBuf),
    /// A PostgreSQL database, read in one snapshot over a connection of its own.
    Database(DatabaseUrl),
}

/// What a backup says of itself first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupHead {
    /// The schema of the store.
    pub schema: i64,
    /// `sqlite` or `postgresql`.
    pub engine: String,
    /// The moment whose state it has, or one a moment before.
    pub made_at: Timestamp,
    /// The fingerprint of the instance key that goes with it.
    pub instance_key: String,
    /// The highest id in the trail.
    pub last_audit: i64,
}

/// A table of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupTable {
    /// Its name.
    pub table: &'static str,
    /// How many rows.
    pub rows: u64,
    /// SHA-256 over its rows.
    pub sha256: [u8; 32],
    /// The highest id that was ever given out, where ids are.
    pub highest_id: Option<i64>,
}

/// What a backup consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupReport {
    /// Its head.
    pub head: BackupHead,
    /// Its tables.
    pub tables: Vec<BackupTable>,
}

/// No backup was made, or it cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The store is half a copy or half a restore.
    #[error("the database is not whole: a copy or a restore into it has not come to its end")]
    Unfinished,
    /// The fence stands.
    #[error("the fence of a restore stands; lift it first (`grantd restore status`)")]
    Fenced,
    /// No grantd has ever used the database.
    #[error("no grantd has ever opened this database: there is nothing to back up")]
    Unused,
    /// The database has another schema than this program.
    #[error("the database has schema {0}, and this grantd knows {1}: run `grantd migrate run`")]
    Schema(i64, i64),
    /// The stream cannot be written or read.
    #[error("the backup cannot be written or read: {0}")]
    Io(#[from] std::io::Error),
    /// The stream is not what a backup is.
    #[error("this is no whole backup: {0}")]
    Damaged(String),
    /// The stream is of another program.
    #[error("{0}")]
    Other(String),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] NoStore),
    /// A statement failed.
    #[error("a statement failed: {0}")]
    Statement(String),
}

impl From<DbError> for BackupError {
    fn from(error: DbError) -> Self {
        Self::Statement(crate::postgres::words(&error))
    }
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> Self {
        DbError::from(error).into()
    }
}

/// Writes a backup.
///
/// # Errors
/// The source cannot be read or the stream not written; what was written is no backup.
pub async fn backup(
    source: &Source,
    made_at: Timestamp,
    out: &mut (dyn Write + Send),
    tell: &mut (dyn FnMut(CopyStep) + Send),
) -> Result<BackupReport, BackupError> {
    let mut side = Still::of(source).await?;
    let head = side.head(made_at).await?;
    let mut digested = Digested {
        out,
        digest: Sha256::new(),
    };
    let out = &mut digested;
    line(
        out,
        &json!({
            "grantd_backup": VERSION,
            "schema": head.schema,
            "engine": head.engine,
            "made_at": head.made_at.0,
            "instance_key": head.instance_key,
            "last_audit": head.last_audit,
        }),
    )?;
    let mut tables = Vec::new();
    for table in TABLES.iter().chain([&META]) {
        tables.push(side.write(table, out, tell).await?);
    }
    let sha256 = hex(&out.digest.clone().finalize());
    line(
        out,
        &json!({ "end_of_backup": tables.len(), "sha256": sha256 }),
    )?;
    out.flush()?;
    side.leave().await?;
    Ok(BackupReport { head, tables })
}

/// Reads a backup to its end and says what is in it.
///
/// # Errors
/// It is not whole, or not what it was.
pub fn verify(
    input: &mut (dyn std::io::BufRead + Send),
    tell: &mut (dyn FnMut(CopyStep) + Send),
) -> Result<BackupReport, BackupError> {
    let mut reader = Reader::open(input)?;
    let (mut tables, mut rows) = (Vec::new(), 0);
    loop {
        match reader.next()? {
            Event::Begins(table) => tell(CopyStep::Verifies(table.name, 0)),
            Event::Rows(_, page) => {
                rows += page.rows as u64;
                tell(CopyStep::At(rows));
            }
            Event::Ends(table) => {
                tell(CopyStep::Ended(table.rows));
                tables.push(table);
                rows = 0;
            }
            Event::Over => break,
        }
    }
    Ok(BackupReport {
        head: reader.head().clone(),
        tables,
    })
}

/// What is written, and its digest so far.
struct Digested<'o> {
    out: &'o mut (dyn Write + Send),
    digest: Sha256,
}

impl Write for Digested<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

fn line(out: &mut (dyn Write + Send), value: &serde_json::Value) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

/// A store that does not change while it is read.
struct Still {
    side: Side,
    engine: &'static str,
    schema: i64,
}

impl Still {
    async fn of(source: &Source) -> Result<Self, BackupError> {
        let known = crate::migrate::known();
        Ok(match source {
            Source::Snapshot(file) => Self {
                side: Side::Sqlite(snapshot(file)?),
                engine: "sqlite",
                schema: known,
            },
            Source::Database(url) => {
                let schema = url.schema().await?.version();
                if schema != known {
                    return Err(BackupError::Schema(schema, known));
                }
                let mut side = Side::source(url).await?;
                side.hold_still().await?;
                Self {
                    side,
                    engine: "postgresql",
                    schema,
                }
            }
        })
    }

    async fn head(&mut self, made_at: Timestamp) -> Result<BackupHead, BackupError> {
        let notes = self.side.notes().await?;
        let key = notes.into_iter().find(|(key, _)| key == INSTANCE_KEY);
        let (_, instance_key) = key.ok_or(BackupError::Unused)?;
        let halves = [is_unfinished, is_half_loaded, restore::is_half_restored];
        if halves.iter().any(|is_half| is_half(&instance_key)) {
            return Err(BackupError::Unfinished);
        }
        if restore::fenced_key(&instance_key).is_some() {
            return Err(BackupError::Fenced);
        }
        Ok(BackupHead {
            schema: self.schema,
            engine: self.engine.to_owned(),
            made_at,
            instance_key,
            last_audit: self
                .side
                .number("SELECT COALESCE(MAX(id), 0) FROM audit")
                .await?,
        })
    }

    async fn write(
        &mut self,
        table: &'static Table,
        out: &mut (dyn Write + Send),
        tell: &mut (dyn FnMut(CopyStep) + Send),
    ) -> Result<BackupTable, BackupError> {
        tell(CopyStep::Copies(
            table.name,
            0,
            self.side.count(table).await?,
        ));
        let columns: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
        line(out, &json!({ "table": table.name, "columns": columns }))?;
        let (mut digest, mut rows, mut after) = (Sha256::new(), 0, Vec::new());
        loop {
            let page = self.side.page(table, &after, PAGE).await?;
            if page.rows == 0 {
                break;
            }
            page.digest(&mut digest);
            page.write_lines(out)?;
            rows += page.rows as u64;
            after = page.last_key(table.key);
            tell(CopyStep::At(rows));
        }
        tell(CopyStep::Ended(rows));
        let highest_id = match table.ids {
            true => Some(self.highest_id(table).await?),
            false => None,
        };
        let written = BackupTable {
            table: table.name,
            rows,
            sha256: digest.finalize().into(),
            highest_id,
        };
        line(
            out,
            &json!({
                "end": written.table,
                "rows": written.rows,
                "sha256": hex(&written.sha256),
                "highest_id": written.highest_id,
            }),
        )?;
        Ok(written)
    }

    async fn highest_id(&mut self, table: &Table) -> Result<i64, BackupError> {
        match &self.side {
            Side::Sqlite(conn) => {
                let sql = "SELECT highest FROM copied_ids WHERE name = $1";
                let found = conn.query_row(sql, [table.name], |row| row.get(0));
                Ok(found.optional()?.unwrap_or(0))
            }
            Side::Postgres(_) => Ok(self.side.highest_id(table).await?),
        }
    }

    async fn leave(mut self) -> Result<(), BackupError> {
        Ok(self.side.let_go().await?)
    }
}

/// Opens a snapshot, whose tables get their names back.
fn snapshot(file: &Path) -> Result<Connection, BackupError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(file, flags)?;
    conn.execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY;")?;
    for table in TABLES.iter().chain([&META]) {
        let name = table.name;
        conn.execute_batch(&format!("ALTER TABLE copied_{name} RENAME TO {name}"))?;
    }
    Ok(conn)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16).map(|digit| digit as u8);
    let pair = |pair: &[u8]| Some(digit(pair[0])? << 4 | digit(pair[1])?);
    match text.len() % 2 {
        0 => text.as_bytes().chunks(2).map(pair).collect(),
        _ => None,
    }
}
