//! `grantd audit`: the trail as an operator reads, keeps and proves it. Owns
//! what is printed; what a chain is, and when it is right, is core's.

mod list;

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use grantd_core::audit::chain::{Broken, Verified};
use grantd_core::audit::export::{self, FileVerifier};
use grantd_core::audit::{Checkpoint, CheckpointKey, PublicKey};
use grantd_core::audit_stream::{self, NoLines};
use grantd_core::audit_verify::{self, NotWhole};
use serde_json::{Value, json};

use super::store::hex;
use crate::args::Typed;
use crate::config::Config;
use crate::failure::Failure;
use crate::instance::{self, Instance};
use crate::output;
use crate::progress::Count;

/// Rows in one read.
const PAGE: u32 = 500;

/// What can be done with the audit trail.
#[derive(Subcommand)]
pub(crate) enum Audit {
    /// Rows of the trail, the newest first; one JSON object a line
    List(list::List),
    /// Everything that is sealed and signed, as JSON lines that verify without the database
    Export {
        /// Only what comes after this number
        #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..))]
        since_seq: i64,
        /// Write a file, whole or not at all; without it, standard output
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Whether the trail, in the database or in an export, is what was sealed; exit code 1 and the
    /// first wrong number if not. That the end was cut off shows only against a checkpoint that was
    /// kept elsewhere
    Verify(Verify),
    /// The newest checkpoint, one line: keep it where whoever can write the database cannot
    Checkpoint,
    /// The public key of this instance's checkpoints (PEM)
    Key,
}

/// `grantd audit verify`.
#[derive(Args)]
pub(crate) struct Verify {
    /// An export; without it, the database
    file: Option<PathBuf>,
    /// PEM files with public keys of checkpoints, beside the one of this machine's instance key
    #[arg(long, value_name = "FILE")]
    public_key: Vec<PathBuf>,
    /// Files whose last checkpoint must be in the chain: an earlier export, or a kept checkpoint
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
}

/// Carries a command out. An export is verified without opening any database.
pub(crate) async fn run(command: Audit, typed: &Typed) -> Result<(), Failure> {
    let config = Config::load(typed)?;
    if let Audit::Verify(verify) = &command
        && let Some(file) = &verify.file
    {
        return verify_file(file, verify, &config);
    }
    let instance = Instance::open(config).await?;
    let outcome = with_instance(command, &instance).await;
    instance.store.close().await;
    outcome
}

async fn with_instance(command: Audit, instance: &Instance) -> Result<(), Failure> {
    match command {
        Audit::List(list) => list::run(&list, instance).await,
        Audit::Export { since_seq, output } => match output {
            Some(file) => export_file(since_seq, &file, instance).await,
            None => export(since_seq, &mut std::io::stdout().lock(), instance).await,
        },
        Audit::Verify(verify) => verify_database(&verify, instance).await,
        Audit::Checkpoint => checkpoint(instance).await,
        Audit::Key => {
            let key = CheckpointKey::of(&instance.key);
            output::bytes(key.public().to_pem().as_bytes())
        }
    }
}

async fn checkpoint(instance: &Instance) -> Result<(), Failure> {
    let to = audit_stream::signed(&*instance.store).await?;
    if to == 0 {
        return Err(Failure::new(
            "nothing is signed yet; a running server signs within ten seconds",
        ));
    }
    let lines = audit_stream::lines(&*instance.store, to - 1, to, 1).await;
    let last = lines.map_err(|why| no_lines(&why))?.lines.pop();
    output::bytes(format!("{}\n", last.unwrap_or_default()).as_bytes())
}

async fn export_file(since: i64, file: &Path, instance: &Instance) -> Result<(), Failure> {
    let cannot =
        |why: std::io::Error| Failure::new(format!("cannot write {}: {why}", file.display()));
    let draft = tempfile::NamedTempFile::new_in(instance::folder_of(file)).map_err(cannot)?;
    export(since, &mut BufWriter::new(draft.as_file()), instance).await?;
    instance::publish(draft, file).map_err(cannot)
}

async fn export(since: i64, to: &mut dyn Write, instance: &Instance) -> Result<(), Failure> {
    let store = &*instance.store;
    let mut put = |line: &str| {
        writeln!(to, "{line}").map_err(|why| Failure::new(format!("cannot write: {why}")))
    };
    let signed = audit_stream::signed(store).await?;
    if since > signed {
        return Err(Failure::new(format!(
            "nothing after {since} is signed yet: the last number is {signed}"
        )));
    }
    let begin = audit_stream::begin(store, since).await;
    put(&begin.map_err(|why| no_lines(&why))?)?;
    let mut count = Count::begin("exporting", since.unsigned_abs(), signed.unsigned_abs());
    let mut after = since;
    while after < signed {
        let page = audit_stream::lines(store, after, signed, PAGE).await;
        let page = page.map_err(|why| no_lines(&why))?;
        if page.last == after {
            return Err(Failure::new(format!(
                "the audit chain ends at {after}, before its last checkpoint; `grantd audit verify` says more"
            )));
        }
        page.lines.iter().try_for_each(|line| put(line))?;
        after = page.last;
        count.at(after.unsigned_abs());
    }
    count.end(after.unsigned_abs());
    to.flush()
        .map_err(|why| Failure::new(format!("cannot write: {why}")))
}

fn no_lines(why: &NoLines) -> Failure {
    Failure::new(crate::failure::whole(why))
}

async fn verify_database(verify: &Verify, instance: &Instance) -> Result<(), Failure> {
    let mut keys = public_keys(&verify.public_key)?;
    keys.push(CheckpointKey::of(&instance.key).public());
    let kept = kept_checkpoints(&verify.checkpoint)?;
    let newest = audit_stream::signed(&*instance.store).await?;
    let mut count = Count::begin("verifying", 0, newest.unsigned_abs());
    let whole = audit_verify::verify(&*instance.store, &keys, &kept, &mut |done| {
        count.at(done);
    })
    .await;
    match whole {
        Ok(whole) => {
            count.end(whole.verified.rows);
            say(&whole.verified, &kept, Some(whole.waiting))
        }
        Err(NotWhole::Broken(broken)) => Err(say_broken(&broken)),
        Err(NotWhole::Store(why)) => Err(why.into()),
    }
}

fn verify_file(file: &Path, verify: &Verify, config: &Config) -> Result<(), Failure> {
    let mut keys = public_keys(&verify.public_key)?;
    if let Some(key) = instance::read_key(&config.key_file())? {
        keys.push(CheckpointKey::of(&key).public());
    }
    if keys.is_empty() {
        return Err(Failure::new(
            "with which key? give --public-key with what `grantd audit key` prints where the export is from",
        ));
    }
    let kept = kept_checkpoints(&verify.checkpoint)?;
    match read_file(file, FileVerifier::new(&keys, &kept))? {
        Ok(verified) => say(&verified, &kept, None),
        Err(broken) => Err(say_broken(&broken)),
    }
}

fn read_file(
    file: &Path,
    mut verifier: FileVerifier<'_>,
) -> Result<Result<Verified, Broken>, Failure> {
    let cannot =
        |why: std::io::Error| Failure::new(format!("cannot read {}: {why}", file.display()));
    let mut lines = BufReader::new(File::open(file).map_err(cannot)?);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).map_err(cannot)? > 0 {
        // To the byte: no other end of a line is one.
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        // What is not UTF-8 becomes what no line is.
        if let Err(broken) = verifier.line(&String::from_utf8_lossy(text)) {
            return Ok(Err(broken));
        }
        line.clear();
    }
    Ok(verifier.end())
}

fn public_keys(files: &[PathBuf]) -> Result<Vec<PublicKey>, Failure> {
    let mut keys = Vec::new();
    for file in files {
        let text = read(file)?;
        let found = PublicKey::all_from_pem(&text)
            .map_err(|why| Failure::new(format!("{}: {why}", file.display())))?;
        keys.extend(found);
    }
    Ok(keys)
}

fn kept_checkpoints(files: &[PathBuf]) -> Result<Vec<Checkpoint>, Failure> {
    let mut kept = Vec::new();
    for file in files {
        let found = export::last_checkpoint(&read(file)?);
        let missing = || Failure::new(format!("{} holds no checkpoint", file.display()));
        kept.push(found.ok_or_else(missing)?);
    }
    Ok(kept)
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file)
        .map_err(|why| Failure::new(format!("cannot read {}: {why}", file.display())))
}

fn say(verified: &Verified, kept: &[Checkpoint], waiting: Option<u64>) -> Result<(), Failure> {
    let chain = hex(&verified.head.chain);
    let mut said = json!({
        "whole": true,
        "rows": verified.rows,
        "checkpoints": verified.checkpoints,
        "last_seq": verified.head.seq,
        "chain": chain,
        "signed_seq": verified.signed,
    });
    if let (Some(waiting), Value::Object(said)) = (waiting, &mut said) {
        said.insert("waiting".to_owned(), waiting.into());
    }
    output::json(&said)?;
    if kept.is_empty() {
        output::note(
            "whether the end was cut off shows only against a checkpoint that was kept elsewhere: --checkpoint",
        );
    }
    Ok(())
}

fn say_broken(broken: &Broken) -> Failure {
    // What cannot be printed is in the failure, too.
    let _ = output::json(&json!({
        "whole": false,
        "broken_seq": broken.seq,
        "reason": broken.wrong.to_string(),
    }));
    Failure::new(format!("the audit trail is broken at {broken}"))
}
