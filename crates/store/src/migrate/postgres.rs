//! Migrations of a PostgreSQL database. Owns that of several nodes that start
//! at once one migrates and the others wait.
//!
//! The row of version 0 is the lock: an ordinary row lock, since advisory
//! locks and `LOCK TABLE` are not to be had on every engine that speaks
//! PostgreSQL's protocol.

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::{MigrateError, POSTGRES, refuse_newer};

/// Nodes that create the first table at the same moment make each other fail.
const TRIES: usize = 10;

/// Applies what is missing. Safe to repeat, and safe to interrupt: the next
/// start goes on where this one stopped.
///
/// # Errors
/// The database is of a newer version, or the engine fails.
pub(crate) async fn postgres(client: &mut Client) -> Result<(), MigrateError> {
    let found = match postgres_version(client).await? {
        Some(found) => found,
        None => {
            prepare(client).await?;
            0
        }
    };
    refuse_newer(found, POSTGRES)?;
    for migration in POSTGRES.iter().filter(|one| one.version > found) {
        let tx = client.transaction().await?;
        let lock = "SELECT version FROM schema_migrations WHERE version = 0 FOR UPDATE";
        tx.query(lock, &[]).await?;
        // Looked up under the lock: another node has perhaps just done it.
        let found = version(&tx).await?;
        refuse_newer(found, POSTGRES)?;
        if found < migration.version {
            tx.batch_execute(migration.ddl).await?;
            let insert = "INSERT INTO schema_migrations (version, name) VALUES ($1, $2)";
            tx.execute(insert, &[&migration.version, &migration.name])
                .await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// The schema that is there; none where grantd has never been.
pub(crate) async fn postgres_version(
    db: &impl tokio_postgres::GenericClient,
) -> Result<Option<i64>, tokio_postgres::Error> {
    match version(db).await {
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => Ok(None),
        found => found.map(Some),
    }
}

async fn version(db: &impl tokio_postgres::GenericClient) -> Result<i64, tokio_postgres::Error> {
    let newest = "SELECT COALESCE(MAX(version), 0) FROM schema_migrations";
    db.query_one(newest, &[]).await?.try_get(0)
}

/// The table of versions, and in it the row that is the lock.
async fn prepare(client: &Client) -> Result<(), tokio_postgres::Error> {
    let ddl = "CREATE TABLE IF NOT EXISTS schema_migrations \
               (version BIGINT PRIMARY KEY, name TEXT NOT NULL); \
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
fn is_a_race(error: &tokio_postgres::Error) -> bool {
    let races = [
        SqlState::UNIQUE_VIOLATION,
        SqlState::DUPLICATE_TABLE,
        SqlState::DUPLICATE_OBJECT,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
    ];
    error.code().is_some_and(|code| races.contains(code))
}
