//! Where dev mode keeps its database: a folder in memory where the system has
//! one, gone with the process. Owns that folders of processes that were killed
//! are swept away by the next one; must not know what is in them.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::failure::Failure;

/// A file system in memory, on Linux.
const MEMORY: &str = "/dev/shm";
const PREFIX: &str = "grantd-dev-";
/// Locked for as long as the folder is used.
const LOCK: &str = "in-use";

/// A folder, deleted when this is dropped.
pub(super) struct Folder {
    folder: TempDir,
    _in_use: File,
}

impl Folder {
    /// Makes one, and sweeps away what killed processes left.
    pub(super) fn make() -> Result<Self, Failure> {
        let memory = Path::new(MEMORY);
        let places = [memory.to_owned(), std::env::temp_dir()];
        let mut refused = None;
        for place in places.iter().filter(|place| place.is_dir()) {
            sweep(place);
            match Self::within(place) {
                Ok(folder) => return Ok(folder),
                Err(why) => refused = Some(why),
            }
        }
        let why = refused.map_or_else(|| "there is no place".to_owned(), |why| why.to_string());
        Err(Failure::new(format!(
            "cannot make a temporary folder: {why}"
        )))
    }

    fn within(place: &Path) -> std::io::Result<Self> {
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(place)?;
        let in_use = File::create(folder.path().join(LOCK))?;
        in_use.lock()?;
        Ok(Self {
            folder,
            _in_use: in_use,
        })
    }

    /// Where a world is kept.
    pub(super) fn world(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

/// Deletes the folders that nobody has locked. One that is being made has no lock yet, and stays.
fn sweep(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else {
        return;
    };
    let ours = |name: &OsStr| name.to_string_lossy().starts_with(PREFIX);
    for entry in entries.flatten().filter(|entry| ours(&entry.file_name())) {
        let Ok(lock) = File::open(entry.path().join(LOCK)) else {
            continue;
        };
        match lock.try_lock() {
            // Another user's cannot be deleted, and need not be.
            Ok(()) => drop(fs::remove_dir_all(entry.path())),
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_nobody_uses_is_swept_away_and_one_in_use_is_not() {
        let place = tempfile::tempdir().unwrap();
        let used = Folder::within(place.path()).unwrap();
        let left = place.path().join("grantd-dev-killed");
        let being_made = place.path().join("grantd-dev-new");
        let strange = place.path().join("other");
        for folder in [&left, &being_made, &strange] {
            fs::create_dir(folder).unwrap();
        }
        for folder in [&left, &strange] {
            fs::write(folder.join(LOCK), "").unwrap();
        }
        sweep(place.path());
        assert!(!left.exists());
        assert!(being_made.exists() && strange.exists());
        let kept = used.folder.path().to_owned();
        assert!(kept.exists());
        drop(used);
        assert!(!kept.exists());
    }
}
