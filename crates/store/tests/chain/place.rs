//! A sealed trail in a database, and somebody with a connection of their own.

use std::sync::{Arc, Mutex};

use grantd_core::audit::chain::Head;
use grantd_core::audit::{CheckpointKey, PublicKey, Stamp};
use grantd_core::audit_verify::{NotWhole, Whole, verify};
use grantd_core::clock::{Clock, ManualClock, Timestamp};
use grantd_core::entropy::SeededEntropy;
use grantd_core::sealer::{Sealed, Sealer};
use grantd_core::secret::InstanceKey;
use grantd_core::store::SharedStore;
use grantd_core::user::{Login, NewUser, PasswordHash};
use grantd_store::conformance::cluster::Cluster;
use grantd_store::conformance::database::patiently;
use grantd_store::{Options, SqliteStore};

pub(crate) const NOW: Timestamp = Timestamp(1_600_000_000);

/// A database that somebody may write to beside the store.
pub(crate) struct Place {
    pub(crate) store: SharedStore,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) sealer: Sealer,
    pub(crate) key: PublicKey,
    by_hand: ByHand,
    made: Mutex<u32>,
}

enum ByHand {
    File {
        conn: Mutex<rusqlite::Connection>,
        _folder: tempfile::TempDir,
    },
    Server {
        client: tokio_postgres::Client,
        url: String,
        _cluster: Option<Cluster>,
    },
}

impl Place {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("grantd.db");
        let store: SharedStore = Arc::new(SqliteStore::open(&file, Options::default()).unwrap());
        let by_hand = rusqlite::Connection::open(&file).unwrap();
        let by_hand = ByHand::File {
            conn: Mutex::new(by_hand),
            _folder: folder,
        };
        Self::new(store, by_hand, 1)
    }

    pub(crate) async fn postgresql() -> Self {
        let cluster = Cluster::start();
        let url = cluster.database();
        let mut place = Self::node(&url, 1).await;
        if let ByHand::Server { _cluster, .. } = &mut place.by_hand {
            *_cluster = Some(cluster);
        }
        place
    }

    /// One of several nodes, each with a seed of its own.
    pub(crate) async fn node(url: &str, seed: u64) -> Self {
        let by_hand = ByHand::Server {
            client: connect(url).await,
            url: url.to_owned(),
            _cluster: None,
        };
        Self::new(Arc::new(patiently(url).await), by_hand, seed)
    }

    fn new(store: SharedStore, by_hand: ByHand, seed: u64) -> Self {
        let clock = Arc::new(ManualClock::at(NOW));
        let instance_key = InstanceKey::generate(&SeededEntropy::new(46));
        let entropy = SeededEntropy::new(seed);
        Self {
            sealer: Sealer::new(store.clone(), clock.clone(), &instance_key, &entropy),
            key: CheckpointKey::of(&instance_key).public(),
            store,
            clock,
            by_hand,
            made: Mutex::new(seed as u32 * 1_000),
        }
    }

    /// So many more rows, sealed and signed.
    pub(crate) async fn grow(&self, rows: u32) {
        for _ in 0..rows {
            self.row().await;
        }
        self.seal().await;
    }

    /// One more row.
    pub(crate) async fn row(&self) {
        let number = {
            let mut made = self.made.lock().unwrap();
            *made += 1;
            *made
        };
        let new = NewUser {
            login: Login::from_stored(format!("user-{number}")),
            email: None,
            email_verified: false,
            password_hash: PasswordHash("$".to_owned()),
            site_admin: false,
            second_factor: None,
        };
        let stamp = Stamp {
            address: Some([192, 0, 2, 1].into()),
            request_id: Some(format!("request-{number}")),
            ..Stamp::operator(self.clock.now())
        };
        self.store.create_user(new, stamp).await.unwrap().unwrap();
    }

    /// Seals and signs what there is.
    pub(crate) async fn seal(&self) {
        self.clock.advance(60);
        let mut known = Head::default();
        while self.sealer.batch(&mut known).await.unwrap() != Sealed::Nothing {}
    }

    /// Does something behind the store's back; several statements at once.
    pub(crate) async fn by_hand(&self, sql: &str) {
        match &self.by_hand {
            ByHand::File { conn, .. } => {
                let conn = conn.lock().unwrap();
                conn.busy_timeout(std::time::Duration::from_secs(10))
                    .unwrap();
                let sql = format!("BEGIN IMMEDIATE; {sql}; COMMIT");
                conn.execute_batch(&sql)
                    .unwrap_or_else(|why| panic!("{sql}: {why}"));
            }
            ByHand::Server { client, .. } => {
                let sql = sql.replace("x'", "'\\x");
                let done = client.batch_execute(&format!("BEGIN; {sql}; COMMIT")).await;
                done.unwrap_or_else(|why| panic!("{sql}: {why:?}"));
            }
        }
    }

    /// A connection beside the store's, on PostgreSQL.
    pub(crate) async fn another_connection(&self) -> tokio_postgres::Client {
        match &self.by_hand {
            ByHand::Server { url, .. } => connect(url).await,
            ByHand::File { .. } => panic!("a file has no connections"),
        }
    }

    pub(crate) async fn verify(&self) -> Result<Whole, NotWhole> {
        verify(&*self.store, &[self.key], &[], &mut |_| ()).await
    }
}

async fn connect(url: &str) -> tokio_postgres::Client {
    let connected = tokio_postgres::connect(url, tokio_postgres::NoTls).await;
    let (client, connection) = connected.unwrap();
    tokio::spawn(connection);
    client
}
