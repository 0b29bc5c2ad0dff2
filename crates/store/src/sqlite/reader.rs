//! A reader thread: look-ups in batches. Owns what a batch may see and how
//! long; must not know what is looked up.
//!
//! A snapshot is as old as its transaction's first `SELECT`. So a batch is
//! **closed** before its transaction begins: a look-up that arrives later
//! waits for the next one, and is never answered from before it was asked.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use grantd_core::store::Stored;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::connection;
use super::failure::Failure;
use super::queue::Queue;

/// One look-up, which answers its caller itself.
pub(super) type Look = Box<dyn FnOnce(&Connection) + Send>;

/// Beyond sixteen, sharing a transaction saves nothing more.
const MOST_PER_SNAPSHOT: usize = 16;
/// A batch of slow look-ups goes on in a new, later snapshot.
const SNAPSHOT: Duration = Duration::from_millis(250);
/// A single look-up ends here: a snapshot that is held keeps the log from being cut.
const LONGEST: Duration = Duration::from_millis(700);
/// Instructions of SQLite's machine between two looks at the clock.
const CLOCK_EVERY: i32 = 10_000;

/// A [`Look`] out of a closure.
pub(super) fn look<T: Send + 'static>(
    look: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    reply: oneshot::Sender<Stored<T>>,
) -> Look {
    Box::new(move |conn| {
        // Nobody waits any more: a dropped request costs nothing.
        if reply.is_closed() {
            return;
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| look(conn)))
            .map_err(|_| Failure::Panicked)
            .and_then(|found| found.map_err(Failure::from));
        let _ = reply.send(outcome.map_err(Into::into));
    })
}

/// What the thread works with.
pub(super) struct Reader {
    pub(super) queue: Arc<Queue<Look>>,
    pub(super) path: PathBuf,
}

impl Reader {
    /// Until the queue is closed and empty.
    pub(super) fn run(self, conn: Connection) {
        let mut conn = Some(Watched::new(conn));
        while let Some(batch) = self.queue.take(MOST_PER_SNAPSHOT) {
            let result = self
                .connected(&mut conn)
                .and_then(|conn| conn.answer(batch));
            if let Err(error) = result {
                // Look-ups that were not reached are dropped: their callers are told `Abandoned`.
                tracing::error!(%error, "a batch of look-ups failed");
                conn = None;
            }
        }
    }

    fn connected<'a>(&self, conn: &'a mut Option<Watched>) -> rusqlite::Result<&'a Watched> {
        match conn {
            Some(conn) => Ok(conn),
            None => Ok(conn.insert(Watched::new(connection::reader(&self.path)?))),
        }
    }
}

/// A connection whose statements end at a deadline.
struct Watched {
    conn: Connection,
    started: Instant,
    /// Milliseconds after `started`.
    deadline: Arc<AtomicU64>,
}

impl Watched {
    fn new(mut conn: Connection) -> Self {
        let (started, deadline) = (Instant::now(), Arc::new(AtomicU64::new(u64::MAX)));
        let until = Arc::clone(&deadline);
        let late = move || started.elapsed().as_millis() > until.load(Ordering::Relaxed).into();
        if let Err(error) = conn.progress_handler(CLOCK_EVERY, Some(late)) {
            tracing::error!(%error, "long look-ups will not be interrupted");
        }
        Self {
            conn,
            started,
            deadline,
        }
    }

    fn answer(&self, batch: Vec<Look>) -> rusqlite::Result<()> {
        let mut looks = batch.into_iter().peekable();
        while looks.peek().is_some() {
            let begun = Instant::now();
            self.execute("BEGIN")?;
            while begun.elapsed() < SNAPSHOT
                && let Some(look) = looks.next()
            {
                self.allow(LONGEST);
                look(&self.conn);
            }
            self.execute("COMMIT")?;
        }
        Ok(())
    }

    fn allow(&self, time: Duration) {
        let deadline = (self.started.elapsed() + time).as_millis();
        let deadline = deadline.try_into().unwrap_or(u64::MAX);
        self.deadline.store(deadline, Ordering::Relaxed);
    }

    fn execute(&self, sql: &str) -> rusqlite::Result<()> {
        // These take no time, but would be interrupted by the deadline of the look-up before.
        self.allow(LONGEST);
        self.conn.prepare_cached(sql)?.execute([]).map(drop)
    }
}
