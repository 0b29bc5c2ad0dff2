//! The way back to the app. Owns the texts of its errors.

use grantd_core::consent::{Answer, AuthorizationError, AuthorizationResponse};
use http::StatusCode;

use crate::oauth::metadata;
use crate::reply::Reply;
use crate::settings::Profile;
use crate::wire::Wire;

/// The redirect that answers an authorization request.
pub(super) fn redirect(
    wire: &Wire,
    profile: Profile,
    response: &AuthorizationResponse,
    status: StatusCode,
) -> Reply {
    let issuer = metadata::issuer(wire);
    let location = match &response.answer {
        Answer::Code(_) => response.location(issuer, None),
        Answer::Error(error) => {
            let uri = page_of(*error, profile);
            response.location(issuer, Some((description(*error), &uri)))
        }
    };
    Reply {
        status,
        ..Reply::see_other(&location)
    }
}

fn description(error: AuthorizationError) -> &'static str {
    match error {
        AuthorizationError::AccessDenied => "The user has denied your application access.",
        AuthorizationError::RedirectUriMismatch => {
            "The redirect_uri MUST match the registered callback URL for this application."
        }
        AuthorizationError::InvalidRequest(why) => why,
        AuthorizationError::UnsupportedResponseType => "The response_type is not supported.",
    }
}

/// `error_uri`. GitHub describes no errors of PKCE and of `response_type`: the page as a whole stands for them.
fn page_of(error: AuthorizationError, profile: Profile) -> String {
    let page = match profile {
        Profile::P2 => "https://developer.github.com/v3/oauth/",
        Profile::P3 => {
            "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-authorization-request-errors/"
        }
    };
    match error {
        AuthorizationError::AccessDenied => format!("{page}#access-denied"),
        AuthorizationError::RedirectUriMismatch => format!("{page}#redirect-uri-mismatch"),
        AuthorizationError::InvalidRequest(_) | AuthorizationError::UnsupportedResponseType => {
            page.to_owned()
        }
    }
}
