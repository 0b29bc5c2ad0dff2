//! `/login/passkey`, `/login/two-factor/passkey`, `/sudo/passkey`: passkeys in
//! the place of a password, of a code, or of both. For the page's script.

use grantd_core::own_account::AccountRefusal;
use grantd_core::passkey::PasskeyRefusal;
use grantd_core::session::SignedIn;
use grantd_core::user::User;
use http::{StatusCode, header};
use serde::Serialize;
use serde_json::json;

use super::super::ceremonies::{Ceremonies, Finish, Refused};
use super::super::told;
use super::super::visit::Visit;
use super::super::{session, target};
use super::{end_before, two_factor, with_session};
use crate::error::{Failure, Result};
use crate::reply::{Cache, Reply};

fn answer(status: StatusCode, value: &impl Serialize) -> Reply {
    Reply::json(status, value, Cache::NoStore)
}

/// What the script says to the person.
pub(in crate::web) fn say(sentence: String) -> Reply {
    let body = json!({ "message": sentence });
    answer(StatusCode::UNPROCESSABLE_ENTITY, &body)
}

/// What a ceremony that came to nothing means for the person.
pub(in crate::web) fn refused(visit: &Visit, refused: Refused) -> Result<Reply> {
    let words = visit.words();
    match refused {
        Refused::Unknown | Refused::Core(PasskeyRefusal::Copied) => {
            Ok(say(words.t("passkey-unknown")))
        }
        Refused::Core(PasskeyRefusal::FreshProofNeeded) => Err(Failure::FreshProof),
        Refused::Core(PasskeyRefusal::Name) => Ok(say(words.t1(
            "passkeys-missing-name",
            "most",
            grantd_core::passkey::LONGEST_NAME,
        ))),
        Refused::Core(PasskeyRefusal::Taken) => Ok(say(words.t("passkeys-taken"))),
        Refused::Core(PasskeyRefusal::TooMany) => Ok(say(words.t("passkeys-too-many"))),
        Refused::Core(PasskeyRefusal::Other(error)) => {
            let told = told::tell_error(error, "passkey", words)?;
            let sentence = told.faults.of("passkey").unwrap_or_default().to_owned();
            Ok(say(sentence))
        }
    }
}

/// Where a page's script asks for a passkey of this user; none who has none, or where browsers have none.
pub(super) async fn door(
    visit: &Visit,
    user: &User,
    path: &'static str,
) -> Result<Option<&'static str>> {
    if visit.ceremonies().is_err() {
        return Ok(None);
    }
    let known = visit.authority().store.list_passkeys(user.id).await;
    let known = known.map_err(grantd_core::Error::from)?;
    Ok((!known.is_empty()).then_some(path))
}

async fn begin(visit: &Visit, user: Option<&User>) -> Result<Reply> {
    let ceremonies = visit.ceremonies()?;
    match ceremonies
        .sign_in(visit.authority(), user, visit.caller())
        .await
    {
        Ok(begun) => Ok(answer(StatusCode::OK, &begun)),
        Err(why) => refused(visit, why),
    }
}

/// What the script came back with.
pub(in crate::web) fn finish(visit: &Visit) -> Result<(&Ceremonies, Finish)> {
    let finish = serde_json::from_slice(visit.body());
    let finish =
        finish.map_err(|_| grantd_core::Error::Malformed(grantd_core::error::Malformed::Json))?;
    Ok((visit.ceremonies()?, finish))
}

/// On to where the person wanted to go: a script navigates, so no form's policy is in the way.
async fn go_on(visit: &Visit, ticket: &str) -> Result<Reply> {
    let location = target::take(visit, ticket).await?;
    Ok(answer(StatusCode::OK, &json!({ "location": location })))
}

/// `POST /login/passkey/start`.
pub(crate) async fn start(visit: Visit) -> Result<Reply> {
    begin(&visit, None).await
}

/// `POST /login/passkey/finish`.
pub(crate) async fn enter(visit: Visit) -> Result<Reply> {
    let (ceremonies, finish) = finish(&visit)?;
    let to = finish.return_to.clone();
    let proven = match ceremonies.signed(visit.authority(), finish).await {
        Ok(proven) => proven,
        Err(why) => return refused(&visit, why),
    };
    let (agent, caller) = (visit.user_agent(), visit.caller());
    let signed_in = visit
        .authority()
        .finish_sign_in_by_passkey(None, proven, agent, caller)
        .await;
    signed_in_or_told(&visit, signed_in, &to).await
}

async fn signed_in_or_told(
    visit: &Visit,
    signed_in: std::result::Result<SignedIn, AccountRefusal>,
    to: &str,
) -> Result<Reply> {
    match signed_in {
        Ok(signed_in) => {
            end_before(visit).await?;
            let reply = go_on(visit, to).await?;
            Ok(with_session(visit, &signed_in, reply))
        }
        Err(AccountRefusal::Spent) => Ok(say(visit.words().t("login-expired"))),
        Err(refusal) => {
            let told = told::tell(refusal, "passkey", visit.words())?;
            let sentence = told.faults.of("passkey").unwrap_or_default().to_owned();
            Ok(say(sentence))
        }
    }
}

/// `POST /login/two-factor/passkey/start`.
pub(crate) async fn start_second(visit: Visit) -> Result<Reply> {
    match two_factor::waiting(&visit).await? {
        Some((_, user)) => begin(&visit, Some(&user)).await,
        None => Ok(say(visit.words().t("login-expired"))),
    }
}

/// `POST /login/two-factor/passkey/finish`.
pub(crate) async fn enter_second(visit: Visit) -> Result<Reply> {
    let Some((ticket, _)) = two_factor::waiting(&visit).await? else {
        return Ok(say(visit.words().t("login-expired")));
    };
    let (ceremonies, finish) = finish(&visit)?;
    let to = finish.return_to.clone();
    let proven = match ceremonies.signed(visit.authority(), finish).await {
        Ok(proven) => proven,
        Err(why) => return refused(&visit, why),
    };
    let (agent, caller) = (visit.user_agent(), visit.caller());
    let signed_in = visit
        .authority()
        .finish_sign_in_by_passkey(Some(&ticket), proven, agent, caller)
        .await;
    signed_in_or_told(&visit, signed_in, &to).await
}

/// `POST /sudo/passkey/start`.
pub(crate) async fn start_sudo(visit: Visit) -> Result<Reply> {
    begin(&visit, Some(visit.who()?.user())).await
}

/// `POST /sudo/passkey/finish`.
pub(crate) async fn enter_sudo(visit: Visit) -> Result<Reply> {
    let (ceremonies, finish) = finish(&visit)?;
    let to = finish.return_to.clone();
    let proven = match ceremonies.signed(visit.authority(), finish).await {
        Ok(proven) => proven,
        Err(why) => return refused(&visit, why),
    };
    let proved = visit
        .authority()
        .reauthenticate_by_passkey(visit.who()?, proven, visit.caller());
    match proved.await {
        Ok(signed_in) => {
            let cookie = session::cookie(visit.jar(), &signed_in);
            Ok(go_on(&visit, &to).await?.with(header::SET_COOKIE, &cookie))
        }
        Err(refusal) => {
            let told = told::tell(refusal, "passkey", visit.words())?;
            let sentence = told.faults.of("passkey").unwrap_or_default().to_owned();
            Ok(say(sentence))
        }
    }
}
