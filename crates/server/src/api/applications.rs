//! `/applications/{client_id}/…`: what an app does with its tokens. Every
//! answer here, refusals too, is `no-store` (see [`crate::finish`]). The token
//! stands in the path or, in what succeeded that, in the body; either way it
//! was looked up together with the app.

use grantd_core::applications;
use grantd_core::error::Error;
use http::StatusCode;

use crate::context::Context;
use crate::error::Result;
use crate::reply::{Cache, Reply};

/// "Check an authorization". The look-up was made with the app's authentication.
pub(crate) async fn check(mut context: Context) -> Result<Reply> {
    let (presented, found) = context.take_check();
    let issued = applications::check(presented, found)?;
    let body = context.wire().issued_with_user(&issued).to_json();
    Ok(Reply::written(StatusCode::OK, body, Cache::NoStore))
}

/// "Reset an authorization".
pub(crate) async fn reset(context: Context) -> Result<Reply> {
    let issued = context
        .authority()
        .reset_token(
            context.app_identity()?,
            context.app_token()?,
            context.caller(),
        )
        .await?;
    let body = context.wire().issued_with_user(&issued).to_json();
    Ok(Reply::written(StatusCode::OK, body, Cache::NoStore))
}

/// "Revoke an authorization for an application".
pub(crate) async fn revoke(context: Context) -> Result<Reply> {
    context
        .authority()
        .revoke_token(
            context.app_identity()?,
            context.app_token()?,
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
            context.app_token()?,
            context.caller(),
        )
        .await?;
    Ok(Reply::no_content())
}

/// "Check a token".
pub(crate) async fn check_by_body(mut context: Context) -> Result<Reply> {
    context.require_body_token()?;
    check(context).await
}

/// "Reset a token".
pub(crate) async fn reset_by_body(mut context: Context) -> Result<Reply> {
    context.require_body_token()?;
    reset(context).await
}

/// "Delete an app token".
pub(crate) async fn revoke_by_body(mut context: Context) -> Result<Reply> {
    context.require_body_token()?;
    revoke(context).await
}

/// "Delete an app authorization".
pub(crate) async fn revoke_grant_by_body(mut context: Context) -> Result<Reply> {
    context.require_body_token()?;
    revoke_grant(context).await
}

/// "Create a scoped access token" exists for GitHub Apps; an OAuth app has none.
pub(crate) async fn scope(mut context: Context) -> Result<Reply> {
    context.require_body_token()?;
    Err(Error::NotFound.into())
}
