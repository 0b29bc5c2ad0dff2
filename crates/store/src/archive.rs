//! The trail outside the database, durable before anybody is answered. Owns the
//! file, who writes to it, and what becomes of lines that could not be written;
//! must not know what a line says.
//!
//! One thread appends: what has queued up goes into one `write` and one
//! `fsync`. A line whose transaction is committed and that cannot be written is
//! kept and written first as soon as that works again; until then no other
//! step is let into the database ([`Archive::is_ready`]), so that there is
//! never more than what was in flight. Lines may stand in the file twice;
//! whoever reads them goes by their ids.
//!
//! A file that was moved away says at its end that another goes on: whoever
//! restores from it alone is told that what came later is missing.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use grantd_core::audit::AuditRow;
use grantd_core::store::{EventFilter, Store, Stored};
use tokio::sync::oneshot;

/// What an archive begins with.
pub(crate) const FIRST_LINE: &str = r#"{"grantd_archive":1}"#;
/// What stands in a file once its lines go into another.
pub(crate) const GOES_ON: &str = r#"{"grantd_archive_goes_on":1}"#;
/// What one `fsync` may cover.
const MOST_TOGETHER: usize = 1_024;
/// What of the file is read to see where it ends.
const TAIL: u64 = 16 << 20;
/// Rows to a page when the archive catches up.
const PAGE: u32 = 1_000;

/// Lines were not written: whether their steps count is for their callers to find out.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the audit archive cannot be written")]
pub struct NotArchived;

/// Lines on their way. `None`: the file is to be opened anew.
struct Job {
    lines: Option<Vec<String>>,
    done: oneshot::Sender<bool>,
}

/// A file that lines are appended to.
pub struct Archive {
    jobs: Mutex<Sender<Job>>,
    failing: Arc<AtomicBool>,
    path: PathBuf,
}

impl Archive {
    /// Opens or makes the file, readable by its owner only.
    ///
    /// # Errors
    /// It cannot be written, or there is no thread to be had.
    pub fn open(path: &Path) -> io::Result<Arc<Self>> {
        let file = Target::open(path)?;
        let (jobs, queue) = channel();
        let failing = Arc::new(AtomicBool::new(false));
        let appender = Appender {
            file,
            kept: Vec::new(),
            failing: Arc::clone(&failing),
        };
        std::thread::Builder::new()
            .name("audit-archive".to_owned())
            .spawn(move || appender.run(&queue))?;
        Ok(Arc::new(Self {
            jobs: Mutex::new(jobs),
            failing,
            path: path.to_owned(),
        }))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends lines; they are durable when this returns.
    pub(crate) async fn append(&self, lines: Vec<String>) -> Result<(), NotArchived> {
        if lines.is_empty() {
            return Ok(());
        }
        let done = self.give(Some(lines));
        ended(done.await)
    }

    /// The same for a thread that may wait.
    pub(crate) fn append_and_wait(&self, lines: Vec<String>) -> Result<(), NotArchived> {
        if lines.is_empty() {
            return Ok(());
        }
        ended(self.give(Some(lines)).blocking_recv())
    }

    /// Whether lines can be written, as far as is known; what failed before is tried again.
    pub(crate) async fn is_ready(&self) -> Result<(), NotArchived> {
        if !self.failing.load(Ordering::Acquire) {
            return Ok(());
        }
        ended(self.give(Some(Vec::new())).await)
    }

    /// The same for a thread that may wait.
    pub(crate) fn is_ready_and_wait(&self) -> Result<(), NotArchived> {
        if !self.failing.load(Ordering::Acquire) {
            return Ok(());
        }
        ended(self.give(Some(Vec::new())).blocking_recv())
    }

    /// Goes on in a file of the same name: the one before was moved away.
    pub async fn reopen(&self) -> Result<(), NotArchived> {
        ended(self.give(None).await)
    }

    /// Appends what the trail has and the file has not: what was committed when a process ended
    /// before it could write it here. Nobody was told that it had happened. How many rows.
    ///
    /// Rows before the file's first one are another file's, and a file without any row (the first one,
    /// or one that takes the place of a file that was moved away) begins with the newest row that there is.
    ///
    /// # Errors
    /// The store does not answer, or the file cannot be written.
    pub async fn catch_up(&self, store: &(dyn Store + '_)) -> Stored<u64> {
        let path = self.path.clone();
        let read = tokio::task::spawn_blocking(move || Tail::read(&path)).await;
        let tail = match read {
            Ok(Ok(tail)) => tail,
            _ => return Err(not_archived()),
        };
        let first = match tail.first {
            Some(first) => Some(first),
            None => newest(store).await?,
        };
        let (mut after, mut added) = (first.map_or(0, |first| first - 1), 0);
        loop {
            let rows = store.list_audit(after, PAGE).await?;
            let Some(last) = rows.last() else {
                return Ok(added);
            };
            after = last.id;
            let lines = rows.iter().map(AuditRow::line);
            let lines: Vec<String> = lines.filter(|line| !tail.lines.contains(line)).collect();
            added += lines.len() as u64;
            self.append(lines).await.map_err(|_| not_archived())?;
        }
    }

    fn give(&self, lines: Option<Vec<String>>) -> oneshot::Receiver<bool> {
        let (done, end) = oneshot::channel();
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        // A thread that is gone has dropped `done`, which says so.
        let _ = jobs.send(Job { lines, done });
        end
    }
}

async fn newest(store: &(dyn Store + '_)) -> Stored<Option<i64>> {
    let rows = store.list_events(EventFilter::default(), None, 1).await?;
    Ok(rows.first().map(|row| row.id))
}

fn ended(done: Result<bool, oneshot::error::RecvError>) -> Result<(), NotArchived> {
    match done {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(NotArchived),
    }
}

fn not_archived() -> grantd_core::store::StoreError {
    grantd_core::store::StoreError::Unavailable(Box::new(NotArchived))
}

/// The thread's own.
struct Appender {
    file: Target,
    /// What could not be written.
    kept: Vec<String>,
    failing: Arc<AtomicBool>,
}

impl Appender {
    fn run(mut self, queue: &Receiver<Job>) {
        while let Ok(first) = queue.recv() {
            let mut batch = vec![first];
            while batch.len() < MOST_TOGETHER
                && let Ok(next) = queue.try_recv()
            {
                batch.push(next);
            }
            let written = self.write(&mut batch);
            for job in batch {
                let _ = job.done.send(written);
            }
        }
    }

    fn write(&mut self, batch: &mut [Job]) -> bool {
        let mut anew = false;
        for job in batch {
            match job.lines.take() {
                Some(lines) => self.kept.extend(lines),
                None => anew = true,
            }
        }
        let torn = self.failing();
        let reopened = if anew { self.file.reopen(torn) } else { Ok(()) };
        match reopened.and_then(|()| self.file.append(&self.kept, torn)) {
            Ok(()) => {
                if self.failing() {
                    tracing::warn!(
                        lines = self.kept.len(),
                        "the audit archive is written again"
                    );
                }
                self.kept.clear();
                self.failing.store(false, Ordering::Release);
                true
            }
            Err(error) => {
                self.failing.store(true, Ordering::Release);
                tracing::error!(
                    %error,
                    archive = %self.file.path.display(),
                    lines = self.kept.len(),
                    "the audit archive cannot be written: changes are refused until it can"
                );
                false
            }
        }
    }

    fn failing(&self) -> bool {
        self.failing.load(Ordering::Acquire)
    }
}

/// The file under its name.
struct Target {
    path: PathBuf,
    file: File,
}

impl Target {
    fn open(path: &Path) -> io::Result<Self> {
        let file = open(path)?;
        Ok(Self {
            path: path.to_owned(),
            file,
        })
    }

    /// Goes on in the file that has the name now. If that is another one, the one before says so; where
    /// it cannot be written, perhaps because it is full, that must not be in the way.
    fn reopen(&mut self, torn: bool) -> io::Result<()> {
        let next = open(&self.path)?;
        let (old, new) = (self.file.metadata()?, next.metadata()?);
        let mut old_file = std::mem::replace(&mut self.file, next);
        if (old.dev(), old.ino()) == (new.dev(), new.ino()) {
            return Ok(());
        }
        let torn = if torn { "\n" } else { "" };
        let marked = old_file.write_all(format!("{torn}{GOES_ON}\n").as_bytes());
        if let Err(error) = marked.and_then(|()| old_file.sync_data()) {
            tracing::warn!(%error, "the audit archive that was moved away does not say that another goes on");
        }
        Ok(())
    }

    /// Writes and waits for the disk. After a failure the file may end within a line.
    fn append(&mut self, lines: &[String], torn: bool) -> io::Result<()> {
        if self.file.metadata()?.nlink() == 0 {
            tracing::error!(archive = %self.path.display(), "somebody has deleted the audit archive");
            self.reopen(torn)?;
        }
        let mut text = String::with_capacity(lines.iter().map(|line| line.len() + 1).sum());
        if torn {
            text.push('\n');
        }
        for line in lines {
            text.push_str(line);
            text.push('\n');
        }
        if text.is_empty() {
            return Ok(());
        }
        self.file.write_all(text.as_bytes())?;
        self.file.sync_data()
    }
}

fn open(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)?;
    if file.metadata()?.is_file() {
        begin(&file, path)?;
        file.sync_all()?;
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(file)
}

/// A new file says what it is; a process that was killed may have left half a line.
fn begin(mut file: &File, path: &Path) -> io::Result<()> {
    let mut old = File::open(path)?;
    if old.metadata()?.len() == 0 {
        return file.write_all(format!("{FIRST_LINE}\n").as_bytes());
    }
    let mut last = [0];
    old.seek(SeekFrom::End(-1))?;
    old.read_exact(&mut last)?;
    match last {
        [b'\n'] => Ok(()),
        _ => file.write_all(b"\n"),
    }
}

/// Which rows the end of a file has.
struct Tail {
    /// Lines, and not ids alone: after a restore an older line may stand there under the same id.
    lines: HashSet<String>,
    first: Option<i64>,
}

impl Tail {
    fn read(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let from = length.saturating_sub(TAIL);
        file.seek(SeekFrom::Start(from))?;
        let (mut lines, mut first) = (HashSet::new(), None);
        for line in BufReader::new(file.take(TAIL)).split(b'\n') {
            // The first one of a cut tail is half a line; one that was torn is written again.
            if let Ok(text) = String::from_utf8(line?)
                && let Ok(row) = AuditRow::from_line(&text)
            {
                first = Some(first.map_or(row.id, |first: i64| first.min(row.id)));
                lines.insert(text);
            }
        }
        Ok(Self { lines, first })
    }
}
