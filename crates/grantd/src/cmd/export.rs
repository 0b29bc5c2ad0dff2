//! `grantd export`: what `grantd import csv` reads. Owns what is left out: what
//! is not valid any more, and whatever is a secret.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use grantd_core::app::AppCredentials;
use grantd_core::ids::AuthorizationId;
use grantd_core::note::{Note, NoteUrl};
use grantd_core::scope::Scopes;
use grantd_core::store::{OwnedAuthorization, PageRequest, TokenFilter};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::import::csv::{APPS, TOKENS, written};
use super::store::hex;
use crate::failure::Failure;
use crate::instance::{Instance, every};
use crate::output;
use crate::progress::Count;

/// Rows that are read together.
const PAGE: u32 = 1_000;

/// `grantd export`.
#[derive(Args)]
pub(crate) struct Export {
    /// What to export
    #[command(subcommand)]
    what: What,
    /// The file to write, which must not be there yet; without it, standard output
    #[arg(long, value_name = "FILE", global = true)]
    output: Option<PathBuf>,
}

#[derive(Subcommand)]
enum What {
    /// The apps, with the hashes of their secrets
    Apps,
    /// The tokens that are valid, with their hashes
    Tokens,
}

/// Writes the table.
pub(crate) async fn run(command: Export, instance: &Instance) -> Result<(), Failure> {
    let out: Box<dyn Write> =
        match &command.output {
            None => Box::new(io::stdout().lock()),
            Some(path) => {
                let mut options = OpenOptions::new();
                let made = options.write(true).create_new(true).mode(0o600).open(path);
                Box::new(made.map_err(|why| {
                    Failure::new(format!("cannot write {}: {why}", path.display()))
                })?)
            }
        };
    let mut writer = csv::Writer::from_writer(Digested {
        out: io::BufWriter::with_capacity(1 << 16, out),
        digest: Sha256::new(),
    });
    let (rows, left_out) = match command.what {
        What::Apps => (apps(instance, &mut writer).await?, 0),
        What::Tokens => tokens(instance, &mut writer).await?,
    };
    let mut digested = writer
        .into_inner()
        .map_err(|why| cannot_write(why.error()))?;
    digested.flush().map_err(|why| cannot_write(&why))?;
    let sha256 = hex(&digested.digest.finalize());
    match command.output {
        Some(file) => output::json(&json!({
            "file": file, "rows": rows, "left_out": left_out, "sha256": sha256,
        })),
        None => {
            output::note(format!(
                "{rows} rows, {left_out} left out, SHA-256 {sha256}"
            ));
            Ok(())
        }
    }
}

fn cannot_write(why: &dyn std::error::Error) -> Failure {
    Failure::new(format!("cannot write the export: {why}"))
}

/// What is written is digested on its way.
struct Digested<W> {
    out: W,
    digest: Sha256,
}

impl<W: Write> Write for Digested<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

type Out<'o> = csv::Writer<Digested<io::BufWriter<Box<dyn Write + 'o>>>>;

/// So many were written, and so many that are not valid were not.
async fn tokens(instance: &Instance, out: &mut Out<'_>) -> Result<(u64, u64), Failure> {
    put(out, TOKENS)?;
    let (now, mut after) = (instance.clock.now(), AuthorizationId(0));
    let all = instance
        .store
        .list_tokens(TokenFilter::All, PageRequest::FIRST)
        .await?;
    let mut count = Count::begin("tokens", 0, all.total);
    let (mut rows, mut left_out) = (0, 0);
    loop {
        let page = instance.store.list_lives(after, PAGE).await?;
        let Some(last) = page.last() else {
            count.end(rows + left_out);
            return Ok((rows, left_out));
        };
        after = last.owned.authorization.id;
        for lived in &page {
            let owned = &lived.owned;
            let ended = owned.authorization.expires_at.is_some_and(|end| end <= now);
            if ended || owned.user.suspended_at.is_some() {
                left_out += 1;
            } else {
                let hash = hash(instance, owned).await?;
                put(out, &token(owned, hash))?;
                rows += 1;
            }
        }
        count.at(rows + left_out);
    }
}

fn put<T: AsRef<[u8]>>(out: &mut Out<'_>, cells: &[T]) -> Result<(), Failure> {
    out.write_record(cells).map_err(|why| cannot_write(&why))
}

/// What the token is found by; a salted hash in its written form.
async fn hash(instance: &Instance, owned: &OwnedAuthorization) -> Result<String, Failure> {
    let token = &owned.authorization;
    if !token.token_hash.is_stand_in() {
        return Ok(token.token_hash.to_string());
    }
    let salted = instance.store.find_salted(token.id).await?;
    Ok(salted.map(|salted| salted.to_string()).unwrap_or_default())
}

fn token(owned: &OwnedAuthorization, hash: String) -> [String; TOKENS.len()] {
    let (token, time) = (&owned.authorization, |at: &dyn ToString| at.to_string());
    let client_id = token.app.as_ref().map(|app| app.client_id.to_string());
    [
        owned.user.login.to_string(),
        client_id.unwrap_or_default(),
        hash,
        token.token_last_eight.0.clone(),
        written(token.note.as_ref().map(Note::as_str)),
        written(token.note_url.as_ref().map(NoteUrl::as_str)),
        token.scopes.to_stored(),
        token.fingerprint.as_str().to_owned(),
        time(&token.created_at),
        time(&token.updated_at),
        token.expires_at.map(|end| time(&end)).unwrap_or_default(),
    ]
}

async fn apps(instance: &Instance, out: &mut Out<'_>) -> Result<u64, Failure> {
    put(out, APPS)?;
    let apps = every(async |page| instance.store.list_owned_apps(page).await).await?;
    let mut rows = 0;
    for owned in apps {
        let found = instance.store.find_app(&owned.app.client_id).await?;
        if let Some(found) = found {
            put(out, &app(&found, owned.owner.login.as_str()))?;
            rows += 1;
        }
    }
    Ok(rows)
}

fn app(credentials: &AppCredentials, owner: &str) -> [String; APPS.len()] {
    let (app, settings) = (&credentials.app, &credentials.app.settings);
    let allowed = settings.allowed_scopes.as_ref().map(Scopes::to_stored);
    let secret = credentials.secret_hash.map(|hash| hex(&hash.0));
    [
        app.client_id.to_string(),
        secret.unwrap_or_default(),
        app.name.clone(),
        app.url.clone(),
        written(app.description.as_deref()),
        app.callback_urls.join(" "),
        owner.to_owned(),
        settings.device_flow.to_string(),
        settings.sub_path_callbacks.to_string(),
        settings.expiring_tokens.to_string(),
        settings.resource_server.to_string(),
        written(allowed.as_deref()),
        app.suspended_at
            .map(|at| at.to_string())
            .unwrap_or_default(),
        app.created_at.to_string(),
        app.updated_at.to_string(),
    ]
}
