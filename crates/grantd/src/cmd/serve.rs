//! `grantd serve`: the one place where store, rules and HTTP surface are put
//! together. Owns start, signals and end of the server; what it answers is the
//! server crate's.

pub(crate) mod background;
mod beside;
pub(crate) mod life;
mod metrics;

use std::fmt::Display;
use std::fs;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use grantd_core::Authority;
use grantd_core::clock::{Clock, Timer};
use grantd_core::entropy::Entropy;
use grantd_core::login::hash_pool::HashPool;
use grantd_core::login::{SignIn, SignInParts};
use grantd_core::mail::{Counted, Mailer};
use grantd_core::secret::Secret;
use grantd_core::secret_scanning::KeySet;
use grantd_server::access::AccessLog;
use grantd_server::app::App;
use grantd_server::serve::{Tls, TlsFiles};
use grantd_server::trace::Tracer;
use grantd_store::DatabaseUrl;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use self::background::Background;
use self::beside::Beside;
use super::logging;
use crate::config::Config;
use crate::config::values::KeysAt;
use crate::failure::Failure;
use crate::instance::Instance;
use crate::outbound::HttpOutbound;
use crate::output;
use crate::traces::Traces;

/// Serves until told to stop.
pub(crate) fn run(config: Config) -> Result<(), Failure> {
    with_runtime(config, serve)
}

/// Runs a server of any kind in a runtime of its own, with logging and traces as configured.
pub(crate) fn with_runtime(
    config: Config,
    server: impl AsyncFnOnce(Config, Watching) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|why| Failure::new(format!("cannot start: {why}")))?;
    let entered = runtime.enter();
    let logging = logging::start(&config)?;
    let watching = Watching {
        tracer: logging.traces.as_ref().map(Traces::tracer),
        access: logging.access.clone(),
    };
    let outcome = runtime.block_on(server(config, watching));
    drop(entered);
    logging.end();
    outcome
}

/// What hears of every request.
#[derive(Clone)]
pub(crate) struct Watching {
    tracer: Option<Arc<dyn Tracer>>,
    access: Option<Arc<dyn AccessLog>>,
}

impl Watching {
    /// The surface, watched.
    pub(crate) fn over(self, mut app: App) -> App {
        if let Some(tracer) = self.tracer {
            app = app.with_tracer(tracer);
        }
        if let Some(access) = self.access {
            app = app.with_access_log(access);
        }
        app
    }
}

async fn serve(config: Config, watching: Watching) -> Result<(), Failure> {
    for warning in &config.warnings {
        output::note(format!("warning: {warning}"));
    }
    // Before anything else, so that a signal during start-up is not lost.
    let (reload, shutdown) = (reloads()?, shutdown()?);
    let instance = Instance::open(config).await?;
    let outcome = answer(&instance, watching, reload, shutdown).await;
    instance.store.close().await;
    outcome
}

async fn answer(
    instance: &Instance,
    watching: Watching,
    reload: watch::Receiver<()>,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), Failure> {
    let config = &instance.config;
    let tls = config.tls().map(certificate).transpose()?;
    let (listener, listening) = listen(config.values.listen.0, "listen").await?;
    let mut beside = Beside::start(instance, &reload).await?;
    beside.answer_commands(instance);
    let public_url = config.public_url(listening);
    let authority = Arc::new(authority(instance)?);
    let setup_link = match instance.fenced {
        true => None,
        false => authority.setup_link().await?,
    };
    let background = Background::start(instance, &authority, &public_url)?;
    let app = App::new(authority, config.surface(public_url.clone()));
    let app = Arc::new(watching.over(app));
    let metrics = metrics::start(config, &app).await?;
    announce(instance, listening, setup_link.as_ref());
    grantd_server::serve::serve(listener, app, tls, reload, shutdown).await;
    drop((background, metrics));
    Ok(())
}

/// A certificate that cannot be used is better told of before anybody is told that all is ready.
pub(crate) fn certificate(files: TlsFiles) -> Result<Tls, Failure> {
    Tls::read(files).map_err(|why| Failure::new(format!("cannot use the certificate: {why}")))
}

/// Listens, or says which setting names another address.
pub(crate) async fn listen(
    address: SocketAddr,
    setting: &str,
) -> Result<(TcpListener, SocketAddr), Failure> {
    let cannot = |why| {
        Failure::new(format!(
            "cannot listen on {address}: {why}; choose another address with --{}",
            setting.replace('_', "-")
        ))
    };
    let listener = TcpListener::bind(address).await.map_err(cannot)?;
    let listening = listener.local_addr().map_err(cannot)?;
    Ok((listener, listening))
}

/// One line that scripts may wait for, and a hint where nobody could sign in yet.
pub(crate) fn announce(instance: &Instance, listening: SocketAddr, setup_link: Option<&Secret>) {
    let config = &instance.config;
    let text = |url: url::Url| url.as_str().trim_end_matches('/').to_owned();
    let (own, public) = (
        text(config.listen_url(listening)),
        text(config.public_url(listening)),
    );
    let behind = if own == public {
        String::new()
    } else {
        format!(", public URL {public}")
    };
    let shared = match config.database() {
        DatabaseUrl::Sqlite(_) => String::new(),
        url => format!(", database {url}"),
    };
    if let Some(secret) = setup_link {
        output::note(format!(
            "there are no users yet; make the first one, a site admin, once: {public}/setup/{}",
            secret.expose()
        ));
        output::note(format!(
            "or make one here: grantd --data {} user create LOGIN",
            config.values.data.display()
        ));
    }
    output::note(format!(
        "grantd is ready on {own} (data {}{shared}{behind})",
        config.values.data.display()
    ));
}

/// The rules, with everything that they are given.
pub(crate) fn authority(instance: &Instance) -> Result<Authority, Failure> {
    let config = &instance.config;
    let clock: Arc<dyn Clock> = instance.clock.clone();
    let entropy: Arc<dyn Entropy> = instance.entropy.clone();
    let cores = available_parallelism().map_or(1, usize::from);
    let pool = HashPool::start(config.pool_limits(cores))
        .map_err(|why| Failure::new(format!("cannot start the password threads: {why}")))?;
    let sign_in = SignIn::new(SignInParts {
        store: Arc::clone(&instance.store),
        clock: Arc::clone(&clock),
        entropy: Arc::clone(&entropy),
        key: Arc::clone(&instance.key),
        timer: Arc::new(TokioTimer),
        throttle: config.throttle(),
        pool,
        cost: config.password_cost(),
    });
    let counts = Arc::default();
    Ok(Authority {
        store: Arc::clone(&instance.store),
        clock,
        entropy,
        tokens: config
            .token_format()
            .map_err(|why| Failure::new(why.to_string()))?,
        scopes: config.scopes.clone(),
        policy: config.policy(),
        sign_in,
        hourly: Arc::default(),
        last_used: Arc::default(),
        upgrades: Arc::default(),
        key: Arc::clone(&instance.key),
        mailer: config.mailer()?.map(|mailer| {
            Arc::new(Counted {
                mailer: Arc::new(mailer),
                counts: Arc::clone(&counts),
            }) as Arc<dyn Mailer>
        }),
        scanners: config
            .values
            .secret_scanning_keys
            .as_ref()
            .map(scanners)
            .transpose()?,
        counts,
    })
}

/// Whose messages about secrets found in public are taken.
fn scanners(keys: &KeysAt) -> Result<KeySet, Failure> {
    let file = match keys {
        KeysAt::Address(url) => {
            let outbound = Arc::new(HttpOutbound::new()?);
            return Ok(KeySet::published(url.to_string(), outbound));
        }
        KeysAt::File(file) => file,
    };
    let cannot = |why: &dyn Display| {
        let file = file.display();
        Failure::new(format!(
            "cannot use {file}, which secret_scanning_keys names: {why}"
        ))
    };
    let document = fs::read(file).map_err(|why| cannot(&why))?;
    KeySet::fixed(&document).map_err(|why| cannot(&why))
}

/// The runtime's timer, for core.
pub(super) struct TokioTimer;

impl Timer for TokioTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Resolves at the first SIGTERM or SIGINT.
pub(crate) fn shutdown() -> Result<impl Future<Output = ()> + Send, Failure> {
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Changes at every SIGHUP.
fn reloads() -> Result<watch::Receiver<()>, Failure> {
    let mut hang_up = signal(SignalKind::hangup()).map_err(no_signals)?;
    let (changed, reload) = watch::channel(());
    tokio::spawn(
        async move { while hang_up.recv().await.is_some() && changed.send(()).is_ok() {} },
    );
    Ok(reload)
}

fn no_signals(why: std::io::Error) -> Failure {
    Failure::new(format!("cannot listen for signals: {why}"))
}
