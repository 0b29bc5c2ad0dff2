//! Who did what, when, from where. Owns the words of the audit trail; the
//! store writes a row in the same transaction as each change.

use std::net::IpAddr;

use crate::clock::Timestamp;
use crate::ids::{AppId, AuthorizationId, GrantId, UserId};
use crate::token::{TokenHash, TokenLastEight};

/// Who acts. A user or an app acts under the credentials that were checked:
/// if those have changed since, the store refuses the write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A user who signed in with a password.
    User {
        /// Who.
        id: UserId,
        /// [`crate::user::UserCredentials::auth_generation`] when checked.
        auth_generation: i64,
    },
    /// An app that proved its secret.
    App {
        /// Which.
        id: AppId,
        /// [`crate::app::AppCredentials::auth_generation`] when checked.
        auth_generation: i64,
    },
    /// Somebody with access to this machine, through the command line.
    Operator,
    /// grantd itself.
    System,
}

/// The circumstances of a write; they go into its audit row.
#[derive(Clone, Debug)]
pub struct Stamp {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
    /// From where; none on the command line.
    pub address: Option<IpAddr>,
    /// The answer's `X-GitHub-Request-Id`.
    pub request_id: Option<String>,
}

impl Stamp {
    /// A write that nobody asked for.
    pub fn system(at: Timestamp) -> Self {
        Self {
            by: Actor::System,
            ..Self::operator(at)
        }
    }

    /// A write from this machine's command line.
    pub fn operator(at: Timestamp) -> Self {
        Self {
            at,
            by: Actor::Operator,
            address: None,
            request_id: None,
        }
    }
}

/// What happened, as the audit trail names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each name says it")]
pub enum Action {
    UserCreated,
    UserDeleted,
    UserSuspended,
    UserUnsuspended,
    PasswordChanged,
    PasswordRehashed,
    TwoFactorEnabled,
    TwoFactorDisabled,
    RecoveryCodeUsed,
    OtpMissingTooOften,
    /// Once for each time that a login is locked for an address.
    SignInLocked,
    SessionStarted,
    SessionEnded,
    /// Somebody proved again who they are, before something sensitive.
    SudoEntered,
    RecoveryCodesReplaced,
    PasswordResetRequested,
    PasswordReset,
    EmailChanged,
    EmailVerified,
    LanguageChanged,
    InvitationMade,
    InvitationUsed,
    SetupCompleted,
    AppCreated,
    AppDeleted,
    AppSuspended,
    AppUnsuspended,
    AppOwnerChanged,
    AppSecretRotated,
    AppPreviousSecretEnded,
    AppEdited,
    AuthorizationCreated,
    AuthorizationEdited,
    AuthorizationDeleted,
    /// The ten-tokens rule made room.
    AuthorizationEvicted,
    /// It expired long enough ago.
    AuthorizationReaped,
    TokenReset,
    TokenRevoked,
    /// A refresh token has brought another one.
    TokenRefreshed,
    /// Its code was presented a second time.
    CodeReplayed,
    /// A superseded refresh token of its family was presented.
    RefreshTokenReused,
    GrantCreated,
    /// A person said yes in a browser.
    GrantConsented,
    GrantDeleted,
}

impl Action {
    /// The name in the trail; scripts rely on it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UserCreated => "user.create",
            Self::UserDeleted => "user.delete",
            Self::UserSuspended => "user.suspend",
            Self::UserUnsuspended => "user.unsuspend",
            Self::PasswordChanged => "user.change_password",
            Self::PasswordRehashed => "user.rehash_password",
            Self::TwoFactorEnabled => "two_factor.enable",
            Self::TwoFactorDisabled => "two_factor.disable",
            Self::RecoveryCodeUsed => "two_factor.recovery_code_used",
            Self::OtpMissingTooOften => "two_factor.missing_code_overflow",
            Self::SignInLocked => "user.sign_in_locked",
            Self::SessionStarted => "user.login",
            Self::SessionEnded => "user.logout",
            Self::SudoEntered => "user.enter_sudo",
            Self::RecoveryCodesReplaced => "two_factor.recovery_codes_regenerated",
            Self::PasswordResetRequested => "user.forgot_password",
            Self::PasswordReset => "user.reset_password",
            Self::EmailChanged => "user.change_email",
            Self::EmailVerified => "user.verify_email",
            Self::LanguageChanged => "user.change_language",
            Self::InvitationMade => "user.invite",
            Self::InvitationUsed => "user.accept_invitation",
            Self::SetupCompleted => "site.setup",
            Self::AppCreated => "oauth_application.create",
            Self::AppDeleted => "oauth_application.destroy",
            Self::AppSuspended => "oauth_application.suspend",
            Self::AppUnsuspended => "oauth_application.unsuspend",
            Self::AppOwnerChanged => "oauth_application.transfer",
            Self::AppSecretRotated => "oauth_application.reset_secret",
            Self::AppPreviousSecretEnded => "oauth_application.remove_previous_secret",
            Self::AppEdited => "oauth_application.update",
            Self::AuthorizationCreated => "oauth_access.create",
            Self::AuthorizationEdited => "oauth_access.update",
            Self::AuthorizationDeleted => "oauth_access.destroy",
            Self::AuthorizationEvicted => "oauth_access.evict",
            Self::AuthorizationReaped => "oauth_access.expire",
            Self::TokenReset => "oauth_access.regenerate",
            Self::TokenRevoked => "oauth_access.revoke",
            Self::TokenRefreshed => "oauth_access.refresh",
            Self::CodeReplayed => "oauth_access.code_replayed",
            Self::RefreshTokenReused => "oauth_access.refresh_token_reused",
            Self::GrantConsented => "oauth_authorization.consent",
            Self::GrantCreated => "oauth_authorization.create",
            Self::GrantDeleted => "oauth_authorization.destroy",
        }
    }
}

/// One row of the trail. Holds no secret: of a token only its hash and last eight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Increasing.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// [`Action::name`].
    pub action: String,
    /// `user`, `app`, `operator` or `system`.
    pub actor_kind: String,
    /// The acting user's or app's id.
    pub actor_id: Option<i64>,
    /// Whose account it concerns.
    pub user_id: Option<UserId>,
    /// Which app.
    pub app_id: Option<AppId>,
    /// Which authorization.
    pub authorization_id: Option<AuthorizationId>,
    /// Which grant.
    pub grant_id: Option<GrantId>,
    /// The token's hash.
    pub token_hash: Option<TokenHash>,
    /// The token's last eight characters.
    pub token_last_eight: Option<TokenLastEight>,
    /// From where.
    pub address: Option<String>,
    /// The answer's `X-GitHub-Request-Id`.
    pub request_id: Option<String>,
}
