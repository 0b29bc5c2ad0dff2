//! The chain as a file: a line that says where it begins, then rows and
//! checkpoints, a line each. Owns these lines, and that a file verifies without
//! the database; must not know where it lies.
//!
//! What arrives at a webhook are the same lines. Every line is held to its form
//! to the byte: nothing can be added where nobody looks.

use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};

use super::chain::{Broken, Chain, Head, Verified, Verifier, Wrong};
use super::checkpoint::{Checkpoint, PublicKey};
use crate::clock::Timestamp;

/// Of the form of files.
const VERSION: u32 = 1;
const ROW: &str = ",\"row\":";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BeginLine {
    export: u32,
    after: i64,
    checkpoint: i64,
    chain: String,
}

/// A row's line but for the row.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RowLine {
    seq: i64,
    chain: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckpointLine {
    checkpoint: i64,
    previous: i64,
    at: String,
    chain: String,
    key: String,
    signature: String,
}

/// The first line: what follows comes after `head`, whose newest checkpoint was `signed`.
pub fn begin_line(head: &Head, signed: i64) -> String {
    json(&BeginLine {
        export: VERSION,
        after: head.seq,
        checkpoint: signed,
        chain: HEXLOWER.encode(&head.chain),
    })
}

/// A row's line around [`AuditRow::line`](super::AuditRow::line).
pub fn row_line(seq: i64, chain: &Chain, line: &str) -> String {
    let chain = HEXLOWER.encode(chain);
    let mut text = json(&RowLine { seq, chain });
    text.pop();
    text + ROW + line + "}"
}

/// A checkpoint's line, with the link that it signs.
pub fn checkpoint_line(checkpoint: &Checkpoint, chain: &Chain) -> String {
    json(&CheckpointLine {
        checkpoint: checkpoint.seq,
        previous: checkpoint.previous,
        at: checkpoint.at.to_string(),
        chain: HEXLOWER.encode(chain),
        key: checkpoint.key_id.clone(),
        signature: BASE64.encode(&checkpoint.signature),
    })
}

fn json(line: &impl Serialize) -> String {
    serde_json::to_string(line).expect("numbers and text are JSON")
}

/// A line of a file.
enum Line<'t> {
    Begin(Head, i64),
    Row(i64, Chain, &'t str),
    Checkpoint(Checkpoint, Chain),
}

/// Reads a line; `None` when no [`begin_line`], [`row_line`] or [`checkpoint_line`] writes it so.
fn read(text: &str) -> Option<Line<'_>> {
    let line = match text.split_once(ROW) {
        Some((before, after)) => {
            let said: RowLine = serde_json::from_str(&format!("{before}}}")).ok()?;
            Line::Row(said.seq, chain(&said.chain)?, after.strip_suffix('}')?)
        }
        None => read_begin(text).or_else(|| read_checkpoint(text))?,
    };
    let again = match &line {
        Line::Begin(head, signed) => begin_line(head, *signed),
        Line::Row(seq, chain, row) => row_line(*seq, chain, row),
        Line::Checkpoint(checkpoint, chain) => checkpoint_line(checkpoint, chain),
    };
    (again == text).then_some(line)
}

fn read_begin(text: &str) -> Option<Line<'_>> {
    let said: BeginLine = serde_json::from_str(text).ok()?;
    let head = Head {
        seq: said.after,
        chain: chain(&said.chain)?,
    };
    (said.export == VERSION).then_some(Line::Begin(head, said.checkpoint))
}

fn read_checkpoint(text: &str) -> Option<Line<'_>> {
    let said: CheckpointLine = serde_json::from_str(text).ok()?;
    let checkpoint = Checkpoint {
        seq: said.checkpoint,
        previous: said.previous,
        at: Timestamp::parse(&said.at)?,
        key_id: said.key,
        signature: BASE64.decode(said.signature.as_bytes()).ok()?,
    };
    Some(Line::Checkpoint(checkpoint, chain(&said.chain)?))
}

fn chain(hex: &str) -> Option<Chain> {
    HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok()
}

/// The last checkpoint of a file, or of a checkpoint's line alone.
pub fn last_checkpoint(text: &str) -> Option<Checkpoint> {
    let mut lines = text.lines().rev();
    lines.find_map(|line| match read_checkpoint(line)? {
        Line::Checkpoint(checkpoint, _) => Some(checkpoint),
        _ => None,
    })
}

/// Follows a file line by line.
#[derive(Clone)]
pub struct FileVerifier<'k> {
    keys: &'k [PublicKey],
    kept: &'k [Checkpoint],
    verifier: Option<Verifier<'k>>,
    /// Rows after the newest checkpoint.
    unsigned: bool,
}

impl<'k> FileVerifier<'k> {
    /// Holds a file to these keys, and to checkpoints that were kept elsewhere.
    pub fn new(keys: &'k [PublicKey], kept: &'k [Checkpoint]) -> Self {
        Self {
            keys,
            kept,
            verifier: None,
            unsigned: false,
        }
    }

    /// The next line, without its end.
    ///
    /// # Errors
    /// It is not what belongs there.
    pub fn line(&mut self, text: &str) -> Result<(), Broken> {
        let next = self.verifier.as_ref().map_or(1, |one| one.head().seq + 1);
        let no_line = |what: &str| Broken::at(next, Wrong::Line(what.to_owned()));
        let line =
            read(text).ok_or_else(|| no_line("what stands there is no line of an export"))?;
        match (line, &mut self.verifier) {
            (Line::Begin(head, signed), none @ None) => {
                let fits = if head.seq == 0 {
                    head == Head::default() && signed == 0
                } else {
                    (0..=head.seq).contains(&signed)
                };
                if !fits {
                    return Err(no_line("the first line does not fit"));
                }
                // What lies before the file cannot be held to it.
                let later = self.kept.iter().filter(|kept| kept.seq >= head.seq);
                let kept: Vec<_> = later.cloned().collect();
                none.insert(Verifier::new(self.keys, head, signed, &kept))
                    .kept_here()
            }
            (Line::Row(seq, chain, row), Some(verifier)) => {
                self.unsigned = true;
                verifier.row(seq, Some(chain), Some(row))
            }
            (Line::Checkpoint(checkpoint, chain), Some(verifier)) => {
                if chain != verifier.head().chain {
                    return Err(Broken::at(verifier.head().seq, Wrong::Signature));
                }
                self.unsigned = false;
                verifier.checkpoint(&checkpoint)
            }
            (_, None) => Err(no_line(
                "an export begins with a line that says after which row",
            )),
            (Line::Begin(..), Some(_)) => Err(no_line("an export begins once")),
        }
    }

    /// Nothing follows.
    ///
    /// # Errors
    /// The last line is no checkpoint, or a kept checkpoint is of a later row.
    pub fn end(self) -> Result<Verified, Broken> {
        let Some(verifier) = self.verifier else {
            return Err(Broken::at(1, Wrong::Line("there is nothing".to_owned())));
        };
        let verified = verifier.end()?;
        if self.unsigned {
            return Err(Broken::at(verified.signed + 1, Wrong::Unsigned));
        }
        Ok(verified)
    }
}
