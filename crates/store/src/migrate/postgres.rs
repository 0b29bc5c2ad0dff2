//! Migrations of a PostgreSQL database. Owns that of several nodes that start
//! at once one migrates and the others wait.
//!
//! The row of version 0 is the lock: an ordinary row lock, since advisory
//! locks and `LOCK TABLE` are not to be had on every engine that speaks
//! PostgreSQL's protocol.

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, GenericClient};

use super::{Applied, MigrateError, Migration, Schema, Step, Tell, applied};

/// Nodes that create the first table at the same moment make each other fail.
const TRIES: usize = 10;

/// Applies what is missing. Safe to repeat, and safe to interrupt: the next
/// start goes on where this one stopped.
///
/// # Errors
/// The database is of a newer version, or the engine fails.
pub(crate) async fn postgres(
    client: &mut Client,
    known: &[Migration],
    tell: Tell<'_>,
) -> Result<(), MigrateError> {
    let schema = inspect(client, known).await?;
    schema.judge()?;
    if !schema.pending.is_empty() {
        prepare(client).await?;
    }
    for pending in &schema.pending {
        tell(Step::Begins(pending));
        let tx = client.transaction().await?;
        let lock = "SELECT version FROM schema_migrations WHERE version = 0 FOR UPDATE";
        tx.query(lock, &[]).await?;
        // Looked up under the lock: another node has perhaps just done it.
        let now = Schema::of(read(&tx).await?, known);
        now.judge()?;
        let migration = &pending.migration;
        if now.version() < migration.version {
            tx.batch_execute(migration.ddl).await?;
            let insert =
                "INSERT INTO schema_migrations (version, name, oldest) VALUES ($1, $2, $3)";
            let values: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
                [&migration.version, &migration.name, &migration.oldest];
            tx.execute(insert, &values).await?;
        }
        tx.commit().await?;
        tell(Step::Ended(migration));
    }
    Ok(())
}

/// Where the database stands. Changes nothing.
pub(crate) async fn inspect(
    client: &impl GenericClient,
    known: &[Migration],
) -> Result<Schema, Error> {
    let mut schema = match read(client).await {
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => {
            return Ok(Schema::of(Vec::new(), known));
        }
        found => Schema::of(found?, known),
    };
    if schema.version() == 0 {
        return Ok(schema);
    }
    for pending in &mut schema.pending {
        if let Some(table) = pending.migration.reads {
            let highest = format!("SELECT COALESCE(MAX(id), 0) FROM {table}");
            pending.rows = Some(client.query_one(&highest, &[]).await?.try_get(0)?);
        }
    }
    Ok(schema)
}

async fn read(client: &impl GenericClient) -> Result<Vec<Applied>, Error> {
    let all = "SELECT * FROM schema_migrations WHERE version > 0 ORDER BY version";
    let rows = client.query(all, &[]).await?;
    rows.iter()
        .map(|row| {
            let oldest = if row.len() > 2 { row.try_get(2)? } else { None };
            Ok(applied(row.try_get(0)?, row.try_get(1)?, oldest))
        })
        .collect()
}

/// The table of versions, and in it the row that is the lock. One that an early version made
/// gets its third column.
async fn prepare(client: &Client) -> Result<(), Error> {
    let ddl = "CREATE TABLE IF NOT EXISTS schema_migrations \
               (version BIGINT PRIMARY KEY, name TEXT NOT NULL, oldest BIGINT); \
               ALTER TABLE schema_migrations ADD COLUMN IF NOT EXISTS oldest BIGINT; \
               INSERT INTO schema_migrations (version, name) VALUES (0, 'lock') \
               ON CONFLICT (version) DO NOTHING";
    let mut tries = 1;
    loop {
        match client.batch_execute(ddl).await {
            Err(error) if tries < TRIES && is_a_race(&error) => tries += 1,
            done => return done,
        }
    }
}

/// `IF NOT EXISTS` does not see a table that is being created.
fn is_a_race(error: &Error) -> bool {
    let races = [
        SqlState::UNIQUE_VIOLATION,
        SqlState::DUPLICATE_TABLE,
        SqlState::DUPLICATE_OBJECT,
        SqlState::DUPLICATE_COLUMN,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
    ];
    error.code().is_some_and(|code| races.contains(code))
}
