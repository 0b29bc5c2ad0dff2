//! What an operator watches: how busy a store is, and how much is in it.

use std::time::Duration;

use async_trait::async_trait;

use super::Stored;
use crate::clock::Timestamp;

/// What steps of one kind came to since the store was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// How many were asked for.
    pub count: u64,
    /// Of these, how many the engine did not do.
    pub unavailable: u64,
    /// How long their callers waited in all: queue, statements and commit.
    pub time: Duration,
}

/// What is particular to an engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EngineLoad {
    /// Nothing.
    #[default]
    Other,
    /// SQLite: one thread writes, a few read.
    Sqlite {
        /// Look-ups that wait for a reader.
        waiting_reads: usize,
        /// Steps that wait for the writer.
        waiting_writes: usize,
        /// Batches that the writer has brought to an end.
        commits: u64,
        /// Steps in all of these.
        committed: u64,
    },
    /// PostgreSQL: a pool for changes, lines for checks.
    Postgres {
        /// Connections of the pool, and how many it may have.
        connections: (usize, usize),
        /// Of these, how many nobody uses.
        idle: usize,
        /// Steps that wait for one.
        waiting: usize,
        /// Lines that are connected, and how many there are to be.
        lines: (usize, usize),
        /// Round trips of checks.
        round_trips: u64,
    },
}

/// How busy a store is and was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreLoad {
    /// Steps that only read, without checks.
    pub look_ups: Steps,
    /// Look-ups of tokens.
    pub checks: Steps,
    /// Steps that write.
    pub changes: Steps,
    /// Statements that were run for steps; one that answers many checks counts once.
    pub statements: u64,
    /// What is particular to the engine.
    pub engine: EngineLoad,
}

/// How much there is, at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stock {
    /// Tokens that have not expired.
    pub tokens: u64,
    /// Of these, those that expire within 30, 7 and 1 days.
    pub expiring: [u64; 3],
    /// Sessions of browsers.
    pub sessions: u64,
}

/// What an operator watches.
#[async_trait]
pub trait WatchStore: Send + Sync {
    /// How busy this store is; asks the engine nothing.
    fn load(&self) -> StoreLoad;
    /// Counts what has not ended at `now`. Nothing is counted beyond `most`.
    async fn take_stock(&self, now: Timestamp, most: u32) -> Stored<Stock>;
}
