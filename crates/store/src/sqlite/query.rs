//! Three ways to run a statement that stays prepared. Must not know any statement.

use rusqlite::{Connection, Params, Row};

/// Added to a connection.
pub(super) trait Query {
    /// The only row, if any.
    fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Option<T>>;

    /// All rows.
    fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>>;

    /// Runs a statement that returns no rows.
    fn run(&self, sql: &str, params: impl Params) -> rusqlite::Result<()>;

    /// Whether a row came back: with `RETURNING`, whether one was touched.
    fn any(&self, sql: &str, params: impl Params) -> rusqlite::Result<bool> {
        Ok(self.one(sql, params, |_| Ok(()))?.is_some())
    }
}

impl Query for Connection {
    fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Option<T>> {
        // To the end, always: a statement that is left at its first row skips its foreign key checks.
        Ok(self.all(sql, params, read)?.into_iter().next())
    }

    fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        self.prepare_cached(sql)?.query_map(params, read)?.collect()
    }

    fn run(&self, sql: &str, params: impl Params) -> rusqlite::Result<()> {
        self.prepare_cached(sql)?.execute(params).map(drop)
    }
}
