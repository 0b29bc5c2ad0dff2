//! Where log lines go: stderr, as text or JSON. Owns the subscriber; what is
//! worth a line, and that no secret is in it, is for whoever logs.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::config::Config;
use crate::config::values::LogFormat;

/// Starts logging for the rest of the process.
pub(super) fn start(config: &Config) {
    let filter = EnvFilter::new(&config.values.log.0);
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    // The first subscriber of a process stays; there is no other here.
    let _ = match config.values.log_format {
        LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
}
