//! Files of the trail: archives and exports. Owns which rows they have together
//! and which are missing; must not know what a row means.

use std::collections::BTreeMap;
use std::io::BufRead;

use grantd_core::audit::AuditRow;
use grantd_core::clock::Timestamp;

use crate::archive;
use crate::backup::{BackupError, BackupHead};

/// Rows that were being written when the backup was made may have lower ids than its last one; none
/// of them is older than this many seconds.
const IN_FLIGHT: i64 = 3_600;

/// A file of the trail, line by line: an archive, or an export of `grantd audit export`.
pub type Replay<'r> = Box<dyn BufRead + Send + 'r>;

/// What all files say together.
pub(super) struct Told {
    /// Rows since about the backup, in the order of their ids.
    pub(super) rows: BTreeMap<i64, AuditRow>,
    /// Lines that say no row.
    pub(super) unread: u64,
    /// Ids after the backup's last one, and before the highest, that no file has.
    pub(super) missing: u64,
    /// Ids under which files have different rows: one of them is of another time, and nobody can tell which.
    pub(super) ambiguous: u64,
    /// Files that an archive's first line begins.
    archives: Vec<Archived>,
}

/// What a file of an archive is.
#[derive(Clone, Copy, Default)]
struct Archived {
    /// It has an archive's first line.
    begins: bool,
    /// It says that another one goes on.
    goes_on: bool,
    /// The highest id in it.
    last: Option<i64>,
}

impl Told {
    pub(super) fn read(files: Vec<Replay<'_>>, head: &BackupHead) -> Result<Self, BackupError> {
        let mut told = Self {
            rows: BTreeMap::new(),
            unread: 0,
            missing: 0,
            ambiguous: 0,
            archives: Vec::new(),
        };
        for mut file in files {
            let mut line = Vec::new();
            let mut this = Archived::default();
            while file.read_until(b'\n', &mut line)? > 0 {
                told.take(&line, head, &mut this);
                line.clear();
            }
            if this.begins {
                told.archives.push(this);
            }
        }
        let after: Vec<i64> = told
            .rows
            .range(head.last_audit + 1..)
            .map(|(id, _)| *id)
            .collect();
        let span = after.last().map_or(0, |last| last - head.last_audit);
        told.missing = span.unsigned_abs() - after.len() as u64;
        Ok(told)
    }

    /// Up to when it is known what was revoked, at the latest. On SQLite, which leaves out no id, that is
    /// before the first row that is missing.
    pub(super) fn covered_until(&self, head: &BackupHead) -> Timestamp {
        let is_gapless = head.engine == "sqlite";
        let mut next = head.last_audit + 1;
        let known = self.rows.values().take_while(|row| {
            let follows = row.id <= next;
            next = next.max(row.id + 1);
            follows || !is_gapless
        });
        known.map(|row| row.at).max().unwrap_or(head.made_at)
    }

    /// Whether the files come as far as the backup at least: older ones say nothing of what came after it.
    pub(super) fn reaches(&self, head: &BackupHead) -> bool {
        let last = self.rows.last_key_value().map_or(0, |(id, _)| *id);
        last >= head.last_audit
    }

    /// Whether there are files of an archive, and they do not come to its end.
    pub(super) fn goes_on(&self) -> bool {
        !self.archives.is_empty() && !self.ends()
    }

    /// Whether the files of an archive come to its end: the one with the newest row, or one that is still
    /// without any, does not say that yet another goes on.
    pub(super) fn ends(&self) -> bool {
        let newest = self.archives.iter().filter_map(|one| one.last).max();
        self.archives
            .iter()
            .any(|one| !one.goes_on && (one.last.is_none() || one.last == newest))
    }

    /// What is torn was written again further on.
    fn take(&mut self, line: &[u8], head: &BackupHead, file: &mut Archived) {
        let Ok(text) = std::str::from_utf8(line) else {
            self.unread += 1;
            return;
        };
        let text = text.trim_end_matches(['\n', '\r']);
        // What an export has beside rows.
        let beside = ["{\"export\":", "{\"checkpoint\":"];
        if text.is_empty() || beside.iter().any(|begin| text.starts_with(begin)) {
            return;
        }
        if text == archive::FIRST_LINE || text == archive::GOES_ON {
            file.begins |= text == archive::FIRST_LINE;
            file.goes_on |= text == archive::GOES_ON;
            return;
        }
        match AuditRow::from_line(row_of(text)) {
            Ok(row) => {
                file.last = file.last.max(Some(row.id));
                let since = head.made_at.0 - IN_FLIGHT;
                if row.id >= head.last_audit || row.at.0 >= since {
                    let id = row.id;
                    let line = row.line();
                    if let Some(other) = self.rows.insert(id, row) {
                        self.ambiguous += u64::from(other.line() != line);
                    }
                }
            }
            Err(_) => self.unread += 1,
        }
    }
}

/// An export has each row's line within a line of its own.
fn row_of(text: &str) -> &str {
    let wrapped = text.strip_prefix("{\"seq\":").and_then(|rest| {
        let (_, row) = rest.split_once("\"row\":")?;
        row.strip_suffix('}')
    });
    wrapped.unwrap_or(text)
}
