//! OAuth apps, everybody's: registered, shown, handed on, edited, deleted.

use grantd_core::app::AppEdit;
use grantd_core::site_admin::{AppChange, AppWish};
use http::StatusCode;

use super::cache;
use crate::context::Context;
use crate::error::Result;
use crate::reply::{Cache, Reply};

/// What both bodies may hold.
const KEYS: &[&str] = &[
    "name",
    "url",
    "description",
    "callback_urls",
    "owner",
    "device_flow",
    "sub_path_callbacks",
    "expiring_tokens",
    "resource_server",
    "allowed_scopes",
];

/// "List all OAuth apps".
pub(crate) async fn list(context: Context) -> Result<Reply> {
    let (admin, wanted) = (context.site_admin()?, context.query().page());
    let page = context.authority().everybodys_apps(&admin, wanted).await?;
    let wire = context.wire();
    let items: Vec<_> = page
        .items
        .iter()
        .map(|item| wire.admin_app(item, None))
        .collect();
    Ok(context.listed("/admin/applications", &items, page.total, cache(&context)))
}

/// "Get an OAuth app".
pub(crate) async fn get(context: Context) -> Result<Reply> {
    let (admin, client_id) = (context.site_admin()?, context.param("client_id")?);
    let found = context.authority().anybodys_app(&admin, &client_id).await?;
    let reply = Reply::ok(&context.wire().admin_app(&found, None), cache(&context));
    Ok(reply.modified(found.app.updated_at, found.owner.updated_at))
}

/// "Register an OAuth app": the only answer that shows its secret.
pub(crate) async fn create(mut context: Context) -> Result<Reply> {
    let mut schema = context.schema()?;
    schema.require(&["name", "url", "callback_urls"]);
    let wish = AppWish {
        name: schema.optional_text("name").unwrap_or_default(),
        url: schema.optional_text("url").unwrap_or_default(),
        description: schema.optional_text("description"),
        callback_urls: schema.list("callback_urls").flatten().unwrap_or_default(),
        owner: schema.optional_text("owner"),
        public: schema.flag("public").unwrap_or_default(),
        device_flow: schema.flag("device_flow"),
        sub_path_callbacks: schema.flag("sub_path_callbacks").unwrap_or_default(),
        expiring_tokens: schema.flag("expiring_tokens").unwrap_or_default(),
        resource_server: schema.flag("resource_server").unwrap_or_default(),
        allowed_scopes: schema.list("allowed_scopes").flatten(),
    };
    schema.permit_only(&[KEYS, &["public"]].concat());
    schema.finish()?;
    let admin = context.site_admin()?;
    let (made, secret) = context
        .authority()
        .register_anybodys_app(&admin, wish, context.caller())
        .await?;
    let wire = context.wire();
    let body = wire.admin_app(&made, secret.as_ref());
    let reply = Reply::json(StatusCode::CREATED, &body, Cache::NoStore);
    Ok(reply.at(&wire.admin_app_url(&made.app)))
}

/// "Update an OAuth app".
pub(crate) async fn update(mut context: Context) -> Result<Reply> {
    let mut schema = context.schema()?;
    let change = AppChange {
        edit: AppEdit {
            name: schema.optional_text("name"),
            url: schema.optional_text("url"),
            description: schema.text("description"),
            callback_urls: schema.list("callback_urls").flatten(),
            device_flow: schema.flag("device_flow"),
            sub_path_callbacks: schema.flag("sub_path_callbacks"),
            expiring_tokens: schema.flag("expiring_tokens"),
            resource_server: schema.flag("resource_server"),
            allowed_scopes: None,
        },
        allowed_scopes: schema.list("allowed_scopes"),
        owner: schema.optional_text("owner"),
        suspended: schema.flag("suspended"),
    };
    schema.permit_only(&[KEYS, &["suspended"]].concat());
    schema.finish()?;
    let (admin, client_id) = (context.site_admin()?, context.param("client_id")?);
    let after = context
        .authority()
        .change_anybodys_app(&admin, &client_id, change, context.caller())
        .await?;
    let body = context.wire().admin_app(&after, None);
    Ok(Reply::ok(&body, cache(&context)))
}

/// "Replace the secret of an OAuth app": the only answer that shows the new one.
pub(crate) async fn rotate(context: Context) -> Result<Reply> {
    let (admin, client_id) = (context.site_admin()?, context.param("client_id")?);
    let (after, secret) = context
        .authority()
        .rotate_anybodys_secret(&admin, &client_id, context.caller())
        .await?;
    let body = context.wire().admin_app(&after, Some(&secret));
    Ok(Reply::ok(&body, Cache::NoStore))
}

/// "Delete an OAuth app".
pub(crate) async fn delete(context: Context) -> Result<Reply> {
    let (admin, client_id) = (context.site_admin()?, context.param("client_id")?);
    context
        .authority()
        .delete_anybodys_app(&admin, &client_id, context.caller())
        .await?;
    Ok(Reply::no_content())
}
