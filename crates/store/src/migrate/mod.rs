//! The schema: numbered files, applied in order, each in its own transaction,
//! never changed after a release and never undone. Owns which ones there are
//! and that a file of a newer grantd is refused; must not know any query.
//!
//! Another engine adds its own list of files beside [`SQLITE`]; the names and
//! numbers stay the same.

use rusqlite::{Connection, TransactionBehavior, params};

/// One step of the schema.
#[derive(Debug)]
pub(crate) struct Migration {
    /// From 1, without gaps.
    pub(crate) version: i64,
    /// What it is about.
    pub(crate) name: &'static str,
    /// The DDL.
    pub(crate) ddl: &'static str,
}

/// The schema on SQLite.
pub(crate) const SQLITE: &[Migration] = &[Migration {
    version: 1,
    name: "authorizations",
    ddl: include_str!("sqlite/0001_authorizations.sql"),
}];

/// The file cannot be brought to this version's schema.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A newer grantd has written it; this one does not know what it would break.
    #[error("the database has schema {found}, and this grantd knows {known}: use a newer grantd")]
    Newer {
        /// The file's version.
        found: i64,
        /// The newest known here.
        known: i64,
    },
    /// The engine failed.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
}

/// Applies what is missing. Safe to repeat, and safe to interrupt: the next
/// start goes on where this one stopped.
///
/// # Errors
/// The file is of a newer version, or the engine fails.
pub(crate) fn sqlite(conn: &mut Connection) -> Result<(), MigrateError> {
    conn.execute_batch(
        "CREATE TABLE IF NOT EXISTS schema_migrations \
         (version INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT",
    )?;
    let known = SQLITE.len() as i64;
    for migration in SQLITE {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Looked up under the lock: another process may be migrating too.
        let found: i64 = tx.query_row(
            "SELECT COALESCE(MAX(version), 0) FROM schema_migrations",
            [],
            |row| row.get(0),
        )?;
        if found > known {
            return Err(MigrateError::Newer { found, known });
        }
        if found < migration.version {
            tx.execute_batch(migration.ddl)?;
            tx.execute(
                "INSERT INTO schema_migrations (version, name) VALUES ($1, $2)",
                params![migration.version, migration.name],
            )?;
        }
        tx.commit()?;
    }
    Ok(())
}
