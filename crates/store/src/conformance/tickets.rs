//! Promises about single-use tickets.

use grantd_core::audit::Action;
use grantd_core::clock::Timestamp;
use grantd_core::secret::{Sealed, SecretHash};
use grantd_core::store::NewTicket;
use grantd_core::ticket::TicketKind::{self, Invitation, ReturnTo, Setup};

use super::sessions::fresh_hash;
use super::world::*;

pub(super) fn new_ticket(w: &World, kind: TicketKind) -> NewTicket {
    NewTicket {
        hash: fresh_hash(w),
        kind,
        user: None,
        payload: Sealed(vec![0, 1, 255]),
        expires_at: NOW.plus(60),
    }
}

pub(super) async fn add(w: &World, new: NewTicket) -> SecretHash {
    let hash = new.hash;
    w.store.add_ticket(new, None, operator()).await.unwrap();
    hash
}

pub(super) async fn add_until(w: &World, expires_at: Timestamp) -> SecretHash {
    let new = NewTicket {
        expires_at,
        ..new_ticket(w, ReturnTo)
    };
    add(w, new).await
}

pub(super) async fn is_there(w: &World, hash: SecretHash) -> bool {
    let found = w.store.find_ticket(ReturnTo, hash, NOW).await.unwrap();
    found.is_some()
}

pub(super) async fn a_ticket_may_be_looked_at_and_is_taken_once(w: World) {
    let hash = add(&w, new_ticket(&w, ReturnTo)).await;
    let said = Some(Sealed(vec![0, 1, 255]));
    for _ in 0..2 {
        let found = w.store.find_ticket(ReturnTo, hash, NOW).await.unwrap();
        assert_eq!(found, said);
    }
    let take = async || w.store.take_ticket(ReturnTo, hash, NOW).await.unwrap();
    assert_eq!(take().await, said);
    assert_eq!(take().await, None);
    assert!(!is_there(&w, hash).await);
}

pub(super) async fn a_ticket_is_good_for_its_kind_and_until_its_end(w: World) {
    let hash = add(&w, new_ticket(&w, ReturnTo)).await;
    let (s, end) = (&w.store, NOW.plus(60));
    assert_eq!(s.find_ticket(Invitation, hash, NOW).await.unwrap(), None);
    assert_eq!(s.take_ticket(Invitation, hash, NOW).await.unwrap(), None);
    assert_eq!(s.find_ticket(ReturnTo, hash, end).await.unwrap(), None);
    assert_eq!(s.take_ticket(ReturnTo, hash, end).await.unwrap(), None);
    assert!(
        s.take_ticket(ReturnTo, hash, end.plus(-1))
            .await
            .unwrap()
            .is_some()
    );
}

pub(super) async fn one_of_a_hundred_takes_a_ticket(w: World) {
    let hash = add(&w, new_ticket(&w, ReturnTo)).await;
    let taken = w.race(100, |w| async move {
        w.store.take_ticket(ReturnTo, hash, NOW).await.unwrap()
    });
    assert_eq!(taken.await.into_iter().flatten().count(), 1);
}

pub(super) async fn a_ticket_is_announced_if_asked(w: World) {
    let octocat = w.user("octocat").await;
    add(&w, new_ticket(&w, ReturnTo)).await;
    let new = NewTicket {
        user: Some(octocat.id),
        ..new_ticket(&w, TicketKind::PasswordReset)
    };
    let announced = Some(Action::PasswordResetRequested);
    w.store
        .add_ticket(new, announced, operator())
        .await
        .unwrap();
    let rows = w.trail().await;
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1].action, "user.forgot_password");
    assert_eq!(rows[1].user_id, Some(octocat.id));
}

pub(super) async fn all_claimants_are_told_of_one_ticket(w: World) {
    let claim = |w: World| async move {
        let number = w.token().hash.0;
        let new = NewTicket {
            payload: Sealed(number.to_vec()),
            ..new_ticket(&w, Setup)
        };
        let kept = w.store.claim_ticket(new.clone(), operator()).await.unwrap();
        (new, kept)
    };
    let claims = w.race(20, claim).await;
    let kept = &claims[0].1;
    assert!(claims.iter().all(|(_, told)| told == kept));
    let good = async |at| {
        let mut good = 0;
        for (new, _) in &claims {
            let found = w.store.find_ticket(Setup, new.hash, at).await.unwrap();
            good += usize::from(found.as_ref() == Some(kept));
        }
        good
    };
    assert_eq!(good(NOW).await, 1);
    // One that has ended makes room.
    let mut next = new_ticket(&w, Setup);
    next.expires_at = NOW.plus(120);
    next.payload = Sealed(vec![7]);
    let hash = next.hash;
    let told = w.store.claim_ticket(next, later(60)).await.unwrap();
    assert_eq!(told, Sealed(vec![7]));
    let found = w.store.find_ticket(Setup, hash, NOW.plus(60)).await;
    assert!(found.unwrap().is_some());
}

pub(super) async fn a_users_tickets_are_deleted_with_them(w: World) {
    let octocat = w.user("octocat").await;
    let new = NewTicket {
        user: Some(octocat.id),
        ..new_ticket(&w, ReturnTo)
    };
    let (theirs, nobodys) = (add(&w, new).await, add(&w, new_ticket(&w, ReturnTo)).await);
    w.store.delete_user(octocat.id, operator()).await.unwrap();
    assert!(!is_there(&w, theirs).await);
    assert!(is_there(&w, nobodys).await);
}
