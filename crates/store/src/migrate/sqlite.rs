//! Migrations of a SQLite file. Owns that two processes do not apply one twice.

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::{Applied, MigrateError, Migration, Schema, Step, Tell, applied};

/// Applies what is missing. Safe to repeat, and safe to interrupt: the next
/// start goes on where this one stopped.
///
/// # Errors
/// The file is of a newer version, or the engine fails.
pub(crate) fn sqlite(
    conn: &mut Connection,
    known: &[Migration],
    tell: Tell<'_>,
) -> Result<(), MigrateError> {
    let schema = inspect(conn, known)?;
    schema.judge()?;
    for pending in &schema.pending {
        tell(Step::Begins(pending));
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        prepare(&tx)?;
        // Looked up under the lock: another process may be migrating too.
        let now = Schema::of(read(&tx)?, known);
        now.judge()?;
        let migration = &pending.migration;
        if now.version() < migration.version {
            tx.execute_batch(migration.ddl)?;
            tx.execute(
                "INSERT INTO schema_migrations (version, name, oldest) VALUES ($1, $2, $3)",
                params![migration.version, migration.name, migration.oldest],
            )?;
        }
        tx.commit()?;
        tell(Step::Ended(migration));
    }
    Ok(())
}

/// Where the file stands. Changes nothing.
pub(crate) fn inspect(conn: &Connection, known: &[Migration]) -> rusqlite::Result<Schema> {
    let mut schema = Schema::of(read(conn)?, known);
    if schema.version() == 0 {
        return Ok(schema);
    }
    for pending in &mut schema.pending {
        if let Some(table) = pending.migration.reads {
            let highest = format!("SELECT COALESCE(MAX(id), 0) FROM {table}");
            pending.rows = Some(conn.query_row(&highest, [], |row| row.get(0))?);
        }
    }
    Ok(schema)
}

fn read(conn: &Connection) -> rusqlite::Result<Vec<Applied>> {
    if !conn.table_exists(None, "schema_migrations")? {
        return Ok(Vec::new());
    }
    let mut all = conn.prepare("SELECT * FROM schema_migrations ORDER BY version")?;
    let remembers = all.column_count() > 2;
    let rows = all.query_map([], |row| {
        let oldest = if remembers { row.get(2)? } else { None };
        Ok(applied(row.get(0)?, row.get(1)?, oldest))
    })?;
    rows.collect()
}

/// The table of versions; one that an early version made gets its third column.
fn prepare(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute_batch(
        "CREATE TABLE IF NOT EXISTS schema_migrations \
         (version INTEGER PRIMARY KEY, name TEXT NOT NULL, oldest INTEGER) STRICT",
    )?;
    if !tx.column_exists(None, "schema_migrations", "oldest")? {
        tx.execute_batch("ALTER TABLE schema_migrations ADD COLUMN oldest INTEGER")?;
    }
    Ok(())
}
