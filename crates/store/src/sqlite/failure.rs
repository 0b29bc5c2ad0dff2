//! Why the engine could not do a step. Owns the words for the log; callers see
//! only [`StoreError`].

use std::sync::Arc;

use grantd_core::store::StoreError;

use crate::db::DbError;
use crate::outside::Fenced;

/// Goes into [`StoreError::Unavailable`].
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("too many steps are waiting")]
    QueueFull,
    #[error("the store is closed")]
    Closed,
    #[error("a step panicked")]
    Panicked,
    #[error("the step was given up with its batch")]
    Abandoned,
    #[error("an error ended the whole transaction")]
    TransactionLost,
    #[error("SQLite failed")]
    Sqlite(#[source] Arc<rusqlite::Error>),
    #[error("it happened, perhaps, but the audit archive cannot be written")]
    NotArchived,
    #[error(transparent)]
    Fenced(#[from] Fenced),
    #[error("the database holds what was never written")]
    Row(#[source] Arc<DbError>),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(Arc::new(error))
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Sqlite(error) => error.into(),
            other => Self::Row(Arc::new(other)),
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        Self::Unavailable(Box::new(failure))
    }
}
