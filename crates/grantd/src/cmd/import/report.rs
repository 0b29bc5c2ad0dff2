//! What is told of rows. Owns the lines of the report; must not judge a row.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use grantd_core::import::{Outcome, Refusal};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output;

/// So many rows are named on stderr where there is no file.
const NAMED: u64 = 20;

/// What became of the rows of one file.
#[derive(Default)]
pub(super) struct Tally {
    rows: u64,
    imported: u64,
    present: u64,
    refused: BTreeMap<&'static str, u64>,
}

/// The report of a whole import.
pub(super) struct Report {
    out: Option<BufWriter<std::fs::File>>,
    named: u64,
    files: Vec<Value>,
}

impl Report {
    /// A report into a file that is not there yet, or to stderr.
    pub(super) fn open(file: Option<&Path>) -> Result<Self, Failure> {
        let open = |path: &Path| {
            let mut options = OpenOptions::new();
            let made = options.write(true).create_new(true).mode(0o600).open(path);
            made.map_err(|why| Failure::new(format!("cannot write {}: {why}", path.display())))
        };
        Ok(Self {
            out: file.map(open).transpose()?.map(BufWriter::new),
            named: 0,
            files: Vec::new(),
        })
    }

    /// Takes in what became of a row.
    pub(super) fn take(
        &mut self,
        tally: &mut Tally,
        file: &Path,
        line: u64,
        outcome: &Outcome,
    ) -> Result<(), Failure> {
        tally.rows += 1;
        match outcome {
            Outcome::Imported => tally.imported += 1,
            Outcome::Present => tally.present += 1,
            Outcome::Refused(why) => {
                *tally.refused.entry(why.name()).or_default() += 1;
                self.refusal(file, line, why)?;
            }
        }
        Ok(())
    }

    fn refusal(&mut self, file: &Path, line: u64, why: &Refusal) -> Result<(), Failure> {
        let told = json!({
            "file": file, "line": line, "refused": why.name(), "because": why.to_string(),
        });
        self.say(file, line, &told, &why.to_string())
    }

    /// Takes in something that came along with less than it had.
    pub(super) fn warn(&mut self, file: &Path, line: u64, words: &str) -> Result<(), Failure> {
        let told = json!({"file": file, "line": line, "warning": words});
        self.say(file, line, &told, words)
    }

    fn say(&mut self, file: &Path, line: u64, told: &Value, words: &str) -> Result<(), Failure> {
        if let Some(out) = &mut self.out {
            return writeln!(out, "{told}")
                .map_err(|why| Failure::new(format!("cannot write the report: {why}")));
        }
        self.named += 1;
        match self.named {
            ..=NAMED => output::note(format!("{}:{line}: {words}", file.display())),
            more if more == NAMED + 1 => {
                output::note("and there are more; --report FILE names every one");
            }
            _ => {}
        }
        Ok(())
    }

    /// A file is done.
    pub(super) fn file(&mut self, path: &Path, what: &'static str, tally: Tally) {
        self.files.push(json!({
            "file": path,
            "what": what,
            "rows": tally.rows,
            "imported": tally.imported,
            "present": tally.present,
            "refused": tally.refused.values().sum::<u64>(),
            "refused_because": tally.refused,
        }));
    }

    /// Prints what it all came to.
    pub(super) fn end(mut self, rehearsed: bool, users: u64) -> Result<(), Failure> {
        if let Some(out) = &mut self.out {
            out.flush()
                .map_err(|why| Failure::new(format!("cannot write the report: {why}")))?;
        }
        output::json(&json!({
            "dry_run": rehearsed,
            "users_created": users,
            "files": self.files,
        }))
    }
}
