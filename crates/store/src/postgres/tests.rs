//! What only this engine promises: its statements and their plans.

mod beside;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use grantd_core::audit::Stamp;
use grantd_core::clock::Timestamp;
use grantd_core::store::{SharedStore, Upkeep};
use tokio_postgres::types::Type;

use super::connection::Connector;
use super::session::Lent;
use super::{ConnectError, Options, PostgresStore};
use crate::conformance::cluster::Cluster;
use crate::copy::tables::{Kind, TABLES};
use crate::copy::tests as copies;
use crate::db::{Db, Undo};
use crate::migrate::tests::side_by_side;
use crate::migrate::{self, MigrateError, Migration};
use crate::sql;
use crate::steps::Engine;
use crate::{CopiedTable, DatabaseUrl, Outside, copy};

async fn migrated(url: &str) -> deadpool_postgres::ClientWrapper {
    let connector = Connector::of(url, Duration::from_secs(10)).unwrap();
    let mut client = connector.for_migrations().await.unwrap();
    migrate::postgres(&mut client, migrate::POSTGRES, &mut |_| ())
        .await
        .unwrap();
    client
}

/// The shared statements mean the same to both engines: they take as many
/// parameters, and give as many columns under the same names.
#[tokio::test]
async fn every_statement_prepares_alike_on_both_engines() {
    let cluster = Cluster::start();
    let postgres = migrated(&cluster.database()).await;
    let mut sqlite = rusqlite::Connection::open_in_memory().unwrap();
    migrate::sqlite(&mut sqlite, migrate::SQLITE, &mut |_| ()).unwrap();
    for (module, name, sql) in sql::all() {
        let here = postgres.prepare(sql).await;
        let here = here.unwrap_or_else(|error| panic!("{module}::{name}: {error:?}"));
        let there = sqlite.prepare(sql).unwrap();
        let parameters = (here.params().len(), there.parameter_count());
        assert_eq!(parameters.0, parameters.1, "{module}::{name}");
        assert_eq!(
            here.columns().len(),
            there.column_count(),
            "{module}::{name}"
        );
        for (column, other) in here.columns().iter().zip(there.column_names()) {
            let expression = column.name() == "?column?" || column.name() == "count";
            assert!(expression || column.name() == other, "{module}::{name}");
            let known = [Type::INT8, Type::TEXT, Type::BYTEA, Type::BOOL];
            assert!(
                known.contains(column.type_()),
                "{module}::{name}: {column:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_statement_that_is_not_prepared_yet_is_not_overtaken() {
    let cluster = Cluster::start();
    let client = migrated(&cluster.database()).await;
    let sequence = "CREATE TEMPORARY SEQUENCE turns";
    client.batch_execute(sequence).await.unwrap();
    let db = &Lent::new(&client) as &dyn Db;
    let prepared = "SELECT nextval('turns')";
    let ask = async |sql: &str| {
        let asked = db.one(sql, &[], |row| row.get::<i64>(0)).await;
        asked.unwrap().unwrap()
    };
    assert_eq!(ask(prepared).await, 1);
    // More of them than a task may poll in one go.
    let all: Vec<String> = (0..400)
        .map(|number| match number % 100 {
            0 => format!("SELECT nextval('turns') + 0 * {number}"),
            _ => prepared.to_owned(),
        })
        .collect();
    let turns = join_all(all.iter().map(|sql| ask(sql))).await;
    assert!(turns.iter().copied().eq(2..402), "{turns:?}");
}

/// The statements that end in a lock clause take one.
#[tokio::test]
async fn rows_can_be_locked() {
    let cluster = Cluster::start();
    let client = migrated(&cluster.database()).await;
    for sql in [
        sql::users::EXISTS,
        sql::users::IS_CURRENT,
        sql::apps::IS_CURRENT,
        sql::apps::IS_ACTIVE,
        sql::grants::OF_USER_AND_APP,
        sql::authorizations::EXISTS,
        sql::counters::METER,
        sql::counters::ENDED_METERS,
        sql::counters::ENDED_COUNTS,
    ] {
        for clause in [" FOR SHARE", " FOR UPDATE", " FOR UPDATE SKIP LOCKED"] {
            client.prepare(&format!("{sql}{clause}")).await.unwrap();
        }
    }
}

/// Rows that ended, of both kinds of key; what somebody holds is passed over.
#[tokio::test(flavor = "multi_thread")]
async fn counters_that_ended_are_deleted_and_held_ones_passed_over() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let mut other = migrated(&url).await;
    let add = "INSERT INTO meters SELECT decode(repeat(lpad(to_hex(n), 2, '0'), 32), 'hex'), '', '', NULL, n \
               FROM generate_series(1, 30) n; \
               INSERT INTO hourly_counts SELECT 'key-' || n, 1, n FROM generate_series(1, 30) n";
    other.batch_execute(add).await.unwrap();
    let store = PostgresStore::connect(&url, Options::default()).await;
    let store = store.unwrap();
    let reap = async || {
        let stamp = Stamp::system(Timestamp(20));
        store.reap(Timestamp(0), 15, stamp).await.unwrap().counters
    };
    let tx = other.transaction().await.unwrap();
    let hold = "SELECT key FROM meters WHERE expires_at = 7 FOR UPDATE";
    assert_eq!(tx.query(hold, &[]).await.unwrap().len(), 1);
    assert_eq!([reap().await, reap().await, reap().await], [15, 5, 0]);
    tx.commit().await.unwrap();
    assert_eq!([reap().await, reap().await], [1, 0]);
    let left = "SELECT (SELECT COUNT(*) FROM meters), (SELECT COUNT(*) FROM hourly_counts)";
    assert_eq!(cluster.execute(&url, left), "10|10");
}

/// Whatever we do or forget, the server ends it.
#[tokio::test]
async fn every_session_has_its_limits() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let connector = Connector::of(&url, Duration::from_secs(10)).unwrap();
    let (client, _lost) = connector.for_checks().await.unwrap().unwrap();
    for (setting, value) in [
        ("statement_timeout", "1500ms"),
        ("lock_timeout", "1s"),
        ("idle_in_transaction_session_timeout", "2s"),
        ("application_name", "grantd"),
        ("jit", "off"),
        ("plan_cache_mode", "force_generic_plan"),
    ] {
        let row = client.query_one(&format!("SHOW {setting}"), &[]).await;
        assert_eq!(row.unwrap().get::<_, &str>(0), value, "{setting}");
    }
}

/// TLS is used when asked for, and the server must be who it says.
#[tokio::test]
async fn tls_is_verified() {
    let cluster = Cluster::start_with_tls();
    let url = cluster.database().replace("127.0.0.1", "localhost");
    let connect = async |url: &str| {
        let connector = Connector::of(url, Duration::from_secs(10)).unwrap();
        connector.for_migrations().await
    };
    let roots = cluster.certificate();
    let trusting = format!("{url}?sslmode=require&sslrootcert={}", roots.display());
    let client = connect(&trusting).await.unwrap();
    let ours = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let encrypted: bool = client.query_one(ours, &[]).await.unwrap().get(0);
    assert!(encrypted);
    let stranger = format!("{url}?sslmode=require");
    assert!(
        connect(&stranger).await.is_err(),
        "signed by nobody we know"
    );
    let misnamed = trusting.replace("localhost", "127.0.0.1");
    assert!(connect(&misnamed).await.is_err(), "another's name");
}

#[tokio::test]
async fn checks_go_by_an_index_whatever_the_statistics_say() {
    let cluster = Cluster::start();
    let url = cluster.database();
    migrated(&url).await;
    let connector = Connector::of(&url, Duration::from_secs(10)).unwrap();
    let (client, _lost) = connector.for_checks().await.unwrap().unwrap();
    for (name, sql, arguments) in [
        ("checks", sql::postgres::CHECK, "'{1}', '{abc}', '{2}'"),
        ("finds", sql::postgres::FIND, "'{1}', '{2}'"),
    ] {
        let prepare = format!("PREPARE {name} AS {sql}");
        client.batch_execute(&prepare).await.unwrap();
        let explain = format!("EXPLAIN (VERBOSE) EXECUTE {name} ({arguments})");
        let rows = client.query(&explain, &[]).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        assert!(plan.contains("authorizations_by_hash"), "{plan}");
        assert!(!plan.contains("Seq Scan"), "{plan}");
        assert!(plan.contains("$1"), "planned once: {plan}");
    }
}

/// What may be forgotten waits for no disk; the next user of the connection does.
#[tokio::test]
async fn only_light_steps_commit_before_the_disk_has_them() {
    async fn setting(db: &dyn Db) -> Result<String, Undo<String>> {
        let found = db.one("SELECT current_setting('synchronous_commit')", &[], |r| {
            r.get(0)
        });
        Ok(found.await?.unwrap_or_default())
    }
    let cluster = Cluster::start();
    let options = Options {
        pool: 1,
        patience: Duration::from_secs(10),
        ..Options::default()
    };
    let store = PostgresStore::connect(&cluster.database(), options).await;
    let engine = store.unwrap().engine;
    for _ in 0..2 {
        let light = engine.write_lightly((), |db, ()| Box::pin(setting(db)));
        assert_eq!(light.await.unwrap(), "off");
        let other = engine.write((), |db, ()| Box::pin(setting(db)));
        assert_eq!(other.await.unwrap(), "on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_of_two_schemas_share_a_database() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let options = Options {
        patience: Duration::from_secs(20),
        ..Options::default()
    };
    let open = async |known: &[Migration]| -> Result<SharedStore, MigrateError> {
        match PostgresStore::connect_as(&url, options, known, Outside::default()).await {
            Ok(store) => Ok(Arc::new(store) as SharedStore),
            Err(ConnectError::Migrate(refused)) => Err(refused),
            Err(other) => panic!("{other}"),
        }
    };
    side_by_side(open, migrate::POSTGRES).await;
}

/// Both ways, cut off at every event on the way there; what comes back is what went.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_goes_there_and_back_wherever_it_is_cut_off() {
    let (cluster, folder) = (Cluster::start(), tempfile::tempdir().unwrap());
    let file = |name: &str| DatabaseUrl::Sqlite(folder.path().join(name));
    let there = DatabaseUrl::parse(&cluster.database()).unwrap();
    let again = DatabaseUrl::parse(&cluster.database()).unwrap();
    let (from, back) = (file("from"), file("back"));
    copies::filled(&from).await;
    copies::survives_every_cut(&from, &there).await;
    let copied = copy(&there, &again, &mut |_| ()).await.unwrap();
    assert!(copied.iter().all(CopiedTable::is_equal));
    copies::survives_every_cut(&again, &back).await;
    let first = copies::digests(&from).await;
    for url in [&there, &again, &back] {
        assert_eq!(copies::digests(url).await, first, "{url}");
    }
}

/// The list of what is copied is the schema of this engine too.
#[tokio::test]
async fn every_table_and_column_is_copied() {
    let cluster = Cluster::start();
    let client = migrated(&cluster.database()).await;
    for table in TABLES {
        let columns = "SELECT column_name::TEXT, data_type::TEXT FROM information_schema.columns \
                       WHERE table_name = $1 AND table_schema = 'public' ORDER BY ordinal_position";
        let rows = client.query(columns, &[&table.name]).await.unwrap();
        let real: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let known = table.columns.iter().map(|(name, kind)| {
            let kind = match kind {
                Kind::Int => "bigint",
                Kind::Flag => "boolean",
                Kind::Text => "text",
                Kind::Bytes => "bytea",
            };
            (name.to_string(), kind.to_owned())
        });
        assert_eq!(real, known.collect::<Vec<_>>(), "{}", table.name);
    }
    let counted = "SELECT sequencename::TEXT FROM pg_sequences ORDER BY 1";
    let rows = client.query(counted, &[]).await.unwrap();
    let real: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let counting = TABLES.iter().filter(|table| table.ids);
    let mut known: Vec<String> = counting
        .map(|table| format!("{}_ids", table.name))
        .collect();
    known.sort();
    assert_eq!(real, known);
}
