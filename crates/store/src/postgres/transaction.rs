//! Steps of several statements, each in a transaction on a connection of its
//! own. Owns what is tried again and what becomes of a connection; must not
//! know what the steps do.
//!
//! - Only a conflict (40001, 40P01) is tried again, and a prepared statement
//!   that the schema has left behind (0A000, 26000): then nothing was done.
//! - A connection that is lost at the `COMMIT` leaves its caller with an
//!   unknown outcome. Trying again might do the step twice.
//! - A connection goes back to the pool only after its transaction has ended.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Object, Pool, PoolError};
use grantd_core::store::{StoreError, Stored};

use super::failure::Failure;
use super::quiet::Quiet;
use super::session::{Lent, Meaning, meaning};
use crate::archive::Archive;
use crate::db::{DbError, DbResult, Look, Undo, Write};

/// Explicit, whatever the database's defaults are.
const WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
/// What may be forgotten with the primary waits neither for its disk nor for a standby's.
const WRITE_LIGHTLY: &str =
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL synchronous_commit = off";
/// Several look-ups see one state.
const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// Conflicts are rare: rows are locked in one order.
const TRIES: u32 = 4;
/// The server ends a statement sooner; this is for a server that has stopped altogether. Who
/// has more patience than this lets a step take as long.
const DEADLINE: Duration = Duration::from_secs(2);

/// Where the connections come from.
#[derive(Clone)]
pub(super) struct Transactions {
    pool: Pool,
    deadline: Duration,
    quiet: Arc<Quiet>,
    archive: Option<Arc<Archive>>,
}

/// How a try ended.
enum End<T> {
    Done(T),
    Stale,
    Failed(DbError),
    Unknown(DbError),
}

/// Why there is no outcome.
pub(super) enum Ended {
    /// The actor's credentials changed.
    Stale,
    /// Nothing is known, or nothing was done.
    Failed(Failure),
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Ended> for StoreError {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Stale => Self::StaleActor,
            Ended::Failed(failure) => failure.into(),
        }
    }
}

impl Transactions {
    pub(super) fn new(pool: Pool, patience: Duration, archive: Option<Arc<Archive>>) -> Self {
        Self {
            archive,
            pool,
            deadline: DEADLINE.max(patience),
            quiet: Arc::default(),
        }
    }

    /// The pool, as it is.
    pub(super) fn status(&self) -> deadpool_postgres::Status {
        self.pool.status()
    }

    pub(super) fn close(&self) {
        self.pool.close();
    }

    /// Does a step, all of it or nothing.
    pub(super) async fn write<I: Sync, T>(&self, input: &I, step: Write<I, T>) -> Stored<T> {
        Ok(self.run(WRITE, input, step).await?)
    }

    /// The same; the failure is one that several can be told.
    pub(super) async fn write_all<I: Sync, T>(
        &self,
        input: &I,
        step: Write<I, T>,
    ) -> Result<T, Ended> {
        self.run(WRITE, input, step).await
    }

    /// The same, of which the last moments before the primary's death may be forgotten.
    pub(super) async fn write_lightly<I: Sync, T>(&self, input: I, step: Write<I, T>) -> Stored<T> {
        Ok(self.run(WRITE_LIGHTLY, &input, step).await?)
    }

    /// Looks several things up that belong together.
    pub(super) async fn read<I: Send + Sync + 'static, T: Send + 'static>(
        &self,
        input: I,
        look: Look<I, T>,
    ) -> Stored<T> {
        let step: Write<(I, Look<I, T>), T> =
            |db, (input, look)| Box::pin(async move { Ok(look(db, input).await?) });
        Ok(self.run(READ, &(input, look), step).await?)
    }

    async fn run<I: Sync, T>(&self, begin: &str, input: &I, step: Write<I, T>) -> Result<T, Ended> {
        if begin == WRITE
            && let Some(archive) = &self.archive
        {
            // Otherwise what cannot be archived would become more and more.
            let ready = archive.is_ready().await;
            ready.map_err(|_| self.complain(Failure::NotArchived))?;
        }
        let mut tries = 1;
        loop {
            let client = Held::of(&self.pool).await;
            let client = client.map_err(|error| self.complain(error))?;
            let archived = self.archive.is_some();
            let attempt = attempt(client.get(), begin, input, step, archived);
            let (end, lines) = match tokio::time::timeout(self.deadline, attempt).await {
                Ok((end, Connection::Fit, lines)) => {
                    client.give_back();
                    (end, lines)
                }
                Ok((end, Connection::Unfit, lines)) => (end, lines),
                Err(_) => return Err(self.complain(Failure::Late).into()),
            };
            let error = match end {
                End::Done(value) => {
                    self.archive(lines).await?;
                    return Ok(value);
                }
                End::Stale => return Err(Ended::Stale),
                End::Unknown(error) => {
                    return Err(self.complain(Failure::unknown(&error)).into());
                }
                End::Failed(error) => error,
            };
            let again = matches!(meaning(&error), Meaning::Conflict | Meaning::StaleStatement);
            if !again || tries == TRIES {
                return Err(self.complain(error).into());
            }
            // Those who ran into each other do not start again at the same moment.
            tokio::time::sleep(Duration::from_millis(u64::from(tries) * 5)).await;
            tries += 1;
        }
    }

    /// Waits until what was committed is in the archive. The connection is others' by now.
    async fn archive(&self, lines: Vec<String>) -> Result<(), Failure> {
        let Some(archive) = &self.archive else {
            return Ok(());
        };
        let appended = archive.append(lines).await;
        appended.map_err(|_| self.complain(Failure::NotArchived))
    }

    /// Says so in the log, now and then.
    pub(super) fn complain(&self, failure: impl Into<Failure>) -> Failure {
        let failure = failure.into();
        self.quiet.warn(|unsaid| {
            tracing::warn!(error = %failure, unsaid, "a step of the store failed");
        });
        failure
    }
}

/// A connection of the pool. It is closed, not given back, when a step ends in a way that
/// nobody has foreseen: its transaction may still be open.
struct Held(Option<Object>);

impl Held {
    async fn of(pool: &Pool) -> Result<Self, PoolError> {
        Ok(Self(Some(pool.get().await?)))
    }

    fn get(&self) -> &ClientWrapper {
        self.0.as_ref().expect("held until it is given back")
    }

    fn give_back(mut self) {
        self.0 = None;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(client) = self.0.take() {
            drop(Object::take(client));
        }
    }
}

/// Whether another step may use the connection.
enum Connection {
    Fit,
    Unfit,
}

/// How it ended, and which lines the archive must have if it is done.
async fn attempt<I, T>(
    client: &ClientWrapper,
    begin: &str,
    input: &I,
    step: Write<I, T>,
    archived: bool,
) -> (End<T>, Connection, Vec<String>) {
    let db = if archived {
        Lent::archiving(client)
    } else {
        Lent::new(client)
    };
    let (end, connection, kept) = in_transaction(client, &db, begin, input, step).await;
    let lines = if kept { db.into_lines() } else { Vec::new() };
    (end, connection, lines)
}

/// The last one says whether it was committed.
async fn in_transaction<I, T>(
    client: &ClientWrapper,
    db: &Lent<'_>,
    begin: &str,
    input: &I,
    step: Write<I, T>,
) -> (End<T>, Connection, bool) {
    if let Err(error) = client.batch_execute(begin).await {
        return (End::Failed(error.into()), Connection::Unfit, false);
    }
    let (end, keep) = match step(db, input).await {
        Ok(value) => (End::Done(value), true),
        Err(Undo::Answer(refusal)) => (End::Done(*refusal), false),
        Err(Undo::Stale) => (End::Stale, false),
        Err(Undo::Engine(error)) => (End::Failed(error), false),
    };
    if keep && db.has_failed() {
        // It would be answered as if it had happened.
        let (end, fate) = (End::Failed(DbError::Missing), rollback(client).await);
        return (end, fate, false);
    }
    if keep {
        return match client.batch_execute("COMMIT").await {
            Ok(()) => (end, Connection::Fit, true),
            Err(error) => {
                let (end, connection) = commit_failed(error.into());
                (end, connection, false)
            }
        };
    }
    if let End::Failed(error) = &end {
        match meaning(error) {
            Meaning::StaleStatement => client.statement_cache.clear(),
            Meaning::Lost => return (end, Connection::Unfit, false),
            Meaning::Conflict | Meaning::Refused => {}
        }
    }
    (end, rollback(client).await, false)
}

fn commit_failed<T>(error: DbError) -> (End<T>, Connection) {
    match meaning(&error) {
        // The server has said that nothing was done.
        Meaning::Conflict => (End::Failed(error), Connection::Unfit),
        _ => (End::Unknown(error), Connection::Unfit),
    }
}

async fn rollback(client: &ClientWrapper) -> Connection {
    let ended: DbResult<()> = client.batch_execute("ROLLBACK").await.map_err(Into::into);
    match ended {
        Ok(()) => Connection::Fit,
        Err(_) => Connection::Unfit,
    }
}
