//! A transaction, whichever engine runs it. Owns how a step asks for rows and
//! what can go wrong; must not know any statement.
//!
//! Steps are written once, as `async` code over [`Db`]. On PostgreSQL they
//! wait for the network; on SQLite every answer is there at once, so that a
//! step runs from end to end when its thread polls it (`sqlite::db`).

use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;

use async_trait::async_trait;

use crate::steps::Landmarks;

/// A statement's parameter, as both drivers take it.
pub(crate) trait Param: rusqlite::ToSql + tokio_postgres::types::ToSql + Sync {}

impl<T: rusqlite::ToSql + tokio_postgres::types::ToSql + Sync> Param for T {}

/// In order of their numbers.
pub(crate) type Params<'p> = &'p [&'p dyn Param];

/// What becomes of a row.
pub(crate) type Each<'e> = &'e mut (dyn FnMut(&dyn Columns) -> DbResult<()> + Send);

/// A step's work while it runs.
pub(crate) type Running<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A look-up: what it is about comes apart from the code, which may run again.
pub(crate) type Look<I, T> = for<'a> fn(&'a (dyn Db + 'a), &'a I) -> Running<'a, DbResult<T>>;

/// A step that writes, in one transaction.
pub(crate) type Write<I, T> =
    for<'a> fn(&'a (dyn Db + 'a), &'a I) -> Running<'a, Result<T, Undo<T>>>;

/// How a row is held until the transaction ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lock {
    /// Nobody may change it.
    Share,
    /// Nobody else may hold it, nor add what refers to it.
    Own,
    /// The same, and rows that somebody holds already are passed over.
    Free,
}

/// The connection that a step has for itself, or shares for a single look-up. Of statements that a step
/// asks for beside one another, each runs before those that were asked for later.
#[async_trait]
pub(crate) trait Db: Send + Sync {
    /// Runs a statement to its end, row by row.
    async fn rows(&self, sql: &str, params: Params<'_>, each: Each<'_>) -> DbResult<()>;

    /// What a `SELECT` ends with to lock the rows of its only table; nothing
    /// where a transaction that writes is alone anyway.
    fn lock_clause(&self, lock: Lock) -> &'static str;

    /// What is remembered of long lists, if the connection is one that may.
    fn landmarks(&self) -> Option<&Landmarks> {
        None
    }

    /// Where rows of the trail are noted, line by line, if there is an archive: they are appended
    /// to it after the commit, before anybody is answered.
    fn lines(&self) -> Option<&Mutex<Vec<String>>> {
        None
    }
}

impl<'d> dyn Db + 'd {
    /// The only row, if any.
    pub(crate) async fn one<T: Send>(
        &self,
        sql: &str,
        params: Params<'_>,
        read: impl FnMut(&dyn Columns) -> DbResult<T> + Send,
    ) -> DbResult<Option<T>> {
        Ok(self.all(sql, params, read).await?.into_iter().next())
    }

    /// All rows.
    pub(crate) async fn all<T: Send>(
        &self,
        sql: &str,
        params: Params<'_>,
        mut read: impl FnMut(&dyn Columns) -> DbResult<T> + Send,
    ) -> DbResult<Vec<T>> {
        let mut found = Vec::new();
        self.rows(sql, params, &mut |row| {
            found.push(read(row)?);
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// Whether a row came back: with `RETURNING`, whether one was touched.
    pub(crate) async fn any(&self, sql: &str, params: Params<'_>) -> DbResult<bool> {
        Ok(self.one(sql, params, |_| Ok(())).await?.is_some())
    }

    /// Runs a statement that returns no rows.
    pub(crate) async fn run(&self, sql: &str, params: Params<'_>) -> DbResult<()> {
        self.rows(sql, params, &mut |_| Ok(())).await
    }

    /// All rows that nobody holds, held until the transaction ends.
    pub(crate) async fn hold_free<T: Send>(
        &self,
        sql: &str,
        params: Params<'_>,
        read: impl FnMut(&dyn Columns) -> DbResult<T> + Send,
    ) -> DbResult<Vec<T>> {
        let sql = [sql, self.lock_clause(Lock::Free)].concat();
        self.all(&sql, params, read).await
    }

    /// The only row, if any, held until the transaction ends.
    pub(crate) async fn hold<T: Send>(
        &self,
        lock: Lock,
        sql: &str,
        params: Params<'_>,
        read: impl FnMut(&dyn Columns) -> DbResult<T> + Send,
    ) -> DbResult<Option<T>> {
        let sql = [sql, self.lock_clause(lock)].concat();
        self.one(&sql, params, read).await
    }
}

/// A row. A column that is not of the asked type is an error, null is not.
pub(crate) trait Columns {
    fn int(&self, at: usize) -> DbResult<Option<i64>>;
    fn flag(&self, at: usize) -> DbResult<Option<bool>>;
    fn text(&self, at: usize) -> DbResult<Option<&str>>;
    fn bytes(&self, at: usize) -> DbResult<Option<&[u8]>>;
}

impl<'c> dyn Columns + 'c {
    /// A column that is never null.
    pub(crate) fn get<'r, T: Cell<'r>>(&'r self, at: usize) -> DbResult<T> {
        let none = || DbError::Column(at, "null where there must be a value".into());
        self.maybe(at)?.ok_or_else(none)
    }

    /// A column.
    pub(crate) fn maybe<'r, T: Cell<'r>>(&'r self, at: usize) -> DbResult<Option<T>> {
        T::read(self, at)
    }
}

/// What a column can be read as.
pub(crate) trait Cell<'r>: Sized {
    fn read(row: &'r (dyn Columns + 'r), at: usize) -> DbResult<Option<Self>>;
}

impl<'r> Cell<'r> for i64 {
    fn read(row: &'r (dyn Columns + 'r), at: usize) -> DbResult<Option<Self>> {
        row.int(at)
    }
}

impl<'r> Cell<'r> for bool {
    fn read(row: &'r (dyn Columns + 'r), at: usize) -> DbResult<Option<Self>> {
        row.flag(at)
    }
}

impl<'r> Cell<'r> for &'r str {
    fn read(row: &'r (dyn Columns + 'r), at: usize) -> DbResult<Option<Self>> {
        row.text(at)
    }
}

impl<'r> Cell<'r> for String {
    fn read(row: &'r (dyn Columns + 'r), at: usize) -> DbResult<Option<Self>> {
        Ok(row.text(at)?.map(str::to_owned))
    }
}

impl<'r> Cell<'r> for Vec<u8> {
    fn read(row: &'r (dyn Columns + 'r), at: usize) -> DbResult<Option<Self>> {
        Ok(row.bytes(at)?.map(<[u8]>::to_vec))
    }
}

impl<'r> Cell<'r> for [u8; 32] {
    fn read(row: &'r (dyn Columns + 'r), at: usize) -> DbResult<Option<Self>> {
        let sized = |bytes: &[u8]| Self::try_from(bytes);
        row.bytes(at)?
            .map(sized)
            .transpose()
            .map_err(|error| DbError::Column(at, error.into()))
    }
}

/// A statement failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DbError {
    #[error("SQLite failed")]
    Sqlite(#[from] rusqlite::Error),
    #[error("PostgreSQL failed")]
    Postgres(#[from] tokio_postgres::Error),
    #[error("column {0} cannot be read")]
    Column(usize, #[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("a row is missing that this very step has seen")]
    Missing,
}

pub(crate) type DbResult<T> = Result<T, DbError>;

impl DbError {
    /// Another record has the same unique key.
    pub(crate) fn is_taken_key(&self) -> bool {
        match self {
            Self::Sqlite(rusqlite::Error::SqliteFailure(failure, _)) => {
                failure.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE
            }
            Self::Postgres(error) => {
                error.code() == Some(&tokio_postgres::error::SqlState::UNIQUE_VIOLATION)
            }
            _ => false,
        }
    }
}

/// Why nothing of a step is kept.
pub(crate) enum Undo<T> {
    /// A refusal in the step's own words.
    Answer(Box<T>),
    /// The acting user's or app's credentials changed.
    Stale,
    /// A statement failed.
    Engine(DbError),
}

impl<T> Undo<T> {
    pub(crate) fn answer(refusal: T) -> Self {
        Self::Answer(Box::new(refusal))
    }
}

impl<T, E: Into<DbError>> From<E> for Undo<T> {
    fn from(error: E) -> Self {
        Self::Engine(error.into())
    }
}
