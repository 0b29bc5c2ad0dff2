//! The write-ahead log: how it gets back into the file, and that it stays
//! short. Owns when; must not know what is written.
//!
//! To copy pages back takes two `fsync`s and many small writes, for which no
//! commit should wait. So a thread of its own copies, beside the writer, as often
//! as some megabytes are new ([`Copier`]). But under constant load it never
//! reaches the end, at which SQLite would begin the log anew. So the writer
//! itself copies what little is left, and begins anew, when the log has reached
//! half its bound ([`Log`]). The file stays as long as it once was: to write
//! into blocks that are there is cheaper than to ask for new ones.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::hooks::Wal;

use super::connection;

/// Our readers let go of the log within a second.
const PATIENCE: Duration = Duration::from_secs(2);
/// So many bytes are worth copying back.
const WORTH_COPYING: u64 = 4 << 20;

/// What the writer knows of the log.
pub(super) struct Log {
    file: PathBuf,
    /// Pages in the log after the last commit.
    pages: Arc<AtomicU64>,
    page_size: u64,
    copier: Arc<Nudge>,
    /// Bytes at which the copier was nudged last.
    nudged: u64,
    bound: u64,
    /// At this length the writer begins the log anew; more than half of `bound` only while a
    /// reader prevents it.
    limit: u64,
}

impl Log {
    pub(super) fn new(database: &Path, bound: u64, copier: Arc<Nudge>) -> Self {
        let mut file = database.as_os_str().to_owned();
        file.push("-wal");
        Self {
            file: file.into(),
            pages: Arc::default(),
            page_size: 0,
            copier,
            nudged: 0,
            bound,
            limit: bound / 2,
        }
    }

    /// Listens to what the writer's connection commits.
    pub(super) fn listen(&mut self, conn: &mut Connection) -> rusqlite::Result<()> {
        let page_size: u32 = conn.query_row("PRAGMA page_size", [], |row| row.get(0))?;
        self.page_size = page_size.into();
        let pages = Arc::clone(&self.pages);
        // In place of SQLite's own, which would copy within a commit.
        conn.wal_hook(Some(move |log: &mut Wal, in_it| {
            if log.name() == c"main" {
                pages.store(u64::try_from(in_it).unwrap_or(0), Ordering::Relaxed);
            }
            Ok(())
        }))
    }

    /// To be called between two transactions of the writer, when nobody waits for an answer.
    pub(super) fn keep_short(&mut self, conn: &Connection) {
        let length = self.pages.load(Ordering::Relaxed) * self.page_size;
        if length < self.nudged {
            // It was begun anew.
            (self.nudged, self.limit) = (0, self.bound / 2);
        }
        if length > self.limit {
            self.begin_anew(conn, length);
        } else if length > self.nudged + WORTH_COPYING.min(self.bound / 4) {
            self.nudged = length;
            self.copier.nudge();
        }
    }

    fn begin_anew(&mut self, conn: &Connection, length: u64) {
        // Somebody else's long transaction has let it grow; normally it is only overwritten.
        let size = std::fs::metadata(&self.file).map_or(0, |file| file.len());
        let how = if size > self.bound {
            "TRUNCATE"
        } else {
            "RESTART"
        };
        self.limit = match copy_all(conn, how) {
            Ok(true) => {
                self.pages.store(0, Ordering::Relaxed);
                self.bound / 2
            }
            // Not again at every commit: each try holds the writers up.
            busy => {
                tracing::warn!(length, result = ?busy, "the write-ahead log could not be begun anew");
                length + self.bound / 4
            }
        };
        self.nudged = 0;
    }
}

/// Copies the log back so that the next transaction begins it anew; false when a reader would not
/// let go of it.
fn copy_all(conn: &Connection, how: &str) -> rusqlite::Result<bool> {
    conn.busy_timeout(PATIENCE)?;
    let sql = format!("PRAGMA wal_checkpoint({how})");
    let busy = conn.query_row(&sql, [], |row| row.get(0));
    conn.busy_timeout(connection::BUSY_TIMEOUT)?;
    busy.map(|busy: bool| !busy)
}

/// Tells the copier that there is something to do.
#[derive(Default)]
pub(super) struct Nudge {
    state: Mutex<State>,
    told: Condvar,
}

#[derive(Default)]
struct State {
    due: bool,
    over: bool,
}

impl Nudge {
    fn nudge(&self) {
        self.lock().due = true;
        self.told.notify_one();
    }

    /// The copier ends.
    pub(super) fn end(&self) {
        self.lock().over = true;
        self.told.notify_one();
    }

    /// Waits; false at the end.
    fn wait(&self) -> bool {
        let mut state = self.lock();
        while !state.due && !state.over {
            state = self
                .told
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.due = false;
        !state.over
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under the lock can panic halfway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread that copies back what it can without keeping anybody waiting.
pub(super) struct Copier {
    pub(super) nudge: Arc<Nudge>,
    pub(super) path: PathBuf,
}

impl Copier {
    /// Until its end is told.
    pub(super) fn run(self, conn: Connection) {
        let mut conn = Some(conn);
        while self.nudge.wait() {
            if let Err(error) = self.copy(&mut conn) {
                // The writer meets the same trouble, and does what is to be done.
                tracing::warn!(%error, "the write-ahead log could not be copied back");
                conn = None;
            }
        }
    }

    fn copy(&self, conn: &mut Option<Connection>) -> rusqlite::Result<()> {
        let conn = match conn {
            Some(conn) => conn,
            None => conn.insert(connection::copier(&self.path)?),
        };
        conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
    }
}
