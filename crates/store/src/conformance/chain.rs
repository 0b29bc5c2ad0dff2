//! Promises about the chain of the trail.

use std::sync::Arc;

use grantd_core::audit::CheckpointKey;
use grantd_core::audit::chain::{Head, Seal};
use grantd_core::audit_verify::verify;
use grantd_core::clock::ManualClock;
use grantd_core::entropy::SeededEntropy;
use grantd_core::sealer::{Sealed, Sealer};
use grantd_core::secret::InstanceKey;
use grantd_core::store::Lease;

use super::leases::lease;
use super::world::*;

fn instance_key() -> InstanceKey {
    InstanceKey::generate(&SeededEntropy::new(46))
}

fn sealer(w: &World, clock: &Arc<ManualClock>, seed: u64) -> Sealer {
    let entropy = SeededEntropy::new(seed);
    Sealer::new(w.store.clone(), clock.clone(), &instance_key(), &entropy)
}

async fn waiting(w: &World) -> Vec<i64> {
    let waiting = w.store.waiting(1_000).await.unwrap();
    waiting.rows.into_iter().map(|row| row.id).collect()
}

fn seal(seq: i64, audit_id: i64) -> Seal {
    Seal {
        seq,
        audit_id,
        chain: [seq as u8; 32],
    }
}

pub(super) async fn a_row_waits_for_its_seal_from_its_own_step(w: World) {
    assert!(waiting(&w).await.is_empty());
    let octocat = w.user("octocat").await;
    w.create(w.personal(&octocat, "a")).await;
    let trail: Vec<i64> = w.trail().await.iter().map(|row| row.id).collect();
    assert_eq!(waiting(&w).await, trail);
    // What is refused leaves neither.
    let refused = w.try_create(w.personal(&octocat, "a"), operator()).await;
    assert!(refused.is_err());
    assert_eq!(waiting(&w).await, trail);
    let some = w.store.waiting(1).await.unwrap();
    assert_eq!(some.rows.len(), 1);
    assert_eq!((some.head, some.checkpoint), (Head::default(), None));
    let held = w
        .store
        .seal(lease("one", 9), NOW, vec![seal(1, trail[0])], None);
    assert!(held.await.unwrap());
    assert_eq!(waiting(&w).await, trail[1..]);
    let left = w.store.waiting(9).await.unwrap();
    assert_eq!((left.head.seq, left.head.chain), (1, [1; 32]));
}

pub(super) async fn what_is_sealed_reads_back_in_the_order_of_seals(w: World) {
    for login in ["a", "b", "c"] {
        w.user(login).await;
    }
    let trail = w.trail().await;
    let order = [&trail[2], &trail[0], &trail[1]];
    let seals: Vec<_> = (1..)
        .zip(order)
        .map(|(seq, row)| seal(seq, row.id))
        .collect();
    let added = w.store.seal(lease("one", 9), NOW, seals.clone(), None);
    assert!(added.await.unwrap());
    let rows = w.store.list_sealed(0, 10).await.unwrap();
    let read: Vec<_> = rows.iter().map(|one| (one.seq, one.row.as_ref())).collect();
    let expected: Vec<_> = (1..).zip(order.map(Some)).collect();
    assert_eq!(read, expected);
    let page = w.store.list_sealed(1, 1).await.unwrap();
    assert_eq!((page.len(), page[0].seq), (1, 2));
    assert_eq!(page[0].chain, Some([2; 32]));
    let found = w.store.find_seal(trail[0].id).await.unwrap();
    assert_eq!(found, Some(seals[1]));
    assert_eq!(w.store.find_seal(99_999).await.unwrap(), None);
}

pub(super) async fn seals_are_added_all_or_none(w: World) {
    for login in ["a", "b", "c", "d"] {
        w.user(login).await;
    }
    let ids = waiting(&w).await;
    let key = CheckpointKey::of(&instance_key());
    let head = |seq| Head {
        seq,
        chain: [seq as u8; 32],
    };
    let add = async |lease: Lease, seals: Vec<Seal>, checkpoint| {
        w.store.seal(lease, NOW, seals, checkpoint).await.unwrap()
    };
    let first = key.sign(&head(2), 0, NOW);
    let two = vec![seal(1, ids[0]), seal(2, ids[1])];
    assert!(add(lease("one", 9), two, Some(first.clone())).await);
    // Somebody else's lease; a number, a row, a place that is taken; a checkpoint before that has one after.
    assert!(!add(lease("two", 9), vec![seal(3, ids[2])], None).await);
    let taken = vec![seal(3, ids[2]), seal(2, ids[3])];
    assert!(!add(lease("one", 9), taken, None).await);
    let sealed = vec![seal(3, ids[2]), seal(4, ids[0])];
    assert!(!add(lease("one", 9), sealed, None).await);
    let next = || vec![seal(3, ids[2])];
    assert!(!add(lease("one", 9), next(), Some(first.clone())).await);
    let fork = key.sign(&head(3), 0, NOW);
    assert!(!add(lease("one", 9), next(), Some(fork)).await);
    assert_eq!(waiting(&w).await, ids[2..]);
    assert_eq!(w.store.list_sealed(0, 9).await.unwrap().len(), 2);
    let second = key.sign(&head(3), 2, NOW);
    assert!(add(lease("one", 9), next(), Some(second)).await);
    assert_eq!(waiting(&w).await, ids[3..]);
}

pub(super) async fn checkpoints_are_found_below_and_above(w: World) {
    let key = CheckpointKey::of(&instance_key());
    let mut all = Vec::new();
    for (seq, previous) in [(3, 0), (5, 3), (9, 5)] {
        let chain = [seq as u8; 32];
        let checkpoint = key.sign(&Head { seq, chain }, previous, NOW.plus(seq));
        let added = w
            .store
            .seal(lease("one", 9), NOW, Vec::new(), Some(checkpoint.clone()));
        assert!(added.await.unwrap());
        all.push(checkpoint);
    }
    let list = async |after, limit| w.store.list_checkpoints(after, limit).await.unwrap();
    assert_eq!(list(0, 9).await, all);
    assert_eq!(list(3, 1).await, all[1..2]);
    let find = async |seq| w.store.find_checkpoint(seq).await.unwrap();
    assert_eq!(find(2).await, None);
    assert_eq!(find(8).await.as_ref(), Some(&all[1]));
    assert_eq!(find(i64::MAX).await.as_ref(), Some(&all[2]));
    let newest = w.store.waiting(1).await.unwrap().checkpoint;
    assert_eq!(newest.as_ref(), Some(&all[2]));
}

pub(super) async fn a_trail_that_was_sealed_is_whole(w: World) {
    let clock = Arc::new(ManualClock::at(NOW));
    let (sealer, mut known) = (sealer(&w, &clock, 1), Head::default());
    let keys = [CheckpointKey::of(&instance_key()).public()];
    assert_eq!(sealer.batch(&mut known).await.unwrap(), Sealed::Nothing);
    for number in 0..5 {
        w.user(&format!("user-{number}")).await;
        let sealed = sealer.batch(&mut known).await.unwrap();
        assert_eq!(sealed, Sealed::Rows(1));
        clock.advance(3);
    }
    w.user("late").await;
    let whole = verify(&*w.store, &keys, &[], &mut |_| ()).await.unwrap();
    assert_eq!((whole.verified.rows, whole.waiting), (5, 1));
    assert_eq!((whole.verified.signed, whole.verified.checkpoints), (5, 3));
    let strays = w.store.find_strays(0, 3).await.unwrap();
    let trail = w.trail().await;
    assert_eq!(strays.last, Some(trail[2].id));
    assert_eq!((strays.stray, strays.gone, strays.waiting), (None, None, 0));
    let strays = w.store.find_strays(trail[2].id, 99).await.unwrap();
    assert_eq!(strays.waiting, 1);
}

pub(super) async fn sec_s46_two_sealers_at_once_make_one_chain(w: World) {
    let clock = Arc::new(ManualClock::at(NOW));
    let number = std::sync::atomic::AtomicU64::new(0);
    // Ten sealers that never respect a lease for long, while rows arrive.
    let writer = {
        let w = w.clone();
        tokio::spawn(async move {
            for number in 0..200 {
                w.user(&format!("user-{number}")).await;
            }
        })
    };
    w.race(10, |w| {
        let seed = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let clock = clock.clone();
        async move {
            let (sealer, mut known) = (sealer(&w, &clock, seed), Head::default());
            for _ in 0..30 {
                sealer.batch(&mut known).await.unwrap();
                clock.advance(1);
                tokio::task::yield_now().await;
            }
        }
    })
    .await;
    writer.await.unwrap();
    clock.advance(60);
    let (last, mut known) = (sealer(&w, &clock, 99), Head::default());
    while last.batch(&mut known).await.unwrap() != Sealed::Nothing {}
    let keys = [CheckpointKey::of(&instance_key()).public()];
    let whole = verify(&*w.store, &keys, &[], &mut |_| ()).await.unwrap();
    assert_eq!((whole.verified.rows, whole.waiting), (200, 0));
    assert_eq!(whole.verified.signed, 200);
}

pub(super) async fn sec_s46_a_row_is_signed_within_ten_seconds(w: World) {
    let clock = Arc::new(ManualClock::at(NOW));
    let (dead, mut known) = (sealer(&w, &clock, 1), Head::default());
    w.user("first").await;
    assert_eq!(dead.batch(&mut known).await.unwrap(), Sealed::Rows(1));
    // The node with the lease seals one more, and dies before it signs; another looks every second.
    w.user("second").await;
    assert_eq!(dead.batch(&mut known).await.unwrap(), Sealed::Rows(1));
    w.user("third").await;
    let (other, mut known) = (sealer(&w, &clock, 2), Head::default());
    let mut seconds = 0;
    while w
        .store
        .find_checkpoint(i64::MAX)
        .await
        .unwrap()
        .unwrap()
        .seq
        < 3
    {
        clock.advance(1);
        seconds += 1;
        other.batch(&mut known).await.unwrap();
        assert!(seconds < 10, "not signed in time");
    }
    assert!(seconds >= 3, "the lease was not respected");
}
