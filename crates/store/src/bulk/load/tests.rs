//! What is loaded is what a store would have remembered itself.

use std::path::Path;
use std::sync::Arc;

use grantd_core::app::AppCredentials;
use grantd_core::clock::{SystemClock, Timestamp};
use grantd_core::ids::UserId;
use grantd_core::store::{PageRequest, Store};
use grantd_core::user::LoginKey;

use super::*;
use crate::bulk::is_half_loaded;
use crate::conformance::cluster::Cluster;

const SMALL: u64 = 9_000;

fn small() -> Load {
    Load {
        users: 300,
        apps: 3,
        tokens: SMALL,
        of_first_user: 40,
        seed: 7,
        password: PasswordHash("$argon2id$v=19$m=19456,t=2,p=1$of$nobody".to_owned()),
        format: TokenFormat::new("gt", false, false).unwrap(),
    }
}

async fn opened(url: &DatabaseUrl) -> Arc<dyn Store> {
    url.open(Arc::new(SystemClock)).await.unwrap()
}

/// Loads, and says which tokens were written down.
async fn loaded(url: &DatabaseUrl) -> Result<Vec<(u64, String)>, BulkError> {
    let store = opened(url).await;
    store.claim_instance_key("abc").await.unwrap();
    store.close().await;
    let mut seen = Vec::new();
    let mut sample = |app, token: &Token| {
        seen.push((app, token.expose().to_owned()));
        Ok(())
    };
    load(url, &small(), &mut sample, &mut |_| ()).await?;
    Ok(seen)
}

/// Every token that was written down is good for its app and no other, and lists are whole.
async fn is_usable(url: &DatabaseUrl, seen: &[(u64, String)]) {
    let (store, load, now) = (opened(url).await, small(), Timestamp(MADE + 1));
    assert_eq!(store.claim_instance_key("abc").await.unwrap(), "abc");
    for (app, token) in seen.iter().step_by(97) {
        let hash = || load.format.parse(token).unwrap().hash();
        for other in 0..load.apps {
            let id = load.client_id(other);
            let AppCredentials { app: found, .. } = store.find_app(&id).await.unwrap().unwrap();
            assert_eq!(found.client_id, id);
            let check = store
                .check_token(&id, Some(hash()), now)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(check.token.is_some(), other == *app, "{token}");
        }
    }
    let all = PageRequest {
        page: 1,
        per_page: 100,
    };
    let first = store
        .list_authorizations(UserId(1), None, all)
        .await
        .unwrap();
    assert!(first.total >= load.of_first_user, "{}", first.total);
    assert!(
        store
            .find_user(&LoginKey::of("user-300"))
            .await
            .unwrap()
            .is_some()
    );
    store.close().await;
}

fn file(folder: &Path, name: &str) -> DatabaseUrl {
    DatabaseUrl::Sqlite(folder.join(name))
}

fn schema_of(url: &DatabaseUrl) -> Vec<String> {
    let DatabaseUrl::Sqlite(path) = url else {
        panic!("a file")
    };
    let conn = rusqlite::Connection::open(path).unwrap();
    let journal: String = conn
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))
        .unwrap();
    assert_eq!(journal, "wal");
    let whole: String = conn
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(whole, "ok");
    let broken = conn.query_row("PRAGMA foreign_key_check", [], |_| Ok(()));
    assert!(broken.is_err(), "a row refers to nothing");
    let mut all = conn
        .prepare("SELECT name || coalesce(sql, '') FROM sqlite_master ORDER BY 1")
        .unwrap();
    all.query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

#[tokio::test]
async fn a_loaded_file_is_a_store_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let (url, empty) = (file(folder.path(), "a.db"), file(folder.path(), "b.db"));
    let seen = loaded(&url).await.unwrap();
    assert!(SMALL * 9 / 10 < seen.len() as u64 && (seen.len() as u64) < SMALL);
    is_usable(&url, &seen).await;
    opened(&empty).await.close().await;
    assert_eq!(schema_of(&url), schema_of(&empty));
    // The same seed, the same store.
    let again = loaded(&file(folder.path(), "c.db")).await.unwrap();
    assert_eq!(again, seen);
}

#[tokio::test]
async fn postgres_is_loaded_too() {
    let cluster = Cluster::start();
    let url = DatabaseUrl::parse(&cluster.database()).unwrap();
    let seen = loaded(&url).await.unwrap();
    is_usable(&url, &seen).await;
    assert!(matches!(
        loaded(&url).await,
        Err(BulkError::NotEmpty("users"))
    ));
}

#[tokio::test]
async fn a_store_that_is_in_use_or_not_empty_is_not_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let url = file(folder.path(), "a.db");
    let open = opened(&url).await;
    open.claim_instance_key("abc").await.unwrap();
    let refused = loaded(&url).await;
    assert!(matches!(refused, Err(BulkError::InUse)), "{refused:?}");
    // It was left as it was.
    assert_eq!(open.claim_instance_key("abc").await.unwrap(), "abc");
    open.close().await;
    loaded(&url).await.unwrap();
    assert!(matches!(
        loaded(&url).await,
        Err(BulkError::NotEmpty("users"))
    ));
}

#[tokio::test]
async fn a_load_that_fell_over_leaves_nothing_that_anybody_accepts() {
    let folder = tempfile::tempdir().unwrap();
    let url = file(folder.path(), "a.db");
    opened(&url).await.close().await;
    let mut full = |_, _: &Token| Err(std::io::ErrorKind::StorageFull.into());
    let refused = load(&url, &small(), &mut full, &mut |_| ()).await;
    assert!(matches!(refused, Err(BulkError::Samples(_))), "{refused:?}");
    let store = opened(&url).await;
    let kept = store.claim_instance_key("abc").await.unwrap();
    assert!(is_half_loaded(&kept), "{kept}");
    store.close().await;
    let again = load(&url, &small(), &mut |_, _| Ok(()), &mut |_| ()).await;
    assert!(matches!(again, Err(BulkError::Interrupted)), "{again:?}");
    let mut shape = small();
    shape.of_first_user = SMALL + 1;
    let other = file(folder.path(), "b.db");
    let refused = load(&other, &shape, &mut |_, _| Ok(()), &mut |_| ()).await;
    assert!(matches!(refused, Err(BulkError::Shape(_))), "{refused:?}");
}
