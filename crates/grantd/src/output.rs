//! What commands print. Owns the JSON that scripts rely on; must not print a
//! secret but where the type says that this is the moment it is shown.

use std::io::{self, Write};

use grantd_core::app::App;
use grantd_core::clock::Timestamp;
use grantd_core::login::otp::Enrolment;
use grantd_core::scope::Scopes;
use grantd_core::secret::Secret;
use grantd_core::store::OwnedAuthorization;
use grantd_core::user::User;
use serde::Serialize;

use crate::failure::Failure;

/// Writes a value to stdout as indented JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let mut text = serde_json::to_vec_pretty(value).map_err(|why| Failure::new(why.to_string()))?;
    text.push(b'\n');
    bytes(&text)
}

/// Writes to stdout. A reader who went away has read enough.
pub(crate) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(why) if why.kind() != io::ErrorKind::BrokenPipe => Err(Failure::new(format!(
            "cannot write to standard output: {why}"
        ))),
        _ => Ok(()),
    }
}

/// Writes a line for people to stderr. Nothing depends on it, so nothing fails with it.
pub(crate) fn note(line: impl AsRef<str>) {
    let _ = writeln!(io::stderr().lock(), "{}", line.as_ref());
}

/// A user.
#[derive(Serialize)]
pub(crate) struct UserJson<'a> {
    login: &'a str,
    id: i64,
    email: Option<&'a str>,
    email_verified: bool,
    site_admin: bool,
    two_factor: bool,
    suspended: bool,
    suspended_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[serde(flatten)]
    enrolment: Option<EnrolmentJson<'a>>,
}

/// A second factor, shown once.
#[derive(Serialize)]
struct EnrolmentJson<'a> {
    totp_secret: &'a str,
    otpauth_url: &'a str,
    recovery_codes: Vec<&'a str>,
}

impl<'a> UserJson<'a> {
    /// A user, with a second factor that was enrolled just now.
    pub(crate) fn new(user: &'a User, enrolment: Option<&'a Enrolment>) -> Self {
        Self {
            login: user.login.as_str(),
            id: user.id.0,
            email: user.email.as_ref().map(|email| email.as_str()),
            email_verified: user.email_verified,
            site_admin: user.site_admin,
            two_factor: user.two_factor,
            suspended: user.suspended_at.is_some(),
            suspended_at: user.suspended_at,
            created_at: user.created_at,
            updated_at: user.updated_at,
            enrolment: enrolment.map(|enrolment| EnrolmentJson {
                totp_secret: &enrolment.totp_secret,
                otpauth_url: &enrolment.otpauth_url,
                recovery_codes: enrolment
                    .recovery_codes
                    .iter()
                    .map(|code| code.as_str())
                    .collect(),
            }),
        }
    }
}

/// An invitation, whose link is shown once.
#[derive(Serialize)]
pub(crate) struct InvitationJson<'a> {
    pub(crate) login: &'a str,
    pub(crate) url: &'a str,
    pub(crate) expires_at: Timestamp,
}

/// An app.
#[derive(Serialize)]
pub(crate) struct AppJson<'a> {
    client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
    id: i64,
    name: &'a str,
    url: &'a str,
    description: Option<&'a str>,
    callback_urls: &'a [String],
    owner: &'a str,
    public: bool,
    device_flow: bool,
    sub_path_callbacks: bool,
    expiring_tokens: bool,
    resource_server: bool,
    allowed_scopes: Option<&'a Scopes>,
    previous_secret_until: Option<Timestamp>,
    suspended: bool,
    suspended_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl<'a> AppJson<'a> {
    /// An app, with a secret that was made just now.
    pub(crate) fn new(app: &'a App, owner: &'a str, secret: Option<&'a Secret>) -> Self {
        Self {
            client_id: app.client_id.as_str(),
            client_secret: secret.map(Secret::expose),
            id: app.id.0,
            name: &app.name,
            url: &app.url,
            description: app.description.as_deref(),
            callback_urls: &app.callback_urls,
            owner,
            public: app.public,
            device_flow: app.settings.device_flow,
            sub_path_callbacks: app.settings.sub_path_callbacks,
            expiring_tokens: app.settings.expiring_tokens,
            resource_server: app.settings.resource_server,
            allowed_scopes: app.settings.allowed_scopes.as_ref(),
            previous_secret_until: app.previous_secret_until,
            suspended: app.suspended_at.is_some(),
            suspended_at: app.suspended_at,
            created_at: app.created_at,
            updated_at: app.updated_at,
        }
    }
}

/// A token's record; the token itself is never known again.
#[derive(Serialize)]
pub(crate) struct TokenJson<'a> {
    id: i64,
    login: &'a str,
    app: Option<TokenAppJson<'a>>,
    note: Option<&'a str>,
    note_url: Option<&'a str>,
    scopes: &'a Scopes,
    fingerprint: Option<&'a str>,
    hashed_token: String,
    token_last_eight: &'a str,
    created_at: Timestamp,
    updated_at: Timestamp,
    expires_at: Option<Timestamp>,
}

/// The app that holds a token.
#[derive(Serialize)]
struct TokenAppJson<'a> {
    name: &'a str,
    url: &'a str,
    client_id: &'a str,
}

impl<'a> From<&'a OwnedAuthorization> for TokenJson<'a> {
    fn from(owned: &'a OwnedAuthorization) -> Self {
        let token = &owned.authorization;
        Self {
            id: token.id.0,
            login: owned.user.login.as_str(),
            app: token.app.as_ref().map(|app| TokenAppJson {
                name: &app.name,
                url: &app.url,
                client_id: app.client_id.as_str(),
            }),
            note: token.note.as_ref().map(|note| note.as_str()),
            note_url: token.note_url.as_ref().map(|url| url.as_str()),
            scopes: &token.scopes,
            fingerprint: Some(token.fingerprint.as_str()).filter(|text| !text.is_empty()),
            hashed_token: token.token_hash.shown(),
            token_last_eight: &token.token_last_eight.0,
            created_at: token.created_at,
            updated_at: token.updated_at,
            expires_at: token.expires_at,
        }
    }
}
