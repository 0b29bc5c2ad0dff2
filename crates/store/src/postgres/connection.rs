//! Connections as this engine wants them. Owns TLS and the settings of a
//! session; must not know what is asked.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Connect};
use futures_util::stream::{FuturesUnordered, StreamExt};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, Error, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::ConnectError;
use super::url::{self, Target, Tls};

/// A migration may take its time, and another node's too.
const MIGRATION: &str = "SET statement_timeout = 0; SET lock_timeout = 0; \
                         SET idle_in_transaction_session_timeout = '1min'";
/// Compiling a plan costs more than any of our statements.
const ANY: &[&str] = &["SET jit = off"];
/// The two statements of checks are planned once, by their indexes, whatever the statistics say.
const CHECKS: &[&str] = &[
    "SET plan_cache_mode = force_generic_plan",
    "SET enable_seqscan = off",
    "SET enable_hashjoin = off",
    "SET enable_mergejoin = off",
];

/// The host that let us in last is asked first, and the others, one after another, when it has
/// not answered for so long. A host may accept a connection and then say nothing.
const HEAD_START: Duration = Duration::from_millis(100);

/// A command that meets only silence says so after this time.
const FIRST_ANSWER: Duration = Duration::from_secs(5);

/// Makes connections.
pub(crate) struct Connector {
    config: Config,
    hosts: Vec<Config>,
    last: AtomicUsize,
    tls: Option<MakeRustlsConnect>,
    patience: Duration,
}

type Opened = Result<(Client, JoinHandle<()>, oneshot::Receiver<()>), Error>;

impl Connector {
    pub(crate) fn of(url: &str, patience: Duration) -> Result<Self, ConnectError> {
        let Target { config, tls } = url::parse(url, patience)?;
        Ok(Self {
            hosts: url::hosts(&config),
            config,
            last: AtomicUsize::new(0),
            tls: tls.as_ref().map(verified).transpose()?,
            patience,
        })
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// A connection that may take its time.
    pub(crate) async fn for_migrations(&self) -> Result<ClientWrapper, ConnectError> {
        let open = async {
            let (client, task, _) = self.open().await?;
            client.batch_execute(MIGRATION).await?;
            Ok(ClientWrapper::new(client, task))
        };
        let opened = tokio::time::timeout(FIRST_ANSWER, open).await;
        opened.unwrap_or(Err(ConnectError::Silent))
    }

    /// A connection for checks, and what resolves when it is lost. `None` when that took too long.
    pub(super) async fn for_checks(
        &self,
    ) -> Option<Result<(ClientWrapper, oneshot::Receiver<()>), Error>> {
        let open = async {
            let (client, task, lost) = self.open().await?;
            for setting in CHECKS {
                wish(&client, setting).await;
            }
            Ok((ClientWrapper::new(client, task), lost))
        };
        tokio::time::timeout(self.patience, open).await.ok()
    }

    /// From the first host that lets us in; those that were not yet done are dropped.
    async fn open(&self) -> Opened {
        let (count, last) = (self.hosts.len(), self.last.load(Ordering::Relaxed));
        let mut trying = FuturesUnordered::new();
        let (mut next, mut refusal) = (0, None);
        loop {
            if next < count {
                let host = (last + next) % count;
                trying.push(async move { (host, self.open_at(host).await) });
                next += 1;
            }
            let patience = if next < count {
                HEAD_START
            } else {
                Duration::MAX
            };
            match tokio::time::timeout(patience, trying.next()).await {
                Ok(Some((host, Ok(opened)))) => {
                    self.last.store(host, Ordering::Relaxed);
                    return Ok(opened);
                }
                Ok(Some((_, Err(error)))) => refusal = Some(error),
                Ok(None) => return Err(refusal.expect("there was a host to refuse us")),
                Err(_) => {}
            }
        }
    }

    async fn open_at(&self, host: usize) -> Opened {
        let host = &self.hosts[host];
        let (client, task, lost) = match &self.tls {
            None => spawn(host.connect(NoTls).await?),
            Some(tls) => spawn(host.connect(tls.clone()).await?),
        };
        for setting in ANY {
            wish(&client, setting).await;
        }
        Ok((client, task, lost))
    }
}

/// A setting that only makes us faster; an engine that does not know it does without.
async fn wish(client: &Client, setting: &str) {
    if let Err(error) = client.batch_execute(setting).await {
        tracing::debug!(%error, setting, "the database does not take a setting");
    }
}

fn spawn<T>(
    (client, connection): (Client, tokio_postgres::Connection<Socket, T>),
) -> (Client, JoinHandle<()>, oneshot::Receiver<()>)
where
    T: tokio_postgres::tls::TlsStream + Unpin + Send + 'static,
{
    let (alive, lost) = oneshot::channel();
    let task = tokio::spawn(async move {
        // The steps in flight are told; there is nothing to add.
        let _ = connection.await;
        drop(alive);
    });
    (client, task, lost)
}

/// Certificates are verified against the given roots, or those of the system.
fn verified(tls: &Tls) -> Result<MakeRustlsConnect, ConnectError> {
    let trouble = |error: &dyn std::fmt::Display| ConnectError::Tls(error.to_string());
    let mut roots = RootCertStore::empty();
    match &tls.roots {
        Some(path) => {
            let file = CertificateDer::pem_file_iter(path).map_err(|error| trouble(&error))?;
            for root in file {
                let root = root.map_err(|error| trouble(&error))?;
                roots.add(root).map_err(|error| trouble(&error))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        return Err(trouble(&"there are no certificates to trust"));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| trouble(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// What the pool calls.
pub(super) struct ForPool(pub(super) Arc<Connector>);

impl Connect for ForPool {
    fn connect(
        &self,
        _: &Config,
    ) -> Pin<Box<dyn Future<Output = Result<(Client, JoinHandle<()>), Error>> + Send + '_>> {
        Box::pin(async {
            let (client, task, _) = self.0.open().await?;
            Ok((client, task))
        })
    }
}
