//! What only this engine promises: its statements and their plans.

use std::time::Duration;

use tokio_postgres::types::Type;

use super::connection::Connector;
use super::{Options, PostgresStore};
use crate::conformance::cluster::Cluster;
use crate::db::{Db, Undo};
use crate::migrate;
use crate::sql;
use crate::steps::Engine;

async fn migrated(url: &str) -> deadpool_postgres::ClientWrapper {
    let connector = Connector::of(url, Duration::from_secs(10)).unwrap();
    let mut client = connector.for_migrations().await.unwrap();
    migrate::postgres(&mut client).await.unwrap();
    client
}

/// The shared statements mean the same to both engines: they take as many
/// parameters, and give as many columns under the same names.
#[tokio::test]
async fn every_statement_prepares_alike_on_both_engines() {
    let cluster = Cluster::start();
    let postgres = migrated(&cluster.database()).await;
    let mut sqlite = rusqlite::Connection::open_in_memory().unwrap();
    migrate::sqlite(&mut sqlite).unwrap();
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
    ] {
        for clause in [" FOR SHARE", " FOR UPDATE"] {
            client.prepare(&format!("{sql}{clause}")).await.unwrap();
        }
    }
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
