//! A connection as [`crate::db`] wants it. Owns that statements stay prepared,
//! when they must be prepared anew, and in which order they go out.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use deadpool_postgres::ClientWrapper;
use grantd_core::cost::Bill;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;

use crate::db::{Columns, Db, DbError, DbResult, Each, Lock, Params};

/// A connection, lent to one step.
pub(crate) struct Lent<'c> {
    client: &'c ClientWrapper,
    /// After an error nothing of a transaction is kept, and its `COMMIT` would say otherwise.
    failed: AtomicBool,
    lines: Option<Mutex<Vec<String>>>,
    /// Whose statement goes out next. First come, first served.
    turn: tokio::sync::Mutex<()>,
}

impl<'c> Lent<'c> {
    pub(crate) fn new(client: &'c ClientWrapper) -> Self {
        Self {
            client,
            failed: AtomicBool::new(false),
            lines: None,
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// The same, and what the step adds to the trail is kept for the archive.
    pub(super) fn archiving(client: &'c ClientWrapper) -> Self {
        Self {
            lines: Some(Mutex::default()),
            ..Self::new(client)
        }
    }

    /// What the step has added to the trail.
    pub(super) fn into_lines(self) -> Vec<String> {
        let lines = self.lines.map(Mutex::into_inner);
        let lines = lines.map(|lines| lines.unwrap_or_else(PoisonError::into_inner));
        lines.unwrap_or_default()
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// Statements beside one another go out in the order in which they were asked for: one that is
    /// not prepared yet would be overtaken by those that are.
    async fn query(
        &self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<tokio_postgres::Row>, tokio_postgres::Error> {
        Bill::count_statement();
        // Not cut short by the runtime's budget, which would let others pass.
        let turn = tokio::task::unconstrained(self.turn.lock()).await;
        let statement = self.client.prepare_cached(sql).await?;
        drop(turn);
        // Goes out at once, before anybody else of this step runs.
        self.client.query(&statement, params).await
    }
}

#[async_trait]
impl Db for Lent<'_> {
    async fn rows(&self, sql: &str, params: Params<'_>, each: Each<'_>) -> DbResult<()> {
        let params: Vec<&(dyn ToSql + Sync)> = params
            .iter()
            .map(|param| *param as &(dyn ToSql + Sync))
            .collect();
        match self.query(sql, &params).await {
            Ok(rows) => rows.iter().try_for_each(|row| each(&Row(row))),
            Err(error) => {
                self.failed.store(true, Ordering::Relaxed);
                Err(error.into())
            }
        }
    }

    fn lock_clause(&self, lock: Lock) -> &'static str {
        match lock {
            Lock::Share => " FOR SHARE",
            Lock::Own => " FOR UPDATE",
            Lock::Free => " FOR UPDATE SKIP LOCKED",
        }
    }

    fn lines(&self) -> Option<&Mutex<Vec<String>>> {
        self.lines.as_ref()
    }
}

/// A row, for those who read it as [`crate::steps::row`] does.
pub(super) struct Row<'r>(pub(super) &'r tokio_postgres::Row);

impl Columns for Row<'_> {
    fn int(&self, at: usize) -> DbResult<Option<i64>> {
        Ok(self.0.try_get(at)?)
    }

    fn flag(&self, at: usize) -> DbResult<Option<bool>> {
        Ok(self.0.try_get(at)?)
    }

    fn text(&self, at: usize) -> DbResult<Option<&str>> {
        Ok(self.0.try_get(at)?)
    }

    fn bytes(&self, at: usize) -> DbResult<Option<&[u8]>> {
        Ok(self.0.try_get(at)?)
    }
}

/// What an error says about the step and its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Another transaction was in the way, and this one has left no trace.
    Conflict,
    /// A prepared statement does not fit the schema any more, or is not there any more.
    StaleStatement,
    /// The statement failed, the connection is as good as before.
    Refused,
    /// The connection is lost, or leads to a server that takes no writes.
    Lost,
}

/// Reads an error by its code.
pub(super) fn meaning(error: &DbError) -> Meaning {
    let DbError::Postgres(error) = error else {
        return Meaning::Refused;
    };
    let Some(code) = error.code() else {
        return Meaning::Lost;
    };
    let lost = ["08", "57P", "XX", "25006"];
    match code {
        &SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED => {
            Meaning::Conflict
        }
        &SqlState::FEATURE_NOT_SUPPORTED | &SqlState::INVALID_SQL_STATEMENT_NAME => {
            Meaning::StaleStatement
        }
        code if lost.iter().any(|class| code.code().starts_with(class)) => Meaning::Lost,
        _ => Meaning::Refused,
    }
}
