//! Reading the audit trail; rows are written by [`super::change`].

use grantd_core::audit::{Action, AuditRow};
use grantd_core::clock::Timestamp;
use grantd_core::ids::{AppId, AuthorizationId, GrantId, UserId};
use grantd_core::store::{About, EventFilter, Party};
use grantd_core::token::{TokenHash, TokenLastEight};

use crate::db::{Columns, Db, DbResult, Params};
use crate::sql;

pub(super) async fn list(db: &dyn Db, after: i64, limit: u32) -> DbResult<Vec<AuditRow>> {
    db.all(sql::audit::LIST, &[&after, &i64::from(limit)], audit_row)
        .await
}

/// Above all ids.
const NO_LIMIT: i64 = 1 << 53;

/// The newest rows for which all of the filter holds.
pub(super) async fn events(
    db: &dyn Db,
    filter: EventFilter,
    before: Option<i64>,
    limit: u32,
) -> DbResult<Vec<AuditRow>> {
    let (before, limit) = (before.unwrap_or(NO_LIMIT), i64::from(limit));
    let action = filter.action.map_or("", Action::name);
    let Some(party) = filter.party else {
        let (statement, keys): (_, Params<'_>) = match filter.action {
            None => (sql::audit::EVENTS, &[&before, &limit]),
            Some(_) => (sql::audit::EVENTS_OF_ACTION, &[&action, &before, &limit]),
        };
        return db.all(statement, keys, audit_row).await;
    };
    let (id, all, of_action) = match party {
        Party::User(id) => (
            id.0,
            sql::audit::EVENTS_OF_USER,
            sql::audit::EVENTS_OF_USER_AND_ACTION,
        ),
        Party::App(id) => (
            id.0,
            sql::audit::EVENTS_OF_APP,
            sql::audit::EVENTS_OF_APP_AND_ACTION,
        ),
    };
    let (statement, keys): (_, Params<'_>) = match filter.action {
        None => (all, &[&id, &before, &limit]),
        Some(_) => (of_action, &[&id, &action, &before, &limit]),
    };
    db.all(statement, keys, audit_row).await
}

/// The oldest rows about something.
pub(super) async fn about(
    db: &dyn Db,
    about: About,
    after: i64,
    limit: u32,
) -> DbResult<Vec<AuditRow>> {
    let limit = i64::from(limit);
    let (statement, id) = match about {
        About::FormerHash(hash) => {
            let keys: Params<'_> = &[&&hash.0[..], &after, &limit];
            return db.all(sql::audit::ABOUT_FORMER_HASH, keys, audit_row).await;
        }
        About::Authorization(id) => (sql::audit::ABOUT_AUTHORIZATION, id.0),
        About::Account(id) => (sql::audit::ABOUT_ACCOUNT, id.0),
        About::AppItself(id) => (sql::audit::ABOUT_APP_ITSELF, id.0),
    };
    db.all(statement, &[&id, &after, &limit], audit_row).await
}

/// So many columns are a row of the trail.
pub(super) const COLUMNS: usize = 14;

pub(super) fn audit_row(row: &dyn Columns) -> DbResult<AuditRow> {
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
        details: row.maybe(13)?,
    })
}
