//! Folders that are gone with their process. Owns that those of processes that
//! were killed are swept away later; must not know what is in them.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use tempfile::TempDir;

/// Locked for as long as the folder is used.
const LOCK: &str = "lock";

/// A folder for its owner only, deleted when this is dropped.
pub(crate) struct Scratch {
    folder: TempDir,
    _lock: File,
}

impl Scratch {
    /// Makes one, whose name begins with `prefix`.
    ///
    /// # Errors
    /// There is no room in `place`, or no right to use it.
    pub(crate) fn within(place: &Path, prefix: &str) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix(prefix).tempdir_in(place)?;
        // Locked before it has the name by which others look for it.
        let draft = folder.path().join("lock.new");
        let lock = File::create_new(&draft)?;
        lock.lock()?;
        fs::rename(draft, folder.path().join(LOCK))?;
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Deletes the folders with this prefix that nobody has locked. One that is being made has no lock
/// yet, and stays.
///
/// # Errors
/// One of them cannot be deleted; all others are.
pub(crate) fn sweep(place: &Path, prefix: &str) -> io::Result<()> {
    let mut swept = Ok(());
    for entry in fs::read_dir(place)?.flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(prefix);
        // The lock of one that is used cannot be had.
        let abandoned = || {
            let lock = File::open(entry.path().join(LOCK))?;
            lock.try_lock().map_err(io::Error::from)
        };
        if ours && abandoned().is_ok() {
            swept = swept.and(fs::remove_dir_all(entry.path()));
        }
    }
    swept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_nobody_uses_is_swept_away_and_one_in_use_is_not() {
        let place = tempfile::tempdir().unwrap();
        let make = || Scratch::within(place.path(), "ours-").unwrap();
        let Scratch {
            folder,
            _lock: lock,
        } = make();
        let killed = folder.keep();
        fs::write(killed.join("half"), "of something").unwrap();
        drop(lock);
        let being_made = place.path().join("ours-new");
        fs::create_dir(&being_made).unwrap();
        let strange = place.path().join("other");
        fs::create_dir(&strange).unwrap();
        fs::write(strange.join(LOCK), "").unwrap();
        let used = make();
        sweep(place.path(), "ours-").unwrap();
        assert!(!killed.exists());
        assert!(being_made.exists() && strange.exists() && used.path().exists());
        let path = used.path().to_owned();
        drop(used);
        assert!(!path.exists());
    }
}
