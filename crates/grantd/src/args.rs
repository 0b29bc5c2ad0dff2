//! What was typed. Owns the shape of the command line and the checks that need
//! nothing but the text itself; must not read files, the environment or the
//! clock: what it means is [`crate::config`]'s.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, Parser, Subcommand};

use grantd_core::clock::Timestamp;

use crate::cmd;
use crate::config::table::{SETTINGS, Setting};
use crate::config::values::{Shape, Value};
use crate::dev;

/// The heading of flags that go with every command.
const EVERYWHERE: &str = "Everywhere";

/// A self-hosted OAuth token authority that speaks GitHub's OAuth Authorizations API.
#[derive(Parser)]
#[command(
    name = "grantd",
    version,
    propagate_version = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    everywhere: Flags<true>,
    /// The configuration file (TOML)
    #[arg(long, global = true, value_name = "FILE", help_heading = EVERYWHERE)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Group,
}

/// The commands.
#[derive(Subcommand)]
pub(crate) enum Group {
    /// Run the server
    Serve(Serve),
    /// Run a throw-away server for tests and for trying things out, on this machine only
    Dev(Dev),
    /// Make and change users
    #[command(subcommand)]
    User(cmd::user::User),
    /// Make and change OAuth apps
    #[command(subcommand)]
    App(cmd::app::App),
    /// Look at tokens and revoke them
    #[command(subcommand)]
    Token(cmd::token::Token),
    /// Read, export and verify the audit trail
    #[command(subcommand)]
    Audit(cmd::audit::Audit),
    /// How long tokens live: whom a policy would hit, and hitting them
    #[command(subcommand)]
    Policy(cmd::policy::Policy),
    /// Say why a token is valid, or is not, and what happened to it
    Explain(cmd::explain::Explain),
    /// Read and change what an API has, in SQL: against this server or any other with this API
    Sql(cmd::sql::Sql),
    /// Look at the database's schema and bring it up to date
    #[command(subcommand)]
    Migrate(cmd::migrate::Migrate),
    /// Copy the database
    #[command(subcommand)]
    Store(cmd::store::Store),
    /// Take in tokens and apps of another authority, by their hashes
    Import(cmd::import::Import),
    /// Write apps or tokens as CSV, for `grantd import csv`
    Export(cmd::export::Export),
    /// Change the instance key
    #[command(subcommand)]
    Key(cmd::key::Key),
    /// Write a backup, while the server runs or while it does not
    Backup(cmd::backup::Backup),
    /// Restore a backup into an empty database, behind a fence
    Restore(cmd::restore::Restore),
    /// What measuring needs: stores that are full
    #[command(subcommand)]
    Bench(cmd::bench::Bench),
    /// Look at the settings
    #[command(subcommand)]
    Config(cmd::config::Config),
    /// Look for what could go wrong; a JSON array, exit code 1 if anything is amiss
    Doctor,
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the API's description (OpenAPI, JSON)
    Openapi,
    /// Write the documents by which StackQL knows this server's API
    StackqlProvider(cmd::stackql_provider::StackqlProvider),
    /// Print a page of the reference (Markdown)
    #[command(hide = true)]
    Reference {
        /// Which
        page: cmd::reference::Page,
    },
    /// Write the manual, a page per command, into a folder
    #[command(hide = true)]
    Man {
        /// The folder
        folder: PathBuf,
    },
}

/// `grantd serve`.
#[derive(Args)]
pub(crate) struct Serve {
    /// The same as `grantd dev`: users, an app and commands to paste; on this machine only
    #[arg(long)]
    pub(crate) demo: bool,
    #[command(flatten)]
    settings: Flags<false>,
}

/// `grantd dev`.
#[derive(Args)]
pub(crate) struct Dev {
    /// Who and what is there at the start (TOML); the users and the app of the documentation, if none is given
    #[arg(long, value_name = "FILE")]
    seed_file: Option<PathBuf>,
    /// What made tokens, ids and secrets follow from
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Where the clock stands until it is moved; without it, it runs
    #[arg(long, value_name = "TIME", value_parser = time)]
    clock: Option<Timestamp>,
    /// Print one line of JSON when ready: addresses, users, apps and tokens with their secrets
    #[arg(long)]
    json: bool,
    /// End when standard input ends, so that no server outlives the tests that started it
    #[arg(long)]
    until_eof: bool,
    #[command(flatten)]
    settings: Flags<false>,
}

impl Dev {
    /// What tests decide at the start.
    pub(crate) fn options(self) -> dev::Options {
        dev::Options {
            seed_file: self.seed_file,
            seed: self.seed,
            clock: self.clock,
            json: self.json,
            until_eof: self.until_eof,
        }
    }
}

/// What every command is told.
pub(crate) struct Typed {
    /// The configuration file.
    pub(crate) config: Option<PathBuf>,
    /// Settings by name.
    pub(crate) settings: BTreeMap<&'static str, String>,
}

impl Cli {
    /// Splits what concerns the configuration from the command itself.
    pub(crate) fn split(self) -> (Typed, Group) {
        let mut settings = self.everywhere.0;
        match &self.command {
            Group::Serve(Serve { settings: own, .. }) | Group::Dev(Dev { settings: own, .. }) => {
                settings.extend(own.0.clone());
            }
            _ => {}
        }
        (
            Typed {
                config: self.config,
                settings,
            },
            self.command,
        )
    }
}

/// The flags of the table of settings: the global ones, or those of `serve`.
#[derive(Default)]
struct Flags<const GLOBAL: bool>(BTreeMap<&'static str, String>);

impl<const GLOBAL: bool> Flags<GLOBAL> {
    fn settings() -> impl Iterator<Item = &'static Setting> {
        SETTINGS
            .iter()
            .filter(|setting| setting.is_global() == GLOBAL)
    }
}

impl<const GLOBAL: bool> Args for Flags<GLOBAL> {
    fn augment_args(command: Command) -> Command {
        command.args(Self::settings().map(|setting| flag(setting).global(GLOBAL)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<const GLOBAL: bool> FromArgMatches for Flags<GLOBAL> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for setting in Self::settings() {
            if let Some(texts) = matches.get_many::<String>(setting.name) {
                let texts: Vec<&str> = texts.map(String::as_str).collect();
                self.0.insert(setting.name, texts.join(","));
            }
        }
        Ok(())
    }
}

fn flag(setting: &'static Setting) -> Arg {
    let help = setting.doc.concat();
    let help = help.trim().trim_end_matches('.');
    let default = match setting.default {
        "" => String::new(),
        default => format!(" [default: {default}]"),
    };
    let checked = move |text: &str| (setting.check)(text).map(|()| text.to_owned());
    let arg = Arg::new(setting.name)
        .long(setting.flag())
        .help(format!("{help}{default}"))
        .help_heading(if setting.is_global() {
            EVERYWHERE
        } else {
            "Settings"
        })
        .value_name(setting.kind)
        .value_parser(ValueParser::new(checked));
    match setting.shape {
        Shape::Switch => arg.num_args(0..=1).default_missing_value("true"),
        Shape::List => arg.action(ArgAction::Append),
        Shape::Text | Shape::Number => arg,
    }
}

/// A time on a command line, read as the settings read theirs.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    <Timestamp as Value>::parse(text)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn typed(line: &str) -> BTreeMap<&'static str, String> {
        Cli::try_parse_from(line.split_whitespace())
            .unwrap_or_else(|error| panic!("{error}"))
            .split()
            .0
            .settings
    }

    #[test]
    fn every_setting_is_a_flag_of_serve() {
        Cli::command().debug_assert();
        for setting in SETTINGS {
            let example = setting.shown().split(',').next().unwrap();
            let line = ["grantd", "serve", &format!("--{}", setting.flag()), example];
            let settings = Cli::try_parse_from(line)
                .unwrap_or_else(|error| panic!("{error}"))
                .split()
                .0
                .settings;
            assert_eq!(
                settings.get(setting.name).map(String::as_str),
                Some(example)
            );
        }
    }

    #[test]
    fn switches_may_stand_alone_and_lists_may_repeat() {
        let settings = typed(
            "grantd serve --deprecation --path-tokens false --trusted-proxies ::1 --trusted-proxies 10.0.0.0/8,127.0.0.1",
        );
        assert_eq!(settings["deprecation"], "true");
        assert_eq!(settings["path_tokens"], "false");
        assert_eq!(settings["trusted_proxies"], "::1,10.0.0.0/8,127.0.0.1");
    }

    #[test]
    fn global_flags_stand_before_or_after_the_command() {
        for line in [
            "grantd --data d user list",
            "grantd user --data d list",
            "grantd user list --data d",
        ] {
            assert_eq!(typed(line)["data"], "d", "{line}");
        }
    }
}
