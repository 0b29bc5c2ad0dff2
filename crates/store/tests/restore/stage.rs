//! A store with its archive, what a crash leaves of it, and what comes of that.

use std::io::Cursor;
use std::path::PathBuf;
use std::sync::Arc;

use grantd_core::clock::{SystemClock, Timestamp};
use grantd_core::store::SharedStore;
use grantd_core::user::PasswordHash;
use grantd_store::conformance::cluster::Cluster;
use grantd_store::{
    Archive, DatabaseUrl, Opened, Orders, Outside, Replay, RestoreError, Restored, Source,
    SqliteStore, backup, restore,
};

pub(crate) const KEY: &str = "fingerprint";
pub(crate) const UNUSABLE: &str = "$opens-nothing";

/// A database of one engine or the other.
pub(crate) fn place(
    cluster: Option<&Cluster>,
    folder: &tempfile::TempDir,
    name: &str,
) -> DatabaseUrl {
    match cluster {
        Some(cluster) => DatabaseUrl::parse(&cluster.database()).unwrap(),
        None => DatabaseUrl::Sqlite(folder.path().join(name)),
    }
}

pub(crate) struct Stage {
    pub(crate) url: DatabaseUrl,
    pub(crate) store: SharedStore,
    sqlite: Option<Arc<SqliteStore>>,
    appender: Option<Arc<Archive>>,
    pub(crate) archive: Option<PathBuf>,
    folder: tempfile::TempDir,
}

impl Stage {
    pub(crate) async fn open(cluster: Option<&Cluster>, archived: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = place(cluster, &folder, "grantd.db");
        let archive = archived.then(|| folder.path().join("archive.jsonl"));
        let appender = archive.as_ref().map(|path| Archive::open(path).unwrap());
        let outside = Outside {
            archive: appender.clone(),
            ..Outside::default()
        };
        let opened = url.open_with(Arc::new(SystemClock), outside).await;
        let Opened { store, sqlite } = opened.unwrap();
        assert_eq!(store.claim_instance_key(KEY).await.unwrap(), KEY);
        Self {
            url,
            store,
            sqlite,
            appender,
            archive,
            folder,
        }
    }

    /// A backup, as the command makes one while the store is in use.
    pub(crate) async fn backup(&self, at: Timestamp) -> Vec<u8> {
        let source = match &self.sqlite {
            None => Source::Database(self.url.clone()),
            Some(sqlite) => {
                let into = self.folder.path().join("snapshot.db");
                let _ = std::fs::remove_file(&into);
                sqlite.snapshot(&into, &mut |_| ()).await.unwrap();
                Source::Snapshot(into)
            }
        };
        let mut out = Vec::new();
        backup(&source, at, &mut out, &mut |_| ()).await.unwrap();
        out
    }

    /// What the archive holds at this moment.
    pub(crate) fn archived(&self) -> Vec<u8> {
        std::fs::read(self.archive.as_ref().expect("an archive")).unwrap()
    }

    /// Moves the archive away, as logrotate does, and has the store go on in another; what is in the one before.
    pub(crate) async fn rotate(&self) -> Vec<u8> {
        let path = self.archive.as_ref().expect("an archive");
        let away = path.with_extension("1");
        std::fs::rename(path, &away).unwrap();
        let appender = self.appender.as_ref().expect("an archive");
        appender.reopen().await.unwrap();
        std::fs::read(away).unwrap()
    }

    /// The trail, as an export writes it.
    pub(crate) async fn export(&self) -> Vec<u8> {
        let (mut out, mut after) = (String::new(), 0);
        loop {
            let rows = self.store.list_audit(after, 1_000).await.unwrap();
            let Some(last) = rows.last() else {
                return out.into_bytes();
            };
            after = last.id;
            for row in rows {
                let (seq, zeros, line) = (row.id, "0".repeat(64), row.line());
                out += &format!("{{\"seq\":{seq},\"chain\":\"{zeros}\",\"row\":{line}}}\n");
            }
        }
    }
}

/// Restores, with the trail if there is any.
pub(crate) async fn restored(
    backup: &[u8],
    trail: &[&[u8]],
    to: &DatabaseUrl,
    accept_since: Option<Timestamp>,
) -> Result<Restored, RestoreError> {
    let replay = |bytes: &&[u8]| Box::new(Cursor::new(bytes.to_vec())) as Replay<'static>;
    let orders = Orders {
        instance_keys: vec![KEY.to_owned()],
        now: Timestamp(1_700_000_000),
        unusable: PasswordHash(UNUSABLE.to_owned()),
        replays: trail.iter().map(replay).collect(),
        accept_since,
    };
    let mut input = Cursor::new(backup);
    restore(&mut input, to, orders, &mut |_| ()).await
}
