//! `grantd backup`: everything into one file, online. Owns the file and its
//! verification; what is in it is the store's, how it is packed is
//! [`crate::packing`]'s.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use age::x25519::Recipient;
use clap::Args;
use grantd_core::clock::{Clock, SystemClock, Timestamp};
use grantd_store::{BackupError, BackupReport, CopyStep, DatabaseUrl, Source, backup, verify};
use serde_json::json;

use super::store::hex;
use crate::config::Config;
use crate::control::{self, Heard};
use crate::failure::Failure;
use crate::instance::{self, Instance};
use crate::output;
use crate::packing::{self, Packer};
use crate::progress::Count;
use crate::scratch::{self, Scratch};

/// `grantd backup`.
#[derive(Args)]
pub(crate) struct Backup {
    /// The file to write; it must not be there yet
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Encrypt it for this age recipient, beside those of backup_age_recipients
    #[arg(long = "age-recipient", value_name = "AGE1…", value_parser = recipient)]
    recipients: Vec<Recipient>,
}

fn recipient(text: &str) -> Result<Recipient, String> {
    text.parse().map_err(str::to_owned)
}

/// Makes a backup.
pub(crate) async fn run(command: Backup, config: Config) -> Result<(), Failure> {
    let Backup {
        output,
        mut recipients,
    } = command;
    recipients.extend(
        config
            .values
            .backup_age_recipients
            .iter()
            .map(|one| one.0.clone()),
    );
    if output.exists() {
        return Err(Failure::new(format!(
            "{} is there already; name another file with --output",
            output.display()
        )));
    }
    let (key_file, url) = (config.key_file(), config.database());
    let begun = std::time::Instant::now();
    // Whatever was acknowledged before now is in the source.
    let now = SystemClock.now();
    let source = source(config, &url).await?;
    let draft = Draft::new(&output)?;
    let (written, size) = write(&source.source, now, &draft.0, &recipients).await?;
    draft.publish(&output)?;
    drop(source);
    output::json(&json!({
        "backup": output,
        "bytes": size,
        "encrypted": !recipients.is_empty(),
        "made_at": written.head.made_at,
        "schema": written.head.schema,
        "engine": written.head.engine,
        "instance_key_fingerprint": written.head.instance_key,
        "verified": true,
        "seconds": begun.elapsed().as_secs_f64(),
        "tables": written.tables.iter().map(|table| json!({
            "table": table.table,
            "rows": table.rows,
            "sha256": hex(&table.sha256),
            "highest_id": table.highest_id,
        })).collect::<Vec<_>>(),
    }))?;
    output::note(format!(
        "the backup is whole. The instance key is NOT in it: keep a copy of {} in another place; \
         without it nobody with a second factor signs in after a restore",
        key_file.display()
    ));
    if recipients.is_empty() {
        output::note(
            "warning: the backup is not encrypted, and holds password hashes; --age-recipient or \
             backup_age_recipients encrypts it",
        );
    }
    Ok(())
}

/// Where a backup is read from, and what must be gone afterwards.
struct Read {
    source: Source,
    _snapshot: Option<Scratch>,
}

async fn source(config: Config, url: &DatabaseUrl) -> Result<Read, Failure> {
    let DatabaseUrl::Sqlite(file) = url else {
        return Ok(Read {
            source: Source::Database(url.clone()),
            _snapshot: None,
        });
    };
    if !file.exists() {
        return Err(Failure::new(format!("there is no database {url}")));
    }
    let data = config.values.data.clone();
    let folder = snapshot_folder(instance::folder_of(file))
        .map_err(|why| Failure::new(format!("cannot make a folder for the snapshot: {why}")))?;
    let folder_path = folder
        .path()
        .canonicalize()
        .unwrap_or(folder.path().to_owned());
    let into = folder_path.join("snapshot.db");
    // Readable by nobody else from the beginning.
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&into);
    made.map_err(|why| Failure::new(format!("cannot write {}: {why}", into.display())))?;
    let mut told = Told::default();
    let asked = into.clone();
    let (served, told) = tokio::task::spawn_blocking(move || {
        let served = control::ask_for_snapshot(&data, &asked, &mut |heard| told.hear(heard));
        (served, told)
    })
    .await
    .map_err(|why| Failure::new(why.to_string()))?;
    if !served? {
        let mut told = told;
        let instance = Instance::open(config).await?;
        let outcome = match &instance.sqlite {
            Some(sqlite) => sqlite.snapshot(&into, &mut |step| told.tell(step)).await,
            None => Ok(()),
        };
        instance.store.close().await;
        outcome?;
    }
    Ok(Read {
        source: Source::Snapshot(into),
        _snapshot: Some(folder),
    })
}

const SNAPSHOT: &str = "snapshot-";

/// Those of backups that were killed go now.
fn snapshot_folder(beside: &Path) -> io::Result<Scratch> {
    scratch::sweep(beside, SNAPSHOT)?;
    Scratch::within(beside, SNAPSHOT)
}

/// Writes the file and reads it again.
async fn write(
    source: &Source,
    made_at: Timestamp,
    path: &Path,
    recipients: &[Recipient],
) -> Result<(BackupReport, u64), Failure> {
    let cannot = |why: BackupError| {
        Failure::new(format!(
            "cannot make a backup: {}",
            crate::failure::whole(&why)
        ))
    };
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|why| cannot(why.into()))?;
    let (mut packer, identity) = Packer::new(file, recipients)?;
    let mut told = Told::default();
    let written = backup(source, made_at, &mut packer, &mut |step| told.tell(step)).await;
    let written = written.map_err(cannot)?;
    let size = packer.finish().map_err(|why| cannot(why.into()))?;
    let identities: Vec<_> = identity.into_iter().collect();
    let mut packed = packing::unpack(path, &identities)?;
    let read = verify(&mut packed, &mut |step| told.tell(step)).map_err(cannot)?;
    if read != written {
        return Err(Failure::new(
            "what was read back is not what was written: look after the disk, then make another backup",
        ));
    }
    Ok((written, size))
}

/// A file that gets its name when it is whole.
struct Draft(PathBuf);

impl Draft {
    fn new(output: &Path) -> Result<Self, Failure> {
        let mut name = output.as_os_str().to_owned();
        name.push(".partial");
        let path = PathBuf::from(name);
        match fs::remove_file(&path) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => Err(Failure::new(format!(
                "cannot write {}: {why}",
                path.display()
            ))),
            _ => Ok(Self(path)),
        }
    }

    fn publish(&self, output: &Path) -> Result<(), Failure> {
        fs::rename(&self.0, output)
            .and_then(|()| fs::File::open(instance::folder_of(output))?.sync_all())
            .map_err(|why| Failure::new(format!("cannot write {}: {why}", output.display())))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Half a backup is none.
        let _ = fs::remove_file(&self.0);
    }
}

/// What is shown of a long way.
#[derive(Default)]
pub(super) struct Told(Option<Count>);

impl Told {
    pub(super) fn tell(&mut self, step: CopyStep) {
        match step {
            CopyStep::Copies(table, done, of) => self.0 = Some(Count::begin(table, done, of)),
            CopyStep::Verifies(table, of) => {
                self.0 = Some(Count::begin(&format!("verifying {table}"), 0, of));
            }
            CopyStep::At(done) => self.at(done),
            CopyStep::Ended(done) => self.end(done),
        }
    }

    fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Begins(table, of) => {
                self.0 = Some(Count::begin(&format!("snapshot of {table}"), 0, of));
            }
            Heard::At(done) => self.at(done),
            Heard::Ended(done) => self.end(done),
        }
    }

    fn at(&mut self, done: u64) {
        if let Some(count) = &mut self.0 {
            count.at(done);
        }
    }

    fn end(&mut self, done: u64) {
        if let Some(count) = self.0.take() {
            count.end(done);
        }
    }
}
