//! Connections: accepting, TLS, time-outs, ending gracefully; what a node tells
//! the others meanwhile. Owns sockets; must not know what is answered on them.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use grantd_core::hourly::EXCHANGE_EVERY;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::app::App;
use crate::patience::Patience;
use crate::polite::Polite;
use crate::workers::Workers;

/// The certificate and its key, read again when told.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// PEM: the certificate chain.
    pub certificate: PathBuf,
    /// PEM: the private key.
    pub key: PathBuf,
}

/// A certificate in use, and where to read its successor.
pub struct Tls {
    files: TlsFiles,
    acceptor: TlsAcceptor,
}

impl Tls {
    /// Reads the certificate.
    ///
    /// # Errors
    /// A file cannot be read or used; the message names it.
    pub fn read(files: TlsFiles) -> io::Result<Self> {
        let acceptor = load(&files)?;
        Ok(Self { files, acceptor })
    }

    /// Shakes hands with a client.
    ///
    /// # Errors
    /// It does not know how, or takes too long.
    pub async fn accept(
        &self,
        stream: TcpStream,
    ) -> io::Result<impl AsyncRead + AsyncWrite + Unpin + Send + use<>> {
        let accepting = self.acceptor.accept(stream);
        tokio::time::timeout(HANDSHAKE, accepting).await?
    }

    /// Reads the files again; if they cannot be used, the old certificate stays.
    fn reload(&mut self) {
        match load(&self.files) {
            Ok(fresh) => {
                self.acceptor = fresh;
                tracing::info!("the certificate was read again");
            }
            Err(error) => {
                tracing::error!(%error, "the certificate could not be read again; the old one stays");
            }
        }
    }
}

/// How long requests in flight may take to finish when the server ends.
const LAST_WORDS: Duration = Duration::from_secs(10);
/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Serves until `shutdown` resolves, then lets requests in flight finish
/// (ten seconds at most). With `tls`, reads the files again whenever `reload`
/// changes; files that cannot be used then leave the old certificate in place.
pub async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    mut tls: Option<Tls>,
    mut reload: watch::Receiver<()>,
    shutdown: impl Future<Output = ()> + Send,
) {
    let graceful = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    let mut reloads = true;
    let mut workers = match Workers::start() {
        Ok(workers) => workers,
        Err(error) => {
            tracing::error!(%error, "no threads to serve with");
            return;
        }
    };
    let (end, ended) = oneshot::channel::<()>();
    let exchanging = tokio::spawn(exchange_counts(Arc::clone(&app), ended));
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            changed = reload.changed(), if reloads => {
                reloads = changed.is_ok();
                if let Some(tls) = &mut tls {
                    tls.reload();
                }
            }
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let (app, acceptor, watcher) = (Arc::clone(&app), tls.as_ref().map(|tls| tls.acceptor.clone()), graceful.watcher());
                    // Off this runtime, and onto the other one when its task begins.
                    match stream.into_std() {
                        Ok(stream) => drop(workers.next().spawn(connection(stream, peer.ip(), app, acceptor, watcher))),
                        Err(error) => tracing::warn!(%error, "a connection could not be served"),
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    // Out of file descriptors, most likely: give some time to come back.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
    drop(listener);
    if tokio::time::timeout(LAST_WORDS, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("requests in flight did not finish in time");
    }
    workers.end().await;
    drop(end);
    // A task that panicked has said so.
    let _ = exchanging.await;
}

/// Counts, and now and then last uses: again and again until the end, and then once more.
async fn exchange_counts(app: Arc<App>, mut ended: oneshot::Receiver<()>) {
    loop {
        let wait = tokio::time::timeout(EXCHANGE_EVERY, &mut ended);
        let has_ended = wait.await.is_ok();
        if let Err(error) = app.authority.exchange_counts().await {
            tracing::debug!(%error, "counts will be exchanged later");
        }
        if let Err(error) = app.authority.upgrade_hashes().await {
            tracing::debug!(%error, "hashes of tokens will be upgraded later");
        }
        let told = match has_ended {
            true => app.authority.flush_last_used().await,
            false => app.authority.flush_last_used_if_due().await,
        };
        if let Err(error) = told {
            tracing::debug!(%error, "last uses will be told later");
        }
        if has_ended {
            return;
        }
    }
}

fn load(files: &TlsFiles) -> io::Result<TlsAcceptor> {
    let bad = |path: &Path, what: String| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{}: {what}", path.display()),
        )
    };
    let certificates = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| bad(&files.certificate, error.to_string()))?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| bad(&files.key, error.to_string()))?;
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(|error| bad(&files.certificate, error.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn connection(
    stream: std::net::TcpStream,
    peer: IpAddr,
    app: Arc<App>,
    acceptor: Option<TlsAcceptor>,
    watcher: Watcher,
) {
    let _ = stream.set_nodelay(true);
    let stream = match TcpStream::from_std(stream) {
        Ok(stream) => stream,
        Err(error) => {
            tracing::warn!(%error, "a connection could not be served");
            return;
        }
    };
    match acceptor {
        None => requests(stream, peer, app, watcher).await,
        Some(acceptor) => match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => requests(stream, peer, app, watcher).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "a TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "a TLS handshake took too long"),
        },
    }
}

async fn requests(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    peer: IpAddr,
    app: Arc<App>,
    watcher: Watcher,
) {
    let (patience, documentation_url) = (app.header_patience(), app.documentation_url());
    let service = service_fn(move |request: http::Request<Incoming>| {
        let app = Arc::clone(&app);
        async move { Ok::<_, Infallible>(app.respond(request, peer).await) }
    });
    let connection = http1::Builder::new()
        .timer(Patience::new())
        .header_read_timeout(patience)
        // Above our own limits; beyond these hyper refuses by itself (see `polite`). It makes room for
        // so many headers with each request.
        .max_headers(128)
        .max_buf_size(256 * 1024)
        .serve_connection(TokioIo::new(Polite::new(stream, documentation_url)), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%peer, %error, "a connection ended early");
    }
}
