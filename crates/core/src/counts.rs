//! What has happened on this node since it started, as far as rules see it.
//! Owns the counters; must not know who reads them, nor how they are called there.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Forbidden, Result};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Happening {
    /// A token was valid, presented by whoever holds it.
    TokenValid,
    /// The same, but for its owner's suspension.
    TokenOfSuspended,
    /// It was not.
    TokenUnknown,
    /// An app asked about a token, and it was valid and its own.
    AppTokenValid,
    /// It was not.
    AppTokenUnknown,
    /// An app proved its secret.
    AppProved,
    /// It did not.
    AppRefused,
    /// Expired tokens were deleted.
    ReapedTokens,
    /// Counters that had ended.
    ReapedCounters,
    /// Codes, device codes and refresh tokens.
    ReapedCodes,
    /// Sessions and tickets.
    ReapedSessions,
    /// A mail was handed over.
    MailSent,
    /// Nobody took it.
    MailFailed,
    /// Some of the trail was posted.
    AuditPosted,
    /// Nobody took it.
    AuditFailed,
    /// A notice was posted.
    NoticePosted,
    /// Nobody took it.
    NoticeFailed,
}

impl Happening {
    const COUNT: usize = Self::NoticeFailed as usize + 1;
}

/// By what somebody signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum SignInKind {
    /// Password (and code) with a request of the API.
    Api,
    /// The password, in a browser.
    Password,
    /// The second factor after it.
    Code,
    /// A passkey.
    Passkey,
}

impl SignInKind {
    /// All there are.
    pub const ALL: [Self; 4] = [Self::Api, Self::Password, Self::Code, Self::Passkey];
}

/// How that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum SignInOutcome {
    /// It was right.
    Right,
    /// Login, password, passkey or ticket was not.
    Wrong,
    /// The code is missing or wrong.
    CodeWanted,
    /// The pair of login and address is locked, or the user's codes are.
    Locked,
    /// Too many wrong passwords from everywhere.
    Throttled,
    /// No password could be hashed in time.
    Busy,
    /// The user is suspended.
    Suspended,
    /// The store is away.
    Unavailable,
}

impl SignInOutcome {
    /// All there are.
    pub const ALL: [Self; 8] = [
        Self::Right,
        Self::Wrong,
        Self::CodeWanted,
        Self::Locked,
        Self::Throttled,
        Self::Busy,
        Self::Suspended,
        Self::Unavailable,
    ];

    /// What a refusal means here.
    pub fn of(error: &Error) -> Self {
        match error {
            Error::OtpRequired => Self::CodeWanted,
            Error::Forbidden(Forbidden::TooManyAttempts) => Self::Locked,
            Error::Forbidden(Forbidden::Suspended) => Self::Suspended,
            Error::Throttled {
                kind: crate::error::Throttle::Hashing,
                ..
            } => Self::Busy,
            Error::Throttled { .. } => Self::Throttled,
            Error::Unavailable(_) => Self::Unavailable,
            _ => Self::Wrong,
        }
    }
}

/// The counters of one node.
#[derive(Debug, Default)]
pub struct Counts {
    happenings: [AtomicU64; Happening::COUNT],
    sign_ins: [[AtomicU64; SignInOutcome::ALL.len()]; SignInKind::ALL.len()],
}

impl Counts {
    /// One more.
    pub fn add(&self, what: Happening) {
        self.add_many(what, 1);
    }

    /// So many more.
    pub fn add_many(&self, what: Happening, count: usize) {
        self.happenings[what as usize].fetch_add(count as u64, Ordering::Relaxed);
    }

    /// So often since the start.
    pub fn get(&self, what: Happening) -> u64 {
        self.happenings[what as usize].load(Ordering::Relaxed)
    }

    /// Notes how an attempt to sign in ended, and passes that on.
    ///
    /// # Errors
    /// The outcome's own.
    pub fn signed_in<T>(&self, by: SignInKind, outcome: Result<T>) -> Result<T> {
        let how = outcome
            .as_ref()
            .map_or_else(SignInOutcome::of, |_| SignInOutcome::Right);
        self.note_sign_in(by, how);
        outcome
    }

    /// Notes how an attempt to sign in ended.
    pub fn note_sign_in(&self, by: SignInKind, how: SignInOutcome) {
        self.sign_ins[by as usize][how as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How often that happened since the start.
    pub fn sign_ins(&self, by: SignInKind, how: SignInOutcome) -> u64 {
        self.sign_ins[by as usize][how as usize].load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_has_a_counter_of_its_own() {
        let counts = Counts::default();
        counts.add(Happening::TokenValid);
        counts.add_many(Happening::MailFailed, 3);
        assert_eq!(counts.get(Happening::TokenValid), 1);
        assert_eq!(counts.get(Happening::MailFailed), 3);
        assert_eq!(counts.get(Happening::MailSent), 0);
    }

    #[test]
    fn an_attempt_is_noted_by_how_it_ended() {
        let counts = Counts::default();
        assert!(counts.signed_in(SignInKind::Api, Ok(())).is_ok());
        let refused: Result<()> = counts.signed_in(SignInKind::Api, Err(Error::OtpRequired));
        assert!(refused.is_err());
        let of = |how| counts.sign_ins(SignInKind::Api, how);
        assert_eq!(of(SignInOutcome::Right), 1);
        assert_eq!(of(SignInOutcome::CodeWanted), 1);
        assert_eq!(of(SignInOutcome::Wrong), 0);
        let sum: u64 = SignInOutcome::ALL
            .into_iter()
            .map(|how| counts.sign_ins(SignInKind::Password, how))
            .sum();
        assert_eq!(sum, 0);
    }
}
