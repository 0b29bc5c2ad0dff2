//! What a test's server keeps its records in: the only place that names an
//! engine. `GRANTD_TEST_DATABASE` is the URL of a PostgreSQL server, on which
//! each test has a database of its own; without it, each has a SQLite file.

use std::path::PathBuf;
use std::sync::Arc;

use grantd_core::store::SharedStore;
use grantd_store::conformance::database::Database;
use grantd_store::{Options, SqliteStore};
use tempfile::TempDir;

/// A store, and what is removed with it.
pub(crate) struct Engine {
    store: SharedStore,
    place: Place,
}

enum Place {
    Folder(TempDir),
    Database(Database),
    /// Somebody else's.
    Elsewhere,
}

impl Engine {
    /// The one that the environment chooses.
    #[expect(
        clippy::disallowed_methods,
        reason = "whoever runs the tests chooses, and tests take no arguments"
    )]
    pub(super) async fn chosen() -> Self {
        match std::env::var("GRANTD_TEST_DATABASE") {
            Ok(server) => {
                let database = Database::beside(&server).await;
                Self {
                    store: Arc::new(database.open().await),
                    place: Place::Database(database),
                }
            }
            Err(_) => Self::sqlite(),
        }
    }

    fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let opened = SqliteStore::open(&folder.path().join("grantd.db"), Options::default());
        Self {
            store: Arc::new(opened.expect("a store")),
            place: Place::Folder(folder),
        }
    }

    /// A store of its own on the same records; where one process owns the file, the same store.
    pub(super) async fn again(&self) -> SharedStore {
        match &self.place {
            Place::Database(database) => Arc::new(database.open().await),
            Place::Folder(_) | Place::Elsewhere => self.store(),
        }
    }

    /// A store that was made elsewhere.
    pub(crate) fn of(store: SharedStore) -> Self {
        let place = Place::Elsewhere;
        Self { store, place }
    }

    pub(super) fn store(&self) -> SharedStore {
        Arc::clone(&self.store)
    }

    pub(super) async fn files(&self) -> Vec<PathBuf> {
        match &self.place {
            Place::Folder(folder) => {
                let entries = std::fs::read_dir(folder.path()).expect("a folder");
                entries.map(|entry| entry.expect("a file").path()).collect()
            }
            Place::Database(database) => database.files().await,
            Place::Elsewhere => Vec::new(),
        }
    }
}
