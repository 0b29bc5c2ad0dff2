//! Reading the audit trail; rows are written by [`super::change`].

use grantd_core::audit::AuditRow;
use grantd_core::clock::Timestamp;
use grantd_core::ids::{AppId, AuthorizationId, GrantId, UserId};
use grantd_core::token::{TokenHash, TokenLastEight};
use rusqlite::{Connection, Result, Row, params};

use super::query::Query;
use crate::sql;

pub(super) fn list(conn: &Connection, after: i64, limit: u32) -> Result<Vec<AuditRow>> {
    conn.all(sql::audit::LIST, params![after, limit], audit_row)
}

fn audit_row(row: &Row<'_>) -> Result<AuditRow> {
    Ok(AuditRow {
        id: row.get(0)?,
        at: Timestamp(row.get(1)?),
        action: row.get(2)?,
        actor_kind: row.get(3)?,
        actor_id: row.get(4)?,
        user_id: row.get::<_, Option<i64>>(5)?.map(UserId),
        app_id: row.get::<_, Option<i64>>(6)?.map(AppId),
        authorization_id: row.get::<_, Option<i64>>(7)?.map(AuthorizationId),
        grant_id: row.get::<_, Option<i64>>(8)?.map(GrantId),
        token_hash: row.get::<_, Option<[u8; 32]>>(9)?.map(TokenHash),
        token_last_eight: row.get::<_, Option<String>>(10)?.map(TokenLastEight),
        address: row.get(11)?,
        request_id: row.get(12)?,
    })
}
