//! Mail, as far as rules send any. Owns what a sender is; must not know how
//! mail travels, nor in which words.

use std::sync::Arc;

use async_trait::async_trait;

use crate::counts::{Counts, Happening};
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

/// A sender whose mails are counted.
pub struct Counted {
    /// Who sends.
    pub mailer: Arc<dyn Mailer>,
    /// Where it is counted.
    pub counts: Arc<Counts>,
}

#[async_trait]
impl Mailer for Counted {
    async fn send(&self, to: &Email, subject: &str, text: &str) -> Result<(), MailError> {
        let sent = self.mailer.send(to, subject, text).await;
        self.counts.add(match &sent {
            Ok(()) => Happening::MailSent,
            Err(_) => Happening::MailFailed,
        });
        sent
    }
}
