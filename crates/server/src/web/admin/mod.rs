//! `/site-admin`: what site admins see and do of everybody's. Owns the pages;
//! that nothing of it is there for anybody else is core's
//! ([`grantd_core::admin`]), and so is the fresh proof that every act needs.

pub(crate) mod apps;
pub(crate) mod audit;
pub(crate) mod invite;
pub(crate) mod tokens;
pub(crate) mod users;

use grantd_core::admin::AdminRefusal;
use grantd_core::error::{Error, Malformed};
use grantd_core::ids::UserId;
use grantd_core::session::BrowserSession;

use super::form::Faults;
use super::visit::Visit;
use super::words::Words;
use crate::error::{Failure, Result};

/// The admin who asks, on pages for which core is asked nothing yet.
///
/// # Errors
/// `NotFound` for everybody else.
fn admin(visit: &Visit) -> Result<&BrowserSession> {
    let who = visit.who()?;
    match who.user().site_admin {
        true => Ok(who),
        false => Err(Error::NotFound.into()),
    }
}

/// What an act came to: done, or a sentence beside the form why not.
///
/// # Errors
/// What no sentence beside the form would help with.
fn outcome(done: Result<(), AdminRefusal>, words: &Words) -> Result<Result<(), Faults>> {
    match done {
        // It is so already, perhaps because the form was sent twice: what was wanted is so.
        Ok(()) | Err(AdminRefusal::Unchanged) => Ok(Ok(())),
        Err(AdminRefusal::Yourself) => Ok(Err(Faults::one("act", words.t("admin-yourself")))),
        Err(AdminRefusal::FreshProofNeeded) => Err(Failure::FreshProof),
        Err(AdminRefusal::Other(error)) => Err(error.into()),
    }
}

/// An act that no page offers.
fn unknown_act() -> Failure {
    Error::Malformed(Malformed::Form).into()
}

/// The name of a user who may be gone.
async fn login_of(visit: &Visit, id: UserId) -> Result<Option<String>> {
    let found = visit.authority().store.find_user_by_id(id).await;
    let found = found.map_err(Error::from)?;
    Ok(found.map(|user| user.login.to_string()))
}

/// A query parameter, encoded.
fn encoded(value: &str) -> String {
    url::form_urlencoded::byte_serialize(value.as_bytes()).collect()
}
