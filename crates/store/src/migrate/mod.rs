//! The schema: numbered files, applied in order, each in its own transaction,
//! never changed after a release and never undone. Owns which ones there are
//! and that the database of a newer grantd is refused; must not know any query.
//!
//! Each engine has files of the same numbers and names.

mod postgres;
mod sqlite;

pub(crate) use self::postgres::{postgres, postgres_version};
pub(crate) use self::sqlite::sqlite;

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
pub(crate) const SQLITE: &[Migration] = &[
    Migration {
        version: 1,
        name: "authorizations",
        ddl: include_str!("sqlite/0001_authorizations.sql"),
    },
    Migration {
        version: 2,
        name: "counters",
        ddl: include_str!("sqlite/0002_counters.sql"),
    },
];

/// The schema on PostgreSQL.
pub(crate) const POSTGRES: &[Migration] = &[
    Migration {
        version: 1,
        name: "authorizations",
        ddl: include_str!("postgres/0001_authorizations.sql"),
    },
    Migration {
        version: 2,
        name: "counters",
        ddl: include_str!("postgres/0002_counters.sql"),
    },
];

/// The database cannot be brought to this version's schema.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A newer grantd has written it; this one does not know what it would break.
    #[error("the database has schema {found}, and this grantd knows {known}: use a newer grantd")]
    Newer {
        /// The database's version.
        found: i64,
        /// The newest known here.
        known: i64,
    },
    /// The engine failed.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The engine failed.
    #[error(transparent)]
    Postgres(#[from] tokio_postgres::Error),
}

/// Whether a database of schema `found` is this program's to use.
fn refuse_newer(found: i64, known: &[Migration]) -> Result<(), MigrateError> {
    let known = known.len() as i64;
    if found > known {
        return Err(MigrateError::Newer { found, known });
    }
    Ok(())
}
