//! Why a command stopped: one line that says what is wrong and what to do
//! next. Owns the wording of errors that come from below; must not print.

use std::fmt;

use grantd_core::accounts::AccountError;
use grantd_core::store::StoreError;

/// One line for stderr; the exit code is 1.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    /// What is wrong; what to do next.
    pub(crate) fn new(line: impl Into<String>) -> Self {
        Self(line.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self(format!(
            "the database failed: {}; `grantd doctor` looks for the cause",
            whole(&error)
        ))
    }
}

/// An error with all that caused it, in one line.
pub(crate) fn whole(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let mut line = error.to_string();
    for cause in causes {
        let cause = cause.to_string();
        // Errors that pass on their cause's words have said it already.
        if !line.contains(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    line
}

impl From<grantd_core::Error> for Failure {
    fn from(error: grantd_core::Error) -> Self {
        Self(format!("{error}; `grantd doctor` looks for the cause"))
    }
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Store(error) => error.into(),
            AccountError::Taken(_) => Self(format!("{error}; choose another")),
            other => Self(other.to_string()),
        }
    }
}
