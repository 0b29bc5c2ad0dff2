//! Mail, as far as rules send any. Owns what a sender is; must not know how
//! mail travels, nor in which words.

use async_trait::async_trait;

use crate::user::Email;

/// The mail was not handed over.
#[derive(Debug, thiserror::Error)]
#[error("the mail could not be handed over: {0}")]
pub struct MailError(pub String);

/// Sends mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands one mail over.
    ///
    /// # Errors
    /// Nobody takes it.
    async fn send(&self, to: &Email, subject: &str, text: &str) -> Result<(), MailError>;
}
