//! Where log lines and spans go: lines to stderr, as text or JSON, spans to a
//! collector if there is one. Owns the subscriber; what is worth a line, and that
//! no secret is in it, is for whoever logs.

use std::io::{self, IsTerminal};

use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::config::Config;
use crate::config::values::LogFormat;
use crate::failure::Failure;
use crate::traces::Traces;

/// Starts logging for the rest of the process. Needs a runtime when there is a collector.
pub(super) fn start(config: &Config) -> Result<Option<Traces>, Failure> {
    let collector = config.values.otlp_endpoint.as_ref();
    let traces = collector.map(|url| Traces::start(&url.0)).transpose()?;
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = match config.values.log_format {
        LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    // A line says by itself what it is about: spans are for collectors.
    let filter = EnvFilter::new(&config.values.log.0).and(filter_fn(|about| about.is_event()));
    // The first subscriber of a process stays; there is no other here.
    let _ = tracing_subscriber::registry()
        .with(traces.as_ref().map(Traces::layer))
        .with(lines.with_filter(filter))
        .try_init();
    Ok(traces)
}
