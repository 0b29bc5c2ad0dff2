//! `/applications/{client_id}/…`: what an app does with its tokens. Every
//! answer here, refusals too, is `no-store` (see [`crate::finish`]).

use grantd_core::applications;

use crate::context::Context;
use crate::error::Result;
use crate::reply::{Cache, Reply};

/// "Check an authorization". The look-up was made with the app's authentication.
pub(crate) async fn check(mut context: Context) -> Result<Reply> {
    let (presented, found) = context.take_check();
    let issued = applications::check(presented, found)?;
    Ok(Reply::ok(
        &context.wire().issued_with_user(&issued),
        Cache::NoStore,
    ))
}

/// "Reset an authorization".
pub(crate) async fn reset(context: Context) -> Result<Reply> {
    let issued = context
        .authority()
        .reset_token(
            context.app_identity()?,
            context.path_token()?,
            context.caller(),
        )
        .await?;
    Ok(Reply::ok(
        &context.wire().issued_with_user(&issued),
        Cache::NoStore,
    ))
}

/// "Revoke an authorization for an application".
pub(crate) async fn revoke(context: Context) -> Result<Reply> {
    context
        .authority()
        .revoke_token(
            context.app_identity()?,
            context.path_token()?,
            context.caller(),
        )
        .await?;
    Ok(Reply::no_content())
}

/// "Revoke a grant for an application".
pub(crate) async fn revoke_grant(context: Context) -> Result<Reply> {
    context
        .authority()
        .revoke_grant(
            context.app_identity()?,
            context.path_token()?,
            context.caller(),
        )
        .await?;
    Ok(Reply::no_content())
}
