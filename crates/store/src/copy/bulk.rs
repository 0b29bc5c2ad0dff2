//! Rows into an empty store, past its steps. For those who make a store up.

use super::page::Page;
use super::side::{PAGE, Side};
use super::tables::{TABLES, Table};
use super::{CopyError, same_schema};
use crate::db::{Columns, DbResult};
use crate::open::DatabaseUrl;

/// A store to be filled.
pub(crate) struct Bulk(Side);

impl Bulk {
    /// An empty store, whose schema is brought up to date.
    pub(crate) async fn into(url: &DatabaseUrl) -> Result<Self, CopyError> {
        url.migrate(&mut |_| ()).await?;
        same_schema("target", url, "use a newer grantd").await?;
        let mut side = Side::target(url).await?;
        for table in TABLES {
            if !side.last_key(table).await?.is_empty() {
                return Err(CopyError::NotEmpty(table.name));
            }
        }
        Ok(Self(side))
    }

    /// Adds rows, a page at a time.
    pub(crate) async fn add(
        &mut self,
        table: &Table,
        rows: impl Iterator<Item = impl Columns>,
    ) -> DbResult<()> {
        let mut page = Page::of(table);
        for row in rows {
            page.push(&row)?;
            if page.rows == PAGE {
                self.0.write(table, &page).await?;
                page = Page::of(table);
            }
        }
        self.0.write(table, &page).await
    }

    /// Sees to it that ids up to this one are not given out again.
    pub(crate) async fn spend_ids(&mut self, table: &Table, highest: i64) -> DbResult<()> {
        self.0.spend_ids(table, highest).await
    }
}
