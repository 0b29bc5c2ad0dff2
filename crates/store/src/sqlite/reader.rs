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
        let mut conn = Some(conn);
        while let Some(batch) = self.queue.take(MOST_PER_SNAPSHOT) {
            let result = self
                .connected(&mut conn)
                .and_then(|conn| answer(conn, batch));
            if let Err(error) = result {
                // Look-ups that were not reached are dropped: their callers are told `Abandoned`.
                tracing::error!(%error, "a batch of look-ups failed");
                conn = None;
            }
        }
    }

    fn connected<'a>(
        &self,
        conn: &'a mut Option<Connection>,
    ) -> rusqlite::Result<&'a mut Connection> {
        match conn {
            Some(conn) => Ok(conn),
            None => Ok(conn.insert(connection::reader(&self.path)?)),
        }
    }
}

fn answer(conn: &mut Connection, batch: Vec<Look>) -> rusqlite::Result<()> {
    let mut looks = batch.into_iter().peekable();
    while looks.peek().is_some() {
        let deadline = Deadline::start();
        deadline.watch(conn)?;
        execute(conn, "BEGIN")?;
        while deadline.elapsed() < SNAPSHOT
            && let Some(look) = looks.next()
        {
            deadline.allow(LONGEST);
            look(conn);
        }
        execute(conn, "COMMIT")?;
    }
    Ok(())
}

fn execute(conn: &Connection, sql: &str) -> rusqlite::Result<()> {
    conn.prepare_cached(sql)?.execute([]).map(drop)
}

/// When the present look-up is interrupted.
struct Deadline {
    started: Instant,
    /// Milliseconds after `started`.
    until: Arc<AtomicU64>,
}

impl Deadline {
    fn start() -> Self {
        Self {
            started: Instant::now(),
            until: Arc::new(AtomicU64::new(u64::MAX)),
        }
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn watch(&self, conn: &mut Connection) -> rusqlite::Result<()> {
        let (started, until) = (self.started, Arc::clone(&self.until));
        conn.progress_handler(
            CLOCK_EVERY,
            Some(move || started.elapsed().as_millis() > until.load(Ordering::Relaxed).into()),
        )
    }

    fn allow(&self, time: Duration) {
        let until = (self.elapsed() + time).as_millis();
        self.until
            .store(until.try_into().unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}
