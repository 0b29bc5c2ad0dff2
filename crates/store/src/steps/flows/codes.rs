//! Codes: made under a grant, used once. Owns when a second presentation is a
//! replay.

use grantd_core::audit::Action;
use grantd_core::clock::Timestamp;
use grantd_core::ids::{AppId, GrantId, SessionId, UserId};
use grantd_core::pkce::Challenge;
use grantd_core::scope::Scopes;
use grantd_core::store::{Access, CodeRecord, CodeRedemption, Consented, NewCode, NotCreated};

use super::{Under, issue, refresh};
use crate::db::{Columns, Db, DbResult, Lock, Params, Undo};
use crate::sql;
use crate::steps::change::{Change, Subject};
use crate::steps::{grants, row};

/// Keeps a code. Nothing is kept when what it would rest on is not there.
pub(super) async fn create(
    tx: &Change<'_>,
    new: &NewCode,
    consented: Consented,
) -> Result<bool, Undo<bool>> {
    tx.hold_user(new.user).await?;
    hold_session(tx, new).await?;
    let active = tx
        .hold(Lock::Share, sql::apps::IS_ACTIVE, &[&new.app.0], row::id)
        .await?;
    if active.is_none() {
        return Ok(false);
    }
    let grant = match consented {
        Consented::Now => consent(tx, new.user, new.app, &new.scopes).await?,
        Consented::Before(grant) => {
            let under = Under {
                user: new.user,
                app: new.app,
                grant,
            };
            if !under.lock(tx).await? {
                return Ok(false);
            }
            grant
        }
    };
    tx.run(
        sql::flows::INSERT_CODE,
        &[
            &&new.hash[..],
            &new.app.0,
            &grant.0,
            &new.session.0,
            &new.redirect_uri,
            &new.challenge.as_ref().map(Challenge::as_str),
            &new.scopes.to_stored(),
            &new.expires_at.0,
            &new.user.0,
        ],
    )
    .await?;
    Ok(true)
}

/// Whoever acts in a browser has a session, and signing out either comes first or waits for this step:
/// no code outlives its session.
async fn hold_session(tx: &Change<'_>, new: &NewCode) -> Result<(), Undo<bool>> {
    if tx.acting_user().is_none() {
        return Ok(());
    }
    let keys: Params<'_> = &[&new.session.0, &new.user.0];
    let statement = sql::sessions::IS_THERE;
    match tx.hold(Lock::Share, statement, keys, row::id).await? {
        Some(_) => Ok(()),
        None => Err(Undo::Stale),
    }
}

/// The user consents: the grant is created or widened.
pub(super) async fn consent(
    tx: &Change<'_>,
    user: UserId,
    app: AppId,
    scopes: &Scopes,
) -> DbResult<GrantId> {
    let grant = grants::lock_or_create(tx, user, app).await?;
    grants::settle(tx, user, app, scopes).await?;
    let subject = Subject::grant(grant, user, app);
    tx.audit(Action::GrantConsented, &subject).await?;
    Ok(grant)
}

pub(super) async fn find(db: &dyn Db, hash: &[u8; 32]) -> DbResult<Option<CodeRecord>> {
    db.one(sql::flows::FIND_CODE, &[&&hash[..]], |r| {
        Ok(CodeRecord {
            app: AppId(r.get(0)?),
            redirect_uri: r.get(1)?,
            challenge: r.maybe(2)?.map(Challenge::from_stored),
            user: row::user(r, 3)?,
        })
    })
    .await
}

/// A code's row; all but the last two columns never change.
struct Kept {
    under: Under,
    auth_generation: i64,
    scopes: Scopes,
    expires_at: Timestamp,
    used: bool,
    made: Option<i64>,
}

fn kept(r: &dyn Columns) -> DbResult<Kept> {
    Ok(Kept {
        under: Under {
            app: AppId(r.get(0)?),
            user: UserId(r.get(1)?),
            grant: GrantId(r.get(2)?),
        },
        auth_generation: r.get(3)?,
        scopes: row::scopes(r, 4)?,
        expires_at: Timestamp(r.get(5)?),
        used: r.maybe::<i64>(6)?.is_some(),
        made: r.maybe(7)?,
    })
}

async fn look(tx: &Change<'_>, hash: &[u8; 32]) -> DbResult<Option<Kept>> {
    tx.one(sql::flows::LOOK_AT_CODE, &[&&hash[..]], kept).await
}

/// Uses a code, or says why it cannot be used.
pub(super) async fn redeem(
    tx: &Change<'_>,
    hash: &[u8; 32],
    access: &Access,
) -> Result<CodeRedemption, Undo<CodeRedemption>> {
    let Some(code) = look(tx, hash).await? else {
        return Ok(CodeRedemption::Dead);
    };
    let (under, now) = (code.under, tx.at());
    let keys: Params<'_> = &[&under.user.0, &code.auth_generation];
    let current = tx
        .hold(Lock::Share, sql::users::IS_CURRENT, keys, row::id)
        .await?;
    if !under.lock(tx).await? {
        return Ok(CodeRedemption::Dead);
    }
    let keys: Params<'_> = &[&now.0, &&hash[..]];
    if current.is_none() || !tx.any(sql::flows::USE_CODE, keys).await? {
        return Ok(replay(tx, hash).await?);
    }
    match issue(tx, under, code.scopes, access, None).await? {
        Ok(made) => {
            let values: Params<'_> = &[&made.id.0, &&hash[..]];
            tx.run(sql::flows::SET_MADE_BY_CODE, values).await?;
            Ok(CodeRedemption::Issued(Box::new(made)))
        }
        Err(NotCreated::TooMany) => Err(Undo::answer(CodeRedemption::TooMany)),
        Err(NotCreated::Taken(_) | NotCreated::NoApp) => Err(Undo::answer(CodeRedemption::Dead)),
    }
}

/// A code that cannot be used: if that is because it was used, what it made goes. The look that
/// counts comes under the grant's lock.
async fn replay(tx: &Change<'_>, hash: &[u8; 32]) -> DbResult<CodeRedemption> {
    match look(tx, hash).await? {
        Some(code) if code.used && code.expires_at > tx.at() => {
            if let Some(made) = code.made {
                refresh::end_family(tx, code.under, made, Action::CodeReplayed).await?;
            }
            Ok(CodeRedemption::Replayed)
        }
        _ => Ok(CodeRedemption::Dead),
    }
}

/// Ends the unused codes that were made under a session: for whoever ends the session.
pub(crate) async fn end_codes_of_session(tx: &Change<'_>, session: SessionId) -> DbResult<()> {
    tx.run(sql::flows::END_CODES_OF_SESSION, &[&session.0])
        .await
}
