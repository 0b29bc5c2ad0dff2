//! Copies that are cut off anywhere, and what is not copied at all. Both
//! directions between the engines are in PostgreSQL's tests.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use grantd_core::audit::chain::Seal;
use grantd_core::clock::{SystemClock, Timestamp};
use grantd_core::store::{Lease, Store, TokenVerdict};

use super::tables::{Kind, NOT_COPIED, TABLES};
use super::*;
use crate::conformance::fill::{Fill, token};

/// Several pages of tokens, less than one of everything else.
const SMALL: Fill = Fill {
    users: 40,
    apps: 2,
    tokens: 450,
};
/// So many rows of the trail have a seal.
const SEALED: i64 = 5;
/// Rows of a page, so that small copies have many.
const PAGE: usize = 100;

pub(crate) async fn opened(url: &DatabaseUrl) -> Arc<dyn Store> {
    url.open(Arc::new(SystemClock)).await.unwrap()
}

/// A store that some grantd has used.
pub(crate) async fn filled(url: &DatabaseUrl) {
    let store = opened(url).await;
    store.claim_instance_key("abc").await.unwrap();
    store.ping().await.unwrap();
    store.close().await;
    SMALL.run(url).await.unwrap();
    let store = opened(url).await;
    let chain = [9; 32];
    let seals = (1..=SEALED).map(|seq| Seal {
        seq,
        audit_id: seq,
        chain,
    });
    let lease = Lease {
        name: "work",
        holder: "somebody".to_owned(),
        expires_at: Timestamp(2),
    };
    let now = Timestamp(1);
    let sealed = store.seal(lease, now, seals.collect(), None).await;
    assert!(sealed.unwrap());
    store.close().await;
}

fn file(folder: &Path, name: &str) -> DatabaseUrl {
    DatabaseUrl::Sqlite(folder.join(name))
}

/// Copies, but falls over at the event of this number; whether it came that far.
async fn cut_off(from: &DatabaseUrl, to: &DatabaseUrl, at: usize) -> bool {
    cut_off_when(from, to, move |number, _| number == at).await
}

/// Copies, but falls over at this event.
async fn cut_off_when(
    from: &DatabaseUrl,
    to: &DatabaseUrl,
    is_the_end: impl Fn(usize, &CopyStep) -> bool + Send + Sync + 'static,
) -> bool {
    let (from, to) = (from.clone(), to.clone());
    let copying = tokio::spawn(async move {
        let mut events = 0;
        let mut tell = |step| {
            assert!(!is_the_end(events, &step), "cut off on purpose");
            events += 1;
        };
        copy_by(PAGE, &from, &to, &mut tell).await.unwrap();
    });
    copying.await.is_err()
}

/// Cuts a copy off at every event there is, going on each time; then looks at what came of it.
pub(crate) async fn survives_every_cut(from: &DatabaseUrl, to: &DatabaseUrl) {
    let mut at = 0;
    // Each try begins where the last one ended, and comes one event further.
    while cut_off(from, to, at).await {
        let store = opened(to).await;
        let kept = store.claim_instance_key("abc").await.unwrap();
        assert!(
            is_unfinished(&kept),
            "half a copy passes for a store: {kept}"
        );
        store.close().await;
        at += 1;
    }
    // Tables begin and end, twice; tokens and their trail come in pages.
    assert!(at > 4 * TABLES.len(), "only {at} events");
    let store = opened(to).await;
    assert_eq!(store.claim_instance_key("other").await.unwrap(), "abc");
    let waiting = store.waiting(1_000).await.unwrap();
    let ids: Vec<i64> = waiting.rows.iter().map(|row| row.id).collect();
    assert_eq!(ids, Vec::from_iter(SEALED + 1..=450));
    assert_eq!(waiting.head.seq, SEALED);
    let now = grantd_core::clock::Timestamp(1_600_000_000);
    for number in [0, 1, 449] {
        let verdict = store.find_token(token(number).hash(), now).await.unwrap();
        let TokenVerdict::Valid(found) = verdict else {
            panic!("token {number}: {verdict:?}");
        };
        assert_eq!(found.authorization.id.0, number as i64 + 1);
    }
    store.close().await;
}

/// What two stores hold, table by table.
pub(crate) async fn digests(url: &DatabaseUrl) -> Vec<(u64, [u8; 32], i64)> {
    let mut side = Side::source(url).await.unwrap();
    let mut all = Vec::new();
    for table in TABLES {
        let (rows, digest) = side.digest(table, |_| ()).await.unwrap();
        let highest = if table.ids {
            side.highest_id(table).await.unwrap()
        } else {
            0
        };
        all.push((rows, digest, highest));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_file_goes_on_wherever_it_was_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (file(folder.path(), "from"), file(folder.path(), "to"));
    filled(&from).await;
    survives_every_cut(&from, &to).await;
    let (there, here) = (digests(&from).await, digests(&to).await);
    assert_eq!(there, here);
    let tokens = there.iter().filter(|(rows, ..)| *rows == 450).count();
    assert_eq!(tokens, 3, "tokens, last uses and trail");
    assert!(
        there.iter().any(|(.., highest)| *highest == 457),
        "deleted ids"
    );
}

/// Ids that were given out and deleted are not given out again by the copy.
#[tokio::test(flavor = "multi_thread")]
async fn the_copy_goes_on_counting_where_the_source_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (file(folder.path(), "from"), file(folder.path(), "to"));
    filled(&from).await;
    let copied = copy(&from, &to, &mut |_| ()).await.unwrap();
    assert!(copied.iter().all(CopiedTable::is_equal));
    let conn = rusqlite::Connection::open(folder.path().join("to")).unwrap();
    let id: i64 = conn
        .query_row(
            "INSERT INTO audit (at, action, actor_kind) VALUES (1, 'a', 'system') RETURNING id",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(id, 458);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_empty_target_or_a_copy_of_the_same_source_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let url = |name: &str| file(folder.path(), name);
    let (from, other) = (url("from"), url("other"));
    filled(&from).await;
    filled(&other).await;
    let copy = async |from: &DatabaseUrl, to: &DatabaseUrl| {
        super::copy(from, to, &mut |_| ()).await.map(drop)
    };
    assert!(matches!(copy(&from, &from).await, Err(CopyError::Same)));
    let refused = copy(&from, &other).await;
    assert!(matches!(refused, Err(CopyError::NotEmpty("users"))));
    let foreign = url("foreign");
    opened(&foreign)
        .await
        .claim_instance_key("def")
        .await
        .unwrap();
    assert!(matches!(
        copy(&from, &foreign).await,
        Err(CopyError::OtherKey)
    ));
    let refused = copy(&foreign, &url("of foreign")).await;
    refused.expect("an empty store is a store");
    let unused = url("unused");
    opened(&unused).await.close().await;
    let refused = copy(&unused, &url("of unused")).await;
    assert!(matches!(refused, Err(CopyError::Unused)));

    let half = url("half");
    assert!(cut_off(&from, &half, 9).await);
    let refused = copy(&half, &url("of half")).await;
    assert!(matches!(refused, Err(CopyError::UnfinishedSource)));
    assert!(matches!(
        copy(&foreign, &half).await,
        Err(CopyError::OtherKey)
    ));
    copy(&from, &half).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_is_found_and_the_target_is_not_handed_over() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (file(folder.path(), "from"), file(folder.path(), "to"));
    filled(&from).await;
    // After the tokens.
    let trail = |_, step: &CopyStep| matches!(step, CopyStep::Copies("audit", ..));
    assert!(cut_off_when(&from, &to, trail).await);
    let conn = rusqlite::Connection::open(folder.path().join("to")).unwrap();
    let spoil = "UPDATE authorizations SET note = 'another' WHERE id = 17";
    assert_eq!(conn.execute(spoil, []).unwrap(), 1);
    let copied = copy(&from, &to, &mut |_| ()).await.unwrap();
    let different: Vec<_> = copied.iter().filter(|table| !table.is_equal()).collect();
    assert_eq!(different.len(), 1);
    assert_eq!(different[0].table, "authorizations");
    let kept = opened(&to).await.claim_instance_key("abc").await.unwrap();
    assert!(is_unfinished(&kept));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_moves_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (file(folder.path(), "from"), file(folder.path(), "to"));
    filled(&from).await;
    let path = folder.path().join("from");
    let mut tell = |step| {
        if matches!(step, CopyStep::Verifies("audit", _)) {
            let change = "INSERT INTO audit (at, action, actor_kind) VALUES (1, 'a', 'system')";
            let conn = rusqlite::Connection::open(&path).unwrap();
            conn.execute(change, []).unwrap();
        }
    };
    let refused = copy(&from, &to, &mut tell).await;
    assert!(matches!(refused, Err(CopyError::Moved)));
}

/// The list is the schema: nobody can add a table or a column and forget it here.
#[test]
fn every_table_and_column_is_copied_or_named_as_not() {
    let mut conn = rusqlite::Connection::open_in_memory().unwrap();
    crate::migrate::sqlite(&mut conn, crate::migrate::SQLITE, &mut |_| ()).unwrap();
    let mut there = BTreeSet::new();
    let mut tables = conn
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        .unwrap();
    let mut rows = tables.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        there.insert(row.get::<_, String>(0).unwrap());
    }
    let copied = TABLES.iter().map(|table| table.name);
    let known: BTreeSet<String> = copied
        .chain(NOT_COPIED.iter().map(|(name, _)| *name))
        .map(str::to_owned)
        .collect();
    assert_eq!(there, known);
    for table in TABLES {
        let mut columns = conn
            .prepare("SELECT name, type, pk FROM pragma_table_info($1)")
            .unwrap();
        let columns: Vec<(String, String, i64)> = columns
            .query_map([table.name], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let names: Vec<&str> = columns.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(names.join(", "), table.names(), "{}", table.name);
        for (at, ((name, kind), (_, real, key))) in table.columns.iter().zip(&columns).enumerate() {
            let expected = match kind {
                Kind::Int | Kind::Flag => "INTEGER",
                Kind::Text => "TEXT",
                Kind::Bytes => "BLOB",
            };
            assert_eq!(real, expected, "{}.{name}", table.name);
            let key_at = if at < table.key { at + 1 } else { 0 };
            assert_eq!(*key, key_at as i64, "{}.{name}", table.name);
        }
        let counted: bool = conn
            .query_row(
                "SELECT sql LIKE '%AUTOINCREMENT%' FROM sqlite_schema WHERE name = $1",
                [table.name],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(counted, table.ids, "{}", table.name);
    }
}
