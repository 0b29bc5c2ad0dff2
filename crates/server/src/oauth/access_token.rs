//! `POST /login/oauth/access_token`: a code, a device code or a refresh token
//! for a token. Owns which grant is meant and how tokens are written; whether
//! they are given is core's to say.

use grantd_core::authority::Caller;
use grantd_core::code_exchange::CodeExchange;
use grantd_core::device_flow::DevicePoll;
use grantd_core::flow::{FlowError, Tokens};
use grantd_core::refresh::RefreshRequest;
use grantd_core::secret::Secret;
use http::StatusCode;

use super::encoding::{Fields, Value};
use super::parameters::{Parameters, Presented};
use super::{accepted, refusal};
use crate::context::Context;
use crate::error::Result;
use crate::reply::Reply;

const REFRESH_TOKEN: &str = "refresh_token";
/// RFC 8628 section 3.4.
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Every `grant_type` there is; absent means the first.
pub(super) const GRANT_TYPES: [&str; 3] = ["authorization_code", REFRESH_TOKEN, DEVICE_CODE];

/// How apps prove themselves, in the words of RFC 8414.
pub(super) const CLIENT_AUTHENTICATION: [&str; 3] =
    ["client_secret_post", "client_secret_basic", "none"];

/// Answers 200 whatever a flow comes to, as GitHub does.
pub(crate) async fn exchange(mut context: Context) -> Result<Reply> {
    let encoding = accepted(&context);
    let parameters = Parameters::of(&mut context).await?;
    match grant(&parameters, &context, context.caller()).await {
        Ok(tokens) => Ok(written(&tokens).reply(StatusCode::OK, encoding)),
        // Whether an app exists is told at the device endpoint only.
        Err(FlowError::UnknownApp) => {
            let incorrect = FlowError::IncorrectClientCredentials;
            refusal::answer(incorrect, StatusCode::OK, encoding, &context)
        }
        Err(refused) => refusal::answer(refused, StatusCode::OK, encoding, &context),
    }
}

async fn grant(
    parameters: &Parameters,
    context: &Context,
    caller: &Caller,
) -> Result<Tokens, FlowError> {
    let authority = context.authority();
    let grant_type = parameters.text("grant_type");
    let grant_type = grant_type.as_deref().unwrap_or(GRANT_TYPES[0]);
    if !GRANT_TYPES.contains(&grant_type) {
        return Err(FlowError::UnsupportedGrantType);
    }
    let Presented {
        client_id,
        client_secret,
    } = parameters
        .client()
        .ok_or(FlowError::IncorrectClientCredentials)?;
    let given = |name| {
        let absent = || Secret::new(String::new());
        parameters.secret(name).unwrap_or_else(absent)
    };
    match grant_type {
        REFRESH_TOKEN => {
            let request = RefreshRequest {
                client_id,
                client_secret,
                refresh_token: given("refresh_token"),
            };
            authority.refresh_token(request, caller).await
        }
        DEVICE_CODE => {
            let request = DevicePoll {
                client_id,
                client_secret,
                device_code: given("device_code"),
            };
            authority.poll_device(request, caller).await
        }
        _ => {
            let request = CodeExchange {
                client_id,
                client_secret,
                code: given("code"),
                redirect_uri: parameters.text("redirect_uri"),
                code_verifier: parameters.secret("code_verifier"),
            };
            authority.exchange_code(request, caller).await
        }
    }
}

/// The only place outside [`crate::wire`] where a token in clear text leaves.
fn written(tokens: &Tokens) -> Fields {
    let Tokens {
        access,
        expires_in,
        refresh,
    } = tokens;
    let mut fields = Fields::new(vec![
        ("access_token", access.token.expose().into()),
        ("token_type", "bearer".into()),
        ("scope", Value::Text(access.value.scopes.join(","))),
    ])
    .first_in_xml(&["token_type", "scope", "access_token"]);
    if let Some(seconds) = expires_in {
        fields.push("expires_in", Value::Number(*seconds));
    }
    if let Some(refresh) = refresh {
        fields.push("refresh_token", refresh.token.expose().into());
        let seconds = refresh.value.expires_in;
        fields.push("refresh_token_expires_in", Value::Number(seconds));
    }
    fields
}
