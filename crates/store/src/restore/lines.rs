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
    /// Files that an archive's first line begins.
    pub(super) archives: usize,
}

impl Told {
    pub(super) fn read(files: Vec<Replay<'_>>, head: &BackupHead) -> Result<Self, BackupError> {
        let mut told = Self {
            rows: BTreeMap::new(),
            unread: 0,
            missing: 0,
            archives: 0,
        };
        for mut file in files {
            let mut line = Vec::new();
            let mut is_archive = false;
            while file.read_until(b'\n', &mut line)? > 0 {
                is_archive |= told.take(&line, head);
                line.clear();
            }
            told.archives += usize::from(is_archive);
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

    /// The moment of the last row.
    pub(super) fn last(&self) -> Option<Timestamp> {
        self.rows.values().map(|row| row.at).max()
    }

    /// Whether the files come as far as the backup at least: older ones say nothing of what came after it.
    pub(super) fn reaches(&self, head: &BackupHead) -> bool {
        let last = self.rows.last_key_value().map_or(0, |(id, _)| *id);
        last >= head.last_audit
    }

    /// Whether the line begins an archive. What is torn was written again further on.
    fn take(&mut self, line: &[u8], head: &BackupHead) -> bool {
        let Ok(text) = std::str::from_utf8(line) else {
            self.unread += 1;
            return false;
        };
        let text = text.trim_end_matches(['\n', '\r']);
        // What an export has beside rows.
        let beside = ["{\"export\":", "{\"checkpoint\":"];
        if text.is_empty() || beside.iter().any(|begin| text.starts_with(begin)) {
            return false;
        }
        if text == archive::FIRST_LINE {
            return true;
        }
        match AuditRow::from_line(row_of(text)) {
            Ok(row) => {
                let since = head.made_at.0 - IN_FLIGHT;
                if row.id >= head.last_audit || row.at.0 >= since {
                    self.rows.insert(row.id, row);
                }
            }
            Err(_) => self.unread += 1,
        }
        false
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
