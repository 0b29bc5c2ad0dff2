//! The whole store as it is at one moment, in another file, while everybody
//! goes on. Owns that no transaction is long and that nothing is missed; must
//! not know what becomes of the file.
//!
//! A reader that keeps one snapshot for as long as that takes would keep the
//! log from being cut. So the rows are copied in slices of some milliseconds on
//! the writer's own connection, between its batches, in the order of keys; what
//! is written meanwhile goes into both files, by triggers that this connection
//! alone has. After the last slice the other file is what the store is at that
//! moment. What another process writes would be missed: that is noticed, and
//! the copy begins anew.

use std::path::Path;
use std::time::{Duration, Instant};

use grantd_core::store::{StoreError, Stored};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

use super::Sqlite;
use super::failure::Failure;
use crate::copy::CopyStep;
use crate::copy::tables::{Kind, META, TABLES, Table};
use crate::steps::StoreOn;
use crate::toll;

/// Under which the other file is known here.
const OTHER: &str = "copied";
/// How long a slice holds the writer up, about.
const SLICE: Duration = Duration::from_millis(6);
const FIRST_SLICE: i64 = 500;
/// Rows of the largest slice: their keys are looked for before they are copied.
const LARGEST_SLICE: i64 = 50_000;
/// How often a copy begins anew because of another process.
const TRIES: u32 = 5;

/// Where a slice begins, and how it went.
enum Slice {
    /// So many rows up to this key; there may be more.
    More(u64, Vec<Value>),
    /// So many rows, the last ones of the table.
    Last(u64),
    /// Another process has written.
    Disturbed,
}

impl StoreOn<Sqlite> {
    /// Copies everything into a new file, as it is when this returns. Tables are called
    /// `copied_NAME` there; `copied_ids` has the highest ids ever given out.
    ///
    /// # Errors
    /// The file cannot be written, or other processes would not leave the database alone.
    pub async fn snapshot(
        &self,
        into: &Path,
        tell: &mut (dyn FnMut(CopyStep) + Send),
    ) -> Stored<()> {
        let path = into.to_string_lossy().into_owned();
        self.engine
            .alone(move |conn| attach(conn, &path).map_err(Failure::from))
            .await?;
        let copied = self.copy_undisturbed(tell).await;
        // Whatever came of it, the writer's connection must be as before.
        let left = self
            .engine
            .alone(|conn| leave(conn).map_err(Failure::from))
            .await;
        copied.and(left)
    }

    async fn copy_undisturbed(&self, tell: &mut (dyn FnMut(CopyStep) + Send)) -> Stored<()> {
        for _ in 0..TRIES {
            let began = self
                .engine
                .alone(|conn| begin(conn).map_err(Failure::from))
                .await?;
            if self.copy_all(began, tell).await? {
                return Ok(());
            }
            tracing::warn!("another process wrote to the database: its copy begins anew");
        }
        Err(StoreError::Unavailable(
            "other processes write to the database all the time; it cannot be copied meanwhile"
                .into(),
        ))
    }

    /// Whether nobody disturbed.
    async fn copy_all(&self, began: i64, tell: &mut (dyn FnMut(CopyStep) + Send)) -> Stored<bool> {
        for table in TABLES.iter().chain([&META]) {
            let count = format!("SELECT COUNT(*) FROM {}", table.name);
            let of = self.engine.look_up(toll::Kind::LookUp, move |conn| {
                Ok(conn.query_row(&count, [], |row| row.get::<_, i64>(0))?)
            });
            // A large table may not be counted in time; then nobody knows how much is left.
            let of = of.await.unwrap_or(0).unsigned_abs();
            tell(CopyStep::Copies(table.name, 0, of));
            let (mut done, mut rows, mut after) = (0, FIRST_SLICE, Vec::new());
            loop {
                let (slice, took) = self
                    .engine
                    .alone(move |conn| {
                        let working = Instant::now();
                        let slice = slice(conn, table, &after, rows, began)?;
                        Ok((slice, working.elapsed()))
                    })
                    .await?;
                match slice {
                    Slice::Disturbed => return Ok(false),
                    Slice::Last(copied) => {
                        done += copied;
                        break;
                    }
                    Slice::More(copied, last) => {
                        done += copied;
                        after = last;
                    }
                }
                tell(CopyStep::At(done));
                rows = match took {
                    took if took < SLICE / 2 => (rows * 2).min(LARGEST_SLICE),
                    took if took > SLICE => (rows / 2).max(1),
                    _ => rows,
                };
                // The writer is not asked again before others had their turn.
                tokio::time::sleep(took.min(SLICE) / 2).await;
            }
            tell(CopyStep::Ended(done));
        }
        let ended = self
            .engine
            .alone(move |conn| end(conn, began).map_err(Failure::from));
        ended.await
    }
}

fn attach(conn: &Connection, path: &str) -> rusqlite::Result<()> {
    conn.execute(&format!("ATTACH DATABASE $1 AS {OTHER}"), params![path])?;
    // It is read after it is whole, or not at all: no crash has to be survived.
    conn.execute_batch(&format!(
        "PRAGMA {OTHER}.journal_mode = MEMORY; PRAGMA {OTHER}.synchronous = OFF;"
    ))
}

/// Who else has written: another number than before says that somebody has.
fn data_version(conn: &Connection) -> rusqlite::Result<i64> {
    conn.query_row("PRAGMA main.data_version", [], |row| row.get(0))
}

/// Makes empty tables, and triggers that fill them from now on.
fn begin(conn: &mut Connection) -> rusqlite::Result<i64> {
    forget_triggers(conn)?;
    // Rows of tables that refer to themselves by nothing: the order does not matter.
    for table in TABLES.iter().chain([&META]) {
        let (name, key) = (table.name, table.key_names());
        let columns: Vec<String> = table
            .columns
            .iter()
            .map(|(column, kind)| format!("{column} {}", affinity(*kind)))
            .collect();
        conn.execute_batch(&format!(
            "DROP TABLE IF EXISTS {OTHER}.copied_{name}; \
             CREATE TABLE {OTHER}.copied_{name} ({}, PRIMARY KEY ({key}));",
            columns.join(", ")
        ))?;
    }
    conn.execute_batch(&format!(
        "DROP TABLE IF EXISTS {OTHER}.copied_ids; \
         CREATE TABLE {OTHER}.copied_ids (name TEXT PRIMARY KEY, highest INTEGER NOT NULL);"
    ))?;
    let tx = conn.transaction()?;
    for table in TABLES.iter().chain([&META]) {
        tx.execute_batch(&triggers(table))?;
    }
    let version = data_version(&tx)?;
    tx.commit()?;
    Ok(version)
}

fn affinity(kind: Kind) -> &'static str {
    match kind {
        Kind::Int | Kind::Flag => "INTEGER",
        Kind::Text => "TEXT",
        Kind::Bytes => "BLOB",
    }
}

fn triggers(table: &Table) -> String {
    let (name, columns) = (table.name, table.names());
    let of = |which: &str, columns: &[(&str, Kind)], by: &str| {
        let each = columns.iter().map(|(column, _)| match by {
            " AND " => format!("{column} IS {which}.{column}"),
            _ => format!("{which}.{column}"),
        });
        each.collect::<Vec<_>>().join(by)
    };
    let delete = |which| {
        let key = of(which, &table.columns[..table.key], " AND ");
        format!("DELETE FROM copied_{name} WHERE {key};")
    };
    let insert = format!(
        "INSERT INTO copied_{name} ({columns}) VALUES ({});",
        of("NEW", table.columns, ", ")
    );
    let (old, new) = (delete("OLD"), delete("NEW"));
    format!(
        "CREATE TEMP TRIGGER copied_{name}_added AFTER INSERT ON main.{name} \
         BEGIN {new} {insert} END; \
         CREATE TEMP TRIGGER copied_{name}_changed AFTER UPDATE ON main.{name} \
         BEGIN {old} {new} {insert} END; \
         CREATE TEMP TRIGGER copied_{name}_deleted AFTER DELETE ON main.{name} \
         BEGIN {old} END;"
    )
}

/// Copies the next rows of a table, those after a key. What a trigger has put there beyond them is
/// the row as it is, and stays.
fn slice(
    conn: &mut Connection,
    table: &'static Table,
    after: &[Value],
    rows: i64,
    began: i64,
) -> rusqlite::Result<Slice> {
    if data_version(conn)? != began {
        return Ok(Slice::Disturbed);
    }
    let (name, columns, key) = (table.name, table.names(), table.key_names());
    let numbers = |from: usize| {
        let all = (from..from + table.key).map(|number| format!("${number}"));
        all.collect::<Vec<_>>().join(", ")
    };
    let from = match after {
        [] => "1".to_owned(),
        _ => format!("({key}) > ({})", numbers(1)),
    };
    let last = format!(
        "SELECT {key} FROM main.{name} WHERE {from} ORDER BY {key} LIMIT 1 OFFSET {}",
        rows - 1
    );
    let last: Option<Vec<Value>> = conn
        .prepare_cached(&last)?
        .query_row(params_from_iter(after), |row| {
            (0..table.key).map(|at| row.get(at)).collect()
        })
        .optional()?;
    let to = match &last {
        Some(_) => format!(" AND ({key}) <= ({})", numbers(after.len() + 1)),
        None => String::new(),
    };
    let copy = format!(
        "INSERT OR IGNORE INTO copied_{name} ({columns}) SELECT {columns} FROM main.{name} WHERE {from}{to}"
    );
    let keys = after.iter().chain(last.iter().flatten());
    let copied = conn
        .prepare_cached(&copy)?
        .execute(params_from_iter(keys))? as u64;
    Ok(match last {
        Some(last) => Slice::More(rows.unsigned_abs(), last),
        None => Slice::Last(copied),
    })
}

/// Between two batches, so at one moment: the triggers end, and the ids are noted. Whether nobody
/// has written past them.
fn end(conn: &mut Connection, began: i64) -> rusqlite::Result<bool> {
    conn.execute_batch(&format!(
        "INSERT INTO {OTHER}.copied_ids SELECT name, seq FROM main.sqlite_sequence"
    ))?;
    forget_triggers(conn)?;
    Ok(data_version(conn)? == began)
}

fn forget_triggers(conn: &Connection) -> rusqlite::Result<()> {
    for table in TABLES.iter().chain([&META]) {
        let name = table.name;
        conn.execute_batch(&format!(
            "DROP TRIGGER IF EXISTS temp.copied_{name}_added; \
             DROP TRIGGER IF EXISTS temp.copied_{name}_changed; \
             DROP TRIGGER IF EXISTS temp.copied_{name}_deleted;"
        ))?;
    }
    Ok(())
}

fn leave(conn: &mut Connection) -> rusqlite::Result<()> {
    forget_triggers(conn)?;
    // Statements that name the other file keep it from being let go.
    conn.flush_prepared_statement_cache();
    conn.execute_batch(&format!("DETACH DATABASE {OTHER}"))
}
