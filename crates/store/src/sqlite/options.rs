//! What a store in a file may use. Owns the defaults; must not know who uses it.

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
