//! `grantd man`: the manual, a page per command, for packages. Owns only where
//! the files go; what they say is the command line's own help.

use std::path::Path;

use clap::Command;

use crate::failure::Failure;

/// Writes every page into a folder that is there.
pub(crate) fn run(command: Command, folder: &Path) -> Result<(), Failure> {
    clap_mangen::generate_to(command, folder).map_err(|why| {
        Failure::new(format!(
            "cannot write the manual into {}: {why}",
            folder.display()
        ))
    })
}
