//! Where dev mode keeps its database: a folder in memory where the system has
//! one, gone with the process. Must not know what is in it.

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::scratch::{self, Scratch};

/// A file system in memory, on Linux.
const MEMORY: &str = "/dev/shm";
const PREFIX: &str = "grantd-dev-";

/// A folder, deleted when this is dropped.
pub(super) struct Folder(Scratch);

impl Folder {
    /// Makes one, and sweeps away what killed processes left.
    pub(super) fn make() -> Result<Self, Failure> {
        let memory = Path::new(MEMORY);
        let places = [memory.to_owned(), std::env::temp_dir()];
        let mut refused = None;
        for place in places.iter().filter(|place| place.is_dir()) {
            // Another user's cannot be deleted, and need not be.
            let _ = scratch::sweep(place, PREFIX);
            match Scratch::within(place, PREFIX) {
                Ok(folder) => return Ok(Self(folder)),
                Err(why) => refused = Some(why),
            }
        }
        let why = refused.map_or_else(|| "there is no place".to_owned(), |why| why.to_string());
        Err(Failure::new(format!(
            "cannot make a temporary folder: {why}"
        )))
    }

    /// Where a world is kept.
    pub(super) fn world(&self) -> PathBuf {
        self.0.path().join("data")
    }
}
