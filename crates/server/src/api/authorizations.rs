//! `/authorizations`: the user's own token records.

use grantd_core::authorization::Authorization;
use grantd_core::authorizations::{AuthorizationRequest, EditRequest, Obtained};
use grantd_core::ids::AuthorizationId;
use grantd_core::scope::ScopeKeys;
use grantd_core::secret::Secret;
use http::StatusCode;

use crate::body::Schema;
use crate::context::Context;
use crate::error::Result;
use crate::reply::{Cache, Reply};
use crate::wire::Record;

/// Keys that both get-or-create routes take.
const GET_OR_CREATE: &[&str] = &["client_secret", "scopes", "note", "note_url"];

/// "List your authorizations".
pub(crate) async fn list(context: Context) -> Result<Reply> {
    let query = context.query();
    let client_id = query.get("client_id").filter(|id| !id.is_empty());
    let page = context
        .authority()
        .authorizations(context.user()?, client_id.as_deref(), query.page())
        .await?;
    let records = page.items.iter();
    let records = records.map(|item| context.wire().authorization(item));
    let body = Record::list_to_json(records);
    let reply = Reply::written(StatusCode::OK, body, Cache::Private);
    Ok(context.paged("/authorizations", reply, page.total))
}

/// "Get a single authorization".
pub(crate) async fn get(context: Context) -> Result<Reply> {
    let id = context.id("authorization_id", AuthorizationId::parse)?;
    let found = context
        .authority()
        .authorization(context.user()?, id)
        .await?;
    let app = found
        .authorization
        .app
        .as_ref()
        .map_or(found.authorization.created_at, |app| app.updated_at);
    let reply = existing(&context, &found.authorization);
    Ok(reply.modified(
        found.authorization.updated_at,
        app.max(found.user.updated_at),
    ))
}

/// "Create a new authorization": a personal access token, or one for an app.
pub(crate) async fn create(mut context: Context) -> Result<Reply> {
    let mut schema = context.schema()?;
    let client_id = schema.optional_text("client_id").unwrap_or_default();
    let secret = Secret::new(schema.optional_text("client_secret").unwrap_or_default());
    let request = AuthorizationRequest {
        fingerprint: schema.optional_text("fingerprint"),
        ..creation(&mut schema)
    };
    schema.finish()?;
    let issued = context
        .authority()
        .create_authorization(
            context.user()?,
            (&client_id, &secret),
            request,
            context.caller(),
        )
        .await?;
    let body = context.wire().issued(&issued).to_json();
    let reply = Reply::written(StatusCode::CREATED, body, Cache::NoStore);
    Ok(reply.at(&context.wire().authorization_url(&issued.value)))
}

/// "Get-or-create an authorization for a specific app".
pub(crate) async fn get_or_create(mut context: Context) -> Result<Reply> {
    let mut schema = context.schema()?;
    let (secret, mut request) = get_or_create_request(&mut schema);
    request.fingerprint = schema.optional_text("fingerprint");
    schema.permit_only(&[GET_OR_CREATE, &["fingerprint"]].concat());
    schema.finish()?;
    obtain(&context, &secret, request).await
}

/// "Get-or-create an authorization for a specific app and fingerprint".
pub(crate) async fn get_or_create_with_fingerprint(mut context: Context) -> Result<Reply> {
    let fingerprint = context.param("fingerprint")?;
    let mut schema = context.schema()?;
    let (secret, mut request) = get_or_create_request(&mut schema);
    request.fingerprint = Some(fingerprint);
    schema.permit_only(GET_OR_CREATE);
    schema.finish()?;
    obtain(&context, &secret, request).await
}

fn get_or_create_request(schema: &mut Schema) -> (Secret, AuthorizationRequest) {
    schema.require(&["client_secret"]);
    let secret = Secret::new(schema.optional_text("client_secret").unwrap_or_default());
    (secret, creation(schema))
}

/// The keys that all three ways of creating share.
fn creation(schema: &mut Schema) -> AuthorizationRequest {
    AuthorizationRequest {
        scopes: schema.list("scopes").flatten(),
        note: schema.optional_text("note"),
        note_url: schema.optional_text("note_url"),
        fingerprint: None,
    }
}

/// 201 with the token if it is new; 200 without, and with `Location` all the same (the documentation promises it).
async fn obtain(
    context: &Context,
    secret: &Secret,
    request: AuthorizationRequest,
) -> Result<Reply> {
    let client_id = context.param("client_id")?;
    let obtained = context
        .authority()
        .get_or_create_authorization(
            context.user()?,
            (&client_id, secret),
            request,
            context.caller(),
        )
        .await?;
    let wire = context.wire();
    Ok(match obtained {
        Obtained::Created(issued) => {
            let body = wire.issued(&issued).to_json();
            let reply = Reply::written(StatusCode::CREATED, body, Cache::NoStore);
            reply.at(&wire.authorization_url(&issued.value))
        }
        Obtained::Existing(found) => existing(context, &found).at(&wire.authorization_url(&found)),
    })
}

fn existing(context: &Context, found: &Authorization) -> Reply {
    let body = context.wire().authorization(found).to_json();
    Reply::written(StatusCode::OK, body, Cache::Private)
}

/// "Update an existing authorization", by PATCH or by POST.
pub(crate) async fn update(mut context: Context) -> Result<Reply> {
    let id = context.id("authorization_id", AuthorizationId::parse)?;
    let mut schema = context.schema()?;
    let request = EditRequest {
        scopes: ScopeKeys {
            scopes: schema.list("scopes"),
            add: schema.list("add_scopes").flatten(),
            remove: schema.list("remove_scopes").flatten(),
        },
        note: schema.text("note"),
        note_url: schema.text("note_url"),
        fingerprint: schema.text("fingerprint"),
    };
    schema.finish()?;
    let after = context
        .authority()
        .edit_authorization(context.user()?, id, request, context.caller())
        .await?;
    Ok(existing(&context, &after))
}

/// "Delete an authorization".
pub(crate) async fn delete(context: Context) -> Result<Reply> {
    let id = context.id("authorization_id", AuthorizationId::parse)?;
    context
        .authority()
        .delete_authorization(context.user()?, id, context.caller())
        .await?;
    Ok(Reply::no_content())
}
