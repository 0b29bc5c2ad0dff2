//! `grantd import`: tokens and apps of another authority, by the hashes of
//! their tokens and secrets. Owns what can be typed; each form of file is in a
//! file of its own, what becomes of a row is core's and the store's to say.

pub(in crate::cmd) mod csv;
mod doorkeeper;
mod gitea;
mod intake;
mod json;
mod report;
mod table;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use grantd_store::DatabaseUrl;

use self::intake::Intake;
use crate::config::Config;
use crate::control;
use crate::failure::Failure;
use crate::instance::Instance;

/// `grantd import`.
#[derive(Args)]
pub(crate) struct Import {
    #[command(subcommand)]
    from: From,
    #[command(flatten)]
    how: How,
}

/// How everything is imported.
#[derive(Args)]
pub(crate) struct How {
    /// Say what would become of every row, and change nothing
    #[arg(long, global = true)]
    dry_run: bool,
    /// Write a JSON line for every row that cannot come along into this file, instead of the first ones to stderr
    #[arg(long, global = true, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Make users of logins that nobody has; no password is theirs until they are invited or reset it
    #[arg(long, global = true)]
    create_users: bool,
    /// What a scope of theirs is called here; several with commas between, none: it is left out
    #[arg(long = "map-scope", global = true, value_name = "THEIRS=OURS", value_parser = scope_name)]
    scope_names: Vec<(String, Vec<String>)>,
}

fn scope_name(text: &str) -> Result<(String, Vec<String>), String> {
    let (theirs, ours) = text.split_once('=').ok_or("give THEIRS=OURS")?;
    let ours = ours.split(',').filter(|name| !name.is_empty());
    Ok((theirs.to_owned(), ours.map(str::to_owned).collect()))
}

/// Where it comes from.
#[derive(Subcommand)]
enum From {
    /// What `GET /authorizations` or `GET /admin/tokens` printed: arrays or lines of JSON
    Json {
        /// The file
        file: PathBuf,
        /// Whose they are: such a list names nobody
        #[arg(long)]
        login: String,
    },
    /// What `grantd export` wrote
    Csv {
        /// The apps, as `grantd export apps` writes them
        #[arg(long, value_name = "FILE", required_unless_present = "tokens")]
        apps: Option<PathBuf>,
        /// The tokens, as `grantd export tokens` writes them
        #[arg(long, value_name = "FILE")]
        tokens: Option<PathBuf>,
    },
    /// The tables of Doorkeeper (Ruby on Rails), exported as CSV with their column names
    Doorkeeper(Doorkeeper),
    /// The table access_token of Gitea or Forgejo, exported as CSV with its column names
    Gitea {
        /// The file
        file: PathBuf,
        /// Whose login stands behind a uid: CSV with the columns resource_owner_id and login
        #[arg(long, value_name = "FILE")]
        owners: PathBuf,
    },
}

/// Doorkeeper's tables.
#[derive(Args)]
struct Doorkeeper {
    /// The table oauth_applications
    #[arg(long, value_name = "FILE")]
    applications: PathBuf,
    /// The table oauth_access_tokens
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,
    /// Whose login stands behind an owner's number: CSV with the columns resource_owner_id and login
    #[arg(long, value_name = "FILE", requires = "tokens")]
    owners: Option<PathBuf>,
    /// How tokens are kept (hash_token_secrets)
    #[arg(long, value_enum, default_value_t = Kept::Plain)]
    tokens_kept: Kept,
    /// How applications' secrets are kept (hash_application_secrets)
    #[arg(long, value_enum, default_value_t = Kept::Plain)]
    secrets_kept: Kept,
    /// Whose the applications are that have no owner
    #[arg(long, value_name = "LOGIN")]
    app_owner: String,
}

/// How another authority kept its secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kept {
    /// As they are.
    Plain,
    /// By their SHA-256, in hexadecimal digits.
    Sha256,
}

/// Imports.
pub(crate) async fn run(command: Import, config: Config) -> Result<(), Failure> {
    if matches!(config.database(), DatabaseUrl::Sqlite(_))
        && control::is_served(&config.values.data)
    {
        return Err(Failure::new(
            "a server uses this data folder; stop it before you import into its file",
        ));
    }
    let Import { from, how } = command;
    let instance = Instance::open(config).await?;
    let outcome = take_in(from, how, &instance).await;
    instance.store.close().await;
    outcome
}

async fn take_in(from: From, how: How, instance: &Instance) -> Result<(), Failure> {
    let names: BTreeMap<_, _> = how.scope_names.iter().cloned().collect();
    let mut intake = Intake::open(instance, &how, names).await?;
    match from {
        From::Json { file, login } => {
            let count = json::count(&file)?;
            intake
                .tokens(&file, count, json::rows(&file, login)?)
                .await?;
        }
        From::Csv { apps, tokens } => {
            if let Some(file) = apps {
                intake.apps(&file, csv::apps(&file)?).await?;
            }
            if let Some(file) = tokens {
                let count = table::count(&file)?;
                intake.tokens(&file, count, csv::tokens(&file)?).await?;
            }
        }
        From::Gitea { file, owners } => {
            let (count, owners) = (table::count(&file)?, doorkeeper::owners(&owners)?);
            intake
                .tokens(&file, count, gitea::rows(&file, owners)?)
                .await?;
        }
        From::Doorkeeper(from) => doorkeeper::take_in(from, &mut intake).await?,
    }
    intake.end()
}
