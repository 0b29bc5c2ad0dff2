//! How often the file was committed to, by whomever. Owns the one place in the
//! log's index that says so; must not know what is kept.
//!
//! The index (`FILE-shm`) is memory that all processes with this file open share. Its header is
//! 48 bytes, twice; bytes 8 to 11 are a number in the machine's byte order that every
//! transaction which writes raises by one before anybody can see what it wrote
//! (sqlite.org/walformat.html, section 2.1). Copying the log back and starting it anew leave the
//! number alone. To read it costs one system call, and no lock.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use super::super::connection;

const AT: u64 = 8;

/// The number of commits, as the log's index says it.
pub(super) struct Commits {
    index: File,
    /// The index is deleted with the last connection: another one would be another file.
    anchor: Mutex<Option<Connection>>,
    ended: AtomicBool,
}

impl Commits {
    /// Of the database at `path`, which is in use.
    ///
    /// The file must not be closed while connections of this process are open: the system would
    /// take closing for the end of all their locks. So it lives as long as the store.
    ///
    /// # Errors
    /// The database keeps no log, or keeps its index elsewhere.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let anchor = connection::reader(path).map_err(io::Error::other)?;
        // The index is opened by the first look.
        anchor
            .query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(()))
            .map_err(io::Error::other)?;
        let mut name = path.as_os_str().to_owned();
        name.push("-shm");
        Ok(Self {
            index: File::open(name)?,
            anchor: Mutex::new(Some(anchor)),
            ended: AtomicBool::new(false),
        })
    }

    /// The number; none when it cannot be read, and after the end.
    pub(super) fn count(&self) -> Option<u32> {
        if self.ended.load(Ordering::Acquire) {
            return None;
        }
        let mut bytes = [0; 4];
        self.index.read_exact_at(&mut bytes, AT).ok()?;
        Some(u32::from_ne_bytes(bytes))
    }

    /// Lets go of the database, before the last connection is closed.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        let anchor = self.anchor.lock();
        anchor.unwrap_or_else(PoisonError::into_inner).take();
    }
}
