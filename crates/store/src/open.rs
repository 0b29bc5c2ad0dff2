//! A store by its URL, and its schema. Owns which scheme means which engine.

use std::path::Path;
use std::sync::Arc;

use deadpool_postgres::ClientWrapper;
use grantd_core::store::SharedStore;

use crate::migrate::{self, Schema, Step};
use crate::postgres::connection::Connector;
use crate::sqlite;
use crate::{ConnectError, OpenError, Options, PostgresOptions, PostgresStore, SqliteStore};

/// No store is to be had.
#[derive(Debug, thiserror::Error)]
pub enum NoStore {
    /// Neither `sqlite:` nor `postgres://`.
    #[error("a database is sqlite:FILE or postgres://…")]
    Scheme,
    /// The file cannot be used.
    #[error(transparent)]
    Sqlite(#[from] OpenError),
    /// The database cannot be used.
    #[error(transparent)]
    Postgres(#[from] ConnectError),
}

/// Opens `sqlite:FILE` or `postgres://…` with what suits most, and brings its schema up to date.
///
/// # Errors
/// The URL names no engine, or the engine refuses.
pub async fn open(url: &str) -> Result<SharedStore, NoStore> {
    Ok(match Place::of(url)? {
        Place::Postgres(url) => {
            Arc::new(PostgresStore::connect(url, PostgresOptions::default()).await?)
        }
        Place::Sqlite(path) => Arc::new(SqliteStore::open(path, Options::default())?),
    })
}

/// Where the schema of a database stands. Changes nothing; a file that is not there is empty.
///
/// # Errors
/// The URL names no engine, or the engine refuses.
pub async fn inspect(url: &str) -> Result<Schema, NoStore> {
    Ok(match Place::of(url)? {
        Place::Postgres(url) => {
            let client = unhurried(url).await?;
            migrate::inspect_postgres(&*client, migrate::POSTGRES)
                .await
                .map_err(ConnectError::from)?
        }
        Place::Sqlite(path) => {
            let conn = if path.exists() {
                sqlite::connection::reader(path)
            } else {
                rusqlite::Connection::open_in_memory()
            };
            conn.and_then(|conn| migrate::inspect_sqlite(&conn, migrate::SQLITE))
                .map_err(OpenError::from)?
        }
    })
}

/// Brings the schema of a database up to date, as [`open`] does, and tells of each step.
///
/// # Errors
/// The URL names no engine, the database is of a newer grantd, or the engine refuses.
pub async fn migrate(url: &str, tell: &mut (dyn FnMut(Step<'_>) + Send)) -> Result<(), NoStore> {
    match Place::of(url)? {
        Place::Postgres(url) => {
            let mut client = unhurried(url).await?;
            let migrating = migrate::postgres(&mut client, migrate::POSTGRES, tell);
            migrating.await.map_err(ConnectError::from)?;
        }
        Place::Sqlite(path) => {
            let mut conn = sqlite::connection::writer(path).map_err(OpenError::from)?;
            migrate::sqlite(&mut conn, migrate::SQLITE, tell).map_err(OpenError::from)?;
        }
    }
    Ok(())
}

/// A connection whose statements may take their time.
async fn unhurried(url: &str) -> Result<ClientWrapper, ConnectError> {
    let connector = Connector::of(url, PostgresOptions::default().patience)?;
    connector.for_migrations().await
}

/// Where a database is.
enum Place<'u> {
    Sqlite(&'u Path),
    Postgres(&'u str),
}

impl<'u> Place<'u> {
    fn of(url: &'u str) -> Result<Self, NoStore> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url));
        }
        let path = url.strip_prefix("sqlite:").ok_or(NoStore::Scheme)?;
        Ok(Self::Sqlite(Path::new(path)))
    }
}

#[cfg(test)]
mod tests {
    use super::{NoStore, inspect, migrate, open};
    use crate::ConnectError;

    #[tokio::test]
    async fn looking_at_the_schema_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        let url = format!("sqlite:{}", path.display());
        let schema = inspect(&url).await.unwrap();
        assert_eq!(schema.version(), 0);
        assert_eq!(schema.pending.len() as i64, schema.known);
        assert!(!path.exists());
        let mut steps = 0;
        migrate(&url, &mut |_| steps += 1).await.unwrap();
        assert_eq!(steps, 2 * schema.known);
        let schema = inspect(&url).await.unwrap();
        assert_eq!((schema.version(), schema.pending.len()), (schema.known, 0));
    }

    #[tokio::test]
    async fn the_scheme_chooses_the_engine() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("db").display());
        open(&url).await.unwrap().ping().await.unwrap();
        let other = open("mysql://localhost/grantd").await;
        assert!(matches!(other, Err(NoStore::Scheme)));
        let nowhere = open("postgres://grantd@127.0.0.1:1/grantd").await;
        let refused = matches!(nowhere, Err(NoStore::Postgres(ConnectError::Postgres(_))));
        assert!(refused);
    }
}
