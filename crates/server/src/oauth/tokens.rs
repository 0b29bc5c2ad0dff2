//! `POST /login/oauth/introspect` (RFC 7662) and `POST /login/oauth/revoke`
//! (RFC 7009): what an app asks about a token that somebody presented to it,
//! and how it ends one. Owns the parameters, which stand in the body alone, and
//! the RFCs' words; who may know what is core's to say.

use grantd_core::authority::Caller;
use grantd_core::flow::FlowError;
use grantd_core::resource::{Known, TokenQuestion};
use grantd_core::store::{LiveRefreshToken, OwnedAuthorization};
use http::{HeaderMap, StatusCode, header};
use serde::Serialize;
use serde_json::json;

use super::metadata::issuer;
use super::parameters::{Parameters, Presented};
use crate::context::Context;
use crate::error::Result;
use crate::reply::{Cache, Reply};
use crate::wire::Wire;

/// How apps prove themselves where a name is not enough, in the words of RFC 8414.
pub(super) const BY_SECRET: [&str; 2] = ["client_secret_post", "client_secret_basic"];

/// RFC 7662 section 2.2. What is absent is not said.
#[derive(Default, Serialize)]
struct Facts<'a> {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<&'a str>,
}

/// What is known of a token; `{"active":false}` for all that the app may know nothing of.
pub(crate) async fn introspect(mut context: Context) -> Result<Reply> {
    let parameters = Parameters::in_body_alone(&mut context).await?;
    let (authority, caller) = (context.authority(), context.caller());
    let asked = async |question, caller: &Caller| authority.introspect(question, caller).await;
    let known = match question(&parameters) {
        Some(question) => asked(question, caller).await,
        None => Err(FlowError::IncorrectClientCredentials),
    };
    let known = match known {
        Ok(known) => known,
        Err(why) => return refused(why, &context),
    };
    if parameters.secret("token").is_none() {
        return Ok(without_token(&context));
    }
    let facts = match &known {
        None => Facts::default(),
        Some(Known::Access(token)) => of_token(token, context.wire()),
        Some(Known::Refresh(token)) => of_refresh_token(token, context.wire()),
    };
    Ok(kept_by_nobody(Reply::ok(&facts, Cache::NoStore)))
}

/// 200 with nothing, whether there was something to end or not.
pub(crate) async fn revoke(mut context: Context) -> Result<Reply> {
    let parameters = Parameters::in_body_alone(&mut context).await?;
    let (authority, caller) = (context.authority(), context.caller());
    let ended = match question(&parameters) {
        Some(question) => authority.end_presented_token(question, caller).await,
        None => Err(FlowError::IncorrectClientCredentials),
    };
    match ended {
        Err(why) => refused(why, &context),
        Ok(()) if parameters.secret("token").is_none() => Ok(without_token(&context)),
        Ok(()) => Ok(kept_by_nobody(Reply::empty(StatusCode::OK))),
    }
}

fn question(parameters: &Parameters) -> Option<TokenQuestion> {
    let Presented {
        client_id,
        client_secret,
    } = parameters.client()?;
    let hint = parameters.text("token_type_hint");
    Some(TokenQuestion {
        client_id,
        client_secret,
        token: parameters.secret("token"),
        hinted_refresh: hint.as_deref() == Some("refresh_token"),
    })
}

fn of_token<'a>(token: &'a OwnedAuthorization, wire: &'a Wire) -> Facts<'a> {
    let OwnedAuthorization {
        authorization,
        user,
    } = token;
    Facts {
        active: true,
        scope: Some(authorization.scopes.join(" ")),
        client_id: authorization.app.as_ref().map(|app| app.client_id.as_str()),
        username: Some(user.login.as_str()),
        token_type: Some("bearer"),
        exp: authorization.expires_at.map(|at| at.0),
        iat: Some(authorization.created_at.0),
        sub: Some(user.id.to_string()),
        iss: Some(issuer(wire)),
    }
}

/// Not of the type `bearer`: nobody may take it for what opens a door. When it was made is not kept.
fn of_refresh_token<'a>(token: &'a LiveRefreshToken, wire: &'a Wire) -> Facts<'a> {
    Facts {
        active: true,
        scope: Some(token.scopes.join(" ")),
        client_id: Some(token.app.client_id.as_str()),
        username: Some(token.user.login.as_str()),
        token_type: Some("refresh_token"),
        exp: Some(token.expires_at.0),
        iat: None,
        sub: Some(token.user.id.to_string()),
        iss: Some(issuer(wire)),
    }
}

/// RFC 6749 section 5.2. A scheme is named only to who has used one: a browser would ask people
/// for a password.
fn refused(why: FlowError, context: &Context) -> Result<Reply> {
    if let FlowError::Other(error) = why {
        return Err(error.into());
    }
    context.app().metrics().flow_refused("invalid_client");
    let refusal = json!({
        "error": "invalid_client",
        "error_description": "The client_id and/or client_secret passed are incorrect.",
    });
    let reply = Reply::json(StatusCode::UNAUTHORIZED, &refusal, Cache::NoStore);
    let reply = kept_by_nobody(reply);
    Ok(match by_header(context.headers()) {
        true => {
            let challenge = format!("Basic realm=\"{}\"", issuer(context.wire()));
            reply.with(header::WWW_AUTHENTICATE, &challenge)
        }
        false => reply,
    })
}

fn by_header(headers: &HeaderMap) -> bool {
    headers.contains_key(header::AUTHORIZATION)
}

fn without_token(context: &Context) -> Reply {
    context.app().metrics().flow_refused("invalid_request");
    let refusal = json!({
        "error": "invalid_request",
        "error_description": "The parameter token is missing from the body.",
    });
    let reply = Reply::json(StatusCode::BAD_REQUEST, &refusal, Cache::NoStore);
    kept_by_nobody(reply)
}

fn kept_by_nobody(reply: Reply) -> Reply {
    reply.with(header::PRAGMA, "no-cache")
}
