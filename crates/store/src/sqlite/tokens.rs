//! Tokens by their hash, and their end. Owns that eight bytes of a hash find
//! rows and all of it, compared in constant time, decides.

use grantd_core::app::ClientId;
use grantd_core::audit::Action;
use grantd_core::authorization::{Authorization, NewToken};
use grantd_core::clock::Timestamp;
use grantd_core::ids::AppId;
use grantd_core::store::{AppCheck, OwnedAuthorization, TokenVerdict};
use grantd_core::token::TokenHash;
use rusqlite::{Connection, Result, ToSql, params};

use super::change::{Change, Subject};
use super::query::Query;
use super::{grants, row};
use crate::sql;

/// The app, and its valid token with that hash.
pub(super) fn check(
    conn: &Connection,
    client_id: &ClientId,
    hash: Option<TokenHash>,
    now: Timestamp,
) -> Result<Option<AppCheck>> {
    let prefix = hash.map(|hash| hash.prefix());
    let mut statement = conn.prepare_cached(sql::authorizations::CHECK)?;
    let mut rows = statement.query(params![now.0, prefix, client_id.as_str()])?;
    let mut check: Option<AppCheck> = None;
    while let Some(r) = rows.next()? {
        let check = match &mut check {
            Some(check) => check,
            None => check.insert(AppCheck {
                credentials: row::app_credentials(r)?,
                token: None,
            }),
        };
        let found = r.get::<_, Option<[u8; 32]>>(row::APP + 2)?.map(TokenHash);
        let same = matches!((hash, found), (Some(hash), Some(found)) if hash.matches(&found));
        let valid = r.get::<_, Option<bool>>(row::APP + row::AUTHORIZATION + row::USER)?;
        if same && valid == Some(true) {
            check.token = Some(row::owned_beside(r, &check.credentials.app)?);
        }
    }
    Ok(check)
}

/// The token with that hash, whoever's it is.
pub(super) fn find(conn: &Connection, hash: TokenHash, now: Timestamp) -> Result<TokenVerdict> {
    let found = conn.all(
        sql::authorizations::FIND_BY_HASH,
        params![now.0, hash.prefix()],
        |r| Ok((row::owned(r)?, r.get::<_, bool>(row::OWNED)?)),
    )?;
    let valid = found
        .into_iter()
        .find(|(found, valid)| *valid && hash.matches(&found.authorization.token_hash));
    Ok(match valid {
        None => TokenVerdict::Unknown,
        Some((found, _)) if found.user.suspended_at.is_some() => TokenVerdict::OwnerSuspended,
        Some((found, _)) => TokenVerdict::Valid(Box::new(found)),
    })
}

fn find_of_app(tx: &Change<'_>, app: AppId, hash: TokenHash) -> Result<Option<OwnedAuthorization>> {
    let found = tx.all(
        sql::authorizations::FIND_VALID_OF_APP,
        params![hash.prefix(), app.0, tx.at().0],
        row::owned,
    )?;
    Ok(found
        .into_iter()
        .find(|found| hash.matches(&found.authorization.token_hash)))
}

/// Gives a valid token's record another token.
pub(super) fn reset(
    tx: &Change<'_>,
    app: AppId,
    old: TokenHash,
    new: &NewToken,
) -> Result<Option<OwnedAuthorization>> {
    let Some(mut found) = find_of_app(tx, app, old)? else {
        return Ok(None);
    };
    let record = &mut found.authorization;
    let replaced = tx.any(
        sql::authorizations::REPLACE_TOKEN,
        params![
            new.hash.prefix(),
            new.hash.0,
            new.last_eight.0,
            tx.at().0,
            record.id.0,
            old.0,
        ],
    )?;
    if !replaced {
        return Ok(None);
    }
    // The row names the token that ended: that is what somebody will look for.
    tx.audit(Action::TokenReset, &Subject::authorization(record))?;
    record.token_hash = new.hash;
    record.token_last_eight = new.last_eight.clone();
    record.updated_at = tx.at();
    Ok(Some(found))
}

/// Deletes the app's valid token with that hash.
pub(super) fn revoke(tx: &Change<'_>, app: AppId, hash: TokenHash) -> Result<bool> {
    match find_of_app(tx, app, hash)? {
        None => Ok(false),
        Some(found) => delete_one(tx, &found.authorization, Action::TokenRevoked),
    }
}

/// Deletes the grant of the app's valid token with that hash.
pub(super) fn revoke_grant(tx: &Change<'_>, app: AppId, hash: TokenHash) -> Result<bool> {
    match find_of_app(tx, app, hash)? {
        None => Ok(false),
        Some(found) => grants::delete(
            tx,
            sql::grants::DELETE_OF_USER_AND_APP,
            &[&found.user.id.0, &app.0],
        ),
    }
}

/// Deletes the authorization that `statement` finds. Whether there was one.
pub(super) fn find_and_delete(
    tx: &Change<'_>,
    statement: &'static str,
    keys: &[&dyn ToSql],
    action: Action,
) -> Result<bool> {
    match tx.one(statement, keys, row::authorization)? {
        None => Ok(false),
        Some(found) => delete_one(tx, &found, action),
    }
}

/// In lock order: the grant, the token. The deletion itself says whether the record was still there.
fn delete_one(tx: &Change<'_>, record: &Authorization, action: Action) -> Result<bool> {
    if let Some(app) = &record.app {
        grants::lock(tx, record.user_id, app.id)?;
    }
    delete(tx, sql::authorizations::DELETE, &[&record.id.0], action)
}

/// Deletes the authorizations that `statement` names, each with its audit row;
/// the grants that live on follow. Whether there were any.
pub(super) fn delete(
    tx: &Change<'_>,
    statement: &'static str,
    keys: &[&dyn ToSql],
    action: Action,
) -> Result<bool> {
    let deleted = tx.all(statement, keys, Subject::remains)?;
    for remains in &deleted {
        tx.audit(action, remains)?;
        if let (Some(user), Some(app)) = (remains.user, remains.app) {
            grants::refresh(tx, user, app)?;
        }
    }
    Ok(!deleted.is_empty())
}
