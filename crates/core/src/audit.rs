//! Who did what, when, from where. Owns the words of the audit trail; the
//! store writes a row in the same transaction as each change.

use std::net::IpAddr;

use crate::clock::Timestamp;
use crate::ids::{AppId, AuthorizationId, GrantId, UserId};
use crate::token::{TokenHash, TokenLastEight};

pub mod chain;
mod checkpoint;
pub mod export;
mod line;

pub use self::checkpoint::{Checkpoint, CheckpointKey, NotAPublicKey, PublicKey};
pub use self::line::{NotALine, VERSION as LINE_VERSION};

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
    /// A site admin by a token with the scope `site_admin`: a write is refused unless the token, that scope and
    /// the office all still hold.
    AdminToken {
        /// Who.
        user: UserId,
        /// Which token.
        token: AuthorizationId,
        /// The token's hash when checked.
        hash: TokenHash,
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
    /// Why, in the words of whoever acts, if they said so.
    pub reason: Option<String>,
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
            reason: None,
        }
    }
}

macro_rules! actions {
    ($( $(#[$doc:meta])* $action:ident = $name:literal, )*) => {
        /// What happened, as the audit trail names it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each name says it")]
        pub enum Action {
            $( $(#[$doc])* $action, )*
        }

        impl Action {
            /// All there are.
            pub const ALL: &[Self] = &[$( Self::$action ),*];

            /// The name in the trail; scripts rely on it.
            pub const fn name(self) -> &'static str {
                match self {
                    $( Self::$action => $name, )*
                }
            }
        }
    };
}

actions! {
    UserCreated = "user.create",
    UserDeleted = "user.delete",
    /// The details are the login before.
    UserRenamed = "user.rename",
    UserSuspended = "user.suspend",
    UserUnsuspended = "user.unsuspend",
    SiteAdminGiven = "user.promote",
    SiteAdminTaken = "user.demote",
    PasswordChanged = "user.change_password",
    PasswordRehashed = "user.rehash_password",
    TwoFactorEnabled = "two_factor.enable",
    TwoFactorDisabled = "two_factor.disable",
    PasskeyAdded = "passkey.create",
    PasskeyRenamed = "passkey.update",
    PasskeyRemoved = "passkey.destroy",
    RecoveryCodeUsed = "two_factor.recovery_code_used",
    OtpMissingTooOften = "two_factor.missing_code_overflow",
    /// Once for each time that a login is locked for an address.
    SignInLocked = "user.sign_in_locked",
    /// The login had so many wrong passwords from everywhere that new addresses are refused; once an hour.
    SignInClosed = "user.sign_in_closed",
    /// A user typed so many wrong codes of devices that more are refused; once an hour.
    WrongUserCodesTooOften = "device.wrong_code_overflow",
    /// A user had so many wrong codes from everywhere that more are refused; once an hour.
    WrongCodesTooOften = "two_factor.wrong_code_overflow",
    /// The first full sign-in to the API by password in a day, of each user and address.
    SignedIn = "user.api_login",
    /// An hourly limit has refused somebody; once an hour on each node. Which one is in the details.
    LimitExceeded = "limit.exceeded",
    SessionStarted = "user.login",
    SessionEnded = "user.logout",
    /// Somebody proved again who they are, before something sensitive.
    SudoEntered = "user.enter_sudo",
    RecoveryCodesReplaced = "two_factor.recovery_codes_regenerated",
    PasswordResetRequested = "user.forgot_password",
    PasswordReset = "user.reset_password",
    EmailChanged = "user.change_email",
    EmailVerified = "user.verify_email",
    LanguageChanged = "user.change_language",
    InvitationMade = "user.invite",
    InvitationUsed = "user.accept_invitation",
    SignedUp = "user.sign_up",
    SetupCompleted = "site.setup",
    AppCreated = "oauth_application.create",
    /// It came from another authority, with its client id and secret.
    AppImported = "oauth_application.import",
    AppDeleted = "oauth_application.destroy",
    AppSuspended = "oauth_application.suspend",
    AppUnsuspended = "oauth_application.unsuspend",
    AppOwnerChanged = "oauth_application.transfer",
    AppSecretRotated = "oauth_application.reset_secret",
    AppPreviousSecretEnded = "oauth_application.remove_previous_secret",
    AppEdited = "oauth_application.update",
    AuthorizationCreated = "oauth_access.create",
    /// It came from another authority, by the hash of its token.
    AuthorizationImported = "oauth_access.import",
    /// The token showed itself for the first time: from now on it is found by another hash.
    TokenHashUpgraded = "oauth_access.upgrade_hash",
    AuthorizationEdited = "oauth_access.update",
    AuthorizationDeleted = "oauth_access.destroy",
    /// The ten-tokens rule made room.
    AuthorizationEvicted = "oauth_access.evict",
    /// It expired long enough ago.
    AuthorizationReaped = "oauth_access.expire",
    /// Nobody had used it for too long.
    AuthorizationIdle = "oauth_access.idle",
    /// A policy lets it end sooner.
    LifeShortened = "oauth_access.shorten",
    TokenReset = "oauth_access.regenerate",
    /// Another token took its place; it may go on elsewhere for a while.
    TokenRotated = "oauth_access.rotate",
    /// The token that was replaced goes on under this record, until it expires.
    TokenOverlaps = "oauth_access.overlap",
    TokenRevoked = "oauth_access.revoke",
    /// Somebody who found it reported it.
    TokenReported = "oauth_access.revoke_reported",
    /// A secret scanner found it in public.
    TokenScanned = "oauth_access.revoke_scanned",
    /// A refresh token has brought another one.
    TokenRefreshed = "oauth_access.refresh",
    /// Its code was presented a second time.
    CodeReplayed = "oauth_access.code_replayed",
    /// A superseded refresh token of its family was presented.
    RefreshTokenReused = "oauth_access.refresh_token_reused",
    GrantCreated = "oauth_authorization.create",
    /// A person said yes in a browser.
    GrantConsented = "oauth_authorization.consent",
    GrantDeleted = "oauth_authorization.destroy",
    /// A backup was restored into the store; what was replayed stands before it.
    StoreRestored = "site.restore",
    /// The fence of a restore was lifted by an operator who vouches.
    FenceLifted = "site.restore_accept",
}

impl Action {
    /// Whether a row of this action about a token leaves the token as good as it was. Any other one
    /// tells of its end.
    pub fn spares_token(self) -> bool {
        matches!(
            self,
            Self::AuthorizationCreated
                | Self::AuthorizationImported
                | Self::AuthorizationEdited
                | Self::TokenHashUpgraded
        )
    }

    /// Whether by the hash in such a row no token is found any more.
    pub fn retires_hash(self) -> bool {
        self == Self::TokenHashUpgraded || !self.spares_token()
    }

    /// The action with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.name() == name)
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
    /// What else is worth knowing, in a few words that [`Action`] explains.
    pub details: Option<String>,
}
