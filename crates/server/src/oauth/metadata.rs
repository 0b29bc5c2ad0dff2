//! `GET /.well-known/oauth-authorization-server` (RFC 8414): what this server
//! can do, for clients that configure themselves.

use serde_json::json;

use super::access_token::{CLIENT_AUTHENTICATION, GRANT_TYPES};
use super::tokens::BY_SECRET;
use crate::context::Context;
use crate::error::Result;
use crate::reply::{Cache, Reply};
use crate::wire::Wire;

/// Who answers authorization requests: the `iss` of every authorization response (RFC 9207),
/// and byte by byte the same in the metadata.
pub(crate) fn issuer(wire: &Wire) -> &str {
    &wire.html
}

/// The document.
pub(crate) async fn show(context: Context) -> Result<Reply> {
    let issuer = issuer(context.wire());
    let at = |path: &str| format!("{issuer}{path}");
    let catalogue = &context.authority().scopes;
    let metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": at("/login/oauth/authorize"),
        "token_endpoint": at("/login/oauth/access_token"),
        "device_authorization_endpoint": at("/login/device/code"),
        "introspection_endpoint": at("/login/oauth/introspect"),
        "introspection_endpoint_auth_methods_supported": BY_SECRET,
        "revocation_endpoint": at("/login/oauth/revoke"),
        "revocation_endpoint_auth_methods_supported": CLIENT_AUTHENTICATION,
        "scopes_supported": catalogue.definitions().map(|(name, _)| name).collect::<Vec<_>>(),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": GRANT_TYPES,
        "token_endpoint_auth_methods_supported": CLIENT_AUTHENTICATION,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    });
    Ok(Reply::ok(&metadata, Cache::Public))
}
