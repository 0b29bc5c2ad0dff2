//! What the page after a form says. Owns the list: the cookie that carries a
//! notice over holds its name alone, so that nobody can put words there.

use super::words::Words;

/// Something that was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    EmailSent,
    Language,
    Password,
    TwoFactorOff,
    PasskeyAdded,
    PasskeyRenamed,
    PasskeyRemoved,
    SessionEnded,
    SessionsEnded,
    TokenDeleted,
    TokenRenamed,
    ApplicationRevoked,
    ApplicationsRevoked,
    DeviceRefused,
    AppSaved,
    AppLogo,
    AppSecretEnded,
    AppDeleted,
    UserSuspended,
    UserRestored,
    UserPromoted,
    UserDemoted,
    UserFactorsReset,
    UserDeleted,
    AppSuspended,
    AppRestored,
}

const ALL: [Notice; 26] = [
    Notice::EmailSent,
    Notice::Language,
    Notice::Password,
    Notice::TwoFactorOff,
    Notice::PasskeyAdded,
    Notice::PasskeyRenamed,
    Notice::PasskeyRemoved,
    Notice::SessionEnded,
    Notice::SessionsEnded,
    Notice::TokenDeleted,
    Notice::TokenRenamed,
    Notice::ApplicationRevoked,
    Notice::ApplicationsRevoked,
    Notice::DeviceRefused,
    Notice::AppSaved,
    Notice::AppLogo,
    Notice::AppSecretEnded,
    Notice::AppDeleted,
    Notice::UserSuspended,
    Notice::UserRestored,
    Notice::UserPromoted,
    Notice::UserDemoted,
    Notice::UserFactorsReset,
    Notice::UserDeleted,
    Notice::AppSuspended,
    Notice::AppRestored,
];

impl Notice {
    /// The notice that a cookie names.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        ALL.into_iter().find(|notice| notice.name() == name)
    }

    /// Its name, and the key of its message.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::EmailSent => "notice-email-sent",
            Self::Language => "notice-language",
            Self::Password => "notice-password",
            Self::TwoFactorOff => "notice-two-factor-off",
            Self::PasskeyAdded => "notice-passkey-added",
            Self::PasskeyRenamed => "notice-passkey-renamed",
            Self::PasskeyRemoved => "notice-passkey-removed",
            Self::SessionEnded => "notice-session-ended",
            Self::SessionsEnded => "notice-sessions-ended",
            Self::TokenDeleted => "notice-token-deleted",
            Self::TokenRenamed => "notice-token-renamed",
            Self::ApplicationRevoked => "notice-application-revoked",
            Self::ApplicationsRevoked => "notice-applications-revoked",
            Self::DeviceRefused => "notice-device-refused",
            Self::AppSaved => "notice-app-saved",
            Self::AppLogo => "notice-app-logo",
            Self::AppSecretEnded => "notice-app-secret-ended",
            Self::AppDeleted => "notice-app-deleted",
            Self::UserSuspended => "notice-user-suspended",
            Self::UserRestored => "notice-user-restored",
            Self::UserPromoted => "notice-user-promoted",
            Self::UserDemoted => "notice-user-demoted",
            Self::UserFactorsReset => "notice-user-factors-reset",
            Self::UserDeleted => "notice-user-deleted",
            Self::AppSuspended => "notice-app-suspended",
            Self::AppRestored => "notice-app-restored",
        }
    }

    pub(crate) fn say(self, words: &Words) -> String {
        words.t(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::words::Language;

    #[test]
    fn every_notice_has_a_message_and_no_other_name_has_one() {
        for notice in ALL {
            assert_eq!(Notice::of_name(notice.name()), Some(notice));
            assert_ne!(notice.say(&Words::new(Language::German)), notice.name());
        }
        assert_eq!(Notice::of_name("skip"), None);
    }
}
