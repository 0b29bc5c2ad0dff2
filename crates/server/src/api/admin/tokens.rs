//! Everybody's personal access tokens, and the keys that nobody has here.

use grantd_core::error::Error;
use grantd_core::ids::AuthorizationId;
use http::StatusCode;

use super::cache;
use crate::context::Context;
use crate::error::Result;
use crate::reply::Reply;
use crate::wire::Record;

/// "List personal access tokens".
pub(crate) async fn list(context: Context) -> Result<Reply> {
    let (admin, wanted) = (context.site_admin()?, context.query().page());
    let page = context
        .authority()
        .everybodys_tokens(&admin, wanted)
        .await?;
    let wire = context.wire();
    let records = page.items.iter();
    let records = records.map(|item| wire.authorization(&item.authorization));
    let body = Record::list_to_json(records);
    let reply = Reply::written(StatusCode::OK, body, cache(&context));
    Ok(context.paged("/admin/tokens", reply, page.total))
}

/// "Delete a personal access token"; an app's as well.
pub(crate) async fn delete(context: Context) -> Result<Reply> {
    let id = context.id("token_id", AuthorizationId::parse)?;
    let admin = context.site_admin()?;
    context
        .authority()
        .delete_anybodys_token(&admin, id, context.caller())
        .await?;
    Ok(Reply::no_content())
}

/// "List public keys": there are none.
pub(crate) async fn list_keys(context: Context) -> Result<Reply> {
    Ok(Reply::ok(&[(); 0], cache(&context)))
}

/// "Delete a public key": there is none.
pub(crate) async fn delete_keys(_: Context) -> Result<Reply> {
    Err(Error::NotFound.into())
}
