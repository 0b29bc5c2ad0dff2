//! Every refusal that a caller can meet, one of each kind, with what to do about
//! it: what the page `docs/reference/errors.md` is made of. Owns the advice; the
//! statuses and words are asked of [`crate::error`] and the flows, so that the
//! page cannot say anything else than the server.

use grantd_core::clock::Timestamp;
use grantd_core::error::{Forbidden, Malformed, Throttle};
use grantd_core::flow::FlowError;
use grantd_core::secret_scanning::NotBelieved;
use grantd_core::{Error, FieldError};

use crate::docs::Page;
use crate::error::{Failure, describe};
use crate::metrics::cause;
use crate::oauth;

/// A refusal, and what to do about it.
#[derive(Debug)]
pub struct Refusal {
    /// Its name among the causes of `grantd_refusals_total`; in flows the code on the wire.
    pub cause: &'static str,
    /// The status, or none where the request's own decides.
    pub status: Option<u16>,
    /// The words of the answer.
    pub message: String,
    /// What it means, and what the caller can do.
    pub advice: &'static str,
}

/// One of each refusal of the API.
pub fn refusals() -> Vec<Refusal> {
    let page = Page::AuthorizationsTop;
    samples()
        .iter()
        .map(|failure| {
            let (status, message, _) = describe(failure, page);
            Refusal {
                cause: cause(failure),
                status: Some(status.as_u16()),
                message: message.replace('\n', " "),
                advice: advice(failure),
            }
        })
        .collect()
}

/// One of each refusal of the flows (`POST /login/oauth/access_token`, `POST /login/device/code`).
pub fn flow_refusals() -> Vec<Refusal> {
    flows()
        .iter()
        .filter_map(|refusal| {
            Some(Refusal {
                cause: refusal.code()?,
                status: None,
                message: oauth::refusal::description(refusal)?.to_owned(),
                advice: flow_advice(refusal),
            })
        })
        .collect()
}

fn samples() -> Vec<Failure> {
    let forbidden = [
        Forbidden::PasswordOnly,
        Forbidden::TooManyAttempts,
        Forbidden::Suspended,
        Forbidden::NotSiteAdmin,
        Forbidden::NotSiteAdminScope,
        Forbidden::Yourself,
        Forbidden::TokenInUse,
    ];
    let malformed = [
        Malformed::Json,
        Malformed::NotAnObject,
        Malformed::Form,
        Malformed::TokenInQuery,
    ];
    let requests = |address: Option<&str>| Throttle::Requests {
        reset: Timestamp(0),
        address: address.map(str::to_owned),
    };
    let throttles = [
        requests(Some("192.0.2.1")),
        requests(None),
        Throttle::Login,
        Throttle::Creations,
        Throttle::Tickets,
        Throttle::Hashing,
    ];
    let mut all: Vec<Failure> = vec![
        Error::BadCredentials.into(),
        Error::AuthenticationRequired.into(),
        Error::OtpRequired.into(),
    ];
    all.extend(forbidden.map(|why| Error::Forbidden(why).into()));
    all.push(Error::NotFound.into());
    all.extend(malformed.map(|why| Error::Malformed(why).into()));
    all.push(Error::Schema(vec!["…".to_owned()]).into());
    all.push(Error::InvalidApp.into());
    all.push(Error::from(FieldError::missing("description")).into());
    all.extend(throttles.map(|kind| {
        Error::Throttled {
            kind,
            retry_after: 1,
        }
        .into()
    }));
    all.push(Error::Gone.into());
    all.push(Error::Unavailable("a sample".into()).into());
    all.push(Failure::NotBelieved(NotBelieved::Unsigned));
    all.push(Failure::NotBelieved(NotBelieved::UnknownKey));
    all.push(Failure::NotBelieved(NotBelieved::WrongSignature));
    all.push(Failure::BodyTooLarge);
    all.push(Failure::HeadersTooLarge);
    all.push(Failure::BodyTooSlow);
    all.push(Failure::Method("GET".to_owned()));
    all.push(Failure::FreshProof);
    all.push(Failure::Panic);
    all
}

/// A new kind of failure finds no words here, and so does not compile; it also wants a sample above.
fn advice(failure: &Failure) -> &'static str {
    match failure {
        Failure::Rule(error) => rule(error),
        Failure::BodyTooLarge => "A body has at most 64 KiB.",
        Failure::HeadersTooLarge => "A URL has at most 8 KiB, all headers together 32 KiB.",
        Failure::BodyTooSlow => "Send the body within `slow_client_seconds`.",
        Failure::Method(_) => "`Allow` says which methods this address takes.",
        Failure::FreshProof => "On pages only: prove again who you are, at `/sudo`.",
        Failure::NotBelieved(_) => {
            "Secret scanning: sign the body with a key of `secret_scanning_keys`, and name the key."
        }
        Failure::Panic => {
            "A fault of ours; the log has it, under the request's `X-GitHub-Request-Id`. Look before you do it again."
        }
    }
}

fn rule(error: &Error) -> &'static str {
    match error {
        Error::BadCredentials => {
            "The login, password, token, client id or secret is wrong, or the token has ended; `grantd explain` says which."
        }
        Error::AuthenticationRequired => "Send credentials; this operation needs them.",
        Error::OtpRequired => {
            "The password is right. Send the same request with the code in `X-GitHub-OTP`."
        }
        Error::Forbidden(why) => forbidden(*why),
        Error::NotFound => {
            "There is no such thing, or none that you may know of: another's record, or a token that is not this app's."
        }
        Error::Malformed(Malformed::TokenInQuery) => {
            "Send the token in `Authorization`. The one in the query was deleted, since logs have it (`revoke_tokens_in_query`)."
        }
        Error::Malformed(_) => {
            "The body must be what its `Content-Type` says; of the API, a JSON object."
        }
        Error::Schema(_) => {
            "A field has the wrong type, is missing, or is not known here; each line names one."
        }
        Error::InvalidApp => {
            "`client_id` and `client_secret` belong to no app, or only one of them was sent."
        }
        Error::Invalid(_) => {
            "`errors` names the field and the rule: `missing_field`, `already_exists`, `custom` with a message."
        }
        Error::Throttled { kind, .. } => match kind {
            Throttle::Requests { .. } => {
                "Wait for `X-RateLimit-Reset`, or raise `requests_per_hour`."
            }
            Throttle::Login => {
                "Too many wrong passwords for this login from everywhere; `Retry-After` says how long to wait."
            }
            Throttle::Creations => {
                "`creations_per_hour` is used up; `Retry-After` says how long to wait."
            }
            Throttle::Tickets => {
                "Too much was begun from this address within an hour; `Retry-After` says how long to wait."
            }
            Throttle::Hashing => {
                "All threads for passwords are busy. Try again after `Retry-After`."
            }
        },
        Error::Gone => {
            "The operation has ended here, or there is a brown-out (`removed_at`, `brownouts`)."
        }
        Error::Unavailable(_) => {
            "The database does not answer. Try again after `Retry-After`; a change may have happened all the same."
        }
    }
}

fn forbidden(why: Forbidden) -> &'static str {
    match why {
        Forbidden::PasswordOnly => {
            "A token does not manage tokens. Sign in with login and password."
        }
        Forbidden::TooManyAttempts => {
            "This login is locked for this address for `login_lock_seconds`, for the right password too."
        }
        Forbidden::Suspended => {
            "A site admin has suspended the account; `grantd user unsuspend` ends it."
        }
        Forbidden::NotSiteAdmin => "Ask a site admin, or be made one.",
        Forbidden::NotSiteAdminScope => "Use a token with the scope `site_admin`.",
        Forbidden::Yourself => "Have another site admin do it.",
        Forbidden::TokenInUse => "Delete the token by another one, or on the pages.",
    }
}

fn flows() -> Vec<FlowError> {
    vec![
        FlowError::IncorrectClientCredentials,
        FlowError::BadVerificationCode,
        FlowError::RedirectUriMismatch,
        FlowError::UnverifiedUserEmail,
        FlowError::BadRefreshToken,
        FlowError::AuthorizationPending,
        FlowError::SlowDown { interval: 10 },
        FlowError::IncorrectDeviceCode,
        FlowError::ExpiredToken,
        FlowError::AccessDenied,
        FlowError::DeviceFlowDisabled,
        FlowError::UnsupportedGrantType,
    ]
}

/// As [`advice`]; what is no answer of a flow needs none.
fn flow_advice(refusal: &FlowError) -> &'static str {
    match refusal {
        FlowError::IncorrectClientCredentials => {
            "No app has this client id and secret, or it is suspended."
        }
        FlowError::BadVerificationCode => {
            "The code is used, too old, another app's, or its `code_verifier` does not fit. Begin anew."
        }
        FlowError::RedirectUriMismatch => {
            "Send the `redirect_uri` that the code was sent to, or none."
        }
        FlowError::UnverifiedUserEmail => {
            "The person verifies an address first (`require_verified_email`)."
        }
        FlowError::BadRefreshToken => {
            "The refresh token is used, ended or revoked. Ask the person again."
        }
        FlowError::AuthorizationPending => "Ask again after `interval` seconds.",
        FlowError::SlowDown { .. } => "Wait the new `interval` from now on.",
        FlowError::IncorrectDeviceCode => {
            "It is not this app's device code, or it is spent. Begin anew."
        }
        FlowError::ExpiredToken => "The person took too long. Begin anew.",
        FlowError::AccessDenied => "The person said no.",
        FlowError::DeviceFlowDisabled => "The app's owner switched the device flow off.",
        FlowError::UnsupportedGrantType => {
            "`grant_type` is `authorization_code`, `refresh_token` or that of RFC 8628."
        }
        FlowError::UnknownApp | FlowError::Other(_) => "",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn there_is_a_sample_of_every_cause_that_is_counted() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operations.md");
        let page = std::fs::read_to_string(page).unwrap();
        let row = page
            .lines()
            .find(|line| line.starts_with("| `grantd_refusals_total`"))
            .unwrap();
        let causes = row.split('|').nth(2).unwrap().split(": ").nth(1).unwrap();
        let documented: BTreeSet<&str> = causes.trim().split(", ").collect();
        let sampled: BTreeSet<&str> = refusals().iter().map(|refusal| refusal.cause).collect();
        assert_eq!(documented, sampled);
    }

    #[test]
    fn each_has_words_and_advice() {
        for refusal in refusals().iter().chain(&flow_refusals()) {
            assert!(!refusal.message.is_empty(), "{refusal:?}");
            assert!(refusal.advice.ends_with('.'), "{refusal:?}");
        }
        assert_eq!(flow_refusals().len(), flows().len());
    }
}
