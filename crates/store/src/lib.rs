//! What grantd remembers: the traits of `grantd_core::store` on SQLite
//! and on PostgreSQL.
//!
//! This crate owns statements, schemas, transactions and the threads that run
//! them. It must not know HTTP, passwords or what a caller is allowed to do;
//! rules that it applies inside a transaction (what a grant shows, what an edit
//! leaves) are called from core, not written again.
//!
//! - `steps`: what a store does, once, over the little that engines have in common (`db`)
//! - `sql`: every statement, once, for SQLite and PostgreSQL alike
//! - `toll`: what steps cost their callers
//! - `migrate`: the schema, numbered and forward-only
//! - `copy`: everything into another database
//! - `bulk`: very many rows into an empty store
//! - `backup`, `restore`: everything into a file and back, and the fence that a restored store has
//! - `archive`, `outside`: the trail outside the database; what a store is given beside it
//! - `sqlite`: the engine: one writer thread, a few reader threads
//! - `postgres`: the engine: a pool for writes, lines that share round trips for checks
//! - `conformance` (feature): the suite that every engine passes, and full stores out of nothing

mod archive;
mod backup;
mod bulk;
#[cfg(feature = "conformance")]
pub mod conformance;
mod copy;
mod db;
mod migrate;
mod open;
mod outside;
mod postgres;
mod rekey;
mod restore;
mod sql;
mod sqlite;
mod steps;
mod toll;

pub use archive::{Archive, NotArchived};
pub use backup::{BackupError, BackupHead, BackupReport, BackupTable, Source, backup, verify};
pub use bulk::{BulkError, BulkStep, Load, is_half_loaded, load};
pub use copy::{CopiedTable, CopyError, CopyStep, copy, is_unfinished};
pub use migrate::{Applied, MigrateError, Migration, Pending, Schema, Step};
pub use open::{DatabaseUrl, InvalidDatabaseUrl, NoStore, Opened, without_password};
pub use outside::{Fenced, Gate, Outside};
pub use postgres::{ConnectError, Inspection, Options as PostgresOptions, PostgresStore};
pub use rekey::{Again, RekeyError, kept_key, rekey};
pub use restore::{
    Fence, Orders, Replay, Replayed, RestoreError, Restored, fenced_key, is_half_restored, lift,
    restore, standing,
};
pub use sqlite::{OpenError, Options, SqliteStore};
