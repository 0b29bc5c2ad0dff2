//! Why the engine could not do a step. Owns the words for the log; callers see
//! only [`StoreError`].

use deadpool_postgres::PoolError;
use grantd_core::store::StoreError;

use crate::db::DbError;
use crate::outside::Fenced;

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
    #[error("no connection to the database: {0}")]
    Pool(String),
    #[error("a statement failed: {0}")]
    Engine(String),
    #[error("it happened, perhaps, but the audit archive cannot be written")]
    NotArchived,
    #[error(transparent)]
    Fenced(#[from] Fenced),
    #[error("the connection was lost at the commit, whether it happened is unknown: {0}")]
    Unknown(String),
}

impl Failure {
    pub(super) fn unknown(error: &DbError) -> Self {
        Self::Unknown(words(error))
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self::Engine(words(&error))
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        Self::Pool(match error {
            PoolError::Backend(error) => words(&error.into()),
            other => other.to_string(),
        })
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        Self::Unavailable(Box::new(failure))
    }
}

/// What a log may say. PostgreSQL's details quote whole rows, with their password hashes.
pub(crate) fn words(error: &DbError) -> String {
    if let DbError::Postgres(error) = error
        && let Some(said) = error.as_db_error()
    {
        return format!("{}: {}", said.code().code(), said.message());
    }
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        words = format!("{words}: {error}");
        source = error.source();
    }
    words
}
