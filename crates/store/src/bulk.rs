//! Very many rows into an empty store, past its steps. Owns that nobody uses
//! the store meanwhile, nor after a load that was killed, and what makes it quick:
//! no journal, and indexes that are built when all rows are there. Must not know
//! what the rows say.
//!
//! While rows are on their way, the place of the instance key's fingerprint says
//! so, and no node accepts the database; such a load is begun again from nothing.
//! Memory is bounded by a page of rows and by what an index is sorted in.

mod load;
pub(crate) mod row;

pub use self::load::{Load, load};

use std::time::Duration;

use crate::copy::page::Page;
use crate::copy::side::Side;
use crate::copy::tables::{TABLES, Table};
use crate::db::{Columns, DbError, DbResult};
use crate::open::{DatabaseUrl, NoStore};
use crate::steps::INSTANCE_KEY;
use crate::{sql, sqlite};

/// In place of the fingerprint while a load is under way.
const UNFINISHED: &str = "unfinished load of ";
/// A process that has just closed the database may still be letting go of it.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(50);

/// Whether this stands where the instance key's fingerprint should: rows were being loaded, and
/// that has not come to its end.
pub fn is_half_loaded(fingerprint: &str) -> bool {
    fingerprint.starts_with(UNFINISHED)
}

/// What is told while a load runs.
#[derive(Clone, Copy, Debug)]
pub enum BulkStep<'a> {
    /// So many rows of a table are to be added.
    Adds(&'static str, u64),
    /// So many are there.
    At(u64),
    /// All are.
    Added(u64),
    /// An index is built.
    Indexes(&'a str),
    /// It is there.
    Indexed,
}

/// Nothing was loaded, or not to the end.
#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    /// There is something in the database.
    #[error("the database is not empty (it has rows in `{0}`); give an empty one")]
    NotEmpty(&'static str),
    /// An earlier load was killed.
    #[error("an earlier load into this database was interrupted; give an empty one")]
    Interrupted,
    /// Another process has it open.
    #[error("the database is in use; stop every grantd that uses it")]
    InUse,
    /// The numbers do not go together.
    #[error("{0}")]
    Shape(&'static str),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] NoStore),
    /// A statement failed.
    #[error("a statement failed: {0}")]
    Statement(String),
    /// What was to be written down of the rows was not.
    #[error("cannot write the samples: {0}")]
    Samples(#[from] std::io::Error),
}

impl From<DbError> for BulkError {
    fn from(error: DbError) -> Self {
        Self::Statement(crate::postgres::words(&error))
    }
}

/// A store that is being filled, by nobody else.
pub(crate) struct Bulk {
    side: Side,
    /// What says whose the store is; none before a grantd has opened it.
    fingerprint: Option<String>,
    /// The indexes that are away, and the statements that bring them back.
    indexes: Vec<(String, String)>,
}

impl Bulk {
    /// Takes an empty store, whose schema is brought up to date.
    pub(crate) async fn begin(url: &DatabaseUrl) -> Result<Self, BulkError> {
        url.migrate(&mut |_| ()).await?;
        let mut side = Side::target(url).await?;
        let notes = side.notes().await?;
        let found = notes.into_iter().find(|(key, _)| key == INSTANCE_KEY);
        let fingerprint = found.map(|(_, value)| value);
        if fingerprint.as_deref().is_some_and(is_half_loaded) {
            return Err(BulkError::Interrupted);
        }
        alone(&mut side).await?;
        // Who had the database before may have left a lease.
        for table in TABLES.iter().filter(|table| table.name != "leases") {
            if !side.last_key(table).await?.is_empty() {
                if let Side::Sqlite(conn) = &side {
                    sqlite::connection::with_journal(conn).map_err(DbError::from)?;
                }
                return Err(BulkError::NotEmpty(table.name));
            }
        }
        let own = fingerprint.as_deref().unwrap_or_default();
        side.note(INSTANCE_KEY, &format!("{UNFINISHED}{own}"))
            .await?;
        if let Side::Sqlite(conn) = &side {
            sqlite::connection::without_journal(conn).map_err(DbError::from)?;
        }
        Ok(Self {
            side,
            fingerprint,
            indexes: Vec::new(),
        })
    }

    /// Takes a table's indexes away until [`end`](Self::end); those of its constraints stay.
    pub(crate) async fn without_indexes(&mut self, table: &Table) -> DbResult<()> {
        let known = match self.side {
            Side::Sqlite(_) => {
                "SELECT name, sql FROM sqlite_master \
                 WHERE type = 'index' AND tbl_name = $1 AND sql IS NOT NULL ORDER BY name"
            }
            Side::Postgres(_) => {
                "SELECT i.indexname::text, i.indexdef FROM pg_indexes i \
                 WHERE i.tablename = $1 AND i.schemaname = current_schema() AND NOT EXISTS \
                 (SELECT FROM pg_constraint c WHERE c.conname = i.indexname) ORDER BY i.indexname"
            }
        };
        let read = |row: &dyn Columns| Ok((row.get(0)?, row.get(1)?));
        let found: Vec<(String, String)> = self.side.db().all(known, &[&table.name], read).await?;
        for (name, statement) in found {
            self.side.execute(&format!("DROP INDEX {name}")).await?;
            self.indexes.push((name, statement));
        }
        Ok(())
    }

    /// Adds a page.
    pub(crate) async fn write(&mut self, table: &Table, page: &Page) -> DbResult<()> {
        self.side.write(table, page).await
    }

    /// Sees to it that ids up to this one are not given out again.
    pub(crate) async fn spend_ids(&mut self, table: &Table, highest: i64) -> DbResult<()> {
        self.side.spend_ids(table, highest).await
    }

    /// Builds the indexes, sees to it that all is on the disk, and hands the store over.
    pub(crate) async fn end(mut self, mut tell: impl FnMut(BulkStep<'_>)) -> DbResult<()> {
        for (name, statement) in std::mem::take(&mut self.indexes) {
            tell(BulkStep::Indexes(&name));
            self.side.execute(&statement).await?;
            tell(BulkStep::Indexed);
        }
        match &self.side {
            Side::Sqlite(conn) => sqlite::connection::with_journal(conn)?,
            Side::Postgres(client) => client.batch_execute("VACUUM (ANALYZE)").await?,
        }
        match &self.fingerprint {
            Some(fingerprint) => self.side.note(INSTANCE_KEY, fingerprint).await,
            None => {
                let key: &str = INSTANCE_KEY;
                self.side.db().run(sql::audit::DELETE_META, &[&key]).await
            }
        }
    }
}

/// Sees to it that no other process has the database open.
async fn alone(side: &mut Side) -> Result<(), BulkError> {
    let mut left = PATIENCE;
    loop {
        let alone = match side {
            Side::Sqlite(conn) => sqlite::connection::alone(conn).map_err(DbError::from)?,
            Side::Postgres(_) => {
                let others = "SELECT COUNT(*) FROM pg_stat_activity \
                              WHERE datname = current_database() AND pid <> pg_backend_pid() \
                              AND backend_type = 'client backend'";
                side.number(others).await? == 0
            }
        };
        if alone {
            return Ok(());
        }
        left = left.checked_sub(PAUSE).ok_or(BulkError::InUse)?;
        tokio::time::sleep(PAUSE).await;
    }
}
