//! The store in one SQLite file. Owns the threads and how a step gets to them;
//! must not know what the steps do.
//!
//! One thread writes ([`writer`]), a few read ([`reader`]), one copies the log
//! back ([`log`]); requests never touch a connection. Other processes may use the same file
//! meanwhile. Checks that were made lately are answered from memory ([`cache`]).

mod cache;
mod checks;
pub(crate) mod connection;
pub(crate) mod db;
mod failure;
mod log;
mod options;
mod queue;
mod reader;
pub(crate) mod snapshot;
#[cfg(test)]
mod tests;
mod writer;

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use grantd_core::app::ClientId;
use grantd_core::clock::Timestamp;
use grantd_core::cost::Bill;
use grantd_core::store::{AppCheck, EngineLoad, SignInCheck, StoreLoad, Stored, TokenVerdict};
use grantd_core::token::TokenHash;
use rusqlite::Connection;
use tokio::sync::oneshot;

use self::cache::Cache;
use self::checks::{check, find};
use self::db::Lent;
use self::failure::Failure;
use self::log::{Copier, Log, Nudge};
use self::queue::Queue;
use self::reader::{Look, Reader};
use self::writer::{Alone, Step, Work, Writer, Written};
use crate::db::{DbResult, Look as LookUp, Undo, Write};
use crate::migrate::{self, Migration};
use crate::outside::Outside;
use crate::steps::users::{self, Attempt};
use crate::steps::{Engine, Input, Landmarks, StoreOn};
use crate::toll::{Kind, Toll};

pub use self::options::{OpenError, Options};

/// Everything that is remembered, in one SQLite file.
pub type SqliteStore = StoreOn<Sqlite>;

/// The engine.
pub struct Sqlite {
    writes: Arc<Queue<Box<dyn Step>>>,
    reads: Arc<Queue<Look>>,
    threads: Mutex<Threads>,
    copier: Arc<Nudge>,
    landmarks: Arc<Landmarks>,
    toll: Toll,
    written: Arc<Written>,
    cache: Arc<Cache>,
    outside: Outside,
    /// The folder of a temporary store, deleted with it.
    _folder: Option<tempfile::TempDir>,
}

#[derive(Default)]
struct Threads {
    readers: Vec<JoinHandle<()>>,
    copier: Option<JoinHandle<()>>,
    writer: Option<JoinHandle<()>>,
}

impl StoreOn<Sqlite> {
    /// Opens or makes the file, and brings its schema up to date.
    ///
    /// # Errors
    /// The file is no database, of a newer grantd, or not writable.
    pub fn open(path: &Path, options: Options) -> Result<Self, OpenError> {
        Self::open_as(path, options, migrate::SQLITE)
    }

    /// The same with what stands outside the database.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(path: &Path, options: Options, outside: Outside) -> Result<Self, OpenError> {
        let engine = Sqlite::open(path, options, migrate::SQLITE, outside)?;
        Ok(Self { engine })
    }

    /// The same for a program that knows these migrations.
    pub(crate) fn open_as(
        path: &Path,
        options: Options,
        known: &[Migration],
    ) -> Result<Self, OpenError> {
        let engine = Sqlite::open(path, options, known, Outside::default())?;
        Ok(Self { engine })
    }

    /// Gives changes a page cache of so many bytes, in place of 16 MiB: for a process that makes very large ones. A
    /// page that does not fit is written more than once.
    ///
    /// # Errors
    /// The store has been closed.
    pub async fn widen(&self, bytes: u64) -> Stored<()> {
        let widening = move |conn: &mut Connection| Ok(connection::widen(conn, bytes)?);
        self.engine.alone(widening).await
    }

    /// A fresh store in a folder of its own, gone when dropped: for tests and demonstrations.
    ///
    /// # Errors
    /// There is no room for temporary files.
    pub fn temporary() -> Result<Self, OpenError> {
        let folder = tempfile::tempdir()?;
        let mut store = Self::open(&folder.path().join("grantd.db"), Options::default())?;
        store.engine._folder = Some(folder);
        Ok(store)
    }
}

impl Sqlite {
    fn open(
        path: &Path,
        options: Options,
        known: &[Migration],
        outside: Outside,
    ) -> Result<Self, OpenError> {
        let mut conn = connection::writer(path)?;
        migrate::sqlite(&mut conn, known, &mut |_| ())?;
        let cache = Arc::new(Cache::of(path));
        cache.watch(&mut conn)?;
        // From here on, threads end with the store, also when a later line fails.
        let store = Self {
            writes: Arc::new(Queue::new(options.queue)),
            reads: Arc::new(Queue::new(options.queue)),
            threads: Mutex::default(),
            copier: Arc::default(),
            landmarks: Arc::default(),
            toll: Toll::default(),
            written: Arc::default(),
            cache,
            outside,
            _folder: None,
        };
        let mut log = Log::new(path, options.log_bound, Arc::clone(&store.copier));
        log.listen(&mut conn)?;
        let copier = Copier {
            nudge: Arc::clone(&store.copier),
            path: path.to_owned(),
        };
        let copying = connection::copier(path)?;
        let copier = spawn("store-copier", move || copier.run(copying))?;
        store.threads().copier = Some(copier);
        let writer = Writer {
            queue: Arc::clone(&store.writes),
            path: path.to_owned(),
            log,
            together: options.together.max(1),
            written: Arc::clone(&store.written),
            cache: Arc::clone(&store.cache),
            archive: store.outside.archive.clone(),
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

    /// Looks something up, in one snapshot that is not older than this call.
    async fn look_up<T: Send + 'static>(
        &self,
        kind: Kind,
        look: impl FnOnce(&mut Connection) -> DbResult<T> + Send + 'static,
    ) -> Stored<T> {
        self.outside.gate.pass().map_err(Failure::from)?;
        let looking = async {
            let (reply, answer) = oneshot::channel();
            let bill = Bill::current().unwrap_or_default();
            let look = move |conn: &mut _| bill.pays(|| look(conn));
            self.reads.push(reader::look(look, reply))?;
            answer
                .await
                .unwrap_or_else(|_| Err(Failure::Abandoned.into()))
        };
        self.toll.of(kind, looking).await
    }

    /// Does a step in the next transaction of the writer; what it adds to the lines is archived.
    async fn change_of_trail<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection, &mut Vec<String>) -> Result<T, Undo<T>> + Send + 'static,
    ) -> Stored<T> {
        self.outside.gate.pass().map_err(Failure::from)?;
        let changing = async {
            let (reply, answer) = oneshot::channel();
            let bill = Bill::current().unwrap_or_default();
            let work = move |conn: &mut _, lines: &mut _| bill.pays(|| work(conn, lines));
            self.writes.push(Box::new(Work::new(work, reply)))?;
            answer
                .await
                .unwrap_or_else(|_| Err(Failure::Abandoned.into()))
        };
        self.toll.of(Kind::Change, changing).await
    }

    /// The same for what leaves no line.
    #[cfg(test)]
    async fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Undo<T>> + Send + 'static,
    ) -> Stored<T> {
        self.change_of_trail(move |conn, _| work(conn)).await
    }

    async fn look<I: Input, T: Send + 'static>(
        &self,
        kind: Kind,
        input: I,
        look: LookUp<I, T>,
    ) -> Stored<T> {
        let landmarks = Arc::clone(&self.landmarks);
        self.look_up(kind, move |conn| {
            db::run(look(&Lent::reading(conn, &landmarks), &input))
        })
        .await
    }

    /// Does something on the writer's connection between two of its transactions.
    async fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Stored<T> {
        let (reply, answer) = oneshot::channel();
        self.writes.push(Box::new(Alone::new(work, reply)))?;
        answer
            .await
            .unwrap_or_else(|_| Err(Failure::Abandoned.into()))
    }

    fn threads(&self) -> std::sync::MutexGuard<'_, Threads> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What ends the threads, once, after all steps in flight. The others go first: the writer's
    /// connection must be the last one, since only it can fold the log into the file.
    fn ending(&self) -> impl FnOnce() + Send + use<> {
        self.reads.close();
        self.copier.end();
        let (writes, cache) = (Arc::clone(&self.writes), Arc::clone(&self.cache));
        let threads = std::mem::take(&mut *self.threads());
        move || {
            // A thread that panicked has said so already.
            for thread in threads.readers.into_iter().chain(threads.copier) {
                let _ = thread.join();
            }
            cache.end();
            writes.close();
            if let Some(writer) = threads.writer {
                let _ = writer.join();
            }
        }
    }
}

impl Engine for Sqlite {
    async fn read<I: Input, T: Send + 'static>(&self, input: I, look: LookUp<I, T>) -> Stored<T> {
        self.look(Kind::LookUp, input, look).await
    }

    async fn read_at_once<I: Input, T: Send + 'static>(
        &self,
        input: I,
        look: LookUp<I, T>,
    ) -> Stored<T> {
        // A reader's every look-up is in a transaction.
        self.read(input, look).await
    }

    async fn write<I: Input, T: Send + 'static>(&self, input: I, step: Write<I, T>) -> Stored<T> {
        let (archived, cache) = (self.outside.archive.is_some(), Arc::clone(&self.cache));
        self.change_of_trail(move |conn, lines| {
            let lent = Lent::writing(conn, &cache, archived);
            let outcome = db::run(step(&lent, &input));
            lines.extend(lent.into_lines());
            outcome
        })
        .await
    }

    async fn write_lightly<I: Input, T: Send + 'static>(
        &self,
        input: I,
        step: Write<I, T>,
    ) -> Stored<T> {
        // A transaction that others share is as durable as they need it.
        self.write(input, step).await
    }

    async fn check(
        &self,
        client_id: &ClientId,
        hash: Option<TokenHash>,
        now: Timestamp,
    ) -> Stored<Option<AppCheck>> {
        self.outside.gate.pass().map_err(Failure::from)?;
        if let Some(known) = self.cache.check(client_id, hash, now) {
            self.toll.of_known(Kind::Check);
            return Ok(Some(known));
        }
        let (asked, of) = (self.cache.asked(), (client_id.clone(), hash, now));
        let found = self
            .look(Kind::Check, of, |db, of| Box::pin(check(db, of)))
            .await?;
        if let (Some(asked), Some(found)) = (asked, &found) {
            self.cache.keep_check(asked, found);
        }
        Ok(found)
    }

    async fn find(&self, hash: TokenHash, now: Timestamp) -> Stored<TokenVerdict> {
        self.outside.gate.pass().map_err(Failure::from)?;
        if let Some(known) = self.cache.find(hash, now) {
            self.toll.of_known(Kind::Check);
            return Ok(known);
        }
        let asked = self.cache.asked();
        let found = self
            .look(Kind::Check, (hash, now), |db, of| Box::pin(find(db, of)))
            .await?;
        if let (Some(asked), TokenVerdict::Valid(token)) = (asked, &found) {
            self.cache.keep_token(asked, token);
        }
        Ok(found)
    }

    async fn sign_in(&self, attempt: Attempt) -> Stored<SignInCheck> {
        self.outside.gate.pass().map_err(Failure::from)?;
        if let Some(known) = self.cache.sign_in(&attempt) {
            self.toll.of_known(Kind::LookUp);
            return Ok(known);
        }
        let asked = self.cache.asked();
        let found = self.read(attempt.clone(), users::find_sign_in).await?;
        if let Some(asked) = asked {
            self.cache.keep_sign_in(asked, attempt, &found);
        }
        Ok(found)
    }

    fn load(&self) -> StoreLoad {
        StoreLoad {
            engine: EngineLoad::Sqlite {
                waiting_reads: self.reads.len(),
                waiting_writes: self.writes.len(),
                commits: self.written.commits.load(Ordering::Relaxed),
                committed: self.written.steps.load(Ordering::Relaxed),
            },
            ..self.toll.load()
        }
    }

    async fn close(&self) {
        // Joining waits, so not on a thread of the runtime.
        let _ = tokio::task::spawn_blocking(self.ending()).await;
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.ending()();
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run)
}
