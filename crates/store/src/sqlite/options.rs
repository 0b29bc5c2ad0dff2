//! How a file is opened: what a store in it may use, and why it is not opened. Owns the defaults; must not know who uses
//! it.

use crate::migrate::MigrateError;

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

/// How much the store may use.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Reader threads, each with a connection and 8 MiB of page cache.
    pub readers: usize,
    /// Steps that may wait, reads and writes each; more are refused at once.
    pub queue: usize,
    /// The write-ahead log does not become much longer than so many bytes, unless another process
    /// keeps reading.
    pub log_bound: u64,
    /// So many steps share a commit at most.
    pub together: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            readers: 2,
            queue: 4_096,
            log_bound: 64 << 20,
            together: 256,
        }
    }
}
