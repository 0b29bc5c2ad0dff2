//! Device codes: polled by the device, decided by a person, spent once.

use grantd_core::clock::Timestamp;
use grantd_core::ids::{AppId, GrantId, UserId};
use grantd_core::scope::Scopes;
use grantd_core::secret::SecretHash;
use grantd_core::store::{
    Access, DeviceDecision, DeviceRedemption, DeviceRequest, NewDeviceCode, NotCreated, Poll,
};

use super::codes::consent;
use super::{Under, issue};
use crate::db::{Columns, Db, DbResult, Lock, Params, Undo};
use crate::sql;
use crate::steps::change::Change;
use crate::steps::row;

pub(super) async fn create(tx: &Change<'_>, new: &NewDeviceCode) -> DbResult<bool> {
    tx.any(
        sql::flows::INSERT_DEVICE_CODE,
        &[
            &&new.device_code.0[..],
            &&new.user_code[..],
            &new.app.0,
            &new.scopes.to_stored(),
            &new.address.to_string(),
            &i64::from(new.interval),
            &tx.at().0,
            &new.expires_at.0,
        ],
    )
    .await
}

pub(super) async fn find(
    db: &dyn Db,
    user_code: &[u8; 32],
    user: UserId,
    now: Timestamp,
) -> DbResult<Option<DeviceRequest>> {
    let keys: Params<'_> = &[&user.0, &&user_code[..], &now.0];
    db.one(sql::flows::FIND_DEVICE_REQUEST, keys, |r| {
        Ok(DeviceRequest {
            consent: row::consent_check(r)?,
            scopes: row::scopes(r, row::CONSENT_CHECK)?,
            address: r.get(row::CONSENT_CHECK + 1)?,
            created_at: Timestamp(r.get(row::CONSENT_CHECK + 2)?),
        })
    })
    .await
}

/// Decides. A decision that comes too late keeps nothing, not even the grant that was made on the way.
pub(super) async fn decide(
    tx: &Change<'_>,
    user_code: &[u8; 32],
    decision: &DeviceDecision,
) -> Result<bool, Undo<bool>> {
    let scopes = match decision {
        DeviceDecision::Approve(scopes) => scopes,
        DeviceDecision::Deny => {
            let keys: Params<'_> = &[&tx.at().0, &&user_code[..]];
            return Ok(tx.any(sql::flows::DENY_DEVICE_CODE, keys).await?);
        }
    };
    let app = tx
        .one(sql::flows::APP_OF_USER_CODE, &[&&user_code[..]], row::id)
        .await?;
    let (Some(app), Some(user)) = (app.map(AppId), tx.acting_user()) else {
        return Ok(false);
    };
    let active = tx
        .hold(Lock::Share, sql::apps::IS_ACTIVE, &[&app.0], row::id)
        .await?;
    if active.is_none() {
        return Ok(false);
    }
    let grant = consent(tx, user, app, scopes).await?;
    let values: Params<'_> = &[
        &tx.at().0,
        &grant.0,
        &scopes.to_stored(),
        &user.0,
        &&user_code[..],
    ];
    match tx.any(sql::flows::APPROVE_DEVICE_CODE, values).await? {
        true => Ok(true),
        false => Err(Undo::answer(false)),
    }
}

pub(super) async fn poll(
    db: &dyn Db,
    app: AppId,
    device_code: &SecretHash,
    now: Timestamp,
) -> DbResult<Option<Poll>> {
    let keys: Params<'_> = &[&now.0, &&device_code.0[..], &app.0];
    db.one(sql::flows::POLL_DEVICE_CODE, keys, |r| {
        let expires_at = Timestamp(r.get(0)?);
        let decided = r.maybe::<i64>(1)?.is_some();
        let approved = r.maybe::<i64>(2)?.is_some();
        let too_fast = r.get::<i64>(3)? != 0;
        let interval = u32::try_from(r.get::<i64>(4)?).unwrap_or(u32::MAX);
        Ok(if expires_at <= now {
            Poll::Expired
        } else if decided && !approved {
            Poll::Denied
        } else if too_fast {
            Poll::TooFast(interval)
        } else if approved {
            Poll::Approved
        } else {
            Poll::Pending
        })
    })
    .await
}

/// What stands behind an approved device code; none of it ever changes.
struct Approved {
    user: UserId,
    grant: GrantId,
    auth_generation: i64,
    scopes: Scopes,
}

fn approved(r: &dyn Columns) -> DbResult<Approved> {
    Ok(Approved {
        user: UserId(r.get(0)?),
        grant: GrantId(r.get(1)?),
        auth_generation: r.get(2)?,
        scopes: row::scopes(r, 3)?,
    })
}

/// Spends an approved device code.
pub(super) async fn redeem(
    tx: &Change<'_>,
    app: AppId,
    device_code: &SecretHash,
    access: &Access,
) -> Result<DeviceRedemption, Undo<DeviceRedemption>> {
    let keys: Params<'_> = &[&&device_code.0[..], &app.0];
    let found = tx.one(sql::flows::LOOK_AT_DEVICE_CODE, keys, approved);
    let Some(found) = found.await? else {
        return Ok(DeviceRedemption::Dead);
    };
    let under = Under {
        user: found.user,
        app,
        grant: found.grant,
    };
    let keys: Params<'_> = &[&under.user.0, &found.auth_generation];
    let current = tx
        .hold(Lock::Share, sql::users::IS_CURRENT, keys, row::id)
        .await?;
    let alive = current.is_some() && under.lock(tx).await?;
    let keys: Params<'_> = &[&tx.at().0, &&device_code.0[..]];
    if !alive || !tx.any(sql::flows::SPEND_DEVICE_CODE, keys).await? {
        return Ok(DeviceRedemption::Dead);
    }
    match issue(tx, under, found.scopes, access, None).await? {
        Ok(made) => Ok(DeviceRedemption::Issued(Box::new(made))),
        Err(NotCreated::TooMany) => Err(Undo::answer(DeviceRedemption::TooMany)),
        Err(NotCreated::Taken(_) | NotCreated::NoApp) => Err(Undo::answer(DeviceRedemption::Dead)),
    }
}
