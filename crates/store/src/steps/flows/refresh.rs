//! Refresh tokens: each is superseded by the next, and all that descend of one
//! first authorization are a family. Owns when a superseded one is taken for a
//! repetition and when for a theft.

use grantd_core::audit::Action;
use grantd_core::authorization::Authorization;
use grantd_core::clock::Timestamp;
use grantd_core::code_exchange::REFRESH_SECONDS;
use grantd_core::ids::{AppId, AuthorizationId, GrantId, UserId};
use grantd_core::scope::Scopes;
use grantd_core::store::{Access, Leaked, LiveRefreshToken, NotCreated, Rotation, RotationLimits};
use grantd_core::token::TokenHash;

use super::{Descent, Under, issue};
use crate::db::{Columns, Db, DbError, DbResult, Lock, Params, Undo};
use crate::sql;
use crate::steps::change::{Change, Subject};
use crate::steps::{grants, row, tokens};

/// A refresh token's row; only the last column ever changes.
struct Kept {
    family: i64,
    under: Under,
    expires_at: Timestamp,
    /// When the first one of its family was created.
    family_began: Timestamp,
    superseded_at: Option<Timestamp>,
}

async fn look(tx: &Change<'_>, app: AppId, hash: TokenHash) -> DbResult<Option<Kept>> {
    let keys: Params<'_> = &[&i64::from(REFRESH_SECONDS), &&hash.0[..], &app.0];
    tx.one(
        sql::flows::LOOK_AT_REFRESH_TOKEN,
        keys,
        |r: &dyn Columns| {
            Ok(Kept {
                family: r.get(0)?,
                under: Under {
                    user: UserId(r.get(1)?),
                    app,
                    grant: GrantId(r.get(2)?),
                },
                expires_at: Timestamp(r.get(3)?),
                superseded_at: r.maybe(4)?.map(Timestamp),
                family_began: Timestamp(r.get(5)?),
            })
        },
    )
    .await
}

/// Supersedes a refresh token, or says why that cannot be.
pub(super) async fn rotate(
    tx: &Change<'_>,
    app: AppId,
    hash: TokenHash,
    access: &Access,
    limits: RotationLimits,
) -> Result<Rotation, Undo<Rotation>> {
    let Some(kept) = look(tx, app, hash).await? else {
        return Ok(Rotation::Unknown);
    };
    let (family, under) = (kept.family, kept.under);
    // What this is read from never changes.
    let family_ends = kept.family_began.plus(limits.family);
    if family_ends <= tx.at() {
        return Ok(Rotation::Unknown);
    }
    let active = tx
        .hold(
            Lock::Share,
            sql::users::IS_ACTIVE,
            &[&under.user.0],
            row::id,
        )
        .await?;
    if active.is_none() || !under.lock(tx).await? {
        return Ok(Rotation::Unknown);
    }
    let descent = Descent {
        family,
        parent: hash,
        began: kept.family_began,
        ends: family_ends,
    };
    let keys: Params<'_> = &[&tx.at().0, &&hash.0[..]];
    let superseded = tx.one(sql::flows::SUPERSEDE, keys, |r| row::scopes(r, 0));
    let scopes = match superseded.await? {
        Some(scopes) => {
            let keys: Params<'_> = &[&tx.at().0, &family];
            tx.run(sql::flows::SUPERSEDE_FAMILY, keys).await?;
            let statement = sql::authorizations::DELETE_OF_FAMILY;
            tokens::remove(tx, statement, &[&family], Action::TokenRefreshed).await?;
            scopes
        }
        None => match repeated(tx, app, hash, limits.grace).await? {
            Ok(scopes) => scopes,
            Err(why) => return Ok(why),
        },
    };
    match issue(tx, under, scopes, access, Some(descent)).await? {
        Ok(made) => {
            let refresh = access.refresh.as_ref();
            let ends = refresh.map(|refresh| refresh.expires_at.min(family_ends));
            Ok(Rotation::Issued(Box::new(made), ends))
        }
        Err(NotCreated::TooMany) => Err(Undo::answer(Rotation::TooMany)),
        Err(NotCreated::Taken(_) | NotCreated::NoApp) => Err(Undo::answer(Rotation::Unknown)),
    }
}

/// What was issued when a refresh token was superseded, and what became of it.
struct Successor {
    scopes: Scopes,
    presented: bool,
    /// The authorization that it came with.
    deleted: bool,
}

/// What to issue once more for a token that was superseded a moment ago, as long as nothing shows
/// that anybody got its successors; or the end of its family.
async fn repeated(
    tx: &Change<'_>,
    app: AppId,
    hash: TokenHash,
    grace: u32,
) -> DbResult<Result<Scopes, Rotation>> {
    let Some(kept) = look(tx, app, hash).await? else {
        return Ok(Err(Rotation::Unknown));
    };
    let superseded_at = match kept.superseded_at {
        Some(at) if kept.expires_at > tx.at() => at,
        _ => return Ok(Err(Rotation::Unknown)),
    };
    let keys: Params<'_> = &[&kept.family, &&hash.0[..]];
    let successors = tx
        .all(sql::flows::SUCCESSORS, keys, |r| {
            Ok(Successor {
                scopes: row::scopes(r, 0)?,
                presented: r.get(1)?,
                deleted: r.get(2)?,
            })
        })
        .await?;
    let in_time = superseded_at.plus(grace.into()) > tx.at();
    let unused = successors.iter().all(|one| !one.presented);
    match successors.into_iter().find(|one| !one.deleted) {
        Some(alive) if in_time && unused => Ok(Ok(alive.scopes)),
        _ => {
            let action = Action::RefreshTokenReused;
            end_family(tx, kept.under, kept.family, action).await?;
            Ok(Err(Rotation::Reused))
        }
    }
}

/// Deletes a family, under its grant's lock: the first authorization, all that followed, and the
/// refresh tokens.
pub(super) async fn end_family(
    tx: &Change<'_>,
    under: Under,
    family: i64,
    action: Action,
) -> DbResult<()> {
    let statement = sql::authorizations::DELETE_OF_FAMILY;
    tokens::remove(tx, statement, &[&family], action).await?;
    tx.run(sql::flows::DELETE_FAMILY, &[&family]).await?;
    grants::settle(tx, under.user, under.app, &Scopes::default()).await
}

/// Ends the family of the app's refresh token. Whether there was one.
pub(super) async fn revoke(tx: &Change<'_>, app: AppId, hash: TokenHash) -> DbResult<bool> {
    let Some(Kept { family, under, .. }) = look(tx, app, hash).await? else {
        return Ok(false);
    };
    if !under.lock(tx).await? || look(tx, app, hash).await?.is_none() {
        return Ok(false);
    }
    end_family(tx, under, family, Action::TokenRevoked).await?;
    Ok(true)
}

/// Ends the family of an unexpired refresh token, whoever's it is.
pub(super) async fn revoke_leaked(
    tx: &Change<'_>,
    hash: TokenHash,
    action: Action,
) -> DbResult<Option<Leaked>> {
    let keys: Params<'_> = &[&&hash.0[..], &tx.at().0];
    let statement = sql::flows::FIND_UNEXPIRED_REFRESH_TOKEN;
    let Some(app) = tx.one(statement, keys, row::id).await?.map(AppId) else {
        return Ok(None);
    };
    let Some(Kept { family, under, .. }) = look(tx, app, hash).await? else {
        return Ok(None);
    };
    if !under.lock(tx).await? || look(tx, app, hash).await?.is_none() {
        return Ok(None);
    }
    // What it came with may have expired and be gone: the trail names the refresh token itself.
    let own = Subject {
        token_hash: Some(hash),
        ..Subject::grant(under.grant, under.user, app)
    };
    tx.audit(action, &own).await?;
    end_family(tx, under, family, action).await?;
    Ok(Some(Leaked {
        user: under.user,
        app: Some(app),
        last_eight: None,
    }))
}

/// The same, or the end of the app's token with that hash: one string is never both.
pub(super) async fn end_token(tx: &Change<'_>, app: AppId, hash: TokenHash) -> DbResult<bool> {
    Ok(revoke(tx, app, hash).await? || tokens::end(tx, app, hash).await?)
}

/// A refresh token that is as good as it was.
pub(super) async fn find(
    db: &dyn Db,
    hash: TokenHash,
    now: Timestamp,
) -> DbResult<Option<LiveRefreshToken>> {
    let keys: Params<'_> = &[&&hash.0[..], &now.0];
    db.one(sql::flows::FIND_REFRESH_TOKEN, keys, |r: &dyn Columns| {
        const OWN: usize = row::APP_SUMMARY + row::USER;
        Ok(LiveRefreshToken {
            app: row::app_summary(r, 0)?.ok_or(DbError::Missing)?,
            user: row::user(r, row::APP_SUMMARY)?,
            scopes: row::scopes(r, OWN)?,
            expires_at: Timestamp(r.get(OWN + 1)?),
        })
    })
    .await
}

/// The scopes of an authorization were edited: what it is refreshed with has the same.
pub(in crate::steps) async fn follow_edit(tx: &Change<'_>, after: &Authorization) -> DbResult<()> {
    if after.app.is_none() || after.expires_at.is_none() {
        return Ok(());
    }
    let values: Params<'_> = &[&after.scopes.to_stored(), &after.id.0];
    tx.run(sql::flows::SET_SCOPES_OF_REFRESH_TOKEN, values)
        .await
}

/// An authorization that has expired is about to be reaped: what it is refreshed with lives on.
pub(in crate::steps) async fn outlive(tx: &Change<'_>, id: AuthorizationId) -> DbResult<()> {
    tx.run(sql::flows::OUTLIVE_AUTHORIZATION, &[&id.0]).await
}
