//! Calls to other servers over HTTP. Owns the client, its deadline and that no
//! answer's text reaches a log; who is called, and with what, is others'.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use grantd_core::outbound::{Outbound, OutboundError};
use reqwest::{Client, Response, redirect};
use rustls::{ClientConfig, RootCertStore};

use crate::failure::Failure;

/// A server that takes longer for an answer than this is away.
const PATIENCE: Duration = Duration::from_secs(10);

/// Calls over HTTP and, with the machine's certificates, HTTPS.
pub(crate) struct HttpOutbound {
    client: Client,
}

impl HttpOutbound {
    /// # Errors
    /// TLS cannot be set up.
    pub(crate) fn new() -> Result<Self, Failure> {
        Ok(Self { client: client()? })
    }
}

/// A client with the machine's certificates, a deadline and no redirects.
pub(crate) fn client() -> Result<Client, Failure> {
    Client::builder()
        .tls_backend_preconfigured(tls()?)
        .redirect(redirect::Policy::none())
        .user_agent(concat!("grantd/", env!("CARGO_PKG_VERSION")))
        .timeout(PATIENCE)
        .build()
        .map_err(|why| Failure::new(format!("cannot set up calls to other servers: {why}")))
}

fn tls() -> Result<ClientConfig, Failure> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|why| Failure::new(format!("cannot set up TLS: {why}")))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

#[async_trait]
impl Outbound for HttpOutbound {
    async fn post(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
    ) -> Result<(), OutboundError> {
        let request = headers
            .iter()
            .fold(self.client.post(url), |request, (name, value)| {
                request.header(*name, value)
            });
        let answer = request.body(body).send().await.map_err(|why| words(&why))?;
        if answer.status().is_success() {
            Ok(())
        } else {
            Err(refused(&answer))
        }
    }

    async fn get(&self, url: &str, limit: usize) -> Result<Vec<u8>, OutboundError> {
        let sent = self.client.get(url).send().await;
        let mut answer = sent.map_err(|why| words(&why))?;
        if answer.status() != 200 {
            return Err(refused(&answer));
        }
        let mut document = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|why| words(&why))? {
            if document.len() + chunk.len() > limit {
                return Err(OutboundError(format!(
                    "the document is longer than {limit} bytes"
                )));
            }
            document.extend_from_slice(&chunk);
        }
        Ok(document)
    }
}

fn refused(answer: &Response) -> OutboundError {
    OutboundError(format!("it answered {}", answer.status().as_u16()))
}

/// The library's words may hold the URL, and a URL may hold a secret.
fn words(why: &reqwest::Error) -> OutboundError {
    OutboundError(match () {
        () if why.is_timeout() => "it did not answer in time".into(),
        () if why.is_connect() => "it cannot be reached".into(),
        () if why.is_builder() => "the address cannot be called".into(),
        () => "the answer broke off".into(),
    })
}
