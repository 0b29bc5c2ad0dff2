//! What grantd says to other servers unasked: webhooks, and files fetched from
//! addresses that the operator configured. Owns what such a caller is and how a
//! webhook is signed; must not know how it travels, nor what is in it.

use std::sync::Arc;

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::counts::{Counts, Happening};
use crate::secret::Secret;

/// What was sent was not taken, or nothing came back.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct OutboundError(pub String);

/// Calls other servers over HTTP. Follows no redirect, waits ten seconds at most.
#[async_trait]
pub trait Outbound: Send + Sync {
    /// Posts a body; Ok when it was answered by 2xx.
    ///
    /// # Errors
    /// Any other answer, or none.
    async fn post(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
    ) -> Result<(), OutboundError>;

    /// Gets a document of at most `limit` bytes.
    ///
    /// # Errors
    /// Another answer than 200, a longer document, or none.
    async fn get(&self, url: &str, limit: usize) -> Result<Vec<u8>, OutboundError>;
}

/// What is posted to a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Some of the trail.
    Audit,
    /// A token ends soon.
    TokenExpiring,
}

impl Event {
    /// Its name for receivers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::TokenExpiring => "token_expiring",
        }
    }

    fn happened(self, was_taken: bool) -> Happening {
        match (self, was_taken) {
            (Self::Audit, true) => Happening::AuditPosted,
            (Self::Audit, false) => Happening::AuditFailed,
            (Self::TokenExpiring, true) => Happening::NoticePosted,
            (Self::TokenExpiring, false) => Happening::NoticeFailed,
        }
    }
}

/// Where events are posted, and what proves that they are ours.
pub struct Webhook {
    /// The receiver's URL.
    pub url: String,
    /// Known to both sides.
    pub secret: Option<Secret>,
    /// Where it is counted how that ended.
    pub counts: Arc<Counts>,
}

impl Webhook {
    /// Posts one event as JSON. `delivery` is the same in every attempt, so that a receiver
    /// can tell a repetition. Signed as GitHub's webhooks are: `X-Hub-Signature-256`.
    ///
    /// # Errors
    /// As [`Outbound::post`].
    pub async fn post(
        &self,
        outbound: &dyn Outbound,
        event: Event,
        delivery: String,
        body: Vec<u8>,
    ) -> Result<(), OutboundError> {
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            ("x-grantd-event", event.name().to_owned()),
            ("x-grantd-delivery", delivery),
        ];
        if let Some(secret) = &self.secret {
            headers.push(("x-hub-signature-256", signature(secret, &body)));
        }
        let posted = outbound.post(&self.url, &headers, body).await;
        self.counts.add(event.happened(posted.is_ok()));
        posted
    }
}

/// `sha256=` and the hex HMAC-SHA-256 of the body.
pub fn signature(secret: &Secret, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes())
        .expect("HMAC takes keys of any length");
    mac.update(body);
    format!("sha256={}", HEXLOWER.encode(&mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use crate::login::testing::block_on;

    use super::*;

    /// Whoever answers so.
    struct Receiver(bool);

    #[async_trait]
    impl Outbound for Receiver {
        async fn post(
            &self,
            _: &str,
            _: &[(&'static str, String)],
            _: Vec<u8>,
        ) -> Result<(), OutboundError> {
            match self.0 {
                true => Ok(()),
                false => Err(OutboundError("it answered 500".to_owned())),
            }
        }

        async fn get(&self, _: &str, _: usize) -> Result<Vec<u8>, OutboundError> {
            Ok(Vec::new())
        }
    }

    #[test]
    fn what_is_posted_is_counted_by_event_and_outcome() {
        let counts = Arc::<Counts>::default();
        let webhook = Webhook {
            url: "https://hooks.example".to_owned(),
            secret: None,
            counts: Arc::clone(&counts),
        };
        for (event, taken) in [
            (Event::Audit, true),
            (Event::Audit, false),
            (Event::Audit, false),
            (Event::TokenExpiring, false),
        ] {
            let receiver = Receiver(taken);
            let posted = webhook.post(&receiver, event, "1".to_owned(), Vec::new());
            assert_eq!(block_on(posted).is_ok(), taken);
        }
        let counted = [
            Happening::AuditPosted,
            Happening::AuditFailed,
            Happening::NoticePosted,
            Happening::NoticeFailed,
        ]
        .map(|what| counts.get(what));
        assert_eq!(counted, [1, 2, 0, 1]);
    }

    #[test]
    fn signatures_are_those_of_githubs_webhooks() {
        // GitHub Docs, "Validating webhook deliveries", testing the validation.
        let secret = Secret::new("It's a Secret to Everybody".to_owned());
        assert_eq!(
            signature(&secret, b"Hello, World!"),
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        );
    }
}
