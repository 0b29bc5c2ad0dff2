//! Second factors: seeds, recovery codes, spent steps. Owns that each code is
//! spent by one statement; must not know how a code is computed.

use grantd_core::audit::Action;
use grantd_core::ids::UserId;
use grantd_core::login::Address;
use grantd_core::store::OtpUse;
use grantd_core::user::SecondFactor;

use super::change::{Change, Subject};
use crate::db::{Db, DbResult};
use crate::sql;

/// Steps (of half a minute) that are kept; no code lives nearly as long.
const STEPS_KEPT: i64 = 120;

/// Sets another factor or removes the present one, with everything that belonged to the old one.
pub(super) async fn set_factor(
    tx: &Change<'_>,
    id: UserId,
    factor: Option<&SecondFactor>,
) -> DbResult<bool> {
    let (set, action) = match factor {
        Some(factor) => (
            tx.any(
                sql::users::SET_FACTOR,
                &[&factor.totp_seed.0, &tx.at().0, &id.0],
            )
            .await?,
            Action::TwoFactorEnabled,
        ),
        None => (
            tx.any(sql::users::REMOVE_FACTOR, &[&tx.at().0, &id.0])
                .await?,
            Action::TwoFactorDisabled,
        ),
    };
    if set {
        forget(&**tx, id).await?;
        if let Some(factor) = factor {
            add_recovery_codes(tx, id, &factor.recovery_codes).await?;
        }
    }
    tx.audit_if(set, action, &Subject::user(id)).await
}

pub(super) async fn add_recovery_codes(
    tx: &Change<'_>,
    id: UserId,
    codes: &[[u8; 32]],
) -> DbResult<()> {
    for code in codes {
        tx.run(sql::sign_in::ADD_RECOVERY_CODE, &[&id.0, &&code[..]])
            .await?;
    }
    Ok(())
}

/// Recovery codes and spent steps.
pub(super) async fn forget(db: &dyn Db, id: UserId) -> DbResult<()> {
    db.run(sql::sign_in::DELETE_RECOVERY_CODES, &[&id.0])
        .await?;
    forget_steps(db, id).await
}

/// Spent steps.
pub(super) async fn forget_steps(db: &dyn Db, id: UserId) -> DbResult<()> {
    db.run(sql::sign_in::DELETE_STEPS, &[&id.0]).await
}

pub(super) async fn spend_step(
    db: &dyn Db,
    id: UserId,
    step: i64,
    address: Address,
    how: OtpUse,
) -> DbResult<bool> {
    let statement = match how {
        OtpUse::Once => sql::sign_in::SPEND_STEP_ONCE,
        OtpUse::ReusableFromSameAddress => sql::sign_in::SPEND_STEP_AGAIN,
    };
    let spent = db
        .any(statement, &[&id.0, &step, &address.to_string()])
        .await?;
    if spent {
        let oldest = step.saturating_sub(STEPS_KEPT);
        db.run(sql::sign_in::FORGET_OLD_STEPS, &[&id.0, &oldest])
            .await?;
    }
    Ok(spent)
}
