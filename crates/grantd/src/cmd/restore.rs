//! `grantd restore`: a backup into an empty database, and the fence around it.
//! Owns what the operator is told at each step; what is restored, replayed and
//! refused is the store's.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use grantd_core::clock::{Clock, SystemClock, Timestamp};
use grantd_core::entropy::OsEntropy;
use grantd_store::{
    DatabaseUrl, Fence, Orders, Replay, RestoreError, Restored, lift, restore, standing,
};
use serde_json::{Value, json};

use super::backup::Told;
use crate::args;
use crate::config::Config;
use crate::control;
use crate::failure::Failure;
use crate::instance;
use crate::output;
use crate::packing;

/// `grantd restore`.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Restore {
    #[command(subcommand)]
    then: Option<Then>,
    /// The backup
    #[arg(required = true, value_name = "FILE")]
    file: Option<PathBuf>,
    /// A file with an age identity that opens it
    #[arg(long = "age-identity", value_name = "FILE")]
    identities: Vec<PathBuf>,
    /// An archive of the audit trail, or an export of it, to replay; several where there are several nodes
    #[arg(long, value_name = "FILE")]
    replay: Vec<PathBuf>,
    /// You vouch that no revocation after this time is missing (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = args::time)]
    accept_since: Option<Timestamp>,
    /// Put a SQLite database that is there aside first
    #[arg(long)]
    force: bool,
}

/// After a restore.
#[derive(Subcommand)]
pub(crate) enum Then {
    /// Whether a fence stands, since when, and what it would take to lift it
    Status,
    /// Lift the fence
    Lift {
        /// You vouch that no revocation after this time is missing (RFC 3339)
        #[arg(long, value_name = "TIME", value_parser = args::time)]
        accept_since: Timestamp,
    },
}

/// Carries it out.
pub(crate) async fn run(command: Restore, config: &Config) -> Result<(), Failure> {
    match &command.then {
        Some(Then::Status) => status(config).await,
        Some(Then::Lift { accept_since }) => lift_fence(config, *accept_since).await,
        None => fill(&command, config).await,
    }
}

async fn fill(command: &Restore, config: &Config) -> Result<(), Failure> {
    let (url, key_file) = (config.database(), config.key_file());
    let file = command.file.as_deref().unwrap_or(Path::new(""));
    let Some(key) = instance::read_key(&key_file)? else {
        return Err(Failure::new(format!(
            "the instance key {} is missing, and it is in no backup: put its copy there first",
            key_file.display()
        )));
    };
    let mut identities = Vec::new();
    for path in &command.identities {
        identities.extend(packing::identities(path)?);
    }
    let mut packed = packing::unpack(file, &identities)?;
    let replays = command.replay.iter().map(|path| open(path));
    let orders = Orders {
        instance_keys: std::iter::once(key.fingerprint())
            .chain(key.previous().map(|old| old.fingerprint()))
            .collect(),
        now: SystemClock.now(),
        unusable: config.password_cost().decoy(&OsEntropy),
        replays: replays.collect::<Result<_, _>>()?,
        accept_since: command.accept_since,
    };
    instance::make_folder(&config.values.data)?;
    make_room(&url, config, command.force)?;
    output::note(format!("restoring {} into {url}", file.display()));
    let mut told = Told::default();
    let restored = restore(&mut packed, &url, orders, &mut |step| told.tell(step)).await;
    let restored = restored.map_err(|why| cannot(&url, &why))?;
    output::json(&shown(&restored))?;
    explain(&restored, config);
    Ok(())
}

fn open(path: &Path) -> Result<Replay<'static>, Failure> {
    let file = File::open(path)
        .map_err(|why| Failure::new(format!("cannot read {}: {why}", path.display())))?;
    Ok(Box::new(BufReader::new(file)))
}

fn cannot(url: &DatabaseUrl, why: &RestoreError) -> Failure {
    let hint = match why {
        RestoreError::NotEmpty => {
            "; --force puts a SQLite file aside, for PostgreSQL create an empty database"
        }
        RestoreError::OtherKey(_) => "; name the backup's key with instance_key_file",
        _ => "",
    };
    Failure::new(format!(
        "cannot restore into {url}: {}{hint}",
        crate::failure::whole(why)
    ))
}

/// Puts the database that is there aside, if that was asked for.
fn make_room(url: &DatabaseUrl, config: &Config, force: bool) -> Result<(), Failure> {
    let DatabaseUrl::Sqlite(file) = url else {
        return match force {
            true => Err(Failure::new(
                "--force is for SQLite; for PostgreSQL create an empty database and name it with --database",
            )),
            false => Ok(()),
        };
    };
    if control::is_served(&config.values.data) {
        return Err(Failure::new(
            "a server uses this data folder; stop it before you restore",
        ));
    }
    if !force || !file.exists() {
        return Ok(());
    }
    let name = |more: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(more);
        PathBuf::from(name)
    };
    // What an earlier restore has put aside is nobody's to overwrite.
    let mut now = SystemClock.now().0;
    while name(&format!(".before-restore-{now}")).exists() {
        now += 1;
    }
    for end in ["", "-wal", "-shm"] {
        let (from, to) = (name(end), name(&format!(".before-restore-{now}{end}")));
        if from.exists() {
            fs::rename(&from, &to).map_err(|why| {
                Failure::new(format!("cannot put {} aside: {why}", from.display()))
            })?;
        }
    }
    output::note(format!(
        "the database that was there is now {}.before-restore-{now}",
        file.display()
    ));
    Ok(())
}

fn shown(restored: &Restored) -> Value {
    let head = &restored.head;
    json!({
        "backup_made_at": head.made_at,
        "engine_of_backup": head.engine,
        "rows": restored.tables.iter().map(|table| table.rows).sum::<u64>(),
        "verified": true,
        "replay": restored.fence.report,
        "fence": fence(&restored.fence),
    })
}

fn fence(fence: &Fence) -> Value {
    json!({
        "stands": fence.lifted_at.is_none(),
        "restored_at": fence.restored_at,
        "backup_at": fence.backup_at,
        "covered_until": fence.covered_until,
        "lifted_at": fence.lifted_at,
        "lifted_by": fence.lifted_by,
    })
}

/// What is to be done next, step by step.
fn explain(restored: &Restored, config: &Config) {
    let replayed = &restored.replayed;
    output::note(format!(
        "restored: the store is as it was at {}; {} later rows of the trail were replayed, {} of them ended something",
        restored.head.made_at, replayed.rows, replayed.ended
    ));
    output::note(
        "sessions, links that were sent and refresh tokens are deleted: people sign in again, apps ask again",
    );
    let lists = [
        (
            &replayed.passwords,
            "reset these passwords (`grantd user set-password`), they open nothing now",
        ),
        (
            &replayed.factors,
            "these have lost recovery codes or passkeys, or have an old second factor",
        ),
        (
            &replayed.secrets,
            "rotate these apps' secrets (`grantd app rotate-secret`), they open nothing now",
        ),
        (
            &replayed.apps,
            "these apps were edited since, and have their old settings: look at their callback URLs",
        ),
    ];
    for (names, what) in lists {
        if !names.is_empty() {
            output::note(format!("{what}: {}", names.join(", ")));
        }
    }
    if replayed.edits > 0 {
        output::note(format!(
            "{} edits of tokens are lost: those tokens have the scopes of the backup",
            replayed.edits
        ));
    }
    if replayed.unread + replayed.missing > 0 {
        output::note(format!(
            "warning: {} lines could not be read, {} rows of the trail are in no file",
            replayed.unread, replayed.missing
        ));
    }
    if replayed.ambiguous > 0 {
        output::note(format!(
            "warning: the files have different rows under {} ids: some are of a time that an earlier restore has undone",
            replayed.ambiguous
        ));
    }
    if replayed.goes_on {
        output::note(
            "warning: the newest archive given was moved away and goes on in another file: give that one, too, by --replay",
        );
    }
    if config.archive().is_none() && restored.fence.lifted_at.is_none() {
        output::note("with `audit_archive = \"sync\"` no revocation would have been lost");
    }
    say_fence(&restored.fence);
}

fn say_fence(fence: &Fence) {
    match (&fence.lifted_at, &fence.lifted_by) {
        (Some(at), Some(by)) => output::note(format!("no fence stands (lifted {at}: {by})")),
        _ => {
            output::note(format!(
                "THE FENCE STANDS: nobody knows what was revoked after {}, so no credential is accepted, \
                 and `grantd serve` answers 503",
                fence.covered_until
            ));
            output::note(format!(
                "if you know that nothing was revoked after a time up to then, or have revoked it again: \
                 grantd restore lift --accept-since {}",
                fence.covered_until
            ));
        }
    }
}

async fn status(config: &Config) -> Result<(), Failure> {
    let url = config.database();
    missing(&url)?;
    let found = standing(&url).await.map_err(|why| cannot(&url, &why))?;
    output::json(&match &found {
        None => json!({ "stands": false, "restored_at": null }),
        Some(last) => {
            let mut shown = fence(last);
            shown["replay"] = last.report.clone();
            shown
        }
    })?;
    match &found {
        None => output::note("this database was never restored"),
        Some(last) => say_fence(last),
    }
    Ok(())
}

fn missing(url: &DatabaseUrl) -> Result<(), Failure> {
    match url {
        DatabaseUrl::Sqlite(file) if !file.exists() => {
            Err(Failure::new(format!("there is no database {url}")))
        }
        _ => Ok(()),
    }
}

async fn lift_fence(config: &Config, since: Timestamp) -> Result<(), Failure> {
    let url = config.database();
    missing(&url)?;
    let lifted = lift(&url, since, SystemClock.now()).await;
    let lifted = lifted.map_err(|why| match why {
        RestoreError::NoFence => Failure::new("no fence stands; nothing was changed"),
        why => cannot(&url, &why),
    })?;
    output::json(&fence(&lifted))?;
    if lifted.lifted_at.is_none() {
        return Err(Failure::new(format!(
            "the fence stands: it is known until {} what was revoked, and you vouch only from {since} on; \
             what was revoked between is missing. Restore again with --replay, or vouch from {} on",
            lifted.covered_until, lifted.covered_until
        )));
    }
    say_fence(&lifted);
    output::note("servers accept credentials within a second");
    Ok(())
}
