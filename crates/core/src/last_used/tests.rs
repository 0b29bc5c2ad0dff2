//! What waits, and what becomes of it.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;

use super::*;
use crate::audit::Stamp;
use crate::authorization::{Authorization, NewToken};
use crate::ids::{GrantId, UserId};
use crate::login::testing::block_on;
use crate::store::{Page, PageRequest, StoreError, UsedAuthorization, UsedGrant};

const NOW: Timestamp = Timestamp(1_600_000_000);

/// Writes down what it is told, passes over what it is asked to, and may be away.
#[derive(Default)]
struct Told {
    steps: Mutex<Vec<Vec<(AuthorizationId, LastUse)>>>,
    passed_over: Vec<AuthorizationId>,
    away: AtomicBool,
}

macro_rules! only_notes {
    ($($method:ident($($type:ty),*) -> $result:ty;)*) => {
        #[async_trait]
        impl UseStore for Told {
            async fn note_uses(
                &self,
                uses: Vec<(AuthorizationId, LastUse)>,
            ) -> Stored<Vec<AuthorizationId>> {
                if self.away.load(Ordering::SeqCst) {
                    return Err(away());
                }
                self.steps.lock().unwrap().push(uses);
                Ok(self.passed_over.clone())
            }

            $(async fn $method(&self, $(_: $type),*) -> Stored<$result> {
                Err(away())
            })*
        }
    };
}

only_notes! {
    list_personal_tokens(UserId, PageRequest) -> Page<UsedAuthorization>;
    find_personal_token(UserId, AuthorizationId) -> Option<UsedAuthorization>;
    regenerate_token(UserId, AuthorizationId, NewToken, Option<Timestamp>, Stamp) -> Option<Authorization>;
    delete_personal_token(UserId, AuthorizationId, Stamp) -> bool;
    list_used_grants(UserId, PageRequest) -> Page<UsedGrant>;
    find_used_grant(UserId, GrantId) -> Option<UsedGrant>;
    delete_grants(UserId, Stamp) -> usize;
}

fn away() -> StoreError {
    StoreError::Unavailable("away".into())
}

fn used(at: i64) -> LastUse {
    LastUse {
        at: NOW.plus(at),
        from: None,
    }
}

impl Told {
    /// What it was told, in order, and forgets it.
    fn take(&self) -> Vec<(i64, i64)> {
        let steps = std::mem::take(&mut *self.steps.lock().unwrap());
        let uses = steps.into_iter().flatten();
        uses.map(|(id, last)| (id.0, last.at.since(NOW))).collect()
    }
}

fn flush(batch: &LastUsed, store: &Told) -> bool {
    block_on(batch.flush(store, NOW)).is_ok()
}

#[test]
fn the_latest_use_of_each_token_is_told_in_the_order_of_ids() {
    let (batch, store) = (LastUsed::default(), Told::default());
    for (id, at) in [(7, 1), (3, 5), (7, 9), (3, 2), (1, 0)] {
        batch.note(AuthorizationId(id), used(at));
    }
    assert!(flush(&batch, &store));
    assert_eq!(store.take(), [(1, 0), (3, 5), (7, 9)]);
    assert!(flush(&batch, &store));
    assert_eq!(store.take(), [], "nothing is told twice");
}

#[test]
fn what_is_much_goes_in_steps_that_are_short() {
    let (batch, store) = (LastUsed::default(), Told::default());
    for id in 0..501 {
        batch.note(AuthorizationId(id), used(0));
    }
    assert!(flush(&batch, &store));
    let lengths: Vec<usize> = store.steps.lock().unwrap().iter().map(Vec::len).collect();
    assert_eq!(lengths, [200, 200, 101]);
}

#[test]
fn what_the_store_could_not_take_is_told_later_unless_there_was_a_use_since() {
    let (batch, store) = (LastUsed::default(), Told::default());
    batch.note(AuthorizationId(1), used(1));
    batch.note(AuthorizationId(2), used(1));
    store.away.store(true, Ordering::SeqCst);
    assert!(!flush(&batch, &store));
    batch.note(AuthorizationId(2), used(8));
    store.away.store(false, Ordering::SeqCst);
    assert!(flush(&batch, &store));
    assert_eq!(store.take(), [(1, 1), (2, 8)]);
}

#[test]
fn what_is_passed_over_is_tried_once_more_and_then_forgotten() {
    let store = Told {
        passed_over: vec![AuthorizationId(1)],
        ..Told::default()
    };
    let batch = LastUsed::default();
    batch.note(AuthorizationId(1), used(1));
    batch.note(AuthorizationId(2), used(1));
    assert!(flush(&batch, &store));
    assert_eq!(store.take(), [(1, 1), (2, 1)]);
    assert!(flush(&batch, &store));
    assert_eq!(store.take(), [(1, 1)]);
    assert!(flush(&batch, &store));
    assert_eq!(store.take(), []);
}

#[test]
fn the_store_is_told_once_a_minute_at_most_and_of_nothing_never() {
    let batch = LastUsed::default();
    assert!(!batch.is_due(NOW.plus(1_000)));
    batch.note(AuthorizationId(1), used(0));
    assert!(!batch.is_due(NOW));
    assert!(!batch.is_due(NOW.plus(FLUSH_EVERY - 1)));
    assert!(batch.is_due(NOW.plus(FLUSH_EVERY)));
    assert!(flush(&batch, &Told::default()));
    batch.note(AuthorizationId(1), used(1));
    assert!(!batch.is_due(NOW.plus(FLUSH_EVERY - 1)));
    assert!(batch.is_due(NOW.plus(FLUSH_EVERY)));
}

#[test]
fn memory_is_bounded_under_any_number_of_tokens() {
    let batch = LastUsed::default();
    for id in 0..MOST_TOKENS as i64 + 10 {
        batch.note(AuthorizationId(id), used(0));
    }
    batch.note(AuthorizationId(0), used(9));
    let waiting = &batch.lock().waiting;
    assert_eq!(waiting.len(), MOST_TOKENS);
    assert_eq!(waiting[&AuthorizationId(0)].last, used(9));
}

#[test]
fn an_address_is_told_by_its_class_only() {
    let class = |text: &str| AddressClass::of(text.parse().unwrap());
    for text in ["127.0.0.1", "::1", "::ffff:127.9.9.9"] {
        assert_eq!(class(text), AddressClass::Loopback, "{text}");
    }
    for text in [
        "10.1.2.3",
        "172.31.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "169.254.1.1",
        "fd00::1",
        "fe80::1",
        "::ffff:10.0.0.1",
    ] {
        assert_eq!(class(text), AddressClass::Private, "{text}");
    }
    for text in ["192.0.2.1", "172.32.0.1", "100.128.0.1", "2001:db8::1"] {
        assert_eq!(class(text), AddressClass::Public, "{text}");
    }
    for class in AddressClass::ALL {
        assert_eq!(AddressClass::from_name(class.name()), Some(class));
    }
}
