//! The life of tokens. Owns that shortening and ending many of them is in
//! nobody's way, as reaping is: whatever somebody is at is passed over, so
//! that no lock order is at stake.

use std::collections::BTreeSet;

use async_trait::async_trait;
use futures_util::future::try_join_all;
use grantd_core::audit::{Action, Stamp};
use grantd_core::authorization::{Authorization, NewToken};
use grantd_core::clock::Timestamp;
use grantd_core::fingerprint::Fingerprint;
use grantd_core::ids::{AppId, AuthorizationId, UserId};
use grantd_core::life;
use grantd_core::note::{Note, NoteUrl};
use grantd_core::store::{Expiring, LifeStore, Lived, NoticeKey, Rotated, Stored};

use super::change::{Change, Subject};
use super::last_used::last_use;
use super::{Engine, StoreOn, reap, row, tokens};
use crate::db::{Columns, Db, DbError, DbResult, Params};
use crate::sql;

#[async_trait]
impl<E: Engine> LifeStore for StoreOn<E> {
    async fn list_lives(&self, after: AuthorizationId, limit: u32) -> Stored<Vec<Lived>> {
        self.engine
            .read((after, i64::from(limit)), |db, (after, limit)| {
                Box::pin(async move { db.all(sql::life::LIST, &[&after.0, limit], lived).await })
            })
            .await
    }

    async fn shorten_lives(
        &self,
        ends: Vec<(AuthorizationId, Timestamp)>,
        stamp: Stamp,
    ) -> Stored<usize> {
        self.engine
            .change(stamp, ends, |tx, ends| {
                Box::pin(async move {
                    let all = ends.iter().map(|&(id, end)| shorten(tx, id, end));
                    Ok(try_join_all(all).await?.into_iter().sum())
                })
            })
            .await
    }

    async fn delete_idle(
        &self,
        ids: Vec<AuthorizationId>,
        since: Timestamp,
        stamp: Stamp,
    ) -> Stored<usize> {
        self.engine
            .change(stamp, (ids, since), |tx, (ids, since)| {
                Box::pin(async move { Ok(delete_all_idle(tx, ids, *since).await?) })
            })
            .await
    }

    async fn list_expiring(
        &self,
        which: Expiring,
        now: Timestamp,
        limit: u32,
    ) -> Stored<Vec<Lived>> {
        self.engine
            .read((which, now, i64::from(limit)), |db, (which, now, limit)| {
                Box::pin(async move {
                    let (end, id) = (which.after.0.0, which.after.1.0);
                    let span = life::seconds(which.days);
                    let (until, days) = (now.0 + span, i64::from(which.days));
                    let channel = which.channel.name();
                    let keys: Params<'_> =
                        &[&end, &id, &until, &span, &now.0, &days, &channel, limit];
                    db.all(sql::life::EXPIRING, keys, lived).await
                })
            })
            .await
    }

    async fn claim_notice(
        &self,
        notice: NoticeKey,
        lease_until: Timestamp,
        told: bool,
        now: Timestamp,
    ) -> Stored<bool> {
        let of = (notice, lease_until, told, now);
        self.engine
            .write(of, |db, &(notice, lease_until, told, now)| {
                Box::pin(async move {
                    Ok(claim(db, notice, lease_until, told.then_some(now), now).await?)
                })
            })
            .await
    }

    async fn settle_notice(&self, notice: NoticeKey, told: bool, now: Timestamp) -> Stored<()> {
        let told_at = told.then_some(now.0);
        self.engine
            .write((notice, told_at), |db, (notice, told_at)| {
                Box::pin(async move {
                    let days = i64::from(notice.days);
                    let channel = notice.channel.name();
                    let (id, end) = (notice.authorization.0, notice.expires_at.0);
                    let values: Params<'_> = &[told_at, &id, &end, &days, &channel];
                    Ok(db.run(sql::life::SETTLE, values).await?)
                })
            })
            .await
    }

    async fn rotate_token(
        &self,
        user: UserId,
        id: AuthorizationId,
        new: NewToken,
        expires_at: Option<Timestamp>,
        old_until: Timestamp,
        stamp: Stamp,
    ) -> Stored<Option<Rotated>> {
        let of = (user, id, new, expires_at, old_until);
        self.engine
            .change(stamp, of, |tx, (user, id, new, expires_at, old_until)| {
                Box::pin(async move {
                    Ok(rotate(tx, (*user, *id), new, *expires_at, *old_until).await?)
                })
            })
            .await
    }
}

fn lived(r: &dyn Columns) -> DbResult<Lived> {
    Ok(Lived {
        owned: row::owned(r)?,
        issued_at: Timestamp(r.get(row::OWNED)?),
        last_use: last_use(r, row::OWNED + 1)?,
    })
}

async fn is_free(db: &dyn Db, id: AuthorizationId) -> DbResult<bool> {
    let statement = sql::authorizations::EXISTS;
    let held = db.hold_free(statement, &[&id.0], row::id).await?;
    Ok(!held.is_empty())
}

async fn shorten(tx: &Change<'_>, id: AuthorizationId, end: Timestamp) -> DbResult<usize> {
    if !is_free(&**tx, id).await? {
        return Ok(0);
    }
    let values: Params<'_> = &[&end.0, &tx.at().0, &id.0];
    let mut shortened = tx.all(sql::life::SHORTEN, values, Subject::remains).await?;
    for subject in &mut shortened {
        subject.details = Some(format!("ends at {end}"));
    }
    tx.audit_all(Action::LifeShortened, &shortened).await?;
    Ok(shortened.len())
}

/// First the grants, then the tokens, as everywhere.
async fn delete_all_idle(
    tx: &Change<'_>,
    ids: &[AuthorizationId],
    since: Timestamp,
) -> DbResult<usize> {
    let owners = ids.iter().map(async |id| {
        tx.one(sql::life::OWNERS, &[&id.0], |r| {
            let user = UserId(r.get(1)?);
            let app = r.maybe(2)?.map(AppId);
            Ok((*id, app.map(|app| (user, app))))
        })
        .await
    });
    let found: Vec<_> = try_join_all(owners).await?.into_iter().flatten().collect();
    let grants: BTreeSet<_> = found.iter().filter_map(|(_, grant)| *grant).collect();
    let held = grants.into_iter().map(|of| reap::hold_grant(tx, of));
    let held: BTreeSet<_> = try_join_all(held).await?.into_iter().flatten().collect();
    let free = found
        .iter()
        .filter(|(_, grant)| grant.is_none_or(|of| held.contains(&of)));
    let deleted = try_join_all(free.map(|(id, _)| delete_idle(tx, *id, since))).await?;
    let settled = held.iter().map(|&(user, app)| reap::settle(tx, user, app));
    try_join_all(settled).await?;
    Ok(deleted.into_iter().sum())
}

async fn delete_idle(tx: &Change<'_>, id: AuthorizationId, since: Timestamp) -> DbResult<usize> {
    if !is_free(&**tx, id).await? {
        return Ok(0);
    }
    let keys: Params<'_> = &[&id.0, &since.0, &tx.at().0];
    let deleted = tokens::remove(tx, sql::life::DELETE_IDLE, keys, Action::AuthorizationIdle);
    Ok(deleted.await?.len())
}

async fn claim(
    db: &dyn Db,
    notice: NoticeKey,
    lease_until: Timestamp,
    told_at: Option<Timestamp>,
    now: Timestamp,
) -> DbResult<bool> {
    // Somebody deletes or changes it: there will be another round.
    if !is_free(db, notice.authorization).await? {
        return Ok(false);
    }
    let (days, told_at) = (i64::from(notice.days), told_at.map(|at| at.0));
    let channel = notice.channel.name();
    let values: Params<'_> = &[
        &notice.authorization.0,
        &notice.expires_at.0,
        &days,
        &channel,
        &lease_until.0,
        &told_at,
        &now.0,
    ];
    db.any(sql::life::CLAIM, values).await
}

/// The record gets the new token first: at no moment do two records hold one hash.
async fn rotate(
    tx: &Change<'_>,
    (user, id): (UserId, AuthorizationId),
    new: &NewToken,
    expires_at: Option<Timestamp>,
    old_until: Timestamp,
) -> DbResult<Option<Rotated>> {
    tx.hold_user(user).await?;
    let replaced = tokens::replace(tx, (user, id), new, expires_at, Action::TokenRotated);
    let Some(before) = replaced.await? else {
        return Ok(None);
    };
    let until = before
        .expires_at
        .map_or(old_until, |end| end.min(old_until));
    let predecessor = if until > tx.at() {
        Some(go_on(tx, &before, until).await?)
    } else {
        None
    };
    let keys: Params<'_> = &[&user.0, &id.0];
    let authorization = tx
        .one(sql::authorizations::FIND_PERSONAL, keys, row::authorization)
        .await?;
    Ok(Some(Rotated {
        authorization: authorization.ok_or(DbError::Missing)?,
        predecessor,
    }))
}

/// The replaced token under a record of its own. Its fingerprint is what no other of this note has.
async fn go_on(
    tx: &Change<'_>,
    before: &Authorization,
    until: Timestamp,
) -> DbResult<Authorization> {
    let fingerprint = format!("replaced-{:016x}", before.token_hash.prefix());
    let old = Authorization {
        fingerprint: Fingerprint::from_stored(fingerprint),
        created_at: tx.at(),
        updated_at: tx.at(),
        expires_at: Some(until),
        ..before.clone()
    };
    let none: Option<i64> = None;
    let values: Params<'_> = &[
        &old.user_id.0,
        &none,
        &none,
        &old.token_hash.prefix(),
        &&old.token_hash.0[..],
        &old.token_last_eight.0,
        &old.note.as_ref().map(Note::as_str),
        &old.note_url.as_ref().map(NoteUrl::as_str),
        &old.scopes.to_stored(),
        &old.scopes.sorted().to_stored(),
        &old.fingerprint.as_str(),
        &tx.at().0,
        &until.0,
    ];
    let statement = sql::authorizations::INSERT_PERSONAL;
    let id = tx.one(statement, values, row::id).await?;
    let old = Authorization {
        id: AuthorizationId(id.ok_or(DbError::Missing)?),
        ..old
    };
    tx.audit(Action::TokenOverlaps, &Subject::authorization(&old))
        .await?;
    Ok(old)
}
