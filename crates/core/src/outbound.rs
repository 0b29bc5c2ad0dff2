//! What grantd says to other servers unasked: webhooks, and files fetched from
//! addresses that the operator configured. Owns what such a caller is and how a
//! webhook is signed; must not know how it travels, nor what is in it.

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

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

/// Where events are posted, and what proves that they are ours.
pub struct Webhook {
    /// The receiver's URL.
    pub url: String,
    /// Known to both sides.
    pub secret: Option<Secret>,
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
        event: &'static str,
        delivery: String,
        body: Vec<u8>,
    ) -> Result<(), OutboundError> {
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            ("x-grantd-event", event.to_owned()),
            ("x-grantd-delivery", delivery),
        ];
        if let Some(secret) = &self.secret {
            headers.push(("x-hub-signature-256", signature(secret, &body)));
        }
        outbound.post(&self.url, &headers, body).await
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
    use super::*;

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
