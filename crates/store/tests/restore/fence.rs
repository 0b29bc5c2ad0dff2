//! What the fence does, and what lifts it.

use std::sync::Arc;

use grantd_core::clock::{SystemClock, Timestamp};
use grantd_core::store::StoreError;
use grantd_store::{Archive, Outside, RestoreError, fenced_key, lift, standing};

use crate::history::{Dice, World};
use crate::stage::{KEY, Stage, place, restored};

#[tokio::test(flavor = "multi_thread")]
async fn sec_s46_without_a_replay_nothing_is_accepted_until_somebody_vouches() {
    let stage = Stage::open(None, false).await;
    let world = World::new(stage.store.clone()).await;
    world.mint(&mut Dice::new(1)).await;
    let backup = stage.backup(Timestamp(1_600_000_500)).await;
    let folder = tempfile::tempdir().unwrap();
    let url = place(None, &folder, "restored.db");
    let done = restored(&backup, &[], &url, None).await.unwrap();
    assert_eq!(done.fence.lifted_at, None);
    assert_eq!(done.fence.covered_until, Timestamp(1_600_000_500));

    // No node, of whatever program, takes the database for its own.
    let outside = Outside::default();
    let opened = url.open_with(Arc::new(SystemClock), outside.clone()).await;
    let store = opened.unwrap().store;
    let kept = store.claim_instance_key(KEY).await.unwrap();
    assert_ne!(kept, KEY);
    assert_eq!(fenced_key(&kept), Some(KEY));

    // One that knows fences shuts its gate, and every door with it.
    outside.gate.shut();
    let token = world.ledger().alive[0].clone();
    let now = Timestamp(1_600_000_600);
    let refused = store.find_token(token.hash, now).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(why)) if why.to_string().contains("fence stands"))
    );
    let client_id = &world.apps[0].client_id;
    assert!(
        store
            .check_token(client_id, Some(token.hash), now)
            .await
            .is_err()
    );
    assert!(store.find_app(client_id).await.is_err());
    assert!(store.find_user_by_id(token.user).await.is_err());
    assert!(store.ping().await.is_err());

    // Who vouches for less than is missing lifts nothing.
    let later = lift(&url, Timestamp(1_600_000_501), now).await.unwrap();
    assert_eq!(later.lifted_at, None);
    assert!(fenced_key(&store_key(&url).await).is_some());
    let lifted = lift(&url, Timestamp(1_600_000_500), now).await.unwrap();
    assert_eq!(lifted.lifted_at, Some(now));
    assert_eq!(standing(&url).await.unwrap(), Some(lifted));
    assert_eq!(store_key(&url).await, KEY);
    let again = lift(&url, Timestamp(1_600_000_500), now).await;
    assert!(matches!(again, Err(RestoreError::NoFence)));
    outside.gate.open();
    assert!(store.find_token(token.hash, now).await.is_ok());
}

async fn store_key(url: &grantd_store::DatabaseUrl) -> String {
    let store = url.open(Arc::new(SystemClock)).await.unwrap();
    let kept = store.claim_instance_key("another").await.unwrap();
    store.close().await;
    kept
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_missing_in_the_archive_keeps_the_fence_standing() {
    let stage = Stage::open(None, true).await;
    let world = World::new(stage.store.clone()).await;
    let backup = stage.backup(world.now()).await;
    for seed in 0..5 {
        world.mint(&mut Dice::new(seed)).await;
    }
    let archive = String::from_utf8(stage.archived()).unwrap();
    let mut lines: Vec<&str> = archive.lines().collect();
    lines.remove(lines.len() - 3);
    let folder = tempfile::tempdir().unwrap();
    let url = place(None, &folder, "restored.db");
    let done = restored(&backup, &[lines.join("\n").as_bytes()], &url, None)
        .await
        .unwrap();
    assert_eq!((done.replayed.missing, done.fence.lifted_at), (1, None));
    // Two files that have all of it together.
    let url = place(None, &folder, "again.db");
    let (one, other) = archive.split_at(archive.len() / 2);
    let files = [one.as_bytes(), archive.as_bytes(), other.as_bytes()];
    let done = restored(&backup, &files, &url, None).await.unwrap();
    assert_eq!(done.replayed.missing, 0);
    assert!(done.fence.lifted_at.is_some());
}

/// An archive that cannot be written: nobody is told that anything happened, and nothing more does.
#[tokio::test(flavor = "multi_thread")]
async fn sec_s20_what_cannot_be_archived_is_not_acknowledged() {
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (path, url) = (folder.path().join("archive"), place(None, &folder, "db"));
    let archive = Archive::open(&path).unwrap();
    let outside = Outside {
        archive: Some(Arc::clone(&archive)),
        ..Outside::default()
    };
    let opened = url.open_with(Arc::new(SystemClock), outside).await.unwrap();
    let world = World::new(opened.store.clone()).await;
    world.mint(&mut Dice::new(1)).await;
    let token = world.ledger().alive[0].clone();
    // The disk of the archive is full from now on.
    std::fs::rename(&path, folder.path().join("archive.1")).unwrap();
    std::os::unix::fs::symlink("/dev/full", &path).unwrap();
    let _ = archive.reopen().await;
    let stamp = || grantd_core::audit::Stamp::operator(Timestamp(1_600_000_900));
    let revoked = opened
        .store
        .revoke_token(token.app, token.hash, stamp())
        .await;
    assert!(
        matches!(revoked, Err(StoreError::Unavailable(_))),
        "{revoked:?}"
    );
    assert!(
        opened.store.ping().await.is_err(),
        "and the node is not ready"
    );
    let next = opened.store.delete_token(token.id, stamp()).await;
    assert!(next.is_err());
    // There is room again: what was committed is caught up before anything else.
    std::fs::remove_file(&path).unwrap();
    let _ = archive.reopen().await;
    opened.store.ping().await.unwrap();
    world.mint(&mut Dice::new(2)).await;
    let trail = opened.store.list_audit(0, 1_000).await.unwrap();
    let mut all = std::fs::read_to_string(folder.path().join("archive.1")).unwrap();
    all += &std::fs::read_to_string(&path).unwrap();
    for row in trail {
        assert!(
            all.contains(&row.line()),
            "{} is not in the archive",
            row.id
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_catches_up_with_what_a_crash_has_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let (path, url) = (folder.path().join("archive"), place(None, &folder, "db"));
    let store = url.open(Arc::new(SystemClock)).await.unwrap();
    let world = World::new(store.clone()).await;
    world.mint(&mut Dice::new(1)).await;
    let archive = Archive::open(&path).unwrap();
    let rows = store.list_audit(0, 1_000).await.unwrap().len() as u64;
    assert_eq!(archive.catch_up(&*store).await.unwrap(), rows);
    assert_eq!(archive.catch_up(&*store).await.unwrap(), 0, "and only once");
    world.mint(&mut Dice::new(2)).await;
    // A crash within a line.
    let mut torn = std::fs::read(&path).unwrap();
    torn.extend(b"{\"v\":1,\"id\":");
    std::fs::write(&path, torn).unwrap();
    let archive = Archive::open(&path).unwrap();
    let added = archive.catch_up(&*store).await.unwrap();
    let again = store.list_audit(0, 1_000).await.unwrap();
    assert_eq!(added, again.len() as u64 - rows);
    let all = std::fs::read_to_string(&path).unwrap();
    for row in again {
        assert!(
            all.lines().any(|line| line == row.line()),
            "{} is torn",
            row.id
        );
    }
}
