//! `grantd key`: another instance key in the place of the present one. Owns the
//! order of steps, each of which may be the last one before a crash; what is
//! sealed anew is the store's.

use std::io::Write;
use std::path::Path;

use clap::Subcommand;
use grantd_core::audit::CheckpointKey;
use grantd_core::entropy::OsEntropy;
use grantd_core::login::otp;
use grantd_core::secret::{InstanceKey, Sealed};
use grantd_store::{DatabaseUrl, PostgresOptions, PostgresStore, fenced_key, kept_key, rekey};
use serde_json::json;

use crate::config::Config;
use crate::control;
use crate::failure::Failure;
use crate::instance;
use crate::output;
use crate::progress::Count;

/// What can be done with the instance key.
#[derive(Subcommand)]
pub(crate) enum Key {
    /// Make another key and seal everything anew under it; goes on where it was interrupted. Stop
    /// every server first, and give every node the file afterwards
    Rotate,
    /// Forget the keys before the present one: recovery codes from before the rotation, and backups
    /// from before it, are then good for nothing
    ForgetOld,
}

/// Carries a command out.
pub(crate) async fn run(command: Key, config: &Config) -> Result<(), Failure> {
    let file = config.key_file();
    let missing = || Failure::new(format!("there is no instance key {}", file.display()));
    let key = instance::read_key(&file)?.ok_or_else(missing)?;
    let url = config.database();
    if control::is_served(&config.values.data) {
        return Err(Failure::new(
            "a server uses this data folder; stop it, and every other node, before the key is changed",
        ));
    }
    if let DatabaseUrl::Sqlite(path) = &url
        && !path.exists()
    {
        return Err(Failure::new(format!("there is no database {url}")));
    }
    nobody_else_uses(&url).await?;
    match command {
        Key::Rotate => rotate(key, &file, &url).await,
        Key::ForgetOld => forget(&key, &file, &url).await,
    }
}

/// Of a file the control socket has told. A server of PostgreSQL may run on any machine, and is seen by
/// its connections.
async fn nobody_else_uses(url: &DatabaseUrl) -> Result<(), Failure> {
    let DatabaseUrl::Postgres(address) = url else {
        return Ok(());
    };
    let found = PostgresStore::inspect(address.expose(), PostgresOptions::default()).await;
    let found = found.map_err(|why| {
        Failure::new(format!(
            "cannot use the database {url}: {}",
            crate::failure::whole(&why)
        ))
    })?;
    match found.others {
        Some(0) => Ok(()),
        Some(others) => Err(Failure::new(format!(
            "{others} connections to {url} are those of a grantd; stop every node before the key is changed"
        ))),
        None => {
            output::note(
                "warning: the database does not say whether nodes use it; stop every one of them first",
            );
            Ok(())
        }
    }
}

async fn kept(url: &DatabaseUrl) -> Result<String, Failure> {
    let found = kept_key(url).await;
    found
        .map_err(|why| Failure::new(crate::failure::whole(&why)))?
        .ok_or_else(|| Failure::new(format!("no grantd has ever opened {url}")))
}

async fn rotate(key: InstanceKey, file: &Path, url: &DatabaseUrl) -> Result<(), Failure> {
    let kept = kept(url).await?;
    if fenced_key(&kept).is_some() {
        return Err(Failure::new(
            "the fence of a restore stands; lift it first: `grantd restore status` says how",
        ));
    }
    let interrupted = kept != key.fingerprint();
    if interrupted && !key.has_fingerprint(&kept) {
        return Err(Failure::new(format!(
            "{} is not the key of this database, which expects {kept}",
            file.display()
        )));
    }
    // First the file: it holds both keys, so that whatever follows can be done again.
    let key = match interrupted {
        true => {
            output::note("an earlier rotation did not come to its end; going on with it");
            key
        }
        false => {
            let next = key.succeeded_by(InstanceKey::generate(&OsEntropy));
            replace(file, &next)?;
            next
        }
    };
    let mut count = Some(Count::begin("sealing anew", 0, 0));
    let fresh = key.without_previous();
    let mut again = |sealed: &[u8]| {
        let sealed = Sealed(sealed.to_vec());
        // Those that an interrupted rotation has done.
        if otp::open_seed(&fresh, &sealed).is_ok() {
            return Ok(None);
        }
        let plain = otp::open_seed(&key, &sealed).map_err(|why| why.to_string())?;
        Ok(Some(otp::seal_seed(&fresh, &plain, &OsEntropy).0))
    };
    let mut tell = |done| {
        if let Some(count) = &mut count {
            count.at(done);
        }
    };
    let done = rekey(url, &kept, &key.fingerprint(), &mut again, &mut tell).await;
    let done = done.map_err(|why| {
        Failure::new(format!(
            "the rotation is not at its end: {}; run `grantd key rotate` again",
            crate::failure::whole(&why)
        ))
    })?;
    if let Some(count) = count.take() {
        count.end(done);
    }
    tell_what_is_next(&key, &kept, done, file)
}

fn tell_what_is_next(key: &InstanceKey, kept: &str, done: u64, file: &Path) -> Result<(), Failure> {
    let old = key.previous().find(|old| old.fingerprint() == kept);
    let old_public = old.map(|old| CheckpointKey::of(&old).public().to_pem());
    output::json(&json!({
        "old_fingerprint": kept,
        "new_fingerprint": key.fingerprint(),
        "second_factors_sealed_anew": done,
        "old_checkpoint_public_key": old_public,
    }))?;
    output::note(format!(
        "give every node the new {}, keep a copy of it elsewhere, and keep the old checkpoint key above to verify \
         what was signed before",
        file.display()
    ));
    output::note(
        "the old key stays in the file: it verifies recovery codes from before until they are replaced, \
         and opens links that were sent; `grantd key forget-old` removes it",
    );
    Ok(())
}

async fn forget(key: &InstanceKey, file: &Path, url: &DatabaseUrl) -> Result<(), Failure> {
    if kept(url).await? != key.fingerprint() {
        return Err(Failure::new(
            "a rotation has not come to its end; run `grantd key rotate` again first",
        ));
    }
    let forgotten = key.previous().count();
    replace(file, &key.without_previous())?;
    output::json(&json!({ "fingerprint": key.fingerprint(), "forgotten": forgotten }))
}

/// Puts a file in the place of the one that is there, whole or not at all.
fn replace(file: &Path, key: &InstanceKey) -> Result<(), Failure> {
    let folder = instance::folder_of(file);
    let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut draft| {
        draft.write_all(key.to_file().as_bytes())?;
        instance::publish(draft, file)
    });
    written.map_err(|why| {
        Failure::new(format!(
            "cannot write the instance key {}: {why}",
            file.display()
        ))
    })
}
