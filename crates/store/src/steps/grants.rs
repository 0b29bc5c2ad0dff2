//! Grants within a transaction. Owns when what a grant shows is computed anew;
//! what it shows is `grantd_core::grant`'s to say.

use grantd_core::audit::Action;
use grantd_core::clock::Timestamp;
use grantd_core::grant::shown_scopes;
use grantd_core::ids::{AppId, GrantId, UserId};
use grantd_core::scope::Scopes;

use super::change::{Change, Subject};
use super::{flows, row, tokens};
use crate::db::{Columns, DbError, DbResult, Lock, Params};
use crate::sql;

/// A grant's row, locked until the transaction ends.
pub(super) struct Locked {
    pub(super) id: GrantId,
    /// `None` in a row that this transaction has added.
    consented: Option<Scopes>,
    shown: Scopes,
    updated_at: Timestamp,
}

fn locked(row: &dyn Columns) -> DbResult<Locked> {
    Ok(Locked {
        id: GrantId(row.get(0)?),
        consented: row.maybe(1)?.map(Scopes::from_stored),
        shown: row::scopes(row, 2)?,
        updated_at: Timestamp(row.get(3)?),
    })
}

/// Adds the grant or locks the one that is there. Everything that is decided
/// under this lock is a later statement.
///
/// The look comes first: whoever waits for a row that stays as it is waits in line; for one that
/// each holder writes anew, whoever comes next may be before those who have waited long.
pub(super) async fn lock_or_create(tx: &Change<'_>, user: UserId, app: AppId) -> DbResult<GrantId> {
    if let Some(grant) = lock(tx, user, app).await? {
        return Ok(grant.id);
    }
    let grant = tx
        .one(sql::grants::UPSERT, &[&user.0, &app.0, &tx.at().0], locked)
        .await?
        .ok_or(DbError::Missing)?;
    if grant.consented.is_none() {
        tx.audit(Action::GrantCreated, &Subject::grant(grant.id, user, app))
            .await?;
    }
    Ok(grant.id)
}

/// Adds to what the user has consented to, and computes what the grant shows, after a change of
/// its tokens. `updated_at` moves only when the shown set changes.
pub(super) async fn settle(
    tx: &Change<'_>,
    user: UserId,
    app: AppId,
    added: &Scopes,
) -> DbResult<()> {
    let Some(grant) = lock(tx, user, app).await? else {
        return Ok(());
    };
    let before = grant.consented.clone().unwrap_or_default();
    let consented = before.union(added);
    if grant.consented.as_ref() != Some(&consented) {
        let values: Params<'_> = &[&consented.to_stored(), &grant.id.0];
        tx.run(sql::grants::SET_CONSENTED, values).await?;
    }
    let of_tokens = tx
        .all(
            sql::authorizations::SCOPES_OF_GRANT,
            &[&user.0, &app.0],
            |r| row::scopes(r, 0),
        )
        .await?;
    let shown = shown_scopes(&of_tokens, &consented);
    if shown == grant.shown {
        return Ok(());
    }
    let updated_at = if shown.sorted() == grant.shown.sorted() {
        grant.updated_at
    } else {
        tx.at()
    };
    tx.run(
        sql::grants::SET_SHOWN,
        &[&shown.to_stored(), &updated_at.0, &grant.id.0],
    )
    .await
}

/// Locks the grant, if there is one.
pub(super) async fn lock(tx: &Change<'_>, user: UserId, app: AppId) -> DbResult<Option<Locked>> {
    tx.hold(
        Lock::Own,
        sql::grants::OF_USER_AND_APP,
        &[&user.0, &app.0],
        locked,
    )
    .await
}

/// Deletes the grants that `statement` names, then their tokens and codes. Whether there were any.
pub(super) async fn delete(
    tx: &Change<'_>,
    statement: &'static str,
    keys: Params<'_>,
) -> DbResult<bool> {
    Ok(delete_all(tx, statement, keys).await? > 0)
}

/// The same; how many.
pub(super) async fn delete_all(
    tx: &Change<'_>,
    statement: &'static str,
    keys: Params<'_>,
) -> DbResult<usize> {
    let deleted = tx
        .all(statement, keys, |row| {
            Ok((
                GrantId(row.get(0)?),
                UserId(row.get(1)?),
                AppId(row.get(2)?),
            ))
        })
        .await?;
    for &(grant, user, app) in &deleted {
        tx.audit(Action::GrantDeleted, &Subject::grant(grant, user, app))
            .await?;
        tokens::remove(
            tx,
            sql::authorizations::DELETE_ALL_OF_USER_AND_APP,
            &[&user.0, &app.0],
            Action::AuthorizationDeleted,
        )
        .await?;
        flows::delete_of_grant(tx, grant).await?;
    }
    Ok(deleted.len())
}
