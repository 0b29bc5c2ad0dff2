//! A connection as [`crate::db`] wants it. Owns that nothing ever waits here:
//! every statement has run when its future is first polled.

use std::future::Future;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use grantd_core::cost::Bill;
use rusqlite::{Connection, ToSql, params_from_iter};

use super::cache::Cache;
use crate::db::{Columns, Db, DbError, DbResult, Each, Lock, Params};
use crate::steps::Landmarks;

/// The connection of a thread, lent to one step. Steps must be able to travel
/// between threads on the other engine; the mutex says that this one may too,
/// and is never waited for.
pub(crate) struct Lent<'c> {
    conn: Mutex<&'c mut Connection>,
    lines: Option<Mutex<Vec<String>>>,
    landmarks: Option<&'c Landmarks>,
    /// What hears of the statements of a step that writes.
    cache: Option<&'c Cache>,
}

impl<'c> Lent<'c> {
    pub(crate) fn new(conn: &'c mut Connection) -> Self {
        Self {
            conn: Mutex::new(conn),
            lines: None,
            landmarks: None,
            cache: None,
        }
    }

    /// The same within a transaction that only reads.
    pub(super) fn reading(conn: &'c mut Connection, landmarks: &'c Landmarks) -> Self {
        Self {
            landmarks: Some(landmarks),
            ..Self::new(conn)
        }
    }

    /// The writer's; with `archiving`, what the step adds to the trail is kept for the archive.
    pub(super) fn writing(conn: &'c mut Connection, cache: &'c Cache, archiving: bool) -> Self {
        Self {
            lines: archiving.then(Mutex::default),
            cache: Some(cache),
            ..Self::new(conn)
        }
    }

    /// What the step has added to the trail.
    pub(super) fn into_lines(self) -> Vec<String> {
        let lines = self.lines.map(Mutex::into_inner);
        let lines = lines.map(|lines| lines.unwrap_or_else(PoisonError::into_inner));
        lines.unwrap_or_default()
    }
}

#[async_trait]
impl Db for Lent<'_> {
    async fn rows(&self, sql: &str, params: Params<'_>, each: Each<'_>) -> DbResult<()> {
        // A step that panicked is undone with its savepoint.
        let conn = self.conn.lock().unwrap_or_else(PoisonError::into_inner);
        let params = params.iter().map(|param| *param as &dyn ToSql);
        Bill::count_statement();
        if let Some(cache) = self.cache {
            cache.hear(sql);
        }
        let mut statement = conn.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(params))?;
        // To the end, always: a statement that is left at its first row skips its foreign key checks.
        while let Some(row) = rows.next()? {
            each(&Row(row))?;
        }
        Ok(())
    }

    fn lock_clause(&self, _: Lock) -> &'static str {
        ""
    }

    fn landmarks(&self) -> Option<&Landmarks> {
        self.landmarks
    }

    fn lines(&self) -> Option<&Mutex<Vec<String>>> {
        self.lines.as_ref()
    }
}

/// Runs a step from end to end.
///
/// # Panics
/// The step waits for something else than the database, which no step may.
pub(super) fn run<T>(step: impl Future<Output = T>) -> T {
    match pin!(step).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => unreachable!("a step waits for something else than the database"),
    }
}

struct Row<'r>(&'r rusqlite::Row<'r>);

fn column(at: usize) -> impl FnOnce(rusqlite::types::FromSqlError) -> DbError {
    move |error| DbError::Column(at, error.into())
}

impl Columns for Row<'_> {
    fn int(&self, at: usize) -> DbResult<Option<i64>> {
        self.0.get_ref(at)?.as_i64_or_null().map_err(column(at))
    }

    fn flag(&self, at: usize) -> DbResult<Option<bool>> {
        Ok(self.int(at)?.map(|value| value != 0))
    }

    fn text(&self, at: usize) -> DbResult<Option<&str>> {
        self.0.get_ref(at)?.as_str_or_null().map_err(column(at))
    }

    fn bytes(&self, at: usize) -> DbResult<Option<&[u8]>> {
        self.0.get_ref(at)?.as_blob_or_null().map_err(column(at))
    }
}
