//! Mail in dev mode: kept, and sent to nobody. Owns the last ones; must not
//! know what they say.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use grantd_core::clock::{Clock, Timestamp};
use grantd_core::mail::{MailError, Mailer};
use grantd_core::user::Email;
use serde::Serialize;

/// More are forgotten, the oldest first.
const MOST: usize = 1_000;

/// A mail that would have been sent.
#[derive(Clone, Serialize)]
pub(super) struct Mail {
    at: Timestamp,
    to: String,
    subject: String,
    text: String,
}

/// All of them, in the order of their sending.
pub(super) struct Outbox {
    clock: Arc<dyn Clock>,
    mails: Mutex<VecDeque<Mail>>,
}

impl Outbox {
    /// An empty one.
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            mails: Mutex::default(),
        }
    }

    /// What is in it.
    pub(super) fn mails(&self) -> Vec<Mail> {
        let mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        mails.iter().cloned().collect()
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        let mut mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        mails.clear();
    }
}

#[async_trait]
impl Mailer for Outbox {
    async fn send(&self, to: &Email, subject: &str, text: &str) -> Result<(), MailError> {
        let mut mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        if mails.len() == MOST {
            mails.pop_front();
        }
        mails.push_back(Mail {
            at: self.clock.now(),
            to: to.as_str().to_owned(),
            subject: subject.to_owned(),
            text: text.to_owned(),
        });
        Ok(())
    }
}
