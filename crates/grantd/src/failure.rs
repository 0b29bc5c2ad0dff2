//! Why a command stopped: one line that says what is wrong and what to do
//! next. Owns the wording of errors that come from below; must not print.

use std::error::Error;
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
            with_causes(&error)
        ))
    }
}

/// An error and what it came of, as one line. Whoever runs a command may see all of it.
fn with_causes(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        // Some errors say their cause themselves.
        if !words.ends_with(&more) {
            words = format!("{words}: {more}");
        }
        cause = error.source();
    }
    words
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
