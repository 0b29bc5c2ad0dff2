//! The end of expired rows, a batch at a time. Owns that it is in nobody's way:
//! what another transaction holds is passed over, so that a batch never waits
//! for anybody, several nodes do not do the same work, and no lock order is
//! at stake.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use grantd_core::audit::Action;
use grantd_core::clock::Timestamp;
use grantd_core::ids::{AppId, AuthorizationId, UserId};
use grantd_core::scope::Scopes;

use super::change::Change;
use super::{flows, grants, row, tokens};
use crate::db::{Cell, Columns, Db, DbResult, Param, Params};
use crate::sql;

/// An expired token, or what is left of the look at it.
struct Due {
    id: i64,
    user: UserId,
    app: Option<AppId>,
}

/// Deletes the tokens that expired longest ago, each with its audit row; their grants follow.
/// How many.
pub(super) async fn tokens(tx: &Change<'_>, before: Timestamp, limit: i64) -> DbResult<usize> {
    let due = tx
        .all(sql::authorizations::EXPIRED, &[&before.0, &limit], |row| {
            Ok(Due {
                id: row.get(0)?,
                user: UserId(row.get(1)?),
                app: row.maybe(2)?.map(AppId),
            })
        })
        .await?;
    // First the grants, then the tokens; each is one round trip for all, not one for each.
    let grants: BTreeSet<_> = due
        .iter()
        .filter_map(|one| Some((one.user, one.app?)))
        .collect();
    let held = grants.into_iter().map(|of| hold_grant(tx, of));
    let held: BTreeSet<_> = try_join_all(held).await?.into_iter().flatten().collect();
    let free = due
        .iter()
        .filter(|one| one.app.is_none_or(|app| held.contains(&(one.user, app))));
    let deleted = try_join_all(free.map(|one| delete(tx, one.id, before))).await?;
    let settled = held.iter().map(|&(user, app)| settle(tx, user, app));
    try_join_all(settled).await?;
    Ok(deleted.into_iter().sum())
}

/// The grant, if nobody is at it.
pub(super) async fn hold_grant(
    tx: &Change<'_>,
    (user, app): (UserId, AppId),
) -> DbResult<Option<(UserId, AppId)>> {
    let keys: Params<'_> = &[&user.0, &app.0];
    let held = tx.hold_free(sql::grants::OF_USER_AND_APP, keys, row::id);
    Ok(held.await?.pop().map(|_| (user, app)))
}

async fn delete(tx: &Change<'_>, id: i64, before: Timestamp) -> DbResult<usize> {
    let (statement, keys): (_, Params<'_>) = (sql::authorizations::EXISTS, &[&id]);
    if tx.hold_free(statement, keys, row::id).await?.is_empty() {
        return Ok(0);
    }
    flows::outlive(tx, AuthorizationId(id)).await?;
    let (statement, keys): (_, Params<'_>) =
        (sql::authorizations::DELETE_EXPIRED, &[&id, &before.0]);
    let deleted = tokens::remove(tx, statement, keys, Action::AuthorizationReaped);
    Ok(deleted.await?.len())
}

pub(super) async fn settle(tx: &Change<'_>, user: UserId, app: AppId) -> DbResult<()> {
    grants::settle(tx, user, app, &Scopes::default()).await
}

/// Deletes the counters of each kind that ended longest ago. How many of the kind with the most.
pub(super) async fn counters(db: &dyn Db, now: Timestamp, limit: i64) -> DbResult<usize> {
    let (look, delete) = (sql::counters::ENDED_METERS, sql::counters::DELETE_METER);
    let meters = ended::<Vec<u8>>(db, look, delete, now, limit).await?;
    let (look, delete) = (sql::counters::ENDED_COUNTS, sql::counters::DELETE_COUNT);
    let counts = ended::<String>(db, look, delete, now, limit).await?;
    Ok(meters.max(counts))
}

/// An expired device code is told apart from one that never was for so long.
const DEVICE_CODES_ARE_KEPT: i64 = 3_600;

/// Deletes the codes, device codes and refresh tokens that ended longest ago. How many of the kind with the most.
pub(super) async fn codes(db: &dyn Db, now: Timestamp, limit: i64) -> DbResult<usize> {
    let (look, delete) = (sql::flows::ENDED_CODES, sql::flows::DELETE_CODE);
    let codes = ended::<Vec<u8>>(db, look, delete, now, limit).await?;
    let (look, delete) = (
        sql::flows::ENDED_DEVICE_CODES,
        sql::flows::DELETE_DEVICE_CODE,
    );
    let before = now.plus(-DEVICE_CODES_ARE_KEPT);
    let devices = ended::<Vec<u8>>(db, look, delete, before, limit).await?;
    let (look, delete) = (
        sql::flows::ENDED_REFRESH_TOKENS,
        sql::flows::DELETE_REFRESH_TOKEN,
    );
    let refresh = ended::<Vec<u8>>(db, look, delete, now, limit).await?;
    Ok(codes.max(devices).max(refresh))
}

/// Deletes the sessions and tickets that ended longest ago. How many of the kind with the most.
pub(super) async fn sessions(db: &dyn Db, now: Timestamp, limit: i64) -> DbResult<usize> {
    let (look, delete) = (sql::sessions::ENDED, sql::sessions::DELETE);
    let sessions = ended::<i64>(db, look, delete, now, limit).await?;
    let (look, delete) = (sql::sessions::ENDED_TICKETS, sql::sessions::DELETE_TICKET);
    let tickets = ended::<Vec<u8>>(db, look, delete, now, limit).await?;
    Ok(sessions.max(tickets))
}

async fn ended<K>(
    db: &dyn Db,
    look: &str,
    delete: &str,
    now: Timestamp,
    limit: i64,
) -> DbResult<usize>
where
    K: for<'r> Cell<'r> + Param + Send,
{
    let read = |row: &dyn Columns| row.get::<K>(0);
    let keys: Vec<K> = db.hold_free(look, &[&now.0, &limit], read).await?;
    let deletions = keys.iter().map(async |key| db.run(delete, &[key]).await);
    try_join_all(deletions).await?;
    Ok(keys.len())
}
