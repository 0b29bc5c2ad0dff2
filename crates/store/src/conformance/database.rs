//! Databases for tests on a PostgreSQL server that is there already and that
//! many test processes share. Owns that each is a copy of one migrated
//! template, and is gone with its test; must not know who started the server.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use grantd_core::store::Upkeep;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, NoTls};

use crate::{PostgresOptions, PostgresStore};

const TEMPLATE: &str = "grantd_template";
const PATIENCE: Duration = Duration::from_secs(60);
/// The server's part of it.
const SESSION: &str = "options=-c%20statement_timeout%3D60000%20-c%20lock_timeout%3D60000\
                       %20-c%20idle_in_transaction_session_timeout%3D60000";

/// An empty database with the newest schema.
pub struct Database {
    server: String,
    name: String,
}

impl Database {
    /// Makes one beside the database that `server` names.
    ///
    /// # Panics
    /// The server does not make one.
    pub async fn beside(server: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        let client = connect(server).await.expect("a PostgreSQL server");
        let copy = format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}");
        match client.batch_execute(&copy).await {
            Err(error) if is(&error, &SqlState::INVALID_CATALOG_NAME) => {
                make_template(&client, server, &name).await;
                client.batch_execute(&copy).await.expect("a database");
            }
            made => made.expect("a database"),
        }
        let server = server.to_owned();
        Self { server, name }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        sibling(&self.server, &self.name)
    }

    /// Opens it, without haste.
    ///
    /// # Panics
    /// The database is away.
    pub async fn open(&self) -> PostgresStore {
        patiently(&self.url()).await
    }

    /// The server's files that hold this database, written out. The server is on this machine.
    ///
    /// # Panics
    /// The database is away, or this user may not read the server's files.
    pub async fn files(&self) -> Vec<PathBuf> {
        let client = connect(&self.url()).await.expect("the database");
        client.batch_execute("CHECKPOINT").await.expect("written");
        let place = "SELECT current_setting('data_directory') || '/base/' || oid::text \
                     FROM pg_database WHERE datname = current_database()";
        let folder: String = client.query_one(place, &[]).await.expect("a place").get(0);
        let entries = std::fs::read_dir(&folder).expect("a folder that may be read");
        entries.map(|entry| entry.expect("a file").path()).collect()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let remove = async move {
            let client = connect(&server).await?;
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            client.batch_execute(&drop).await
        };
        // A thread of its own: nobody may block in the test's runtime, which may be ending.
        let removing = std::thread::spawn(|| {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().expect("a runtime");
            runtime.block_on(remove)
        });
        let removed = removing.join().expect("no panic while connecting");
        if let Err(error) = removed {
            eprintln!("the database {} is left behind: {error}", self.name);
        }
    }
}

/// Of many that start at once, one's template becomes everybody's.
async fn make_template(client: &Client, server: &str, name: &str) {
    let draft = format!("{name}_draft");
    let make = format!("CREATE DATABASE {draft} TEMPLATE template0");
    client.batch_execute(&make).await.expect("a database");
    patiently(&sibling(server, &draft)).await.close().await;
    let publish = format!("ALTER DATABASE {draft} RENAME TO {TEMPLATE}");
    // The second word is for those who rename at the same moment.
    let taken = [SqlState::DUPLICATE_DATABASE, SqlState::UNIQUE_VIOLATION];
    match client.batch_execute(&publish).await {
        Err(error) if taken.iter().any(|code| is(&error, code)) => {
            let drop = format!("DROP DATABASE {draft} WITH (FORCE)");
            client.batch_execute(&drop).await.expect("gone");
        }
        published => published.expect("a template"),
    }
}

/// Opens a database as a node does, only that it gives up much later: most tests are not about
/// how long a busy machine takes.
///
/// # Panics
/// The database is away.
pub async fn patiently(url: &str) -> PostgresStore {
    let mark = if url.contains('?') { '&' } else { '?' };
    let options = PostgresOptions {
        patience: PATIENCE,
        ..PostgresOptions::default()
    };
    let opened = PostgresStore::connect(&format!("{url}{mark}{SESSION}"), options).await;
    opened.expect("a database")
}

async fn connect(url: &str) -> Result<Client, Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

fn sibling(server: &str, name: &str) -> String {
    let (address, _) = server.rsplit_once('/').expect("a URL with a database");
    format!("{address}/{name}")
}

fn is(error: &Error, code: &SqlState) -> bool {
    error.code() == Some(code)
}
