//! `grantd config`: what is in effect, and what could be.

use clap::Subcommand;
use serde_json::{Map, Value, json};

use crate::args::Typed;
use crate::config;
use crate::failure::Failure;
use crate::output;

/// What can be done with the settings.
#[derive(Subcommand)]
pub(crate) enum Config {
    /// Check file and environment; prints every setting with where it comes from
    Check,
    /// Print a commented file (TOML) with every default
    PrintDefault {
        /// The reference page instead (Markdown)
        #[arg(long)]
        markdown: bool,
    },
}

/// Carries a command out.
pub(crate) fn run(command: Config, typed: &Typed) -> Result<(), Failure> {
    match command {
        Config::Check => check(typed),
        Config::PrintDefault { markdown: true } => output::bytes(config::markdown().as_bytes()),
        Config::PrintDefault { markdown: false } => output::bytes(config::toml().as_bytes()),
    }
}

fn check(typed: &Typed) -> Result<(), Failure> {
    let config = config::Config::load(typed)?;
    for warning in &config.warnings {
        output::note(format!("warning: {warning}"));
    }
    let settings: Map<String, Value> = config
        .effective
        .iter()
        .map(|(name, effective)| ((*name).to_owned(), json!(effective)))
        .collect();
    output::json(&json!({ "ok": true, "warnings": config.warnings, "settings": settings }))
}
