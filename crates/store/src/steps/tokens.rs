//! Tokens by their hash, and their end. Owns that eight bytes of a hash find
//! rows and all of it, compared in constant time, decides.

use grantd_core::audit::Action;
use grantd_core::authorization::{Authorization, NewToken};
use grantd_core::clock::Timestamp;
use grantd_core::ids::{AppId, AuthorizationId, UserId};
use grantd_core::scope::Scopes;
use grantd_core::store::{AppCheck, Leaked, OwnedAuthorization, TokenVerdict};
use grantd_core::token::TokenHash;

use super::change::{Change, Subject};
use super::{grants, row};
use crate::db::{Columns, DbResult, Lock, Params};
use crate::sql;

/// An app's check, row by row as [`sql::authorizations::CHECK`] gives them.
pub(crate) struct Check {
    hash: Option<TokenHash>,
    found: Option<AppCheck>,
}

impl Check {
    pub(crate) fn of(hash: Option<TokenHash>) -> Self {
        Self { hash, found: None }
    }

    pub(crate) fn row(&mut self, r: &dyn Columns) -> DbResult<()> {
        let check = match &mut self.found {
            Some(check) => check,
            None => self.found.insert(AppCheck {
                credentials: row::app_credentials(r)?.into(),
                token: None,
            }),
        };
        let found = r.maybe(row::APP + 2)?.map(TokenHash);
        let same = matches!((self.hash, found), (Some(hash), Some(found)) if hash.matches(&found));
        let valid = r.maybe(row::APP + row::AUTHORIZATION + row::USER)?;
        if same && valid == Some(true) {
            check.token = Some(row::owned_beside(r, &check.credentials.app)?.into());
        }
        Ok(())
    }

    /// The app, and its valid token with that hash.
    pub(crate) fn end(self) -> Option<AppCheck> {
        self.found
    }
}

/// A look for a token, whoever's it is, row by row as [`sql::authorizations::FIND_BY_HASH`] gives them.
pub(crate) struct Find {
    hash: TokenHash,
    verdict: TokenVerdict,
}

impl Find {
    pub(crate) fn of(hash: TokenHash) -> Self {
        let verdict = TokenVerdict::Unknown;
        Self { hash, verdict }
    }

    pub(crate) fn row(&mut self, r: &dyn Columns) -> DbResult<()> {
        let same = self.hash.matches(&TokenHash(r.get(2)?));
        if !same || !r.get::<bool>(row::OWNED)? {
            return Ok(());
        }
        let found = row::owned(r)?;
        self.verdict = match found.user.suspended_at {
            Some(_) => TokenVerdict::OwnerSuspended,
            None => TokenVerdict::Valid(found.into()),
        };
        Ok(())
    }

    pub(crate) fn end(self) -> TokenVerdict {
        self.verdict
    }
}

async fn find_of_app(
    tx: &Change<'_>,
    app: AppId,
    hash: TokenHash,
) -> DbResult<Option<OwnedAuthorization>> {
    let statement = sql::authorizations::FIND_VALID_OF_APP;
    let keys: Params<'_> = &[&hash.prefix(), &app.0, &tx.at().0];
    find(tx, statement, keys, hash).await
}

/// Of what a statement finds by eight bytes of a hash, the one with all of it.
async fn find(
    tx: &Change<'_>,
    statement: &'static str,
    keys: Params<'_>,
    hash: TokenHash,
) -> DbResult<Option<OwnedAuthorization>> {
    let found = tx.all(statement, keys, row::owned).await?;
    Ok(found
        .into_iter()
        .find(|found| hash.matches(&found.authorization.token_hash)))
}

/// Gives a valid token's record another token.
pub(super) async fn reset(
    tx: &Change<'_>,
    app: AppId,
    old: TokenHash,
    new: &NewToken,
) -> DbResult<Option<OwnedAuthorization>> {
    let Some(found) = find_of_app(tx, app, old).await? else {
        return Ok(None);
    };
    let record = &found.authorization;
    let replaced = tx
        .any(
            sql::authorizations::REPLACE_TOKEN,
            &[
                &new.hash.prefix(),
                &&new.hash.0[..],
                &new.last_eight.0,
                &tx.at().0,
                &record.id.0,
                &&old.0[..],
            ],
        )
        .await?;
    if !replaced {
        return Ok(None);
    }
    // The row names the token that ended: that is what somebody will look for.
    tx.audit(Action::TokenReset, &Subject::authorization(record))
        .await?;
    // An edit may have come between the look and the replacement.
    tx.one(sql::authorizations::FIND_BY_ID, &[&record.id.0], row::owned)
        .await
}

/// Deletes the app's valid token with that hash.
pub(super) async fn revoke(tx: &Change<'_>, app: AppId, hash: TokenHash) -> DbResult<bool> {
    match find_of_app(tx, app, hash).await? {
        None => Ok(false),
        Some(found) => end_found(tx, app, found, hash).await,
    }
}

/// The same, valid or not.
pub(super) async fn end(tx: &Change<'_>, app: AppId, hash: TokenHash) -> DbResult<bool> {
    let keys: Params<'_> = &[&hash.prefix(), &app.0];
    match find(tx, sql::authorizations::FIND_OF_APP, keys, hash).await? {
        None => Ok(false),
        Some(found) => end_found(tx, app, found, hash).await,
    }
}

async fn end_found(
    tx: &Change<'_>,
    app: AppId,
    found: OwnedAuthorization,
    hash: TokenHash,
) -> DbResult<bool> {
    let record = found.authorization;
    grants::lock(tx, record.user_id, app).await?;
    // By its token, not only by its id: a reset that came first has made it another's.
    let (statement, action) = (sql::authorizations::DELETE_TOKEN, Action::TokenRevoked);
    delete(tx, statement, &[&record.id.0, &&hash.0[..]], action).await
}

/// Deletes the grant of the app's valid token with that hash.
pub(super) async fn revoke_grant(tx: &Change<'_>, app: AppId, hash: TokenHash) -> DbResult<bool> {
    let Some(found) = find_of_app(tx, app, hash).await? else {
        return Ok(false);
    };
    let (user, id) = (found.user.id, found.authorization.id);
    grants::lock(tx, user, app).await?;
    tx.hold(Lock::Own, sql::authorizations::EXISTS, &[&id.0], row::id)
        .await?;
    // The look that counts: a reset may have come first.
    if find_of_app(tx, app, hash).await?.is_none() {
        return Ok(false);
    }
    let statement = sql::grants::DELETE_OF_USER_AND_APP;
    grants::delete(tx, statement, &[&user.0, &app.0]).await
}

/// Deletes the unexpired authorization with that hash, whoever's it is.
pub(super) async fn revoke_leaked(
    tx: &Change<'_>,
    hash: TokenHash,
    action: Action,
) -> DbResult<Option<Leaked>> {
    let statement = sql::authorizations::FIND_UNEXPIRED_BY_HASH;
    let keys: Params<'_> = &[&hash.prefix(), &tx.at().0];
    let found = tx.all(statement, keys, row::authorization).await?;
    let same = |record: &Authorization| hash.matches(&record.token_hash);
    let Some(record) = found.into_iter().find(same) else {
        return Ok(None);
    };
    let app = record.app.as_ref().map(|app| app.id);
    if let Some(app) = app {
        grants::lock(tx, record.user_id, app).await?;
    }
    let statement = sql::authorizations::DELETE_TOKEN;
    let deleted = delete(tx, statement, &[&record.id.0, &&hash.0[..]], action).await?;
    Ok(deleted.then_some(Leaked {
        user: record.user_id,
        app,
        last_eight: Some(record.token_last_eight),
    }))
}

/// Gives the user's personal token with this id another token and end. The record as it was: its
/// audit row names the token that was replaced, which is what somebody will look for.
pub(super) async fn replace(
    tx: &Change<'_>,
    (user, id): (UserId, AuthorizationId),
    new: &NewToken,
    expires_at: Option<Timestamp>,
    action: Action,
) -> DbResult<Option<Authorization>> {
    tx.hold(Lock::Own, sql::authorizations::EXISTS, &[&id.0], row::id)
        .await?;
    let keys: Params<'_> = &[&user.0, &id.0];
    let statement = sql::authorizations::FIND_PERSONAL;
    let Some(before) = tx.one(statement, keys, row::authorization).await? else {
        return Ok(None);
    };
    let values: Params<'_> = &[
        &new.hash.prefix(),
        &&new.hash.0[..],
        &new.last_eight.0,
        &expires_at.map(|at| at.0),
        &tx.at().0,
        &id.0,
    ];
    tx.run(sql::authorizations::REGENERATE, values).await?;
    tx.audit(action, &Subject::authorization(&before)).await?;
    Ok(Some(before))
}

/// Deletes the authorization that `statement` finds. Whether there was one.
pub(super) async fn find_and_delete(
    tx: &Change<'_>,
    statement: &'static str,
    keys: Params<'_>,
    action: Action,
) -> DbResult<bool> {
    match tx.one(statement, keys, row::authorization).await? {
        None => Ok(false),
        Some(found) => delete_one(tx, &found, action).await,
    }
}

/// In lock order: the grant, the token. The deletion itself says whether the record was still there.
async fn delete_one(tx: &Change<'_>, record: &Authorization, action: Action) -> DbResult<bool> {
    if let Some(app) = &record.app {
        grants::lock(tx, record.user_id, app.id).await?;
    }
    delete(tx, sql::authorizations::DELETE, &[&record.id.0], action).await
}

/// Deletes the authorizations that `statement` names; the grants that live on follow.
/// Whether there were any.
async fn delete(
    tx: &Change<'_>,
    statement: &'static str,
    keys: Params<'_>,
    action: Action,
) -> DbResult<bool> {
    let deleted = remove(tx, statement, keys, action).await?;
    for remains in &deleted {
        if let (Some(user), Some(app)) = (remains.user, remains.app) {
            grants::settle(tx, user, app, &Scopes::default()).await?;
        }
    }
    Ok(!deleted.is_empty())
}

/// Deletes the authorization of this id, whoever's it is. Whether there was one.
pub(super) async fn end_by_id(
    tx: &Change<'_>,
    id: AuthorizationId,
    action: Action,
) -> DbResult<bool> {
    delete(tx, sql::authorizations::DELETE, &[&id.0], action).await
}

/// Deletes the authorizations that `statement` names, each with its audit row. What their
/// grants show is left to the caller.
pub(super) async fn remove(
    tx: &Change<'_>,
    statement: &'static str,
    keys: Params<'_>,
    action: Action,
) -> DbResult<Vec<Subject>> {
    let deleted = tx.all(statement, keys, Subject::remains).await?;
    tx.audit_all(action, &deleted).await?;
    Ok(deleted)
}
