//! Accounts: made, renamed, suspended, promoted, impersonated, deleted.

use grantd_core::site_admin::AccountWish;
use http::StatusCode;
use serde_json::json;

use super::cache;
use crate::context::Context;
use crate::error::Result;
use crate::reply::{Cache, Reply};
use crate::settings::Profile;

/// "Create a user".
pub(crate) async fn create(mut context: Context) -> Result<Reply> {
    let mut schema = context.schema()?;
    schema.require(&["login"]);
    let wish = AccountWish {
        login: schema.optional_text("login").unwrap_or_default(),
        email: schema.optional_text("email"),
    };
    schema.finish()?;
    let (admin, authority) = (context.site_admin()?, context.authority());
    let user = authority
        .create_account(&admin, wish, context.caller())
        .await?;
    let wire = context.wire();
    let reply = Reply::json(StatusCode::CREATED, &wire.user(&user), cache(&context));
    Ok(reply.at(&wire.user_url(&user)))
}

/// "Update the username for a user": done when it is answered, and worded as a job.
pub(crate) async fn rename(mut context: Context) -> Result<Reply> {
    let mut schema = context.schema()?;
    schema.require(&["login"]);
    let to = schema.optional_text("login").unwrap_or_default();
    schema.finish()?;
    let (admin, authority) = (context.site_admin()?, context.authority());
    let renamed = authority
        .rename_account(&admin, &context.param("username")?, &to, context.caller())
        .await?;
    let url = context.wire().lasting_user_url(&renamed);
    let body = json!({
        "message": "Job queued to rename user. It may take a few minutes to complete.",
        "url": url,
    });
    Ok(Reply::json(StatusCode::ACCEPTED, &body, Cache::Unstated).at(&url))
}

/// "Delete a user".
pub(crate) async fn delete(context: Context) -> Result<Reply> {
    let (admin, authority) = (context.site_admin()?, context.authority());
    authority
        .delete_account(&admin, &context.param("username")?, context.caller())
        .await?;
    Ok(Reply::no_content())
}

/// "Create an impersonation OAuth token": 201; in P3 200 where one is replaced.
pub(crate) async fn impersonate(mut context: Context) -> Result<Reply> {
    let mut schema = context.schema()?;
    let scopes = schema.list("scopes").flatten().unwrap_or_default();
    schema.finish()?;
    let (admin, authority) = (context.site_admin()?, context.authority());
    let user = context.param("username")?;
    let (issued, replaced) = authority
        .impersonate(&admin, &user, &scopes, context.caller())
        .await?;
    let wire = context.wire();
    let status = match wire.profile {
        Profile::P3 if replaced => StatusCode::OK,
        _ => StatusCode::CREATED,
    };
    let reply = Reply::written(status, wire.issued(&issued).to_json(), Cache::NoStore);
    Ok(reply.at(&wire.authorization_url(&issued.value)))
}

/// "Delete an impersonation OAuth token".
pub(crate) async fn end_impersonation(context: Context) -> Result<Reply> {
    let (admin, authority) = (context.site_admin()?, context.authority());
    authority
        .end_impersonation(&admin, &context.param("username")?, context.caller())
        .await?;
    Ok(Reply::no_content())
}

/// "Promote a user to be a site administrator".
pub(crate) async fn promote(context: Context) -> Result<Reply> {
    set_site_admin(&context, true).await
}

/// "Demote a site administrator".
pub(crate) async fn demote(context: Context) -> Result<Reply> {
    set_site_admin(&context, false).await
}

async fn set_site_admin(context: &Context, site_admin: bool) -> Result<Reply> {
    let (admin, authority) = (context.site_admin()?, context.authority());
    let user = context.param("username")?;
    authority
        .promote_account(&admin, &user, site_admin, context.caller())
        .await?;
    Ok(Reply::no_content())
}

/// "Suspend a user".
pub(crate) async fn suspend(context: Context) -> Result<Reply> {
    set_suspended(context, true).await
}

/// "Unsuspend a user".
pub(crate) async fn unsuspend(context: Context) -> Result<Reply> {
    set_suspended(context, false).await
}

async fn set_suspended(mut context: Context, suspended: bool) -> Result<Reply> {
    let mut schema = context.schema()?;
    let reason = schema.optional_text("reason");
    schema.finish()?;
    let (admin, authority) = (context.site_admin()?, context.authority());
    let user = context.param("username")?;
    authority
        .suspend_account(&admin, &user, suspended, reason, context.caller())
        .await?;
    Ok(Reply::no_content())
}
