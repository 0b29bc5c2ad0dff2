//! What the fence does, and what lifts it.

use std::sync::Arc;

use grantd_core::audit::AuditRow;
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
    // Nobody can vouch for less than what is missing.
    let before: Vec<AuditRow> = lines[..lines.len() - 2]
        .iter()
        .filter_map(|line| AuditRow::from_line(line).ok())
        .collect();
    let known = before.iter().map(|row| row.at).max();
    assert_eq!(Some(done.fence.covered_until), known);
    let after = AuditRow::from_line(lines[lines.len() - 1]).unwrap();
    assert!(done.fence.covered_until < after.at);
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

/// Who moves the archive away and gives only that file has not told what was revoked since.
#[tokio::test(flavor = "multi_thread")]
async fn sec_s46_an_archive_that_was_moved_away_does_not_lift_the_fence_alone() {
    let stage = Stage::open(None, true).await;
    let world = World::new(stage.store.clone()).await;
    let backup = stage.backup(world.now()).await;
    world.mint(&mut Dice::new(1)).await;
    let old = stage.rotate().await;
    let empty = stage.archived();
    for seed in 2..5 {
        world.mint(&mut Dice::new(seed)).await;
    }
    let new = stage.archived();
    let folder = tempfile::tempdir().unwrap();
    for (number, (files, falls)) in [
        (vec![&old[..]], false),
        (vec![&old, &empty], true),
        (vec![&old, &new], true),
        (vec![&new, &old], true),
    ]
    .into_iter()
    .enumerate()
    {
        let url = place(None, &folder, &format!("{number}.db"));
        let done = restored(&backup, &files, &url, None).await.unwrap();
        assert_eq!(done.replayed.missing, 0, "{number}");
        assert_eq!(done.fence.lifted_at.is_some(), falls, "{number}");
        assert_eq!(done.replayed.goes_on, !falls, "{number}");
    }
    // The same file under its name again is no other.
    let archive = Archive::open(stage.archive.as_ref().unwrap()).unwrap();
    archive.reopen().await.unwrap();
    assert_eq!(stage.archived(), new);
}

/// What stands in a file that was moved away is not written again.
#[tokio::test(flavor = "multi_thread")]
async fn an_archive_in_the_place_of_another_begins_where_that_ended() {
    let folder = tempfile::tempdir().unwrap();
    let (path, url) = (folder.path().join("archive"), place(None, &folder, "db"));
    let archive = Archive::open(&path).unwrap();
    let outside = Outside {
        archive: Some(archive.clone()),
        ..Outside::default()
    };
    let opened = url.open_with(Arc::new(SystemClock), outside).await.unwrap();
    let store = opened.store;
    let world = World::new(store.clone()).await;
    let ids = || {
        let text = std::fs::read_to_string(&path).unwrap();
        let rows = text
            .lines()
            .filter_map(|line| AuditRow::from_line(line).ok());
        rows.map(|row| row.id).collect::<Vec<_>>()
    };
    world.mint(&mut Dice::new(1)).await;
    let last = *ids().last().unwrap();
    // Moved away while the server runs, and again while it does not.
    std::fs::rename(&path, folder.path().join("archive.1")).unwrap();
    archive.reopen().await.unwrap();
    assert_eq!(archive.catch_up(&*store).await.unwrap(), 1);
    assert_eq!(ids(), [last], "the newest row, so that there is no gap");
    world.mint(&mut Dice::new(2)).await;
    let since = ids();
    assert_eq!(archive.catch_up(&*store).await.unwrap(), 0);
    assert_eq!(ids(), since);
    std::fs::rename(&path, folder.path().join("archive.2")).unwrap();
    let archive = Archive::open(&path).unwrap();
    assert_eq!(archive.catch_up(&*store).await.unwrap(), 1);
    assert_eq!(ids(), [*since.last().unwrap()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_catches_up_with_what_a_crash_has_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let (path, url) = (folder.path().join("archive"), place(None, &folder, "db"));
    let store = url.open(Arc::new(SystemClock)).await.unwrap();
    let world = World::new(store.clone()).await;
    world.mint(&mut Dice::new(1)).await;
    let archive = Archive::open(&path).unwrap();
    assert_eq!(
        archive.catch_up(&*store).await.unwrap(),
        1,
        "the newest row"
    );
    assert_eq!(archive.catch_up(&*store).await.unwrap(), 0, "and only once");
    let rows = store.list_audit(0, 1_000).await.unwrap().len();
    world.mint(&mut Dice::new(2)).await;
    // A crash within a line.
    let mut torn = std::fs::read(&path).unwrap();
    torn.extend(b"{\"v\":1,\"id\":");
    std::fs::write(&path, torn).unwrap();
    let archive = Archive::open(&path).unwrap();
    let added = archive.catch_up(&*store).await.unwrap();
    let again = store.list_audit(0, 1_000).await.unwrap();
    assert!(again.len() > rows);
    assert_eq!(added, (again.len() - rows) as u64);
    let all = std::fs::read_to_string(&path).unwrap();
    for row in &again[rows - 1..] {
        assert!(
            all.lines().any(|line| line == row.line()),
            "{} is torn",
            row.id
        );
    }
}

/// After a restore that replayed nothing, ids are given out again: what an older file has under them is another
/// time's, and the file does not lift the fence by itself.
#[tokio::test(flavor = "multi_thread")]
async fn sec_s46_rows_of_two_times_do_not_lift_the_fence() {
    let (one, other) = (Stage::open(None, true).await, Stage::open(None, true).await);
    let (world, elsewhere) = (
        World::new(one.store.clone()).await,
        World::new(other.store.clone()).await,
    );
    let backup = one.backup(world.now()).await;
    world.mint(&mut Dice::new(1)).await;
    elsewhere.mint(&mut Dice::new(2)).await;
    let files = [&other.archived()[..], &one.archived()[..]];
    let folder = tempfile::tempdir().unwrap();
    let url = place(None, &folder, "restored.db");
    let done = restored(&backup, &files, &url, None).await.unwrap();
    assert!(done.replayed.ambiguous > 0);
    assert_eq!((done.replayed.missing, done.fence.lifted_at), (0, None));
}
