//! Migrations of a SQLite file. Owns that two processes do not apply one twice.

use rusqlite::{Connection, TransactionBehavior, params};

use super::{MigrateError, SQLITE, refuse_newer};

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
    for migration in SQLITE {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Looked up under the lock: another process may be migrating too.
        let found: i64 = tx.query_row(
            "SELECT COALESCE(MAX(version), 0) FROM schema_migrations",
            [],
            |row| row.get(0),
        )?;
        refuse_newer(found, SQLITE)?;
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
