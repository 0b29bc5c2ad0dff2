//! What is refused, and that nothing of it is taken for a store.

use std::io::Cursor;

use grantd_core::clock::Timestamp;
use grantd_store::{BackupError, RestoreError, Source, is_half_restored, verify};

use crate::history::{Dice, World};
use crate::stage::{KEY, Stage, place, restored};

async fn some() -> Vec<u8> {
    let stage = Stage::open(None, false).await;
    let world = World::new(stage.store.clone()).await;
    for seed in 0..20 {
        world.mint(&mut Dice::new(seed)).await;
    }
    stage.backup(Timestamp(1_600_000_500)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_of_a_backup_counts() {
    let backup = String::from_utf8(some().await).unwrap();
    assert!(!backup.contains("\"unfinished"));
    let lines: Vec<&str> = backup.lines().collect();
    let ok = verify(&mut Cursor::new(&backup), &mut |_| ()).unwrap();
    assert!(
        ok.tables
            .iter()
            .any(|table| table.table == "authorizations" && table.rows > 5)
    );
    for at in 0..lines.len() {
        for damage in ["gone", "twice", "another"] {
            let mut spoilt = lines.clone();
            match damage {
                "gone" => drop(spoilt.remove(at)),
                "twice" => spoilt.insert(at, lines[at]),
                _ => {
                    // A digit that is another one.
                    let other = lines[at].replacen('1', "2", 1);
                    if other == lines[at] {
                        continue;
                    }
                    let leaked: &'static str = other.leak();
                    spoilt[at] = leaked;
                }
            }
            let mut text = spoilt.join("\n");
            text.push('\n');
            let read = verify(&mut Cursor::new(&text), &mut |_| ());
            assert!(read.is_err(), "line {at} {damage}: {}", lines[at]);
        }
    }
    for cut in (0..backup.len()).step_by(97) {
        let read = verify(&mut Cursor::new(&backup.as_bytes()[..cut]), &mut |_| ());
        assert!(read.is_err(), "cut at {cut}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_unused_database_with_the_right_key_is_filled() {
    let backup = some().await;
    let folder = tempfile::tempdir().unwrap();
    let used = Stage::open(None, false).await;
    let refused = restored(&backup, &[], &used.url, None).await;
    assert!(matches!(refused, Err(RestoreError::NotEmpty)));
    let other = String::from_utf8(backup.clone())
        .unwrap()
        .replacen(KEY, "other", 1);
    let url = place(None, &folder, "other");
    let refused = restored(other.as_bytes(), &[], &url, None).await;
    assert!(matches!(refused, Err(RestoreError::OtherKey(_))));
    // Half of one is no store, and is not gone on with.
    let half = place(None, &folder, "half");
    let refused = restored(&backup[..backup.len() / 2], &[], &half, None).await;
    assert!(matches!(
        refused,
        Err(RestoreError::Backup(BackupError::Damaged(_)))
    ));
    let store = half
        .open(std::sync::Arc::new(grantd_core::clock::SystemClock))
        .await
        .unwrap();
    assert!(is_half_restored(
        &store.claim_instance_key(KEY).await.unwrap()
    ));
    store.close().await;
    let source = Source::Database(half.clone());
    let mut out = Vec::new();
    let copied = grantd_store::backup(&source, Timestamp(1), &mut out, &mut |_| ()).await;
    assert!(matches!(copied, Err(BackupError::Unfinished)));
    let refused = restored(&backup, &[], &half, None).await;
    assert!(matches!(refused, Err(RestoreError::NotEmpty)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trail_of_another_store_is_refused() {
    let backup = some().await;
    let other = Stage::open(None, true).await;
    let world = World::new(other.store.clone()).await;
    for seed in 50..60 {
        world.mint(&mut Dice::new(seed)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let url = place(None, &folder, "restored");
    let refused = restored(&backup, &[&other.archived()], &url, None).await;
    assert!(matches!(refused, Err(RestoreError::Foreign(_))));
}
