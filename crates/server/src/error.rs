//! How refusals look on the API: GitHub's statuses and JSON. The only place
//! that turns a [`grantd_core::Error`] into an answer; must not decide anything.

use std::fmt::Write as _;

use grantd_core::error::{Forbidden, Malformed, Throttle};
use grantd_core::secret_scanning::NotBelieved;
use grantd_core::{Error, FieldError};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::docs::Page;
use crate::reply::{Cache, Reply};
use crate::settings::Profile;

/// Why a request got no success: a rule's refusal, or HTTP's own.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A rule refused it.
    #[error(transparent)]
    Rule(#[from] Error),
    /// The body is longer than this server reads.
    #[error("body too large")]
    BodyTooLarge,
    /// More or longer headers, or a longer URL, than this server reads.
    #[error("headers too large")]
    HeadersTooLarge,
    /// The body did not arrive in time.
    #[error("body too slow")]
    BodyTooSlow,
    /// The path exists, outside the API, but not for this method; as in `Allow`.
    #[error("method not allowed")]
    Method(String),
    /// In a browser: the person must prove again who they are.
    #[error("a fresh proof is needed")]
    FreshProof,
    /// A message whose signature is not that of anybody believed here.
    #[error(transparent)]
    NotBelieved(NotBelieved),
    /// A handler panicked.
    #[error("a handler panicked")]
    Panic,
}

impl From<NotBelieved> for Failure {
    /// Without keys nobody can be told from anybody: that is this server's trouble, not the sender's.
    fn from(why: NotBelieved) -> Self {
        match why {
            NotBelieved::NoKeys(why) => Error::Unavailable(why).into(),
            why => Self::NotBelieved(why),
        }
    }
}

/// What a handler comes to.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

#[derive(Serialize)]
struct Body<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Field<'a>>,
    documentation_url: String,
}

#[derive(Serialize)]
struct Field<'a> {
    resource: &'static str,
    code: &'static str,
    field: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

impl<'a> From<&'a FieldError> for Field<'a> {
    fn from(error: &'a FieldError) -> Self {
        let FieldError {
            resource,
            code,
            field,
            message,
        } = error;
        Self {
            resource,
            code,
            field,
            message: message.as_deref(),
        }
    }
}

/// Status, message and page of a failure; `endpoint` is the page of the route that failed.
pub(crate) fn describe(failure: &Failure, endpoint: Page) -> (StatusCode, String, Page) {
    let error = match failure {
        Failure::Rule(error) => error,
        Failure::BodyTooLarge => {
            return (
                StatusCode::PAYLOAD_TOO_LARGE,
                "Request body is too large".into(),
                endpoint,
            );
        }
        Failure::HeadersTooLarge => {
            return (
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "Request headers are too large".into(),
                Page::Rest,
            );
        }
        Failure::BodyTooSlow => {
            return (
                StatusCode::REQUEST_TIMEOUT,
                "Request body did not arrive in time".into(),
                endpoint,
            );
        }
        Failure::Method(_) => {
            return (
                StatusCode::METHOD_NOT_ALLOWED,
                "Method Not Allowed".into(),
                Page::Rest,
            );
        }
        Failure::FreshProof => {
            return (
                StatusCode::FORBIDDEN,
                "Must authenticate again".into(),
                Page::Rest,
            );
        }
        Failure::NotBelieved(why) => {
            return (StatusCode::UNAUTHORIZED, why.to_string(), Page::Rest);
        }
        Failure::Panic => {
            return (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Server Error".into(),
                Page::Rest,
            );
        }
    };
    match error {
        Error::BadCredentials => (
            StatusCode::UNAUTHORIZED,
            "Bad credentials".into(),
            Page::Rest,
        ),
        Error::AuthenticationRequired => (
            StatusCode::UNAUTHORIZED,
            "Requires authentication".into(),
            Page::Rest,
        ),
        Error::OtpRequired => (
            StatusCode::UNAUTHORIZED,
            "Must specify two-factor authentication OTP code.".into(),
            Page::TwoFactor,
        ),
        Error::Forbidden(why) => forbidden(*why, endpoint),
        Error::NotFound => (StatusCode::NOT_FOUND, "Not Found".into(), endpoint),
        Error::Malformed(Malformed::Json) => (
            StatusCode::BAD_REQUEST,
            "Problems parsing JSON".into(),
            endpoint,
        ),
        Error::Malformed(Malformed::NotAnObject) => (
            StatusCode::BAD_REQUEST,
            "Body should be a JSON object".into(),
            endpoint,
        ),
        Error::Malformed(Malformed::Form) => (
            StatusCode::BAD_REQUEST,
            "Problems parsing the form".into(),
            endpoint,
        ),
        Error::Malformed(Malformed::TokenInQuery) => (
            StatusCode::BAD_REQUEST,
            "Must specify access token via Authorization header.".into(),
            Page::Rest,
        ),
        Error::Schema(lines) => {
            let message = format!("Invalid request.\n\n{}", lines.join("\n"));
            (StatusCode::UNPROCESSABLE_ENTITY, message, endpoint)
        }
        Error::InvalidApp => {
            let message = "Invalid OAuth application client_id or secret.";
            (StatusCode::UNPROCESSABLE_ENTITY, message.into(), endpoint)
        }
        Error::Invalid(_) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "Validation Failed".into(),
            endpoint,
        ),
        Error::Throttled { kind, .. } => throttled(kind),
        Error::Gone => (StatusCode::GONE, "Gone".into(), endpoint),
        Error::Unavailable(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Service unavailable".into(),
            Page::Rest,
        ),
    }
}

fn forbidden(why: Forbidden, endpoint: Page) -> (StatusCode, String, Page) {
    let (message, page) = match why {
        Forbidden::PasswordOnly => (
            "This API can only be accessed with username and password Basic Auth",
            Page::Authorizations("oauth-authorizations-api"),
        ),
        Forbidden::TooManyAttempts => (
            "Maximum number of login attempts exceeded. Please try again later.",
            Page::Rest,
        ),
        Forbidden::Suspended => ("Sorry. Your account was suspended.", Page::Rest),
        Forbidden::NotSiteAdmin => (
            "You must be a site administrator to use this API.",
            endpoint,
        ),
        Forbidden::NotSiteAdminScope => (
            "This API can only be accessed with a token that has the site_admin scope.",
            endpoint,
        ),
        Forbidden::Yourself => ("This cannot be done to your own account.", endpoint),
        Forbidden::TokenInUse => ("A token cannot delete itself.", endpoint),
    };
    (StatusCode::FORBIDDEN, message.into(), page)
}

fn throttled(kind: &Throttle) -> (StatusCode, String, Page) {
    match kind {
        Throttle::Requests {
            address: Some(address),
            ..
        } => {
            let mut message = format!("API rate limit exceeded for {address}. ");
            let _ = write!(
                message,
                "(But here's the good news: Authenticated requests get a higher rate limit. "
            );
            message.push_str("Check out the documentation for more details.)");
            (StatusCode::FORBIDDEN, message, Page::RateLimiting)
        }
        Throttle::Requests { address: None, .. } => (
            StatusCode::FORBIDDEN,
            "API rate limit exceeded.".into(),
            Page::RateLimiting,
        ),
        Throttle::Login => {
            let message = "Too many login attempts for this account. Please try again later.";
            (StatusCode::TOO_MANY_REQUESTS, message.into(), Page::Rest)
        }
        Throttle::Creations => {
            let message = "Too many authorizations were created. Please try again later.";
            (StatusCode::FORBIDDEN, message.into(), Page::RateLimiting)
        }
        Throttle::Tickets => {
            let message = "Too many requests of this kind. Please try again later.";
            (StatusCode::TOO_MANY_REQUESTS, message.into(), Page::Rest)
        }
        Throttle::Hashing => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Service unavailable".into(),
            Page::Rest,
        ),
    }
}

/// Renders a failure of the route whose page is `endpoint`.
pub fn render(failure: &Failure, endpoint: Page, profile: Profile) -> Reply {
    let (status, message, page) = describe(failure, endpoint);
    let errors = match failure {
        Failure::Rule(Error::Invalid(errors)) => errors.iter().map(Field::from).collect(),
        _ => Vec::new(),
    };
    let body = Body {
        message: &message,
        errors,
        documentation_url: page.url(profile),
    };
    let mut reply = Reply::json(status, &body, Cache::Unstated);
    match failure {
        Failure::Method(allowed) => reply = reply.with(header::ALLOW, allowed),
        Failure::Rule(Error::OtpRequired) => {
            reply
                .headers
                .insert("x-github-otp", HeaderValue::from_static("required; app"));
        }
        Failure::Rule(Error::Throttled { retry_after, .. }) => {
            reply
                .headers
                .insert(header::RETRY_AFTER, HeaderValue::from(*retry_after));
        }
        Failure::Rule(Error::Unavailable(_)) => {
            reply
                .headers
                .insert(header::RETRY_AFTER, HeaderValue::from(1));
        }
        _ => {}
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(failure: impl Into<Failure>, endpoint: Page) -> usize {
        render(&failure.into(), endpoint, Profile::P2).body.len()
    }

    #[test]
    fn recorded_body_lengths_are_reproduced() {
        let create = Page::Authorizations("create-a-new-authorization");
        assert_eq!(length(Error::BadCredentials, create), 83);
        assert_eq!(length(Error::AuthenticationRequired, create), 91);
        assert_eq!(length(Error::OtpRequired, create), 160);
        assert_eq!(
            length(
                Error::from(FieldError::already_exists("description")),
                create
            ),
            218
        );
        assert_eq!(
            length(Error::from(FieldError::missing("description")), create),
            217
        );
        assert_eq!(length(Error::NotFound, Page::Rest), 77);
        assert_eq!(
            length(Error::Forbidden(Forbidden::PasswordOnly), create),
            182
        );
        assert_eq!(
            length(Error::Forbidden(Forbidden::TooManyAttempts), create),
            134
        );
    }

    #[test]
    fn what_fails_inside_says_nothing_outside() {
        let reply = render(
            &Error::Unavailable("disk /secret/path is full".into()).into(),
            Page::Rest,
            Profile::P3,
        );
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(reply.headers[header::RETRY_AFTER], "1");
        assert!(!String::from_utf8_lossy(&reply.body).contains("disk"));
    }

    #[test]
    fn a_custom_error_carries_its_words() {
        let error = Error::from(FieldError::custom("scopes", "scopes are invalid: a,b"));
        let reply = render(
            &error.into(),
            Page::Authorizations("create-a-new-authorization"),
            Profile::P2,
        );
        assert_eq!(
            String::from_utf8_lossy(&reply.body),
            r#"{"message":"Validation Failed","errors":[{"resource":"OauthAccess","code":"custom","field":"scopes","message":"scopes are invalid: a,b"}],"documentation_url":"https://developer.github.com/v3/oauth_authorizations/#create-a-new-authorization"}"#
        );
    }
}
