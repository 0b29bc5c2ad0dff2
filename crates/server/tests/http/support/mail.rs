//! Mail that goes nowhere but to the test.

use async_trait::async_trait;
use grantd_core::mail::{MailError, Mailer};
use grantd_core::user::Email;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A mail that was sent.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
}

impl Mail {
    /// The path of the link in it that begins like this.
    #[track_caller]
    pub(crate) fn link(&self, beginning: &str) -> String {
        let words = self.text.split_whitespace();
        let mut paths = words.filter_map(|word| word.find(beginning).map(|at| &word[at..]));
        let found = paths.next();
        found
            .unwrap_or_else(|| panic!("no {beginning} in {}", self.text))
            .to_owned()
    }
}

/// Takes mails to a test.
pub(crate) struct Post(UnboundedSender<Mail>);

/// The mails that were sent, in order.
pub(crate) struct Mails(Mutex<UnboundedReceiver<Mail>>);

/// A sender and where its mails arrive.
pub(crate) fn post() -> (Post, Mails) {
    let (send, receive) = unbounded_channel();
    (Post(send), Mails(Mutex::new(receive)))
}

impl Mails {
    /// The next mail, as soon as it is there.
    pub(crate) async fn next(&self) -> Mail {
        self.0.lock().await.recv().await.expect("a mail")
    }
}

#[async_trait]
impl Mailer for Post {
    async fn send(&self, to: &Email, subject: &str, text: &str) -> Result<(), MailError> {
        let mail = Mail {
            to: to.as_str().to_owned(),
            subject: subject.to_owned(),
            text: text.to_owned(),
        };
        self.0
            .send(mail)
            .map_err(|error| MailError(error.to_string()))
    }
}
