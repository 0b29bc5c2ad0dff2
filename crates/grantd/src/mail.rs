//! Mail over SMTP. Owns the connection and the envelope; what is written, and
//! to whom, is others'. Neither the relay's password nor a mail's text reaches
//! a log or an error.

use std::time::Duration;

use async_trait::async_trait;
use grantd_core::mail::{MailError, Mailer};
use grantd_core::user::Email;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::Error as SmtpError;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use crate::config::values::{Sender, SmtpUrl};

/// A relay that takes longer for a line than this is away.
const PATIENCE: Duration = Duration::from_secs(10);

/// Hands mail to a relay, each over a connection of its own.
pub(crate) struct SmtpMailer {
    relay: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl SmtpMailer {
    /// # Errors
    /// TLS cannot be set up.
    pub(crate) fn new(url: &SmtpUrl, from: &Sender) -> Result<Self, MailError> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose());
        let relay = builder.map_err(|why| refusal(&why))?;
        Ok(Self {
            relay: relay.timeout(Some(PATIENCE)).build(),
            from: from.0.clone(),
        })
    }

    /// Whether the relay greets, and takes the password if there is one. No mail is sent.
    ///
    /// # Errors
    /// It does not.
    pub(crate) async fn greet(&self) -> Result<(), MailError> {
        match self.relay.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(MailError(
                "the relay does not go on after its greeting".into(),
            )),
            Err(why) => Err(refusal(&why)),
        }
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, to: &Email, subject: &str, text: &str) -> Result<(), MailError> {
        let address = to.as_str().parse();
        let address =
            address.map_err(|_| MailError("the address cannot stand in a mail".into()))?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, address))
            .subject(subject)
            .message_id(None)
            .header(ContentType::TEXT_PLAIN)
            .body(text.to_owned())
            .map_err(|_| MailError("the mail cannot be put together".into()))?;
        let sent = self.relay.send(message).await;
        sent.map(drop).map_err(|why| refusal(&why))
    }
}

/// The relay's refusal by its code alone: what it says may repeat what it was told.
fn refusal(why: &SmtpError) -> MailError {
    MailError(match why.status() {
        Some(code) => format!("the relay answered {code}"),
        None if why.is_timeout() => "the relay did not answer in time".into(),
        None if why.is_tls() => {
            "no TLS with the relay: is its certificate one that this machine trusts?".into()
        }
        None => "the relay cannot be reached, or speaks no SMTP that is understood".into(),
    })
}

#[cfg(test)]
mod tests;
