//! The writer thread: group commit. Owns what becomes of a batch when
//! anything in it fails; must not know what the steps do.
//!
//! Steps that arrive while a commit waits for the disk share the next one:
//! one `BEGIN IMMEDIATE`, each step in a savepoint, one `COMMIT`. **Every**
//! answer waits for the `COMMIT`, refusals too: they may rest on what a
//! neighbour in the same transaction wrote.
//!
//! Some errors (disk full, I/O, memory) end the whole transaction, whichever
//! step meets them. Then every step of the batch is told that it is unknown
//! what happened, and the connection is opened anew; the same after a failed `COMMIT`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use grantd_core::store::{StoreError, Stored};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::cache::Cache;
use super::connection;
use super::failure::Failure;
use super::log::Log;
use super::queue::Queue;
use crate::archive::Archive;
use crate::db::Undo;

/// One step of a batch.
pub(super) trait Step: Send {
    /// Works inside the transaction; whether its changes are to be kept. Adds the lines that the
    /// archive must have before anybody is answered.
    fn run(&mut self, conn: &mut Connection, lines: &mut Vec<String>) -> bool;
    /// Whether it works between two transactions.
    fn is_alone(&self) -> bool {
        false
    }
    /// Tells the caller, once the fate of the transaction is known.
    fn answer(self: Box<Self>, fate: Result<(), Failure>);
}

/// A [`Step`] out of a closure.
pub(super) struct Work<T, F> {
    work: Option<F>,
    outcome: Stored<T>,
    reply: oneshot::Sender<Stored<T>>,
}

impl<T, F> Work<T, F> {
    pub(super) fn new(work: F, reply: oneshot::Sender<Stored<T>>) -> Self {
        Self {
            work: Some(work),
            outcome: Err(Failure::Abandoned.into()),
            reply,
        }
    }
}

impl<T, F> Step for Work<T, F>
where
    T: Send,
    F: FnOnce(&mut Connection, &mut Vec<String>) -> Result<T, Undo<T>> + Send,
{
    fn run(&mut self, conn: &mut Connection, lines: &mut Vec<String>) -> bool {
        let Some(work) = self.work.take() else {
            return false;
        };
        let (outcome, keep) = match catch_unwind(AssertUnwindSafe(|| work(conn, lines))) {
            Ok(Ok(value)) => (Ok(value), true),
            Ok(Err(Undo::Answer(refusal))) => (Ok(*refusal), false),
            Ok(Err(Undo::Stale)) => (Err(StoreError::StaleActor), false),
            Ok(Err(Undo::Engine(error))) => (Err(Failure::from(error).into()), false),
            Err(_) => (Err(Failure::Panicked.into()), false),
        };
        self.outcome = outcome;
        keep
    }

    fn answer(self: Box<Self>, fate: Result<(), Failure>) {
        let outcome = fate.map_err(StoreError::from).and(self.outcome);
        // The caller may be gone; the step is done all the same.
        let _ = self.reply.send(outcome);
    }
}

/// A [`Step`] that works between two transactions.
pub(super) struct Alone<T, F>(Work<T, F>);

impl<T, F> Alone<T, F> {
    pub(super) fn new(work: F, reply: oneshot::Sender<Stored<T>>) -> Self {
        Self(Work::new(work, reply))
    }
}

impl<T, F> Step for Alone<T, F>
where
    T: Send,
    F: FnOnce(&mut Connection) -> Result<T, Failure> + Send,
{
    fn run(&mut self, conn: &mut Connection, _: &mut Vec<String>) -> bool {
        let Some(work) = self.0.work.take() else {
            return false;
        };
        let done = catch_unwind(AssertUnwindSafe(|| work(conn)));
        let done = done.unwrap_or(Err(Failure::Panicked));
        self.0.outcome = done.map_err(StoreError::from);
        self.0.outcome.is_ok()
    }

    fn is_alone(&self) -> bool {
        true
    }

    fn answer(self: Box<Self>, fate: Result<(), Failure>) {
        let outcome = fate.map_err(StoreError::from).and(self.0.outcome);
        let _ = self.0.reply.send(outcome);
    }
}

/// What the thread works with.
pub(super) struct Writer {
    pub(super) archive: Option<Arc<Archive>>,
    pub(super) queue: Arc<Queue<Box<dyn Step>>>,
    pub(super) path: PathBuf,
    /// A batch holds up its first step by as long as all its steps take: some milliseconds.
    pub(super) together: usize,
    pub(super) log: Log,
    pub(super) written: Arc<Written>,
    pub(super) cache: Arc<Cache>,
}

/// What the thread has come to.
#[derive(Default)]
pub(super) struct Written {
    /// Batches that were committed.
    pub(super) commits: AtomicU64,
    /// Steps in all of these.
    pub(super) steps: AtomicU64,
}

impl Writer {
    /// Until the queue is closed and empty.
    pub(super) fn run(mut self, conn: Connection) {
        let mut conn = Some(conn);
        while let Some(batch) = self.queue.take(self.together) {
            let (alone, mut batch): (Vec<_>, Vec<_>) =
                batch.into_iter().partition(|step| step.is_alone());
            for mut step in alone {
                let fate = self.connected(&mut conn).map(|conn| {
                    step.run(conn, &mut Vec::new());
                });
                step.answer(fate);
            }
            let fate = self.archived(&mut conn, &mut batch);
            if fate.is_ok() && !batch.is_empty() {
                self.written.commits.fetch_add(1, Ordering::Relaxed);
                let steps = batch.len() as u64;
                self.written.steps.fetch_add(steps, Ordering::Relaxed);
            }
            for step in batch {
                step.answer(fate.clone());
            }
            if let Some(conn) = &conn {
                self.log.keep_short(conn);
            }
        }
    }

    /// Runs a batch, whose lines are in the archive when this says `Ok`.
    fn archived(
        &mut self,
        conn: &mut Option<Connection>,
        batch: &mut [Box<dyn Step>],
    ) -> Result<(), Failure> {
        if batch.is_empty() {
            return Ok(());
        }
        if let Some(archive) = &self.archive {
            // Otherwise what cannot be archived would become more and more.
            archive
                .is_ready_and_wait()
                .map_err(|_| Failure::NotArchived)?;
        }
        let mut lines = Vec::new();
        let fate = self
            .connected(conn)
            .and_then(|conn| transact(conn, &self.cache, batch, &mut lines));
        if let Err(failure) = &fate {
            tracing::error!(error = ?failure, steps = batch.len(), "a batch of writes failed");
            *conn = None;
        }
        fate?;
        match &self.archive {
            Some(archive) => archive
                .append_and_wait(lines)
                .map_err(|_| Failure::NotArchived),
            None => Ok(()),
        }
    }

    fn connected<'a>(
        &mut self,
        conn: &'a mut Option<Connection>,
    ) -> Result<&'a mut Connection, Failure> {
        match conn {
            Some(conn) => Ok(conn),
            None => {
                let mut anew = connection::writer(&self.path)?;
                self.log.listen(&mut anew)?;
                self.cache.watch(&mut anew)?;
                Ok(conn.insert(anew))
            }
        }
    }
}

/// Runs a batch. `Err` means that none of it may be relied upon, either way.
fn transact(
    conn: &mut Connection,
    cache: &Cache,
    batch: &mut [Box<dyn Step>],
    lines: &mut Vec<String>,
) -> Result<(), Failure> {
    execute(conn, "BEGIN IMMEDIATE")?;
    let (books, before) = (cache.begin(), conn.total_changes());
    for step in batch {
        execute(conn, "SAVEPOINT step")?;
        let before = lines.len();
        let keep = step.run(conn, lines);
        if conn.is_autocommit() {
            return Err(Failure::TransactionLost);
        }
        if !keep {
            lines.truncate(before);
            execute(conn, "ROLLBACK TO step")?;
        }
        execute(conn, "RELEASE step")?;
    }
    execute(conn, "COMMIT")?;
    books.close(conn.total_changes() != before);
    Ok(())
}

fn execute(conn: &Connection, sql: &str) -> Result<(), Failure> {
    conn.prepare_cached(sql)?.execute([])?;
    Ok(())
}
