//! Reading the audit trail; rows are written by [`super::change`].

use grantd_core::audit::AuditRow;
use grantd_core::clock::Timestamp;
use grantd_core::ids::{AppId, AuthorizationId, GrantId, UserId};
use grantd_core::token::{TokenHash, TokenLastEight};

use crate::db::{Columns, Db, DbResult};
use crate::sql;

pub(super) async fn list(db: &dyn Db, after: i64, limit: u32) -> DbResult<Vec<AuditRow>> {
    db.all(sql::audit::LIST, &[&after, &i64::from(limit)], audit_row)
        .await
}

fn audit_row(row: &dyn Columns) -> DbResult<AuditRow> {
    Ok(AuditRow {
        id: row.get(0)?,
        at: Timestamp(row.get(1)?),
        action: row.get(2)?,
        actor_kind: row.get(3)?,
        actor_id: row.maybe(4)?,
        user_id: row.maybe(5)?.map(UserId),
        app_id: row.maybe(6)?.map(AppId),
        authorization_id: row.maybe(7)?.map(AuthorizationId),
        grant_id: row.maybe(8)?.map(GrantId),
        token_hash: row.maybe(9)?.map(TokenHash),
        token_last_eight: row.maybe(10)?.map(TokenLastEight),
        address: row.maybe(11)?,
        request_id: row.maybe(12)?,
    })
}
