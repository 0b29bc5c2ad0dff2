//! `grantd dev`: a server for tests, in memory, whose time, chance and faults
//! the tests decide. Owns start and end, and that it serves this machine only;
//! what it answers is the server crate's, and nothing of this is reachable by
//! `grantd serve`.

mod body;
mod chance;
mod clock;
mod control;
mod door;
mod faults;
mod folder;
mod journal;
mod outbox;
mod plant;
mod script;
mod seed;
mod world;

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use grantd_core::clock::{Clock, Timestamp};
use grantd_store::DatabaseUrl;
use tokio::sync::oneshot;

use self::clock::DevClock;
use self::door::Door;
use self::folder::Folder;
use self::outbox::Outbox;
use self::seed::Seed;
use self::world::{Ground, World};
use crate::cmd::serve;
use crate::config::Config;
use crate::config::values::ArchiveMode;
use crate::failure::Failure;
use crate::output;

/// The least that argon2 takes: everybody knows these passwords.
const PASSWORD_MEMORY_KIB: u32 = 8;
const PASSWORD_ITERATIONS: u32 = 1;

/// What tests decide at the start.
pub(crate) struct Options {
    /// Who and what is there.
    pub(crate) seed_file: Option<PathBuf>,
    /// What chance follows from.
    pub(crate) seed: u64,
    /// Where the clock stands.
    pub(crate) clock: Option<Timestamp>,
    /// One line of JSON in place of words for people.
    pub(crate) json: bool,
    /// Ends when standard input does.
    pub(crate) until_eof: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed_file: None,
            seed: 1,
            clock: None,
            json: false,
            until_eof: false,
        }
    }
}

/// Serves until told to stop.
pub(crate) fn run(config: Config, options: Options) -> Result<(), Failure> {
    let address = config.values.listen.0;
    if !address.ip().is_loopback() {
        return Err(Failure::new(format!(
            "everybody knows a dev server's passwords, so it listens on this machine only, not on {address}; \
             use --listen 127.0.0.1:{}",
            address.port()
        )));
    }
    let seed = Seed::read(options.seed_file.as_deref())?;
    serve::with_runtime(config, async |config, watching| {
        dev(config, options, seed, watching).await
    })
}

async fn dev(
    mut config: Config,
    options: Options,
    seed: Seed,
    watching: serve::Watching,
) -> Result<(), Failure> {
    for warning in &config.warnings {
        output::note(format!("warning: {warning}"));
    }
    // Before anything else, so that a signal during start-up is not lost.
    let signals = serve::shutdown()?;
    let tls = config.tls().map(serve::certificate).transpose()?;
    let (listener, listening) = serve::listen(config.values.listen.0, "listen").await?;
    let folder = Folder::make()?;
    belittle(&mut config, &folder);
    let url = config.public_url(listening);
    let clock = Arc::new(DevClock::starting_at(options.clock));
    let ground = Ground {
        outbox: Arc::new(Outbox::new(clock.clone())),
        config: Arc::new(config),
        seed,
        number: options.seed,
        clock,
        start: options.clock,
        url,
        watching,
        folder,
    };
    let world = World::begin(&ground).await?;
    let door = Arc::new(Door::new(ground, world));
    door.with(async |world| announce(&door, world, options.json))
        .await?;
    door.with(async |world| {
        serve::announce(&world.instance, listening, None);
        Ok(())
    })
    .await?;
    let ends = async {
        tokio::select! {
            () = signals => {}
            () = end_of_input(), if options.until_eof => {}
        }
    };
    door.serve(listener, tls, ends).await;
    door.close().await;
    Ok(())
}

/// What makes a throw-away of a configuration. Only here: `serve` takes passwords' cost from settings alone.
fn belittle(config: &mut Config, folder: &Folder) {
    let values = &mut config.values;
    values.data = folder.world();
    values.database = Some(DatabaseUrl::Sqlite(values.data.join("grantd.db")));
    values.instance_key_file = None;
    (values.audit_archive, values.audit_archive_file) = (ArchiveMode::Off, None);
    values.password_memory_kib = PASSWORD_MEMORY_KIB;
    values.password_iterations = PASSWORD_ITERATIONS;
    output::note(format!(
        "DEV MODE: nothing is kept, passwords are hashed for next to nothing (argon2id, \
         {PASSWORD_MEMORY_KIB} KiB), and whoever is on this machine may read every secret and move the clock"
    ));
}

/// Tells whoever started it who and what is there.
fn announce(door: &Door, world: &World, json: bool) -> Result<(), Failure> {
    let (planted, url) = (&world.rules.planted, &door.ground.url);
    let default = door.ground.seed.is_default;
    let text = match json {
        true => format!("{}\n", control::describe(door, world)),
        false => default
            .then(|| script::commands(planted, url, door.ground.clock.now()))
            .flatten()
            .unwrap_or_else(|| script::overview(planted, url)),
    };
    output::bytes(text.as_bytes())
}

/// Resolves when whoever holds the other end of standard input is gone.
async fn end_of_input() {
    let (over, ended) = oneshot::channel::<()>();
    // A thread of its own: reading cannot be given up, and the process need not wait for it.
    std::thread::spawn(move || {
        let (mut input, mut buffer) = (std::io::stdin().lock(), [0; 512]);
        while input.read(&mut buffer).is_ok_and(|read| read > 0) {}
        drop(over);
    });
    let _ = ended.await;
}
