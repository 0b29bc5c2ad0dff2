//! Grants within a transaction. Owns when what a grant shows is computed anew;
//! what it shows is `grantd_core::grant`'s to say.

use grantd_core::audit::Action;
use grantd_core::clock::Timestamp;
use grantd_core::grant::shown_scopes;
use grantd_core::ids::{AppId, GrantId, UserId};
use grantd_core::scope::Scopes;
use rusqlite::{Result, Row, ToSql, params};

use super::change::{Change, Subject};
use super::query::Query;
use super::{row, tokens};
use crate::sql;

/// A grant's row, locked until the transaction ends.
pub(super) struct Locked {
    id: GrantId,
    /// `None` in a row that this transaction has added.
    consented: Option<Scopes>,
    shown: Scopes,
    updated_at: Timestamp,
}

fn locked(row: &Row<'_>) -> Result<Locked> {
    Ok(Locked {
        id: GrantId(row.get(0)?),
        consented: row
            .get::<_, Option<String>>(1)?
            .map(|text| Scopes::from_stored(&text)),
        shown: row::scopes(row, 2)?,
        updated_at: Timestamp(row.get(3)?),
    })
}

/// Adds the grant or locks the one that is there. Everything that is decided
/// under this lock is a later statement.
pub(super) fn lock_or_create(tx: &Change<'_>, user: UserId, app: AppId) -> Result<GrantId> {
    let grant = tx
        .one(
            sql::grants::UPSERT,
            params![user.0, app.0, tx.at().0],
            locked,
        )?
        .ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    if grant.consented.is_none() {
        tx.audit(Action::GrantCreated, &Subject::grant(grant.id, user, app))?;
    }
    Ok(grant.id)
}

/// Adds to what the user has consented to.
pub(super) fn widen(tx: &Change<'_>, user: UserId, app: AppId, scopes: &Scopes) -> Result<()> {
    let Some(grant) = lock(tx, user, app)? else {
        return Ok(());
    };
    let before = grant.consented.unwrap_or_default();
    let after = before.clone().union(scopes);
    tx.run(
        sql::grants::SET_CONSENTED,
        params![after.to_stored(), grant.id.0],
    )
}

/// Computes what the grant of a user and app shows, after any change of their
/// tokens. `updated_at` moves only when the set changes.
pub(super) fn refresh(tx: &Change<'_>, user: UserId, app: AppId) -> Result<()> {
    let Some(grant) = lock(tx, user, app)? else {
        return Ok(());
    };
    let of_tokens = tx.all(
        sql::authorizations::SCOPES_OF_GRANT,
        params![user.0, app.0],
        |r| row::scopes(r, 0),
    )?;
    let shown = shown_scopes(&of_tokens, &grant.consented.unwrap_or_default());
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
        params![shown.to_stored(), updated_at.0, grant.id.0],
    )
}

/// Locks the grant, if there is one.
pub(super) fn lock(tx: &Change<'_>, user: UserId, app: AppId) -> Result<Option<Locked>> {
    tx.one(sql::grants::OF_USER_AND_APP, params![user.0, app.0], locked)
}

/// Deletes the grants that `statement` names, then their tokens. Whether there were any.
pub(super) fn delete(
    tx: &Change<'_>,
    statement: &'static str,
    keys: &[&dyn ToSql],
) -> Result<bool> {
    let deleted = tx.all(statement, keys, |row| {
        Ok((
            GrantId(row.get(0)?),
            UserId(row.get(1)?),
            AppId(row.get(2)?),
        ))
    })?;
    for &(grant, user, app) in &deleted {
        tx.audit(Action::GrantDeleted, &Subject::grant(grant, user, app))?;
        tokens::delete(
            tx,
            sql::authorizations::DELETE_ALL_OF_USER_AND_APP,
            &[&user.0, &app.0],
            Action::AuthorizationDeleted,
        )?;
    }
    Ok(!deleted.is_empty())
}
