//! `/applications/grants`: the apps a user has let in.

use grantd_core::ids::GrantId;

use crate::context::Context;
use crate::error::Result;
use crate::reply::{Cache, Reply};

/// "List your grants".
pub(crate) async fn list(context: Context) -> Result<Reply> {
    let query = context.query();
    let client_id = query.get("client_id").filter(|id| !id.is_empty());
    let page = context
        .authority()
        .grants(context.user()?, client_id.as_deref(), query.page())
        .await?;
    let items: Vec<_> = page
        .items
        .iter()
        .map(|item| context.wire().grant(item))
        .collect();
    Ok(context.listed("/applications/grants", &items, page.total, Cache::Private))
}

/// "Get a single grant".
pub(crate) async fn get(context: Context) -> Result<Reply> {
    let id = context.id("grant_id", GrantId::parse)?;
    let user = context.user()?;
    let grant = context.authority().grant(user, id).await?;
    let reply = Reply::ok(&context.wire().grant(&grant), Cache::Private);
    Ok(reply.modified(
        grant.updated_at,
        grant.app.updated_at.max(user.user().updated_at),
    ))
}

/// "Delete a grant": with every token of the app for this user.
pub(crate) async fn delete(context: Context) -> Result<Reply> {
    let id = context.id("grant_id", GrantId::parse)?;
    context
        .authority()
        .delete_grant(context.user()?, id, context.caller())
        .await?;
    Ok(Reply::no_content())
}
