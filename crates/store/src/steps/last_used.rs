//! Last uses of tokens, and the lists that show them. Owns that noting them is
//! in nobody's way: whatever somebody is at is passed over, so that no lock
//! order is at stake.

use async_trait::async_trait;
use futures_util::future::try_join_all;
use grantd_core::audit::{Action, Stamp};
use grantd_core::authorization::{Authorization, NewToken};
use grantd_core::clock::Timestamp;
use grantd_core::ids::{AuthorizationId, GrantId, UserId};
use grantd_core::last_used::{AddressClass, LastUse};
use grantd_core::store::{Page, PageRequest, Stored, UseStore, UsedAuthorization, UsedGrant};

use super::change::Change;
use super::list::List;
use super::{Engine, StoreOn, grants, row, tokens};
use crate::db::{Columns, Db, DbResult, Params};
use crate::sql;

#[async_trait]
impl<E: Engine> UseStore for StoreOn<E> {
    async fn note_uses(
        &self,
        uses: Vec<(AuthorizationId, LastUse)>,
    ) -> Stored<Vec<AuthorizationId>> {
        self.engine
            .write_lightly(uses, |db, uses| {
                Box::pin(async move { Ok(note_all(db, uses).await?) })
            })
            .await
    }

    async fn list_personal_tokens(
        &self,
        user: UserId,
        page: PageRequest,
    ) -> Stored<Page<UsedAuthorization>> {
        self.engine
            .read_at_once((user, page), |db, (user, page)| {
                Box::pin(async move {
                    let list = List {
                        count: sql::authorizations::COUNT_PERSONAL,
                        page: sql::authorizations::LIST_PERSONAL,
                        keys: &[&user.0],
                    };
                    list.read(db, *page, used_authorization).await
                })
            })
            .await
    }

    async fn find_personal_token(
        &self,
        user: UserId,
        id: AuthorizationId,
    ) -> Stored<Option<UsedAuthorization>> {
        self.engine
            .read((user, id), |db, (user, id)| {
                Box::pin(async move {
                    let keys: Params<'_> = &[&user.0, &id.0];
                    let statement = sql::authorizations::FIND_PERSONAL;
                    db.one(statement, keys, used_authorization).await
                })
            })
            .await
    }

    async fn regenerate_token(
        &self,
        user: UserId,
        id: AuthorizationId,
        new: NewToken,
        expires_at: Option<Timestamp>,
        stamp: Stamp,
    ) -> Stored<Option<Authorization>> {
        let of = (user, id, new, expires_at);
        self.engine
            .change(stamp, of, |tx, (user, id, new, expires_at)| {
                Box::pin(async move { Ok(regenerate(tx, *user, *id, new, *expires_at).await?) })
            })
            .await
    }

    async fn delete_personal_token(
        &self,
        user: UserId,
        id: AuthorizationId,
        stamp: Stamp,
    ) -> Stored<bool> {
        self.engine
            .change(stamp, (user, id), |tx, (user, id)| {
                Box::pin(async move {
                    let statement = sql::authorizations::FIND_PERSONAL;
                    let action = Action::AuthorizationDeleted;
                    Ok(tokens::find_and_delete(tx, statement, &[&user.0, &id.0], action).await?)
                })
            })
            .await
    }

    async fn list_used_grants(&self, user: UserId, page: PageRequest) -> Stored<Page<UsedGrant>> {
        self.engine
            .read_at_once((user, page), |db, (user, page)| {
                Box::pin(async move {
                    let list = List {
                        count: sql::grants::COUNT_OF_USER,
                        page: sql::grants::LIST_USED,
                        keys: &[&user.0],
                    };
                    list.read(db, *page, used_grant).await
                })
            })
            .await
    }

    async fn find_used_grant(&self, user: UserId, id: GrantId) -> Stored<Option<UsedGrant>> {
        self.engine
            .read((user, id), |db, (user, id)| {
                Box::pin(async move {
                    let keys: Params<'_> = &[&user.0, &id.0];
                    db.one(sql::grants::FIND_USED, keys, used_grant).await
                })
            })
            .await
    }

    async fn delete_grants(&self, user: UserId, stamp: Stamp) -> Stored<usize> {
        self.engine
            .change_of(Some(user), stamp, user, |tx, user| {
                Box::pin(async move {
                    let statement = sql::grants::DELETE_OF_USER;
                    Ok(grants::delete_all(tx, statement, &[&user.0]).await?)
                })
            })
            .await
    }
}

/// What was passed over.
async fn note_all(
    db: &dyn Db,
    uses: &[(AuthorizationId, LastUse)],
) -> DbResult<Vec<AuthorizationId>> {
    let noted = uses
        .iter()
        .map(async |(id, last)| DbResult::Ok((!note(db, *id, last).await?).then_some(*id)));
    let passed_over = try_join_all(noted).await?;
    Ok(passed_over.into_iter().flatten().collect())
}

async fn note(db: &dyn Db, id: AuthorizationId, last: &LastUse) -> DbResult<bool> {
    let statement = sql::authorizations::EXISTS;
    if db.hold_free(statement, &[&id.0], row::id).await?.is_empty() {
        return Ok(false);
    }
    let from = last.from.map(AddressClass::name);
    db.run(sql::last_used::NOTE, &[&id.0, &last.at.0, &from])
        .await?;
    Ok(true)
}

async fn regenerate(
    tx: &Change<'_>,
    user: UserId,
    id: AuthorizationId,
    new: &NewToken,
    expires_at: Option<Timestamp>,
) -> DbResult<Option<Authorization>> {
    let before = tokens::replace(tx, (user, id), new, expires_at, Action::TokenReset).await?;
    if before.is_none() {
        return Ok(None);
    }
    let keys: Params<'_> = &[&user.0, &id.0];
    tx.one(sql::authorizations::FIND_PERSONAL, keys, row::authorization)
        .await
}

/// An authorization, its app's summary, its last use.
fn used_authorization(row: &dyn Columns) -> DbResult<UsedAuthorization> {
    Ok(UsedAuthorization {
        authorization: row::authorization(row)?,
        last_use: last_use(row, row::RECORD)?,
    })
}

/// A grant, the app's owner, the number of tokens, the last use.
fn used_grant(row: &dyn Columns) -> DbResult<UsedGrant> {
    let tokens: i64 = row.get(row::GRANT + row::USER)?;
    Ok(UsedGrant {
        grant: row::grant(row)?,
        owner: row::user(row, row::GRANT)?,
        tokens: tokens.unsigned_abs(),
        last_use: last_use(row, row::GRANT + row::USER + 1)?,
    })
}

pub(super) fn last_use(row: &dyn Columns, at: usize) -> DbResult<Option<LastUse>> {
    let Some(moment) = row.maybe(at)? else {
        return Ok(None);
    };
    Ok(Some(LastUse {
        at: Timestamp(moment),
        from: row.text(at + 1)?.and_then(AddressClass::from_name),
    }))
}
