//! A request's body on its way. Owns that it is read once, when it is due; must
//! not know what the handler makes of it.

use std::time::Duration;

use bytes::Bytes;
use grantd_core::token::{Token, TokenFormat};
use http_body::Body;
use serde_json::Value;

use crate::body;
use crate::error::Result;

/// A body that waits, or what it turned out to be.
pub(crate) enum Arrival<B> {
    /// Nobody has read it.
    Waiting(B),
    /// It was read.
    Here(Result<Bytes>),
}

impl<B> Arrival<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    /// Reads it before anything is known of the caller, for the token that an app asks about: so
    /// the app's secret and the token are one look-up. What is wrong with it is told by
    /// [`Arrival::read`], to callers who may know.
    pub(crate) async fn app_token(
        &mut self,
        patience: Duration,
        tokens: &TokenFormat,
    ) -> Option<Token> {
        let waiting = std::mem::replace(self, Self::Here(Ok(Bytes::new())));
        let read = waiting.read(patience).await;
        let token = read.as_ref().ok().and_then(|bytes| token_in(bytes, tokens));
        *self = Self::Here(read);
        token
    }

    /// All of it.
    ///
    /// # Errors
    /// As [`body::read`].
    pub(crate) async fn read(self, patience: Duration) -> Result<Bytes> {
        match self {
            Self::Waiting(body) => body::read(body, patience).await,
            Self::Here(read) => read,
        }
    }

    /// Throws it away, as [`body::drain`].
    pub(crate) async fn drain(self) {
        if let Self::Waiting(body) = self {
            body::drain(body).await;
        }
    }
}

fn token_in(bytes: &[u8], tokens: &TokenFormat) -> Option<Token> {
    match body::object(bytes).ok()?.get("access_token")? {
        Value::String(text) => tokens.parse(text),
        _ => None,
    }
}
