//! Pages. Owns that the count and the page come from one snapshot.

use grantd_core::store::{Page, PageRequest};

use crate::db::{Columns, Db, DbResult, Param, Params};

/// The two statements of a list. Both take `keys`; the page takes limit and offset after them.
#[derive(Clone, Copy)]
pub(super) struct List<'a> {
    pub(super) count: &'static str,
    pub(super) page: &'static str,
    pub(super) keys: Params<'a>,
}

impl List<'_> {
    pub(super) async fn read<T: Send>(
        self,
        db: &dyn Db,
        request: PageRequest,
        read: impl FnMut(&dyn Columns) -> DbResult<T> + Send,
    ) -> DbResult<Page<T>> {
        let total: Option<i64> = db.one(self.count, self.keys, |row| row.get(0)).await?;
        let limit = i64::from(request.per_page);
        let offset = offset(request) as i64;
        let mut params = self.keys.to_vec();
        params.extend([&limit as &dyn Param, &offset]);
        let items = db.all(self.page, params.as_slice(), read).await?;
        Ok(Page {
            items,
            total: total.unwrap_or_default().unsigned_abs(),
        })
    }
}

/// How many records come before the page.
pub(super) fn offset(request: PageRequest) -> u64 {
    u64::from(request.page.saturating_sub(1)) * u64::from(request.per_page)
}
