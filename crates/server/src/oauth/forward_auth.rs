//! `/forward-auth`: whether a request that a proxy has received may pass, and
//! whose it is. Owns the question's parameters, the headers of an admission and
//! the challenges of RFC 6750; whether a token is valid and covers what is
//! wanted is core's to say.
//!
//! Whatever is not plainly admitted is refused, and no answer outside 200 admits:
//! a question that cannot be read is the proxy's configuration at fault, and is
//! told so with 400 before any token is looked at.

use grantd_core::error::Error;
use grantd_core::resource::Admission;
use grantd_core::scope::{Catalogue, Scopes};
use grantd_core::store::OwnedAuthorization;
use http::{HeaderName, StatusCode, header};
use serde_json::json;
use url::form_urlencoded;

use super::metadata::issuer;
use crate::auth;
use crate::context::Context;
use crate::credentials::{self, Credentials};
use crate::error::{Failure, Result};
use crate::reply::{Cache, Reply};

const LOGIN: HeaderName = HeaderName::from_static("x-auth-login");
const USER_ID: HeaderName = HeaderName::from_static("x-auth-user-id");
const CLIENT_ID: HeaderName = HeaderName::from_static("x-auth-client-id");
const SCOPES: HeaderName = HeaderName::from_static("x-auth-scopes");

/// What every admitted request must have: repeatable, and each may list several.
const SCOPE: &str = "scope";
/// The last parameter, for proxies that can only append the request's own path and query: from
/// here on nothing is read.
const FOR: &str = "for=";

/// Judges; changes nothing.
pub(crate) async fn judge(context: Context) -> Result<Reply> {
    let authority = context.authority();
    let wanted = match wanted(context.raw_query(), &authority.scopes) {
        Ok(wanted) => wanted,
        Err(words) => return Ok(misconfigured(words)),
    };
    let realm = issuer(context.wire());
    let credentials = presented(&context);
    let Some(token) = auth::token_among(&authority.tokens, &credentials) else {
        return Ok(match credentials {
            // RFC 6750 section 3.1: no code where there is nothing that it could be about.
            Credentials::None | Credentials::Unreadable => challenge(realm, None),
            Credentials::Basic { .. } | Credentials::Token(_) => challenge(realm, INVALID),
        });
    };
    match authority.admit(&token, &wanted, context.caller()).await? {
        Admission::Admitted(identity) => admitted(identity.token()),
        Admission::Invalid => Ok(challenge(realm, INVALID)),
        Admission::Insufficient => Ok(insufficient(realm, &wanted)),
    }
}

/// The only `Authorization` header; of several nobody knows which one the proxied server will read.
fn presented(context: &Context) -> Credentials {
    let mut all = context.headers().get_all(header::AUTHORIZATION).iter();
    let first = credentials::read(all.next().map(|value| value.as_bytes()));
    match all.next() {
        None => first,
        Some(_) => Credentials::Unreadable,
    }
}

/// The scopes in the query. Whatever else stands there may be a scope misspelled, and is refused.
/// What is wrong is not repeated: it may be a token in the wrong place.
fn wanted(query: &str, catalogue: &Catalogue) -> std::result::Result<Scopes, &'static str> {
    let mut names = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        if pair.starts_with(FOR) {
            break;
        }
        for (key, value) in form_urlencoded::parse(pair.as_bytes()) {
            if key != SCOPE {
                return Err("The only parameters are scope and, as the last one, for.");
            }
            let listed = value.split(|c: char| c == ',' || c.is_ascii_whitespace());
            let listed: Vec<_> = listed.filter(|name| !name.is_empty()).collect();
            if listed.is_empty() {
                return Err("A parameter scope is empty.");
            }
            names.extend(listed.into_iter().map(str::to_owned));
        }
    }
    catalogue
        .parse(&names)
        .map_err(|_| "A scope is not defined on this server, or there are too many.")
}

fn misconfigured(words: &str) -> Reply {
    let refusal = json!({ "error": "invalid_request", "error_description": words });
    Reply::json(StatusCode::BAD_REQUEST, &refusal, Cache::NoStore)
}

/// # Errors
/// What would not be said in full is not said at all.
fn admitted(token: &OwnedAuthorization) -> Result<Reply> {
    let OwnedAuthorization {
        authorization,
        user,
    } = token;
    let client_id = authorization.app.as_ref().map(|app| &app.client_id);
    let all = [
        (LOGIN, Some(user.login.to_string())),
        (USER_ID, Some(user.id.to_string())),
        (CLIENT_ID, client_id.map(ToString::to_string)),
        (SCOPES, Some(authorization.scopes.sorted().join(", "))),
    ];
    let mut reply = Reply::empty(StatusCode::OK);
    reply.cache = Cache::NoStore;
    for (name, value) in all {
        let Some(value) = value else { continue };
        let plain = value.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
        if !plain {
            let why = format!("{name} of user {} cannot stand in a header", user.id);
            return Err(Failure::Rule(Error::Unavailable(why.into())));
        }
        reply = reply.with(name, &value);
    }
    Ok(reply)
}

/// RFC 6750 section 3.
const INVALID: Option<&str> = Some("error=\"invalid_token\"");

fn challenge(realm: &str, error: Option<&str>) -> Reply {
    refusal(StatusCode::UNAUTHORIZED, realm, error)
}

fn insufficient(realm: &str, wanted: &Scopes) -> Reply {
    let scope = wanted.join(" ");
    let error = format!("error=\"insufficient_scope\", scope=\"{scope}\"");
    refusal(StatusCode::FORBIDDEN, realm, Some(&error))
}

fn refusal(status: StatusCode, realm: &str, error: Option<&str>) -> Reply {
    let error = error.map(|error| format!(", {error}")).unwrap_or_default();
    let mut reply = Reply::empty(status);
    reply.cache = Cache::NoStore;
    reply.with(
        header::WWW_AUTHENTICATE,
        &format!("Bearer realm=\"{realm}\"{error}"),
    )
}

#[cfg(test)]
mod tests {
    use grantd_core::authorization::Authorization;
    use grantd_core::clock::Timestamp;
    use grantd_core::fingerprint::Fingerprint;
    use grantd_core::ids::{AuthorizationId, UserId};
    use grantd_core::token::{TokenHash, TokenLastEight};
    use grantd_core::user::{Login, User};

    use super::*;

    fn token_of(login: &str) -> OwnedAuthorization {
        let at = Timestamp(1_600_000_000);
        OwnedAuthorization {
            authorization: Authorization {
                id: AuthorizationId(1),
                user_id: UserId(1),
                app: None,
                token_hash: TokenHash([7; 32]),
                token_last_eight: TokenLastEight("e1e48fab".to_owned()),
                note: None,
                note_url: None,
                scopes: Scopes::default(),
                fingerprint: Fingerprint::default(),
                created_at: at,
                updated_at: at,
                expires_at: None,
            },
            user: User {
                id: UserId(1),
                login: Login::from_stored(login.to_owned()),
                email: None,
                email_verified: false,
                site_admin: false,
                two_factor: false,
                suspended_at: None,
                created_at: at,
                updated_at: at,
                language: None,
            },
        }
    }

    /// No such login can be made, and a store may have been edited by hand.
    #[test]
    fn sec_s20_names_that_no_header_can_hold_let_nobody_pass() {
        let passes = admitted(&token_of("octo-cat")).unwrap();
        assert_eq!(passes.status, StatusCode::OK);
        assert_eq!(passes.headers[LOGIN], "octo-cat");
        for login in [
            "octo\ncat",
            "octo\r\nx-auth-login: root",
            "öctocat",
            "octo\u{7f}",
        ] {
            let refused = admitted(&token_of(login));
            let Err(Failure::Rule(Error::Unavailable(_))) = refused else {
                panic!("{login:?} passed");
            };
        }
    }

    fn read(query: &str) -> Option<String> {
        let wanted = wanted(query, &Catalogue::default());
        wanted.ok().map(|scopes| scopes.join(" "))
    }

    #[test]
    fn a_question_that_is_not_wholly_understood_is_refused() {
        for (query, scopes) in [
            ("", ""),
            ("scope=repo", "repo"),
            ("scope=repo&scope=user", "repo user"),
            ("scope=repo+gist,user&scope=repo", "repo gist user"),
            ("scope=read%3Aorg", "read:org"),
            ("&scope=repo&", "repo"),
            ("scope=repo&for=", "repo"),
            ("scope=repo&for=/a?b=c&scope=user&x=%zz", "repo"),
        ] {
            assert_eq!(read(query).as_deref(), Some(scopes), "{query}");
        }
        for query in [
            "scope=",
            "scope=+",
            "scope",
            "scopes=repo",
            "Scope=repo",
            "scope=nonsense",
            "scope=repo&scope=",
            "scope=repo&access_token=x",
            "scope=repo;user",
            "form=x",
            "scope=Repo",
            &format!("scope={}", "repo,".repeat(101)),
        ] {
            assert_eq!(read(query), None, "{query}");
        }
    }
}
