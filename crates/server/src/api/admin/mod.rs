//! `/admin/…`, and what only a site admin does below `/users/…`: GitHub
//! Enterprise Server's operations, and our own for apps. Every row here is
//! [`crate::auth::Auth::SiteAdmin`]'s.

pub(crate) mod apps;
pub(crate) mod tokens;
pub(crate) mod users;

use crate::auth::Identity;
use crate::context::Context;
use crate::reply::Cache;

/// How an answer without a secret may be kept.
fn cache(context: &Context) -> Cache {
    match context.identity() {
        Identity::Token(_) => Cache::Revalidate,
        _ => Cache::Private,
    }
}
