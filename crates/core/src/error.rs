//! What can go wrong, in the words of the domain. Knows no status code and no
//! JSON: each surface renders these in its own format.

use crate::clock::Timestamp;

/// The result of a rule.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request was refused or could not be served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The login, password, token, client id or client secret is not right.
    #[error("bad credentials")]
    BadCredentials,
    /// No credentials came with a request that needs them.
    #[error("requires authentication")]
    AuthenticationRequired,
    /// The password is right, and a one-time code is missing or wrong.
    #[error("must specify two-factor authentication OTP code")]
    OtpRequired,
    /// The caller is known and may not do this.
    #[error("forbidden: {0:?}")]
    Forbidden(Forbidden),
    /// There is no such record, or none that this caller may know of.
    #[error("not found")]
    NotFound,
    /// The body is not the JSON that was expected.
    #[error("malformed: {0:?}")]
    Malformed(Malformed),
    /// The body is JSON of another shape; each line is one sentence of GitHub's schema messages.
    #[error("invalid request: {0:?}")]
    Schema(Vec<String>),
    /// `client_id` and `client_secret` name no app.
    #[error("invalid OAuth application client_id or secret")]
    InvalidApp,
    /// Well-formed, yet a rule refuses it.
    #[error("validation failed: {0:?}")]
    Invalid(Vec<FieldError>),
    /// Too much at once; try again after that many seconds.
    #[error("throttled for {retry_after} s: {kind:?}")]
    Throttled {
        /// What was exceeded.
        kind: Throttle,
        /// Seconds until another attempt makes sense.
        retry_after: u32,
    },
    /// The operation was removed from this server.
    #[error("gone")]
    Gone,
    /// Something that this server depends on failed. Logged with its source; the client learns nothing.
    #[error("unavailable: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Why a known caller may not do this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forbidden {
    /// A token was used where only a password will do.
    PasswordOnly,
    /// Too many wrong passwords or codes; even the right one is refused for a while.
    TooManyAttempts,
    /// The user is suspended.
    Suspended,
    /// Only a site admin may, and this user is none now.
    NotSiteAdmin,
    /// The site admin's token lacks the scope `site_admin`.
    NotSiteAdminScope,
    /// Nobody suspends, demotes or deletes themselves: a site keeps an admin.
    Yourself,
    /// A token does not end itself by the admin API.
    TokenInUse,
}

/// How a body fails to be a JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// It does not parse.
    Json,
    /// It parses to something that is not an object.
    NotAnObject,
    /// It is said to be a form with files, and does not parse as one.
    Form,
    /// A token came as a query parameter, where it would be logged along the way.
    TokenInQuery,
}

/// What was asked for too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Throttle {
    /// The hourly request limit; until when, and for whom (an address for anonymous callers).
    Requests {
        /// When the window ends.
        reset: Timestamp,
        /// The anonymous caller's address; `None` for a known caller.
        address: Option<String>,
    },
    /// Wrong passwords for one login from everywhere together.
    Login,
    /// New tokens.
    Creations,
    /// Password checks waiting on this server.
    Hashing,
    /// Pages that have to be remembered for one address.
    Tickets,
}

/// One reason of a [`Error::Invalid`], in GitHub's vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// `OauthAccess`, `User`, …
    pub resource: &'static str,
    /// `missing_field`, `already_exists`, `custom`, …
    pub code: &'static str,
    /// The field, by GitHub's inner name.
    pub field: &'static str,
    /// Only with the code `custom`.
    pub message: Option<String>,
}

impl FieldError {
    /// A required field is missing or blank.
    pub fn missing(field: &'static str) -> Self {
        Self {
            resource: "OauthAccess",
            code: "missing_field",
            field,
            message: None,
        }
    }

    /// Another record has this value.
    pub fn already_exists(field: &'static str) -> Self {
        Self {
            resource: "OauthAccess",
            code: "already_exists",
            field,
            message: None,
        }
    }

    /// A rule with words of its own.
    pub fn custom(field: &'static str, message: impl Into<String>) -> Self {
        Self {
            resource: "OauthAccess",
            code: "custom",
            field,
            message: Some(message.into()),
        }
    }
}

impl From<FieldError> for Error {
    fn from(error: FieldError) -> Self {
        Self::Invalid(vec![error])
    }
}

/// The limits of a text field.
pub(crate) struct Text {
    pub(crate) field: &'static str,
    /// In bytes.
    pub(crate) longest: usize,
}

impl Text {
    pub(crate) fn check(&self, text: &str) -> Result<(), FieldError> {
        if text.contains('\0') {
            return Err(FieldError::custom(
                self.field,
                format!("{} contains a null character", self.field),
            ));
        }
        if text.len() > self.longest {
            return Err(FieldError::custom(
                self.field,
                format!(
                    "{} is too long (maximum is {} bytes)",
                    self.field, self.longest
                ),
            ));
        }
        Ok(())
    }
}
