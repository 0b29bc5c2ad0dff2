//! The words and statuses of refusals in OAuth flows: GitHub's where they are
//! known, RFC 6749's codes where it has none. Owns the texts; must not decide.

use grantd_core::error::{Error, Throttle};
use grantd_core::flow::FlowError;
use http::StatusCode;

use super::encoding::{Encoding, Fields, Value};
use crate::context::Context;
use crate::docs::Page;
use crate::error::{self, Failure, Result};
use crate::reply::Reply;
use crate::settings::Profile;

const TOKEN_ERRORS: &str = "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/";
const AUTHORIZATION_ERRORS: &str = "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-authorization-request-errors/";
const DEVICE_ERRORS: &str = "https://docs.github.com/developers/apps/authorizing-oauth-apps#error-codes-for-the-device-flow";

/// `error_description` and `error_uri` of a refusal; none for what is no answer of a flow.
fn words(refusal: &FlowError) -> Option<(&'static str, String)> {
    let token = |anchor: &str| format!("{TOKEN_ERRORS}#{anchor}");
    let device = || DEVICE_ERRORS.to_owned();
    Some(match refusal {
        FlowError::IncorrectClientCredentials => (
            "The client_id and/or client_secret passed are incorrect.",
            token("incorrect-client-credentials"),
        ),
        FlowError::BadVerificationCode => (
            "The code passed is incorrect or expired.",
            token("bad-verification-code"),
        ),
        FlowError::RedirectUriMismatch => (
            "The redirect_uri MUST match the registered callback URL for this application.",
            format!("{AUTHORIZATION_ERRORS}#redirect-uri-mismatch2"),
        ),
        FlowError::UnverifiedUserEmail => (
            "The user must have a verified primary email.",
            token("unverified-user-email"),
        ),
        FlowError::BadRefreshToken => (
            "The refresh token passed is incorrect or expired.",
            token("bad-refresh-token"),
        ),
        FlowError::AuthorizationPending => {
            ("The authorization request is still pending.", device())
        }
        FlowError::SlowDown { .. } => (
            "Too many requests have been made in the same timeframe.",
            device(),
        ),
        FlowError::IncorrectDeviceCode => ("The device_code provided is not valid.", device()),
        FlowError::ExpiredToken => ("The device_code has expired.", device()),
        FlowError::AccessDenied => ("The user has denied your application access.", device()),
        FlowError::UnsupportedGrantType => ("The grant_type is not supported.", device()),
        FlowError::DeviceFlowDisabled => (
            "Device Flow must be explicitly enabled for this App",
            "https://docs.github.com".to_owned(),
        ),
        FlowError::UnknownApp | FlowError::Other(_) => return None,
    })
}

/// The `error_description` of a refusal; none for what is no answer of a flow.
pub(crate) fn description(refusal: &FlowError) -> Option<&'static str> {
    words(refusal).map(|(description, _)| description)
}

/// A refusal as an answer of this status, which is counted; what is none is passed on.
pub(super) fn answer(
    refusal: FlowError,
    status: StatusCode,
    encoding: Encoding,
    context: &Context,
) -> Result<Reply> {
    let (Some(code), Some((description, uri))) = (refusal.code(), words(&refusal)) else {
        return match refusal {
            FlowError::Other(error) => Err(error.into()),
            _ => {
                context.app().metrics().flow_refused("unknown_app");
                Ok(nothing_here(encoding))
            }
        };
    };
    context.app().metrics().flow_refused(code);
    let mut fields = of(code, description, uri);
    if let FlowError::SlowDown { interval } = refusal {
        fields.push("interval", Value::Number(interval));
    }
    Ok(fields.reply(status, encoding))
}

/// 404, as GitHub says it here.
fn nothing_here(encoding: Encoding) -> Reply {
    Fields::new(vec![("error", "Not Found".into())]).reply(StatusCode::NOT_FOUND, encoding)
}

fn of(code: &str, description: &str, uri: String) -> Fields {
    Fields::new(vec![
        ("error", code.into()),
        ("error_description", description.into()),
        ("error_uri", Value::Text(uri)),
    ])
}

/// What fails before or beside a flow: sizes, methods, throttles, outages. GitHub's answers are
/// not known; these are RFC 6749's codes (sections 4.1.2.1 and 5.2) under HTTP's own statuses.
pub(crate) fn failure(failure: &Failure, accept: &str, profile: Profile) -> Reply {
    let (mut status, message, mut page) = error::describe(failure, Page::Rest);
    let mut message = message.as_str();
    if let Failure::Rule(Error::Throttled { kind, .. }) = failure
        && *kind != Throttle::Hashing
    {
        status = StatusCode::TOO_MANY_REQUESTS;
        message = "Too many requests. Please try again later.";
        page = Page::Rest;
    }
    let code = match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            "temporarily_unavailable"
        }
        StatusCode::INTERNAL_SERVER_ERROR => "server_error",
        _ => "invalid_request",
    };
    let mut reply = of(code, message, page.url(profile)).reply(status, Encoding::of(accept));
    reply
        .headers
        .extend(error::render(failure, Page::Rest, profile).headers);
    reply
}
