//! `/login/oauth/authorize`: a person lets an app act in their name, or does
//! not. Owns the pages and how a decision becomes an answer; who may be asked
//! what, and what a yes leaves, is core's.
//!
//! The form carries the request as it came in the URL, in one field, and core
//! judges it anew: what a page showed is never believed.

mod request;
mod response;
pub(super) mod view;

use grantd_core::consent::{Decision, SignInHint};
use grantd_core::error::{Error, Malformed};
use http::StatusCode;

use self::request::Asked;
use super::target;
use super::visit::Visit;
use crate::context::Context;
use crate::error::Result;
use crate::reply::{Cache, Reply};

/// `GET /login/oauth/authorize`. The one effect that it has is the code for a consent that was given before.
pub(crate) async fn show(visit: Visit) -> Result<Reply> {
    let asked = Asked::of_query(visit.context().raw_query());
    let who = visit.signed().map(|signed| &signed.session.identity);
    let decided = visit
        .authority()
        .authorize(&asked.request, who, visit.caller());
    let decision = decided.await?;
    answer(&visit, &asked, decision, StatusCode::FOUND).await
}

/// `HEAD /login/oauth/authorize`: whatever is asked for, nothing happens and nothing is said.
pub(crate) async fn head(_context: Context) -> Result<Reply> {
    Ok(Reply::html(StatusCode::OK, Vec::new(), Cache::NoStore))
}

/// `POST /login/oauth/authorize`: yes or no.
pub(crate) async fn decide(visit: Visit) -> Result<Reply> {
    let asked = Asked::of_query(visit.form().text("request"));
    let (authority, caller) = (visit.authority(), visit.caller());
    let decided = match (visit.signed(), visit.form().text("decision")) {
        (Some(signed), "approve") => {
            let who = &signed.session.identity;
            authority.approve(&asked.request, who, caller).await
        }
        (Some(signed), "deny") => {
            authority
                .deny(&asked.request, &signed.session.identity)
                .await
        }
        (Some(_), _) => return Err(Error::Malformed(Malformed::Form).into()),
        (None, _) => Err(Error::BadCredentials),
    };
    let decision = match decided {
        // Nobody is signed in any more: as if the request came for the first time.
        Err(Error::BadCredentials) => authority.authorize(&asked.request, None, caller).await?,
        decided => decided?,
    };
    answer(&visit, &asked, decision, StatusCode::SEE_OTHER).await
}

/// `status` is that of a redirect to the app.
async fn answer(
    visit: &Visit,
    asked: &Asked<'_>,
    decision: Decision,
    status: StatusCode,
) -> Result<Reply> {
    match decision {
        Decision::Reject(why) => view::rejected(visit, why),
        Decision::Ask(asking) => view::ask(visit, asked, *asking),
        Decision::SignIn(hint) => {
            let (door, to) = (door(&hint), asked.way_back());
            let way = target::detour(visit.authority(), &door, &to, visit.caller()).await?;
            Ok(Reply { status, ..way })
        }
        Decision::Redirect(response) => {
            let (wire, profile) = (visit.context().wire(), visit.settings().profile);
            Ok(response::redirect(wire, profile, &response, status))
        }
    }
}

/// The sign-in page with what the app says about whom it expects.
fn door(hint: &SignInHint) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("client_id", hint.app.client_id.as_str());
    if let Some(login) = &hint.login {
        query.append_pair("login", login);
    }
    if !hint.allow_signup {
        query.append_pair("allow_signup", "false");
    }
    if hint.select_account {
        query.append_pair("prompt", "select_account");
    }
    format!("/login?{}", query.finish())
}
