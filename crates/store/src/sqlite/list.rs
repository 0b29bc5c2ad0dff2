//! Pages. Owns that the count and the page come from one snapshot.

use grantd_core::store::{Page, PageRequest};
use rusqlite::{Connection, Result, Row, ToSql};

use super::query::Query;

/// The two statements of a list. Both take `keys`; the page takes limit and offset after them.
pub(super) struct List<'a> {
    pub(super) count: &'static str,
    pub(super) page: &'static str,
    pub(super) keys: &'a [&'a dyn ToSql],
}

impl List<'_> {
    pub(super) fn read<T>(
        self,
        conn: &Connection,
        request: PageRequest,
        read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Page<T>> {
        let total: Option<i64> = conn.one(self.count, self.keys, |row| row.get(0))?;
        let limit = i64::from(request.per_page);
        let offset = i64::from(request.page.saturating_sub(1)) * limit;
        let mut params = self.keys.to_vec();
        params.extend([&limit as &dyn ToSql, &offset]);
        let items = conn.all(self.page, params.as_slice(), read)?;
        Ok(Page {
            items,
            total: total.unwrap_or_default().unsigned_abs(),
        })
    }
}
