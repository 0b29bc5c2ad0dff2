//! Why the engine could not do a step. Owns the words for the log; callers see
//! only [`StoreError`].

use std::sync::Arc;

use deadpool_postgres::PoolError;
use grantd_core::store::StoreError;

use crate::db::DbError;

/// Goes into [`StoreError::Unavailable`].
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("too many steps are in flight")]
    QueueFull,
    #[error("the store is closed")]
    Closed,
    #[error("a step panicked")]
    Panicked,
    #[error("no answer in time; a write may still happen")]
    Late,
    #[error("no connection to the database")]
    Pool(#[source] Arc<PoolError>),
    #[error("a statement failed")]
    Engine(#[source] Arc<DbError>),
    #[error("the connection was lost at the commit; whether it happened is unknown")]
    Unknown(#[source] Arc<DbError>),
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self::Engine(Arc::new(error))
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        Self::Pool(Arc::new(error))
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        Self::Unavailable(Box::new(failure))
    }
}
