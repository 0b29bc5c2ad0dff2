//! What grantd remembers: the traits of `grantd_core::store` on SQLite.
//!
//! This crate owns statements, schemas, transactions and the threads that run
//! them. It must not know HTTP, passwords or what a caller is allowed to do;
//! rules that it applies inside a transaction (what a grant shows, what an edit
//! leaves) are called from core, not written again.
//!
//! - `sql`: every statement, once, for SQLite and PostgreSQL alike
//! - `migrate`: the schema, numbered and forward-only
//! - `sqlite`: the engine: one writer thread, a few reader threads
//! - `conformance` (feature): the suite that every engine passes

#[cfg(feature = "conformance")]
pub mod conformance;
mod migrate;
mod sql;
mod sqlite;

pub use migrate::MigrateError;
pub use sqlite::{OpenError, Options, SqliteStore};
