//! `/user` and `/users/{username}`: profiles.

use grantd_core::error::Error;
use grantd_core::user::LoginKey;

use crate::auth::Identity;
use crate::context::Context;
use crate::error::Result;
use crate::reply::{Cache, Reply};

/// The caller's own profile, by token or by password.
pub(crate) async fn authenticated(context: Context) -> Result<Reply> {
    let (user, cache) = match context.identity() {
        Identity::Password(user) => (user.user(), Cache::Private),
        Identity::Token(token) => (&token.token().user, Cache::Revalidate),
        Identity::Anonymous | Identity::App(..) => return Err(Error::AuthenticationRequired.into()),
    };
    let reply = Reply::ok(&context.wire().private_user(user), cache);
    Ok(reply.modified(user.updated_at, user.updated_at))
}

/// Anybody's public profile.
pub(crate) async fn by_login(context: Context) -> Result<Reply> {
    let login = LoginKey::of(&context.param("username")?);
    let user = context
        .authority()
        .store
        .find_user(&login)
        .await
        .map_err(Error::from)?
        .ok_or(Error::NotFound)?;
    let cache = match context.identity() {
        Identity::Anonymous | Identity::App(..) => Cache::Public,
        Identity::Password(_) => Cache::Private,
        Identity::Token(_) => Cache::Revalidate,
    };
    Ok(Reply::ok(&context.wire().public_user(&user), cache)
        .modified(user.updated_at, user.updated_at))
}
