//! `/user` and `/users/{username}`: profiles.

use grantd_core::error::Error;
use grantd_core::ids::UserId;
use grantd_core::store::Stored;
use grantd_core::user::{LoginKey, User};

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
    let found = context.authority().store.find_user(&login).await;
    profile(&context, found)
}

/// The same by number, which a renaming does not change.
pub(crate) async fn by_id(context: Context) -> Result<Reply> {
    let id = context.id("account_id", UserId::parse)?;
    let found = context.authority().store.find_user_by_id(id).await;
    profile(&context, found)
}

fn profile(context: &Context, found: Stored<Option<User>>) -> Result<Reply> {
    let user = found.map_err(Error::from)?.ok_or(Error::NotFound)?;
    let cache = match context.identity() {
        Identity::Anonymous | Identity::App(..) => Cache::Public,
        Identity::Password(_) => Cache::Private,
        Identity::Token(_) => Cache::Revalidate,
    };
    Ok(Reply::ok(&context.wire().public_user(&user), cache)
        .modified(user.updated_at, user.updated_at))
}
