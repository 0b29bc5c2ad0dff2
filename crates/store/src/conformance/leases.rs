//! Promises about what one node at a time does.

use grantd_core::store::Lease;

use super::world::*;

pub(super) fn lease(holder: &str, seconds: i64) -> Lease {
    Lease {
        name: "work",
        holder: holder.to_owned(),
        expires_at: NOW.plus(seconds),
    }
}

pub(super) async fn a_lease_is_one_holders_until_its_end(w: World) {
    let hold = async |holder, seconds, now| {
        let held = w.store.hold_lease(lease(holder, seconds), NOW.plus(now));
        held.await.unwrap().is_some()
    };
    assert_eq!(w.store.find_lease("work").await.unwrap(), None);
    assert!(hold("one", 10, 0).await);
    assert!(!hold("two", 20, 9).await);
    assert!(hold("one", 15, 9).await);
    assert!(!hold("two", 20, 14).await);
    assert!(hold("two", 20, 15).await);
    let (kept, _) = w.store.find_lease("work").await.unwrap().unwrap();
    assert_eq!(kept, lease("two", 20));
    // Another name is another lease.
    let other = Lease {
        name: "other",
        ..lease("three", 10)
    };
    assert_eq!(w.store.hold_lease(other, NOW).await.unwrap(), Some(0));
}

pub(super) async fn one_of_a_hundred_holds_a_lease(w: World) {
    let number = std::sync::atomic::AtomicU32::new(0);
    let held = w
        .race(100, |w| {
            let holder = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            async move {
                let held = w.store.hold_lease(lease(&holder.to_string(), 10), NOW);
                held.await.unwrap().is_some()
            }
        })
        .await;
    assert_eq!(held.into_iter().filter(|held| *held).count(), 1);
}

pub(super) async fn work_goes_on_where_it_was_left(w: World) {
    let s = &w.store;
    assert_eq!(s.hold_lease(lease("one", 10), NOW).await.unwrap(), Some(0));
    assert!(s.advance_lease(lease("one", 20), 7).await.unwrap());
    assert!(!s.advance_lease(lease("two", 30), 9).await.unwrap());
    let found = s.find_lease("work").await.unwrap().unwrap();
    assert_eq!(found, (lease("one", 20), 7));
    let over = NOW.plus(20);
    assert_eq!(s.hold_lease(lease("two", 30), over).await.unwrap(), Some(7));
    assert!(!s.advance_lease(lease("one", 30), 8).await.unwrap());
}
