//! An opened instance: data folder, key, store. Owns that the folder and the
//! key are for their owner only, that a key file is never overwritten, and that
//! a store is used with its own key; must not know any command.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use grantd_core::accounts::Operator;
use grantd_core::app::{App, ClientId};
use grantd_core::clock::{Clock, SystemClock};
use grantd_core::entropy::{Entropy, OsEntropy};
use grantd_core::secret::InstanceKey;
use grantd_core::store::{Page, PageRequest, SharedStore, Store, Stored};
use grantd_core::user::{LoginKey, User};
use grantd_store::{Archive, NoStore, Opened, Outside, SqliteStore};
use zeroize::Zeroizing;

use crate::config::Config;
use crate::failure::Failure;

/// What every command works on.
pub(crate) struct Instance {
    pub(crate) config: Arc<Config>,
    pub(crate) store: SharedStore,
    pub(crate) key: Arc<InstanceKey>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    /// The store, if it is a file.
    pub(crate) sqlite: Option<Arc<SqliteStore>>,
    /// The archive of the trail, and the gate that a fence shuts.
    pub(crate) outside: Outside,
    /// Whether the fence of a restore stood when the store was opened.
    pub(crate) fenced: bool,
}

impl Instance {
    /// Opens the store, making folder, database and key where there are none.
    pub(crate) async fn open(config: Config) -> Result<Self, Failure> {
        Self::open_by(config.into(), Arc::new(SystemClock), Arc::new(OsEntropy)).await
    }

    /// The same by another time and another chance than the machine's.
    pub(crate) async fn open_by(
        config: Arc<Config>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, Failure> {
        make_folder(&config.values.data)?;
        let outside = outside(&config)?;
        let Opened { store, sqlite } = open_store(&config, clock.clone(), outside.clone()).await?;
        let (key, fenced) = match own_key(&config.key_file(), &*store, &*entropy).await {
            Ok(key) => key,
            Err(failure) => {
                store.close().await;
                return Err(failure);
            }
        };
        Ok(Self {
            config,
            store,
            key: Arc::new(key),
            clock,
            entropy,
            sqlite,
            outside,
            fenced,
        })
    }

    /// The operator who sits at this command line.
    pub(crate) fn operator(&self) -> Operator<'_> {
        Operator {
            store: &self.store,
            clock: &*self.clock,
            entropy: &*self.entropy,
            cost: self.config.password_cost(),
        }
    }

    /// The user of this login.
    pub(crate) async fn user(&self, login: &str) -> Result<User, Failure> {
        let found = self.store.find_user(&LoginKey::of(login)).await?;
        found.ok_or_else(|| {
            Failure::new(format!(
                "there is no user `{login}`; `grantd user list` shows all"
            ))
        })
    }

    /// The app of this client id.
    pub(crate) async fn app(&self, client_id: &str) -> Result<App, Failure> {
        let found = match ClientId::parse(client_id) {
            Ok(client_id) => self.store.find_app(&client_id).await?,
            Err(_) => None,
        };
        let missing = || {
            Failure::new(format!(
                "there is no app with client id `{client_id}`; `grantd app list` shows all"
            ))
        };
        found.map(|found| found.app).ok_or_else(missing)
    }
}

/// Every record of a list, page by page.
pub(crate) async fn every<T>(
    list: impl AsyncFn(PageRequest) -> Stored<Page<T>>,
) -> Result<Vec<T>, Failure> {
    let mut all = Vec::new();
    for page in 1.. {
        let got = list(PageRequest {
            page,
            per_page: 100,
        })
        .await?;
        if got.items.is_empty() {
            break;
        }
        all.extend(got.items);
        if all.len() as u64 >= got.total {
            break;
        }
    }
    Ok(all)
}

/// Opens the archive, if there is to be one.
fn outside(config: &Config) -> Result<Outside, Failure> {
    let archive = match config.archive() {
        None => None,
        Some(file) => Some(Archive::open(file).map_err(|why| {
            Failure::new(format!(
                "cannot write the audit archive {}: {why}; audit_archive_file names another",
                file.display()
            ))
        })?),
    };
    Ok(Outside {
        archive,
        ..Outside::default()
    })
}

/// Opens the configured database.
pub(crate) async fn open_store(
    config: &Config,
    clock: Arc<dyn Clock>,
    outside: Outside,
) -> Result<Opened, Failure> {
    let url = config.database();
    let cannot = |why: NoStore| {
        Failure::new(format!(
            "cannot use the database {url}: {}; --data or --database names another",
            crate::failure::whole(&why)
        ))
    };
    let batching = config.values.batching;
    let opened = url.open_by(clock, outside, batching).await;
    opened.map_err(cannot)
}

/// Makes a folder for its owner only, if there is none.
pub(crate) fn make_folder(folder: &Path) -> Result<(), Failure> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|why| {
            Failure::new(format!(
                "cannot make the data folder {}: {why}; --data names another",
                folder.display()
            ))
        })
}

/// The key in the file, or a fresh one put there, once the store has agreed that it is its own; and
/// whether a fence stands.
async fn own_key(
    file: &Path,
    store: &dyn Store,
    entropy: &dyn Entropy,
) -> Result<(InstanceKey, bool), Failure> {
    let (key, fresh) = match read_key(file)? {
        Some(key) => (key, false),
        None => make_key(file, entropy)?,
    };
    let kept = store.claim_instance_key(&key.fingerprint()).await?;
    let judged = belongs_to(&key, &kept, file);
    if judged.is_err() && fresh {
        // Nothing was sealed with it yet, and it must not pass for the lost one.
        let _ = fs::remove_file(file);
    }
    match judged {
        Ok(fenced) => Ok((key, fenced)),
        Err(NotOurs {
            other_key: true, ..
        }) if fresh => Err(Failure::new(format!(
            "the instance key {} is missing, and this database was used with it (fingerprint {kept}); \
             put the file back from its copy, or name it with instance_key_file",
            file.display()
        ))),
        Err(refused) => Err(Failure::new(refused.why)),
    }
}

/// Why a database cannot be used with a key.
pub(crate) struct NotOurs {
    /// It is another key's, and nothing is wrong with it.
    other_key: bool,
    /// What to do.
    pub(crate) why: String,
}

/// Whether a database is this key's, by what it keeps in the place of the key's fingerprint; and whether the
/// fence of a restore stands.
pub(crate) fn belongs_to(key: &InstanceKey, kept: &str, file: &Path) -> Result<bool, NotOurs> {
    let fenced = grantd_store::fenced_key(kept);
    let owner = fenced.unwrap_or(kept);
    if owner == key.fingerprint() {
        return Ok(fenced.is_some());
    }
    let unfinished = if grantd_store::is_unfinished(kept) {
        "this database is a copy that has not come to its end; run `grantd store copy` again to go on with it"
    } else if grantd_store::is_half_loaded(kept) {
        "loading rows into this database has not come to its end; begin again with an empty database"
    } else if grantd_store::is_half_restored(kept) {
        "a restore into this database has not come to its end; begin again with `grantd restore` and an empty database"
    } else if key.has_fingerprint(owner) && fenced.is_some() {
        "a backup from before the rotation of the instance key was restored here; lift its fence with \
         `grantd restore lift`, then run `grantd key rotate` again"
    } else if key.has_fingerprint(owner) {
        "a rotation of the instance key has not come to its end; run `grantd key rotate` again"
    } else {
        return Err(NotOurs {
            other_key: true,
            why: format!(
                "{} is not the key of this database: the key's fingerprint is {}, the database expects {owner}; \
                 give the right file with instance_key_file, or the database that belongs to this key",
                file.display(),
                key.fingerprint()
            ),
        });
    };
    Err(NotOurs {
        other_key: false,
        why: unfinished.to_owned(),
    })
}

/// The folder in which a file is, or will be.
pub(crate) fn folder_of(file: &Path) -> &Path {
    let folder = file.parent();
    let named = folder.filter(|folder| !folder.as_os_str().is_empty());
    named.unwrap_or(Path::new("."))
}

/// Puts a draft in the place of the file that may be there; it is durable when this returns.
pub(crate) fn publish(draft: tempfile::NamedTempFile, file: &Path) -> io::Result<()> {
    draft.as_file().sync_all()?;
    draft.persist(file).map_err(|refused| refused.error)?;
    fs::File::open(folder_of(file))?.sync_all()
}

/// The key in a file; `None` when there is no file.
pub(crate) fn read_key(file: &Path) -> Result<Option<InstanceKey>, Failure> {
    match fs::read_to_string(file).map(Zeroizing::new) {
        Ok(text) => InstanceKey::parse(&text).map(Some).ok_or_else(|| {
            Failure::new(format!(
                "{} holds no instance key: that is 64 hex digits",
                file.display()
            ))
        }),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(Failure::new(format!(
            "cannot read the instance key {}: {why}",
            file.display()
        ))),
    }
}

/// Puts a fresh key there, whole or not at all. If another process was first, its key counts.
fn make_key(file: &Path, entropy: &dyn Entropy) -> Result<(InstanceKey, bool), Failure> {
    let key = InstanceKey::generate(entropy);
    match write_new(file, &key) {
        Ok(()) => Ok((key, true)),
        Err(why) if why.kind() == io::ErrorKind::AlreadyExists => match read_key(file)? {
            Some(key) => Ok((key, false)),
            None => Err(Failure::new(format!(
                "{} comes and goes; try again",
                file.display()
            ))),
        },
        Err(why) => Err(Failure::new(format!(
            "cannot write the instance key {}: {why}",
            file.display()
        ))),
    }
}

fn write_new(file: &Path, key: &InstanceKey) -> io::Result<()> {
    let folder = folder_of(file);
    // A temporary file is readable by its owner only.
    let mut draft = tempfile::NamedTempFile::new_in(folder)?;
    draft.write_all(key.to_hex().as_bytes())?;
    draft.write_all(b"\n")?;
    draft.as_file().sync_all()?;
    draft
        .persist_noclobber(file)
        .map_err(|refused| refused.error)?;
    fs::File::open(folder)?.sync_all()
}
