//! Promises about tokens that came by a salted hash.

use grantd_core::ids::AuthorizationId;
use grantd_core::import::{ImportedToken, Outcome, Refusal};
use grantd_core::token::{SaltedHash, TokenLastEight};
use grantd_core::user::User;

use super::import::{import, refused, token};
use super::world::*;

/// A token that nobody here has seen.
fn salted(w: &World, owner: &User, salt: &str) -> ImportedToken {
    let kept = SaltedHash::new(salt, &"5f".repeat(50)).unwrap();
    ImportedToken {
        token_hash: kept.stand_in(),
        salted: Some(kept),
        token_last_eight: TokenLastEight("e4efbf36".to_owned()),
        ..token(w, owner, None)
    }
}

async fn salted_ids(w: &World, last_eight: &str, limit: u32) -> Vec<AuthorizationId> {
    let last_eight = TokenLastEight(last_eight.to_owned());
    let found = w.store.list_salted(&last_eight, limit).await.unwrap();
    found.into_iter().map(|(id, _)| id).collect()
}

pub(super) async fn a_salted_hash_is_found_by_last_eight_until_it_is_upgraded(w: World) {
    let octocat = w.user("octocat").await;
    let came = [
        salted(&w, &octocat, "one"),
        salted(&w, &octocat, "two"),
        token(&w, &octocat, None),
    ];
    import(&w, &came).await;
    let before = w.authorizations(&octocat).await;
    let last_eight = came[0].token_last_eight.clone();
    let found = w.store.list_salted(&last_eight, 10).await.unwrap();
    let expected: Vec<_> = before[..2].iter().zip(&came).collect();
    for ((id, kept), (record, came)) in found.iter().zip(&expected) {
        assert_eq!((*id, Some(kept)), (record.id, came.salted.as_ref()));
    }
    assert_eq!(salted_ids(&w, "e4efbf36", 1).await, [before[0].id]);
    assert!(salted_ids(&w, "e4efbf37", 10).await.is_empty());
    let of = async |id| w.store.find_salted(id).await.unwrap();
    assert_eq!(
        (of(before[1].id).await, of(before[2].id).await),
        (came[1].salted.clone(), None)
    );

    let (rows, known) = (w.trail().await.len(), w.token().hash);
    let upgrade = async || {
        w.store
            .upgrade_hash(came[0].token_hash, known, later(7))
            .await
            .unwrap()
    };
    assert!(upgrade().await);
    assert!(!upgrade().await);
    let mut after = w.authorizations(&octocat).await;
    assert_eq!(after[0].token_hash, known);
    assert!(w.is_valid(known).await && !w.is_valid(came[0].token_hash).await);
    after[0].token_hash = before[0].token_hash;
    assert_eq!(after, before, "nothing else has changed");
    assert_eq!(salted_ids(&w, "e4efbf36", 10).await, [before[1].id]);
    let row = &w.trail().await[rows..];
    assert_eq!(row.len(), 1);
    assert_eq!(
        (row[0].action.as_str(), row[0].authorization_id),
        ("oauth_access.upgrade_hash", Some(before[0].id))
    );
    assert_eq!(row[0].token_hash, Some(came[0].token_hash));
    let again = import(&w, &came).await;
    assert_eq!(
        again,
        [Outcome::Present, Outcome::Present, Outcome::Present]
    );
}

pub(super) async fn sec_a_salted_hash_goes_with_its_record_and_its_token(w: World) {
    let octocat = w.user("octocat").await;
    let came: Vec<_> = ["a", "b", "c"]
        .map(|salt| salted(&w, &octocat, salt))
        .into();
    import(&w, &came).await;
    let records = w.authorizations(&octocat).await;
    let regenerated =
        w.store
            .regenerate_token(octocat.id, records[0].id, w.token(), None, later(1));
    assert!(regenerated.await.unwrap().is_some());
    assert!(w.store.delete_token(records[1].id, later(1)).await.unwrap());
    assert_eq!(salted_ids(&w, "e4efbf36", 10).await, [records[2].id]);
    for gone in &came[..2] {
        assert!(
            !w.store
                .upgrade_hash(gone.token_hash, w.token().hash, later(2))
                .await
                .unwrap()
        );
        let again = import(&w, std::slice::from_ref(gone)).await;
        assert_eq!(again, refused(Refusal::EndedHere));
    }
    assert!(w.store.delete_user(octocat.id, later(3)).await.unwrap());
    assert!(salted_ids(&w, "e4efbf36", 10).await.is_empty());
}
