//! What the flows share: what goes wrong in them and what they hand out. Owns
//! the codes of RFC 6749, RFC 8628 and GitHub; their texts and encodings are
//! the surface's.

use crate::authorization::{Authorization, Issued};
use crate::error::Error;

/// A refusal of the token or device code endpoint.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// No app has this client id (`POST /login/device/code` answers 404; elsewhere it is
    /// [`FlowError::IncorrectClientCredentials`]).
    #[error("no such app")]
    UnknownApp,
    /// The client id or secret is not right, or the app is suspended.
    #[error("incorrect_client_credentials")]
    IncorrectClientCredentials,
    /// The code, or what it is bound to, is not right, not right any more, or used.
    #[error("bad_verification_code")]
    BadVerificationCode,
    /// Not the redirect URI that was registered, or not the one that the code was sent to.
    #[error("redirect_uri_mismatch")]
    RedirectUriMismatch,
    /// The user has no verified e-mail address, and the policy asks for one.
    #[error("unverified_user_email")]
    UnverifiedUserEmail,
    /// The refresh token is not right, not right any more, or superseded.
    #[error("bad_refresh_token")]
    BadRefreshToken,
    /// The person has not decided yet.
    #[error("authorization_pending")]
    AuthorizationPending,
    /// Polled faster than the interval, which grows.
    #[error("slow_down")]
    SlowDown {
        /// Seconds to wait from now on.
        interval: u32,
    },
    /// No such device code of this app, or spent.
    #[error("incorrect_device_code")]
    IncorrectDeviceCode,
    /// The device code has expired.
    #[error("expired_token")]
    ExpiredToken,
    /// The person said no.
    #[error("access_denied")]
    AccessDenied,
    /// The app's owner has switched the device flow off.
    #[error("device_flow_disabled")]
    DeviceFlowDisabled,
    /// A `grant_type` that there is not. For the surface; no rule returns it.
    #[error("unsupported_grant_type")]
    UnsupportedGrantType,
    /// Nothing about the flow: throttled, or the store is away.
    #[error(transparent)]
    Other(#[from] Error),
}

impl FlowError {
    /// The code on the wire; none for what is no answer of a flow.
    pub const fn code(&self) -> Option<&'static str> {
        Some(match self {
            Self::UnknownApp | Self::Other(_) => return None,
            Self::IncorrectClientCredentials => "incorrect_client_credentials",
            Self::BadVerificationCode => "bad_verification_code",
            Self::RedirectUriMismatch => "redirect_uri_mismatch",
            Self::UnverifiedUserEmail => "unverified_user_email",
            Self::BadRefreshToken => "bad_refresh_token",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown { .. } => "slow_down",
            Self::IncorrectDeviceCode => "incorrect_device_code",
            Self::ExpiredToken => "expired_token",
            Self::AccessDenied => "access_denied",
            Self::DeviceFlowDisabled => "device_flow_disabled",
            Self::UnsupportedGrantType => "unsupported_grant_type",
        })
    }
}

impl From<crate::store::StoreError> for FlowError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Other(error.into())
    }
}

/// What a flow ends with.
#[derive(Clone)]
pub struct Tokens {
    /// The token with its record; `scope` on the wire is the record's scopes, joined by commas.
    pub access: Issued<Authorization>,
    /// Seconds that the token lives; none if it does not end by itself.
    pub expires_in: Option<u32>,
    /// With a token that ends: what to get the next one with.
    pub refresh: Option<Issued<Refresh>>,
}

/// What is said of a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refresh {
    /// Seconds that it lives, if it is not used.
    pub expires_in: u32,
}
