//! Refusals of core as sentences beside a field. Owns the words; refusals that
//! no form can do anything about are passed on.

use grantd_core::error::{Error, Forbidden, Throttle};
use grantd_core::login::password::{LONGEST_PASSWORD, UnusablePassword};
use grantd_core::own_account::AccountRefusal;
use grantd_core::store::Taken;
use http::StatusCode;

use super::form::Faults;
use super::words::Words;
use crate::error::{Failure, Result};

/// A refusal that a person can do something about.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: StatusCode,
    /// Seconds.
    pub(crate) retry_after: Option<u32>,
    pub(crate) faults: Faults,
}

impl Told {
    /// Something typed is not right.
    pub(crate) fn fault(field: &'static str, sentence: String) -> Self {
        Self::faults(Faults::one(field, sentence))
    }

    /// Several things typed are not right.
    pub(crate) fn faults(faults: Faults) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            retry_after: None,
            faults,
        }
    }

    fn later(field: &'static str, sentence: String, status: StatusCode, seconds: u32) -> Self {
        Self {
            status,
            retry_after: Some(seconds),
            faults: Faults::one(field, sentence),
        }
    }
}

/// The sentence for a refusal of a form whose password field is `field`.
///
/// # Errors
/// What no sentence beside a field would help with.
pub(crate) fn tell(refusal: AccountRefusal, field: &'static str, words: &Words) -> Result<Told> {
    let told = match refusal {
        AccountRefusal::FreshProofNeeded => return Err(Failure::FreshProof),
        AccountRefusal::WrongPassword => Told::fault(field, words.t("sudo-wrong")),
        AccountRefusal::WrongCode => Told::fault("code", words.t("factor-wrong")),
        AccountRefusal::Password(unusable) => Told::fault("password", of_password(unusable, words)),
        AccountRefusal::Taken(Taken::Email) => Told::fault("email", words.t("email-taken")),
        AccountRefusal::Taken(_) => Told::fault("login", words.t("login-taken")),
        AccountRefusal::NoMailer => Told::fault("email", words.t("forgot-off")),
        AccountRefusal::Other(error) => return tell_error(error, field, words),
        AccountRefusal::Spent
        | AccountRefusal::NotFirst
        | AccountRefusal::NoSecondFactor
        | AccountRefusal::HasSecondFactor
        | AccountRefusal::Issuer(_) => return Err(Error::NotFound.into()),
    };
    Ok(told)
}

/// The same for what every door may say.
///
/// # Errors
/// What no sentence beside a field would help with.
pub(crate) fn tell_error(error: Error, field: &'static str, words: &Words) -> Result<Told> {
    let busy = StatusCode::TOO_MANY_REQUESTS;
    let told = match error {
        Error::Forbidden(Forbidden::TooManyAttempts) => {
            Told::later(field, words.t("login-locked"), busy, 300)
        }
        Error::Forbidden(Forbidden::Suspended) => Told {
            status: StatusCode::FORBIDDEN,
            ..Told::fault(field, words.t("login-suspended"))
        },
        Error::Throttled {
            kind: Throttle::Hashing,
            retry_after,
        } => {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            Told::later(field, words.t("login-busy"), status, retry_after)
        }
        Error::Throttled {
            kind: Throttle::Login,
            retry_after,
        } => {
            let minutes = retry_after.div_ceil(60);
            let sentence = words.t1("login-throttled", "minutes", minutes);
            Told::later(field, sentence, busy, retry_after)
        }
        other => return Err(other.into()),
    };
    Ok(told)
}

fn of_password(unusable: UnusablePassword, words: &Words) -> String {
    match unusable {
        UnusablePassword::Empty => words.t("password-missing"),
        UnusablePassword::TooLong => words.t1("password-long", "most", LONGEST_PASSWORD),
        UnusablePassword::TooShort(least) => words.t1("password-short", "least", least),
        UnusablePassword::Common => words.t("password-common"),
    }
}
