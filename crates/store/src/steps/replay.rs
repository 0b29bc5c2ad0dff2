//! The trail of a time that a restored store does not know, done again. Owns
//! what each row ends, and that what it does not understand ends rather than
//! lives; must not know where rows come from.
//!
//! A row that the store has is passed over: what it tells of is in the backup.
//! Any other row is added under its old id, and what it ended is ended, by the
//! very steps that ended it then. These leave rows of their own. Nothing that
//! was made in that time comes back: its row holds no more than a hash.

use grantd_core::audit::{Action, AuditRow, Stamp};
use grantd_core::clock::Timestamp;
use grantd_core::ids::{AppId, UserId};
use grantd_core::user::PasswordHash;

use super::change::{Change, Subject};
use super::{apps, audit, grants, passkeys, row, search, sign_in, tokens, users};
use crate::db::{Db, DbResult, Params, Undo};
use crate::sql;

/// A secret hash that nothing has: no text is known whose SHA-256 it is.
const NO_SECRET: [u8; 32] = [0; 32];

/// What a row came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The store has it.
    Known,
    /// The store has another row of this id: it is not this store's trail.
    Foreign,
    /// It is done, and these must see to it that they get in again.
    Done(Affected),
}

/// Who has to act after a replay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Affected {
    /// Whose password opens nothing any more.
    pub(crate) password_of: Option<UserId>,
    /// Whose recovery codes or passkeys are gone, or whose second factor is the old one.
    pub(crate) factors_of: Option<UserId>,
    /// Whose secret opens nothing any more.
    pub(crate) secret_of: Option<AppId>,
    /// It was edited, and has its old scopes.
    pub(crate) edited: bool,
    /// Whose settings are the old ones.
    pub(crate) app_edited: Option<AppId>,
    /// It ended something that the store has.
    pub(crate) ended: bool,
}

/// Does a row again, within a transaction.
pub(crate) async fn replay(
    db: &(dyn Db + '_),
    told: &AuditRow,
    now: Timestamp,
    unusable: &PasswordHash,
) -> DbResult<Outcome> {
    let id: Params<'_> = &[&told.id];
    let there = db.one(sql::audit::FIND, id, audit::audit_row);
    if let Some(there) = there.await? {
        return Ok(match there.line() == told.line() {
            true => Outcome::Known,
            false => Outcome::Foreign,
        });
    }
    add(db, told).await?;
    let stamp = Stamp::system(now);
    let Ok(tx) = Change::begin::<()>(db, &stamp, None)
        .await
        .map_err(drop_undo)
    else {
        return Ok(Outcome::Done(Affected::default()));
    };
    apply(&tx, told, unusable).await.map(Outcome::Done)
}

/// The system is never stale.
fn drop_undo(_: Undo<()>) {}

async fn add(db: &(dyn Db + '_), told: &AuditRow) -> DbResult<()> {
    let values: Params<'_> = &[
        &told.id,
        &told.at.0,
        &told.action,
        &told.actor_kind,
        &told.actor_id,
        &told.user_id.map(|id| id.0),
        &told.app_id.map(|id| id.0),
        &told.authorization_id.map(|id| id.0),
        &told.grant_id.map(|id| id.0),
        &told.token_hash.as_ref().map(|hash| &hash.0[..]),
        &told.token_last_eight.as_ref().map(|text| &text.0),
        &told.address,
        &told.request_id,
        &told.details,
    ];
    db.run(sql::audit::INSERT_OLD, values).await
}

/// What the row ended is ended. A row about a token that neither makes nor edits it ends it: also
/// one whose action this program does not know.
async fn apply(tx: &Change<'_>, told: &AuditRow, unusable: &PasswordHash) -> DbResult<Affected> {
    let action = Action::from_name(&told.action);
    let mut affected = Affected::default();
    match action {
        Some(Action::AuthorizationEdited) => affected.edited = true,
        Some(action) if action.spares_token() => {}
        _ => {
            if let Some(id) = told.authorization_id {
                affected.ended |= tokens::end_by_id(tx, id, Action::AuthorizationDeleted).await?;
            }
        }
    }
    if let (Some(Action::GrantDeleted), Some(grant)) = (action, told.grant_id) {
        affected.ended |= grants::delete(tx, sql::grants::DELETE_BY_ID, &[&grant.0]).await?;
    }
    if let (Some(action), Some(user)) = (action, told.user_id) {
        of_user(tx, action, user, unusable, &mut affected).await?;
    }
    if let (Some(action), Some(app)) = (action, told.app_id) {
        of_app(tx, action, app, told.user_id, &mut affected).await?;
    }
    Ok(affected)
}

async fn of_user(
    tx: &Change<'_>,
    action: Action,
    user: UserId,
    unusable: &PasswordHash,
    affected: &mut Affected,
) -> DbResult<()> {
    match action {
        Action::UserDeleted => affected.ended |= users::delete(tx, user).await?,
        Action::UserSuspended => affected.ended |= users::set_suspended(tx, user, true).await?,
        Action::UserUnsuspended => {
            users::set_suspended(tx, user, false).await?;
        }
        Action::SiteAdminGiven => {
            search::set_site_admin(tx, user, true).await?;
        }
        Action::SiteAdminTaken => affected.ended |= search::set_site_admin(tx, user, false).await?,
        Action::PasswordChanged | Action::PasswordReset if close(tx, user, unusable).await? => {
            affected.password_of = Some(user);
        }
        Action::TwoFactorEnabled | Action::TwoFactorDisabled => {
            // The old factor may be a thief's by now, and the new one is not known.
            if close(tx, user, unusable).await? {
                affected.password_of = Some(user);
                affected.factors_of = Some(user);
            }
            tx.run(sql::sign_in::DELETE_RECOVERY_CODES, &[&user.0])
                .await?;
        }
        Action::RecoveryCodesReplaced | Action::RecoveryCodeUsed => {
            // The row does not say which one.
            tx.run(sql::sign_in::DELETE_RECOVERY_CODES, &[&user.0])
                .await?;
            affected.factors_of = Some(user);
        }
        Action::PasskeyRemoved => {
            passkeys::remove_all(tx, user).await?;
            affected.factors_of = Some(user);
        }
        Action::EmailChanged => {
            // No link goes to an address that was left.
            tx.run(sql::users::DOUBT_EMAIL, &[&tx.at().0, &user.0])
                .await?;
        }
        _ => {}
    }
    Ok(())
}

/// From now on the password opens nothing. Whether there is such a user.
async fn close(tx: &Change<'_>, user: UserId, unusable: &PasswordHash) -> DbResult<bool> {
    let values: Params<'_> = &[&unusable.0, &tx.at().0, &user.0];
    let set = tx.any(sql::users::SET_PASSWORD, values).await?;
    sign_in::forget_steps(&**tx, user).await?;
    tx.audit_if(set, Action::PasswordChanged, &Subject::user(user))
        .await
}

async fn of_app(
    tx: &Change<'_>,
    action: Action,
    app: AppId,
    owner: Option<UserId>,
    affected: &mut Affected,
) -> DbResult<()> {
    match action {
        Action::AppDeleted => affected.ended |= apps::delete(tx, app).await?,
        Action::AppSuspended => affected.ended |= apps::set_suspended(tx, app, true).await?,
        Action::AppUnsuspended => {
            apps::set_suspended(tx, app, false).await?;
        }
        Action::AppOwnerChanged => {
            let owner = owner.map_or(0, |id| id.0);
            if tx
                .one(sql::users::EXISTS, &[&owner], row::id)
                .await?
                .is_some()
            {
                apps::set_owner(tx, app, UserId(owner)).await?;
            }
        }
        Action::AppSecretRotated => {
            let values: Params<'_> = &[&&NO_SECRET[..], &tx.at().0, &app.0];
            let set = tx.any(sql::apps::ROTATE_SECRET, values).await?;
            if tx.audit_if(set, action, &Subject::app(app)).await? {
                affected.secret_of = Some(app);
            }
        }
        Action::AppEdited => affected.app_edited = Some(app),
        Action::AppPreviousSecretEnded => {
            affected.ended |= apps::end_previous_secret(tx, app).await?;
        }
        _ => {}
    }
    Ok(())
}
