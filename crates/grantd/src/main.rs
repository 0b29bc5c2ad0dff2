//! The `grantd` program: args (what was typed) → config (what it means) →
//! commands. Owns the process: exit code, runtime, what goes to which stream.
//! The only place where rules, store and HTTP surface meet.

mod args;
mod cmd;
mod config;
mod control;
mod dev;
mod failure;
mod instance;
mod lines;
mod mail;
mod outbound;
mod output;
mod packing;
mod progress;
mod scratch;
mod secret_input;
mod sql;
mod traces;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Cli, Group};
use config::Config;
use failure::Failure;
use instance::Instance;

/// A request is made of many small pieces; this gives and takes them without a lock.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(failure) => {
            output::note(format!("error: {failure}"));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let (typed, command) = cli.split();
    match command {
        Group::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "grantd", &mut script);
            output::bytes(&script)?;
        }
        Group::Sql(command) => block_on(cmd::sql::run(command))?,
        Group::StackqlProvider(command) => cmd::stackql_provider::run(&command, &typed)?,
        Group::Openapi => output::bytes(grantd_server::reference::DOCUMENT.as_bytes())?,
        Group::Reference { page } => cmd::reference::run(page, Cli::command())?,
        Group::Man { folder } => cmd::man::run(Cli::command(), &folder)?,
        Group::Config(command) => cmd::config::run(command, &typed)?,
        Group::Doctor => return cmd::doctor::run(&typed),
        Group::Serve(serve) if serve.demo => {
            dev::run(Config::load(&typed)?, dev::Options::default())?;
        }
        Group::Serve(_) => cmd::serve::run(Config::load(&typed)?)?,
        Group::Dev(dev) => dev::run(Config::load(&typed)?, dev.options())?,
        Group::Migrate(command) => {
            let config = Config::load(&typed)?;
            block_on(cmd::migrate::run(command, &config))?;
        }
        Group::Audit(command) => block_on(cmd::audit::run(command, &typed))?,
        Group::Store(command) => block_on(cmd::store::run(command))?,
        Group::Import(command) => {
            let config = Config::load(&typed)?;
            block_on(cmd::import::run(command, config))?;
        }
        Group::Export(command) => with_instance(&typed, async |instance| {
            cmd::export::run(command, instance).await
        })?,
        Group::Key(command) => {
            let config = Config::load(&typed)?;
            block_on(cmd::key::run(command, &config))?;
        }
        Group::Backup(command) => {
            let config = Config::load(&typed)?;
            block_on(cmd::backup::run(command, config))?;
        }
        Group::Restore(command) => {
            let config = Config::load(&typed)?;
            block_on(cmd::restore::run(command, &config))?;
        }
        Group::Bench(command) => {
            let config = Config::load(&typed)?;
            block_on(cmd::bench::run(command, config))?;
        }
        Group::User(command) => with_instance(&typed, async |instance| {
            cmd::user::run(command, instance).await
        })?,
        Group::App(command) => with_instance(&typed, async |instance| {
            cmd::app::run(command, instance).await
        })?,
        Group::Policy(command) => with_instance(&typed, async |instance| {
            cmd::policy::run(command, instance).await
        })?,
        Group::Explain(command) => with_instance(&typed, async |instance| {
            cmd::explain::run(command, instance).await
        })?,
        Group::Token(cmd::token::Token::Shape(command)) => {
            cmd::token_shape::run(command, &Config::load(&typed)?)?;
        }
        Group::Token(cmd::token::Token::Kept(command)) => {
            with_instance(&typed, async |instance| {
                cmd::token::run(command, instance).await
            })?
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Opens the instance for one command, and closes it whatever the command came to.
fn with_instance(
    typed: &args::Typed,
    command: impl AsyncFnOnce(&Instance) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let config = Config::load(typed)?;
    block_on(async {
        let instance = Instance::open(config).await?;
        let outcome = command(&instance).await;
        instance.store.close().await;
        outcome
    })
}

fn block_on(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|why| Failure::new(format!("cannot start: {why}")))?;
    runtime.block_on(command)
}
