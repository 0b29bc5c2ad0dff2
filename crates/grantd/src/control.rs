//! What the command line asks of a server that runs: a socket in the data
//! folder, for the owner of the folder only. Owns the words that are exchanged,
//! and that a server that is gone leaves nothing in the way; must not know what
//! an answer is for.
//!
//! A question is a line of JSON, and so is each line of its answer; the last one
//! says `done` or `error`. The only question so far is for a snapshot of a file
//! that the server has open, which nobody else can make without holding it up.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream as Caller;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use grantd_store::{CopyStep, SqliteStore};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

use crate::failure::Failure;

/// What a caller hears while something goes on.
pub(crate) enum Heard {
    /// Something of this name begins, of so many rows.
    Begins(String, u64),
    /// So many rows are done.
    At(u64),
    /// All are.
    Ended(u64),
}

/// Where the socket is.
fn path(folder: &Path) -> PathBuf {
    folder.join("control.sock")
}

/// Answers questions until it is dropped with its task.
pub(crate) fn listen(folder: &Path, sqlite: Arc<SqliteStore>) -> Result<Server, Failure> {
    let path = path(folder);
    let listener = bind(&path)
        .map_err(|why| Failure::new(format!("cannot listen on {}: {why}", path.display())))?;
    Ok(Server {
        listener,
        sqlite,
        path,
    })
}

/// A socket to answer on.
pub(crate) struct Server {
    listener: UnixListener,
    sqlite: Arc<SqliteStore>,
    path: PathBuf,
}

/// A server that was killed has left its socket; one that runs answers. Nobody can connect before
/// the mode is right.
fn bind(path: &Path) -> io::Result<UnixListener> {
    if Caller::connect(path).is_ok() {
        return Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            "another server uses this data folder",
        ));
    }
    let draft = path.with_extension("sock.new");
    let _ = std::fs::remove_file(&draft);
    let listener = UnixListener::bind(&draft)?;
    std::fs::set_permissions(&draft, std::fs::Permissions::from_mode(0o600))?;
    std::fs::rename(&draft, path)?;
    Ok(listener)
}

impl Server {
    /// Answers callers, one after the other.
    pub(crate) async fn run(self) {
        let owner = std::fs::metadata(&self.path).map_or(0, |file| file.uid());
        loop {
            let Ok((stream, _)) = self.listener.accept().await else {
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                continue;
            };
            let known = stream
                .peer_cred()
                .is_ok_and(|peer| [0, owner].contains(&peer.uid()));
            if !known {
                tracing::warn!("somebody else asked at the control socket");
                continue;
            }
            if let Err(error) = self.answer(stream).await {
                tracing::warn!(%error, "a question at the control socket was not answered");
            }
        }
    }

    async fn answer(&self, stream: UnixStream) -> io::Result<()> {
        let (reader, mut writer) = stream.into_split();
        let mut question = String::new();
        let mut reader = tokio::io::BufReader::new(reader);
        let asked = reader.read_line(&mut question);
        let asked = tokio::time::timeout(std::time::Duration::from_secs(5), asked).await;
        asked.map_err(io::Error::other)??;
        if question.is_empty() {
            // Somebody only wanted to know whether anybody is here.
            return Ok(());
        }
        let question: Value = serde_json::from_str(&question).unwrap_or_default();
        let (Some("snapshot"), Some(into)) = (question["ask"].as_str(), question["into"].as_str())
        else {
            return say(
                &mut writer,
                &json!({"error": "this server does not know that question"}),
            )
            .await;
        };
        let (told, mut steps) = mpsc::unbounded_channel();
        let mut tell = |step| {
            // A caller who is gone hears nothing; the snapshot ends by itself.
            let _ = told.send(step);
        };
        let into = PathBuf::from(into);
        let making = self.sqlite.snapshot(&into, &mut tell);
        tokio::pin!(making);
        let made = loop {
            tokio::select! {
                made = &mut making => break made,
                Some(step) = steps.recv() => say(&mut writer, &line(step)).await.unwrap_or_default(),
            }
        };
        while let Ok(step) = steps.try_recv() {
            say(&mut writer, &line(step)).await?;
        }
        let last = match made {
            Ok(()) => json!({"done": true}),
            Err(why) => json!({"error": why.to_string()}),
        };
        say(&mut writer, &last).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

fn line(step: CopyStep) -> Value {
    match step {
        CopyStep::Copies(table, done, of) => json!({"table": table, "at": done, "of": of}),
        CopyStep::Verifies(table, of) => json!({"table": table, "at": 0, "of": of}),
        CopyStep::At(done) => json!({"at": done}),
        CopyStep::Ended(done) => json!({"ended": done}),
    }
}

async fn say(writer: &mut (impl tokio::io::AsyncWrite + Unpin), value: &Value) -> io::Result<()> {
    writer.write_all(format!("{value}\n").as_bytes()).await
}

/// Whether a server runs in this folder.
pub(crate) fn is_served(folder: &Path) -> bool {
    Caller::connect(path(folder)).is_ok()
}

/// Has the server of this folder make a snapshot; `false` when none runs.
pub(crate) fn ask_for_snapshot(
    folder: &Path,
    into: &Path,
    hear: &mut dyn FnMut(Heard),
) -> Result<bool, Failure> {
    let Ok(mut stream) = Caller::connect(path(folder)) else {
        return Ok(false);
    };
    let lost =
        |why: io::Error| Failure::new(format!("the server did not answer to the end: {why}"));
    let question = json!({"ask": "snapshot", "into": into.to_string_lossy()});
    stream
        .write_all(format!("{question}\n").as_bytes())
        .map_err(lost)?;
    for line in BufReader::new(stream).lines() {
        let said: Value = serde_json::from_str(&line.map_err(lost)?).unwrap_or_default();
        let number = |key: &str| said[key].as_u64();
        if said["done"] == true {
            return Ok(true);
        }
        if let Some(why) = said["error"].as_str() {
            return Err(Failure::new(format!(
                "the server cannot make a snapshot: {why}"
            )));
        }
        match (
            said["table"].as_str(),
            number("of"),
            number("at"),
            number("ended"),
        ) {
            (Some(table), Some(of), ..) => hear(Heard::Begins(table.to_owned(), of)),
            (_, _, Some(at), _) => hear(Heard::At(at)),
            (_, _, _, Some(ended)) => hear(Heard::Ended(ended)),
            _ => {}
        }
    }
    Err(Failure::new(
        "the server ended before the snapshot was made; run the command again",
    ))
}
