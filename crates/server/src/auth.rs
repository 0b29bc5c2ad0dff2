//! Who calls: from the credentials of a request to an identity, and from a
//! row's [`Auth`] to a refusal. Owns the order of guesses about what the
//! credentials are; whether they are right is core's to say.

use std::sync::Arc;

use grantd_core::authority::{AppIdentity, Authority, Caller, TokenIdentity};
use grantd_core::error::{Error, Forbidden, Result};
use grantd_core::login::PasswordIdentity;
use grantd_core::secret::Secret;
use grantd_core::site_admin::{SCOPE, SiteAdmin};
use grantd_core::store::OwnedAuthorization;
use grantd_core::token::{Token, TokenFormat};

use crate::credentials::Credentials;

/// Who may call an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Everybody, known or not.
    Anyone,
    /// A user, by password or by token.
    User,
    /// A user by token: a password is as good as a wrong token.
    Token,
    /// A user by password (and code): tokens are refused with 403.
    Password,
    /// A site admin, by password (and code) or by a token with the scope for it.
    SiteAdmin,
    /// The app whose client id stands in the path, by its secret.
    App,
    /// Somebody who is signed in in a browser; see `web::visit`.
    Session,
    /// The same, who proved within the last minutes to be that person.
    Sudo,
}

/// Who calls, proved.
pub enum Identity {
    /// Nobody presented anything.
    Anonymous,
    /// A user with password (and code).
    Password(PasswordIdentity),
    /// A user's token.
    Token(TokenIdentity),
    /// An app, with the valid token that it asks about, if it is its own.
    App(AppIdentity, Option<Arc<OwnedAuthorization>>),
}

/// In GitHub's documentation the password beside a token as user name.
const TOKEN_AS_NAME: &str = "x-oauth-basic";

/// What a request presents.
pub struct Presented<'a> {
    /// The `Authorization` header.
    pub credentials: Credentials,
    /// The `X-GitHub-OTP` header.
    pub code: Option<Secret>,
    /// The token that an app asks about.
    pub app_token: Option<&'a Token>,
    /// Whether the path is one where apps are expected.
    pub app_path: bool,
}

/// Proves whoever calls.
///
/// # Errors
/// `BadCredentials` for anything presented that is not right, and the refusals
/// of [`Authority::password`].
pub async fn identify(
    authority: &Authority,
    presented: Presented<'_>,
    caller: &Caller,
) -> Result<Identity> {
    match presented.credentials {
        Credentials::None => Ok(Identity::Anonymous),
        Credentials::Unreadable => Err(Error::BadCredentials),
        Credentials::Token(text) => token(authority, text.expose(), caller).await,
        Credentials::Basic { name, password } if presented.app_path => {
            let token = presented.app_token;
            if let Some((app, found)) = authority.app(&name, &password, token, caller).await? {
                return Ok(Identity::App(app, found));
            }
            match basic(authority, &name, password, presented.code, caller).await {
                // Where apps are expected nobody is told of a lockout: it could only be about a user's name.
                Err(Error::Forbidden(Forbidden::TooManyAttempts)) => Err(Error::BadCredentials),
                outcome => outcome,
            }
        }
        Credentials::Basic { name, password } => {
            basic(authority, &name, password, presented.code, caller).await
        }
    }
}

async fn token(authority: &Authority, text: &str, caller: &Caller) -> Result<Identity> {
    let token = authority.tokens.parse(text).ok_or(Error::BadCredentials)?;
    authority.token(&token, caller).await.map(Identity::Token)
}

/// `TOKEN:`, `TOKEN:x-oauth-basic`, `login:TOKEN`, or `login:password`.
async fn basic(
    authority: &Authority,
    name: &str,
    password: Secret,
    code: Option<Secret>,
    caller: &Caller,
) -> Result<Identity> {
    if is_token_as_name(&authority.tokens, name, &password) {
        return token(authority, name, caller).await;
    }
    if let Some(token) = authority.tokens.parse(password.expose()) {
        match authority.token(&token, caller).await {
            // Forty hex digits may be somebody's password after all; a right checksum is no accident.
            Err(Error::BadCredentials)
                if !authority.tokens.has_checked_shape(password.expose()) => {}
            outcome => return outcome.map(Identity::Token),
        }
    }
    // Apart: requests without a password do not carry its many steps along.
    Box::pin(authority.password(name, password, code, caller))
        .await
        .map(Identity::Password)
}

impl Identity {
    /// The site admin who calls.
    ///
    /// # Errors
    /// `AuthenticationRequired`, `Forbidden(NotSiteAdmin)`, `Forbidden(NotSiteAdminScope)`.
    pub fn site_admin(&self) -> Result<SiteAdmin> {
        match self {
            Self::Password(who) => SiteAdmin::by_password(who),
            Self::Token(who) => SiteAdmin::by_token(who),
            Self::Anonymous | Self::App(..) => Err(Error::AuthenticationRequired),
        }
    }
}

/// Whether of a name and a password the name is the token.
fn is_token_as_name(tokens: &TokenFormat, name: &str, password: &Secret) -> bool {
    password.is_empty() || password.expose() == TOKEN_AS_NAME || tokens.has_checked_shape(name)
}

/// The token in credentials where nothing else counts: what has no token's shape is none.
pub(crate) fn token_among(tokens: &TokenFormat, credentials: &Credentials) -> Option<Token> {
    match credentials {
        Credentials::None | Credentials::Unreadable => None,
        Credentials::Token(text) => tokens.parse(text.expose()),
        Credentials::Basic { name, password } if is_token_as_name(tokens, name, password) => {
            tokens.parse(name)
        }
        Credentials::Basic { password, .. } => tokens.parse(password.expose()),
    }
}

impl Auth {
    /// The scope without which no token will do, as `X-Accepted-OAuth-Scopes` names it.
    pub fn scope(self) -> &'static str {
        match self {
            Self::SiteAdmin => SCOPE,
            _ => "",
        }
    }

    /// Refuses an identity that the operation does not serve. `client_id` is the path's.
    ///
    /// # Errors
    /// `AuthenticationRequired`, `Forbidden(PasswordOnly)`, `NotFound`, and those of [`Identity::site_admin`].
    pub fn admit(self, identity: &Identity, client_id: Option<&str>) -> Result<()> {
        match (self, identity) {
            (Self::Anyone, _) => Ok(()),
            (_, Identity::Anonymous) => Err(Error::AuthenticationRequired),
            (Self::User, Identity::Password(_) | Identity::Token(_))
            | (Self::Token, Identity::Token(_))
            | (Self::Password, Identity::Password(_)) => Ok(()),
            (Self::Token, Identity::Password(_)) => Err(Error::BadCredentials),
            (Self::Password, Identity::Token(_)) => Err(Error::Forbidden(Forbidden::PasswordOnly)),
            (Self::App, Identity::App(app, _))
                if client_id == Some(app.app().client_id.as_str()) =>
            {
                Ok(())
            }
            (Self::App, _) => Err(Error::NotFound),
            (Self::SiteAdmin, Identity::Password(_) | Identity::Token(_)) => {
                identity.site_admin().map(drop)
            }
            (Self::User | Self::Token | Self::Password | Self::SiteAdmin, Identity::App(..)) => {
                Err(Error::BadCredentials)
            }
            // Rows of the site judge cookies, which no identity is made from.
            (Self::Session | Self::Sudo, _) => Err(Error::AuthenticationRequired),
        }
    }
}
