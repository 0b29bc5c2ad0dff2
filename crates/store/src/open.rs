//! A store by its URL. Owns which scheme means which engine.

use std::path::Path;
use std::sync::Arc;

use grantd_core::store::SharedStore;

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
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        let store = PostgresStore::connect(url, PostgresOptions::default()).await?;
        return Ok(Arc::new(store));
    }
    let path = url.strip_prefix("sqlite:").ok_or(NoStore::Scheme)?;
    Ok(Arc::new(SqliteStore::open(
        Path::new(path),
        Options::default(),
    )?))
}

#[cfg(test)]
mod tests {
    use super::{NoStore, open};
    use crate::ConnectError;

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
