//! Where somebody goes after signing in. Owns that such a target never stands
//! in a URL: it is kept on the server, and the URL holds a ticket for it (S44).

use grantd_core::authority::{Authority, Caller};
use grantd_core::secret::Secret;
use grantd_core::ticket::ReturnTo;
use http::Method;

use super::visit::Visit;
use crate::context::Context;
use crate::error::Result;
use crate::reply::Reply;
use crate::routes::Place;

/// Where people go who wanted nothing in particular.
const HOME: &str = "/";
/// The pages of the web flow: they answer by sending the person to another site.
const FLOW: &str = "/login/oauth/";

/// The page to come back to: the one asked for, or, for a form, the nearest page from its address upwards.
pub(crate) fn of(context: &Context) -> String {
    let mut path = context.path();
    if context.method().is_safe() {
        return match context.raw_query() {
            "" => path.to_owned(),
            query => format!("{path}?{query}"),
        };
    }
    let place = Place {
        below_base: false,
        html: true,
    };
    while !path.is_empty() {
        let found = context.app().router().find(&Method::GET, path, place);
        if found.is_some_and(|found| found.route.part.is_site()) {
            return path.to_owned();
        }
        path = path.rsplit_once('/').map_or("", |(above, _)| above);
    }
    HOME.to_owned()
}

/// To the page `door`, and from there back to `place`.
///
/// # Errors
/// `Throttled`, `Unavailable`.
pub(crate) async fn detour(
    authority: &Authority,
    door: &str,
    place: &str,
    caller: &Caller,
) -> Result<Reply> {
    let Some(target) = ReturnTo::parse(place) else {
        return Ok(Reply::see_other(door));
    };
    let ticket = authority.remember_return(&target, caller).await?;
    Ok(Reply::see_other(&with_ticket(door, ticket.expose())))
}

/// The address of a page that takes a ticket along.
pub(crate) fn with_ticket(path: &str, ticket: &str) -> String {
    let harmless = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if ticket.is_empty() || !ticket.bytes().all(harmless) {
        return path.to_owned();
    }
    let separator = if path.contains('?') { '&' } else { '?' };
    format!("{path}{separator}return_to={ticket}")
}

/// What a ticket stands for; it stays.
///
/// # Errors
/// `Unavailable`.
pub(crate) async fn look(visit: &Visit, ticket: &str) -> Result<Option<ReturnTo>> {
    if ticket.is_empty() {
        return Ok(None);
    }
    let ticket = Secret::new(ticket.to_owned());
    Ok(visit.authority().return_target(&ticket).await?)
}

/// Where a ticket leads, once; home without one.
///
/// # Errors
/// `Unavailable`.
pub(crate) async fn take(visit: &Visit, ticket: &str) -> Result<String> {
    if ticket.is_empty() {
        return Ok(HOME.to_owned());
    }
    let ticket = Secret::new(ticket.to_owned());
    let target = visit.authority().take_return_target(&ticket).await?;
    Ok(target.map_or_else(|| HOME.to_owned(), |target| target.as_str().to_owned()))
}

/// Where the answer to a form leads. Browsers hold the way to another site against the form's
/// `form-action`, so into a flow it leads by a page of its own.
///
/// # Errors
/// `Unavailable`.
pub(crate) async fn after_form(visit: &Visit, ticket: &str) -> Result<String> {
    let leads_away = look(visit, ticket)
        .await?
        .is_some_and(|target| target.as_str().starts_with(FLOW));
    if leads_away {
        return Ok(with_ticket("/login/done", ticket));
    }
    take(visit, ticket).await
}
