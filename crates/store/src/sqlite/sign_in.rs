//! Second factors: seeds, recovery codes, spent steps. Owns that each code is
//! spent by one statement; must not know how a code is computed.

use grantd_core::audit::Action;
use grantd_core::ids::UserId;
use grantd_core::login::Address;
use grantd_core::store::OtpUse;
use grantd_core::user::SecondFactor;
use rusqlite::{Connection, Result, params};

use super::change::{Change, Subject};
use super::query::Query;
use crate::sql;

/// Steps (of half a minute) that are kept; no code lives nearly as long.
const STEPS_KEPT: i64 = 120;

/// Sets another factor or removes the present one, with everything that belonged to the old one.
pub(super) fn set_factor(
    tx: &Change<'_>,
    id: UserId,
    factor: Option<&SecondFactor>,
) -> Result<bool> {
    let (set, action) = match factor {
        Some(factor) => (
            tx.any(
                sql::users::SET_FACTOR,
                params![factor.totp_seed.0, tx.at().0, id.0],
            )?,
            Action::TwoFactorEnabled,
        ),
        None => (
            tx.any(sql::users::REMOVE_FACTOR, params![tx.at().0, id.0])?,
            Action::TwoFactorDisabled,
        ),
    };
    if set {
        forget(tx, id)?;
        if let Some(factor) = factor {
            add_recovery_codes(tx, id, factor)?;
        }
    }
    tx.audit_if(set, action, &Subject::user(id))
}

pub(super) fn add_recovery_codes(tx: &Change<'_>, id: UserId, factor: &SecondFactor) -> Result<()> {
    for code in &factor.recovery_codes {
        tx.run(sql::sign_in::ADD_RECOVERY_CODE, params![id.0, code])?;
    }
    Ok(())
}

/// Recovery codes and spent steps.
pub(super) fn forget(conn: &Connection, id: UserId) -> Result<()> {
    conn.run(sql::sign_in::DELETE_RECOVERY_CODES, [id.0])?;
    conn.run(sql::sign_in::DELETE_STEPS, [id.0])
}

pub(super) fn spend_step(
    conn: &Connection,
    id: UserId,
    step: i64,
    address: Address,
    how: OtpUse,
) -> Result<bool> {
    let statement = match how {
        OtpUse::Once => sql::sign_in::SPEND_STEP_ONCE,
        OtpUse::ReusableFromSameAddress => sql::sign_in::SPEND_STEP_AGAIN,
    };
    let spent = conn.any(statement, params![id.0, step, address.to_string()])?;
    if spent {
        let oldest = step.saturating_sub(STEPS_KEPT);
        conn.run(sql::sign_in::FORGET_OLD_STEPS, params![id.0, oldest])?;
    }
    Ok(spent)
}
