//! The store in one SQLite file. Owns the threads and how a step gets to them;
//! the steps themselves stand in the file of their resource.
//!
//! One thread writes ([`writer`]), a few read ([`reader`]); requests never
//! touch a connection. Other processes may use the same file meanwhile.

mod apps;
mod audit;
mod authorizations;
mod change;
mod connection;
mod failure;
mod grants;
mod list;
mod mint;
mod query;
mod queue;
mod reader;
mod row;
mod sign_in;
#[cfg(test)]
mod tests;
mod tokens;
mod upkeep;
mod users;
mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use grantd_core::audit::Stamp;
use grantd_core::store::Stored;
use rusqlite::Connection;
use tokio::sync::oneshot;

use self::change::Change;
use self::failure::Failure;
use self::queue::Queue;
use self::reader::{Look, Reader};
use self::writer::{Step, Undo, Work, Writer};
use crate::migrate::{self, MigrateError};

/// How much the store may use.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Reader threads, each with a connection and 8 MiB of page cache.
    pub readers: usize,
    /// Steps that may wait, reads and writes each; more are refused at once.
    pub queue: usize,
    /// The write-ahead log is cut when it is longer than so many bytes.
    pub log_bound: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            readers: 2,
            queue: 4_096,
            log_bound: 64 << 20,
        }
    }
}

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The schema does not fit.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// SQLite refuses the file.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// No thread or no folder to be had.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Everything that is remembered, in one SQLite file.
pub struct SqliteStore {
    writes: Arc<Queue<Box<dyn Step>>>,
    reads: Arc<Queue<Look>>,
    threads: Mutex<Threads>,
    /// The folder of a temporary store, deleted with it.
    _folder: Option<tempfile::TempDir>,
}

#[derive(Default)]
struct Threads {
    readers: Vec<JoinHandle<()>>,
    writer: Option<JoinHandle<()>>,
}

impl SqliteStore {
    /// Opens or makes the file, and brings its schema up to date.
    ///
    /// # Errors
    /// The file is no database, of a newer grantd, or not writable.
    pub fn open(path: &Path, options: Options) -> Result<Self, OpenError> {
        let mut conn = connection::writer(path)?;
        migrate::sqlite(&mut conn)?;
        // From here on, threads end with the store, also when a later line fails.
        let store = Self {
            writes: Arc::new(Queue::new(options.queue)),
            reads: Arc::new(Queue::new(options.queue)),
            threads: Mutex::default(),
            _folder: None,
        };
        let writer = Writer {
            queue: Arc::clone(&store.writes),
            path: path.to_owned(),
            log_bound: options.log_bound,
        };
        let writer = spawn("store-writer", move || writer.run(conn))?;
        store.threads().writer = Some(writer);
        for _ in 0..options.readers.max(1) {
            let conn = connection::reader(path)?;
            let reader = Reader {
                queue: Arc::clone(&store.reads),
                path: path.to_owned(),
            };
            let reader = spawn("store-reader", move || reader.run(conn))?;
            store.threads().readers.push(reader);
        }
        Ok(store)
    }

    /// A fresh store in a folder of its own, gone when dropped: for tests and demonstrations.
    ///
    /// # Errors
    /// There is no room for temporary files.
    pub fn temporary() -> Result<Self, OpenError> {
        let folder = tempfile::tempdir()?;
        let mut store = Self::open(&folder.path().join("grantd.db"), Options::default())?;
        store._folder = Some(folder);
        Ok(store)
    }

    /// Looks something up, in one snapshot that is not older than this call.
    async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Stored<T> {
        let (reply, answer) = oneshot::channel();
        self.reads.push(reader::look(look, reply))?;
        answer
            .await
            .unwrap_or_else(|_| Err(Failure::Abandoned.into()))
    }

    /// Does a step that leaves no trace in the audit trail.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Undo<T>> + Send + 'static,
    ) -> Stored<T> {
        let (reply, answer) = oneshot::channel();
        self.writes.push(Box::new(Work::new(work, reply)))?;
        answer
            .await
            .unwrap_or_else(|_| Err(Failure::Abandoned.into()))
    }

    /// Does a step as the actor of `stamp`, if that actor's credentials are still what they were.
    async fn change<T: Send + 'static>(
        &self,
        stamp: Stamp,
        work: impl FnOnce(&Change<'_>) -> Result<T, Undo<T>> + Send + 'static,
    ) -> Stored<T> {
        self.write(move |conn| work(&Change::begin(conn, &stamp)?))
            .await
    }

    fn threads(&self) -> std::sync::MutexGuard<'_, Threads> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What ends the threads, once, after all steps in flight. Readers go first: the writer's
    /// connection must be the last one, since only it can fold the log into the file.
    fn ending(&self) -> impl FnOnce() + Send + use<> {
        self.reads.close();
        let writes = Arc::clone(&self.writes);
        let threads = std::mem::take(&mut *self.threads());
        move || {
            // A thread that panicked has said so already.
            for reader in threads.readers {
                let _ = reader.join();
            }
            writes.close();
            if let Some(writer) = threads.writer {
                let _ = writer.join();
            }
        }
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.ending()();
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run)
}
