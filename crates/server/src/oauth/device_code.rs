//! `POST /login/device/code`: the codes with which a device without a browser
//! begins (RFC 8628 section 3.1).

use grantd_core::flow::FlowError;
use http::StatusCode;

use super::encoding::{Fields, Value};
use super::parameters::Parameters;
use super::{accepted, refusal};
use crate::context::Context;
use crate::error::Result;
use crate::reply::Reply;

/// Where people type the user code, below the public URL.
pub(crate) const VERIFICATION_PATH: &str = "/login/device";

/// 404 for an app that there is not, 400 for one that has the flow switched off.
pub(crate) async fn start(mut context: Context) -> Result<Reply> {
    let encoding = accepted(&context);
    let parameters = Parameters::of(&mut context).await?;
    // The secret, if one came, proves nothing here.
    let client = parameters.client().map(|client| client.client_id);
    let (client_id, scope) = (client.unwrap_or_default(), parameters.text("scope"));
    let authority = context.authority();
    let started = authority
        .start_device(&client_id, scope.as_deref(), context.caller())
        .await;
    let started = match started {
        Ok(started) => started,
        Err(refused) => {
            let status = match refused {
                FlowError::UnknownApp => StatusCode::NOT_FOUND,
                _ => StatusCode::BAD_REQUEST,
            };
            return refusal::answer(refused, status, encoding, &context);
        }
    };
    let page = format!("{}{VERIFICATION_PATH}", context.wire().html);
    let fields = Fields::new(vec![
        ("device_code", started.device_code.expose().into()),
        ("user_code", started.user_code.expose().into()),
        ("verification_uri", Value::Text(page)),
        ("expires_in", Value::Number(started.expires_in)),
        ("interval", Value::Number(started.interval)),
    ]);
    Ok(fields.reply(StatusCode::OK, encoding))
}
