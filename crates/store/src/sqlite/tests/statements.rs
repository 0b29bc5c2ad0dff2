//! The wording of the statements, and how SQLite plans the hot ones.

use grantd_core::explain::{Asked, Facts, Holds, explain};
use grantd_core::store::{AuthorizationStore, TokenVerdict};
use rusqlite::{Connection, StatementStatus, params};

use super::super::{connection, migrate};
use super::{NOW, app, create, hash, is_valid, open, stamp, token, user};
use crate::sql;

/// The parameters in order of first use.
fn parameters(sql: &str) -> Vec<usize> {
    let mut found = Vec::new();
    for part in sql.split('$').skip(1) {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        let number = digits.parse().unwrap();
        if !found.contains(&number) {
            found.push(number);
        }
    }
    found
}

fn migrated() -> (tempfile::TempDir, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let mut conn = connection::writer(&folder.path().join("db")).unwrap();
    migrate::sqlite(&mut conn, migrate::SQLITE, &mut |_| ()).unwrap();
    (folder, conn)
}

#[test]
fn every_statement_prepares_with_its_parameters_in_order_of_first_use() {
    let (_folder, conn) = migrated();
    for (module, name, sql) in sql::all() {
        let prepared = conn
            .prepare(sql)
            .unwrap_or_else(|error| panic!("{module}::{name}: {error}"));
        let found = parameters(sql);
        assert_eq!(prepared.parameter_count(), found.len(), "{module}::{name}");
        assert!(
            found.iter().copied().eq(1..=found.len()),
            "{module}::{name}"
        );
    }
}

fn plan(conn: &Connection, sql: &str) -> String {
    let mut prepared = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let mut rows = prepared.raw_query();
    let mut plan = String::new();
    while let Some(row) = rows.next().unwrap() {
        plan += &row.get::<_, String>(3).unwrap();
        plan += "\n";
    }
    plan
}

#[test]
fn look_ups_and_pages_go_by_an_index() {
    let (_folder, conn) = migrated();
    for sql in [
        sql::authorizations::CHECK,
        sql::authorizations::FIND_BY_HASH,
        sql::authorizations::FIND_VALID_OF_APP,
    ] {
        let plan = plan(&conn, sql);
        assert!(plan.contains("authorizations_by_hash"), "{plan}");
        assert!(!plan.contains("SCAN"), "{plan}");
    }
    for (sql, index) in [
        (sql::authorizations::LIST_OF_USER, "authorizations_by_user"),
        (
            sql::authorizations::LIST_OF_USER_AND_APP,
            "authorizations_by_user_and_app",
        ),
        (sql::authorizations::LIST_OF_APP, "authorizations_by_app"),
        (
            sql::authorizations::LIST_BY_LAST_EIGHT,
            "authorizations_by_last_eight",
        ),
        (sql::grants::LIST_OF_USER, "grants_by_user"),
        (sql::grants::LIST_USED, "grants_by_user"),
        (sql::audit::EVENTS_OF_USER, "audit_of_user"),
        (sql::audit::EVENTS_OF_USER, "audit_by_acting_user"),
        (sql::audit::EVENTS_OF_APP, "audit_of_app"),
        (sql::audit::EVENTS_OF_APP, "audit_by_acting_app"),
    ] {
        let plan = plan(&conn, sql);
        let covering = format!("COVERING INDEX {index} ");
        assert!(plan.contains(&covering), "{plan}");
    }
    for (sql, index) in [
        (
            sql::audit::ABOUT_AUTHORIZATION,
            "audit_of_authorization (authorization_id=? AND id>?)",
        ),
        (
            sql::audit::ABOUT_FORMER_HASH,
            "audit_by_former_hash (token_hash=? AND id>?)",
        ),
        (
            sql::audit::ABOUT_ACCOUNT,
            "audit_of_account (user_id=? AND id>?)",
        ),
        (
            sql::audit::ABOUT_APP_ITSELF,
            "audit_of_app_itself (app_id=? AND id>?)",
        ),
    ] {
        let plan = plan(&conn, sql);
        assert_eq!(plan, format!("SEARCH audit USING INDEX {index}\n"));
    }
}

/// Lists of everything, the few notes, and what stands anywhere in the name of one of the few apps.
const READ_WHOLE_TABLES: &[&str] = &[
    "apps::COUNT",
    "apps::COUNT_FOUND",
    "apps::LIST",
    "apps::LIST_FOUND",
    "apps::LIST_OWNED",
    "audit::ALL_META",
    "authorizations::COUNT_ALL",
    "authorizations::LIST_ALL",
    "restore::LAST",
    "users::COUNT",
    "users::LIST",
    "watch::TOKENS",
];

/// A page of ids, what an index has found already, and the one row to which others are joined.
const SMALL: &[&str] = &[
    "SCAN page",
    "SCAN found",
    "SCAN about",
    "SCAN done",
    "SCAN one",
    "SCAN CONSTANT ROW",
];

#[test]
fn no_other_statement_reads_a_whole_table() {
    let (_folder, conn) = migrated();
    for (module, name, sql) in sql::all() {
        let plan = plan(&conn, sql);
        let scans = plan
            .lines()
            .any(|line| line.starts_with("SCAN") && !SMALL.contains(&line));
        let allowed = READ_WHOLE_TABLES.contains(&format!("{module}::{name}").as_str());
        assert_eq!(scans, allowed, "{module}::{name}:\n{plan}");
    }
}

/// Deleting a grant deletes its tokens; this term would hold if that ever failed.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_whose_grant_is_gone_is_not_valid() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("db"));
    let octocat = user(&store, "octocat").await;
    let app = app(&store, &octocat).await;
    create(&store, token(&octocat, &app, 1)).await;
    assert!(is_valid(&store, &app, hash(1)).await);
    let delete = store
        .engine
        .change(|conn| Ok(conn.execute("DELETE FROM grants", [])?));
    assert_eq!(delete.await.unwrap(), 1);
    assert!(!is_valid(&store, &app, hash(1)).await);
    let verdict = store.find_token(hash(1), NOW).await.unwrap();
    assert_eq!(verdict, TokenVerdict::Unknown);
    let revoked = store.revoke_token(app.id, hash(1), stamp()).await.unwrap();
    assert!(!revoked);
}

/// As after a restore: the row of its making was replayed, the record was not.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_only_the_row_of_its_making_names_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("db"));
    let octocat = user(&store, "octocat").await;
    let app = app(&store, &octocat).await;
    for number in [1, 2] {
        create(&store, token(&octocat, &app, number)).await;
    }
    let lose = store
        .engine
        .change(|conn| Ok(conn.execute("DELETE FROM authorizations", [])?));
    assert_eq!(lose.await.unwrap(), 2);
    let asked = Asked::Hash(hash(1));
    let facts = Facts::gather(&store, asked).await.unwrap();
    let explanation = explain(asked, &facts, NOW, NOW);
    let made = explanation.made.expect("a row");
    assert_eq!(
        (made.action.as_str(), made.token_hash),
        ("oauth_access.create", Some(hash(1)))
    );
    let unknown = Asked::Hash(hash(3));
    let facts = Facts::gather(&store, unknown).await.unwrap();
    assert!(facts.trail.is_empty());
    assert_eq!(explain(unknown, &facts, NOW, NOW).valid, Holds::No);
}

#[tokio::test(flavor = "multi_thread")]
async fn statistics_do_not_make_look_ups_prepare_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let store = open(&path);
    let octocat = user(&store, "octocat").await;
    let app = app(&store, &octocat).await;
    for number in 0..500 {
        create(&store, token(&octocat, &app, number)).await;
    }
    connection::writer(&path)
        .unwrap()
        .execute_batch("ANALYZE; PRAGMA optimize = 0x10002;")
        .unwrap();
    let conn = connection::reader(&path).unwrap();
    for sql in [
        sql::authorizations::CHECK,
        sql::authorizations::FIND_BY_HASH,
    ] {
        let mut look = conn.prepare(sql).unwrap();
        let by_app = look.parameter_count() == 3;
        for number in 0..1_000 {
            let prefix = hash(number).prefix();
            let mut rows = if by_app {
                look.query(params![0, prefix, "abc"]).unwrap()
            } else {
                look.query(params![0, prefix]).unwrap()
            };
            while rows.next().unwrap().is_some() {}
        }
        assert_eq!(look.get_status(StatementStatus::RePrepare), 0);
        assert_eq!(look.get_status(StatementStatus::Run), 1_000);
    }
}
