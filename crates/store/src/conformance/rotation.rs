//! Promises about a token that takes another's place, and the time in which
//! both work.

use super::life::ending;
use super::world::*;

pub(super) async fn a_rotated_token_and_its_successor_overlap(w: World) {
    let octocat = w.user("octocat").await;
    let made = w.create(w.personal(&octocat, "laptop")).await;
    let seen = w.trail().await.len();
    let (new, end) = (w.token(), NOW.plus(500));
    let rotated = w.store.rotate_token(
        octocat.id,
        made.id,
        new.clone(),
        Some(end),
        NOW.plus(60),
        later(1),
    );
    let rotated = rotated.await.unwrap().unwrap();
    let (record, old) = (rotated.authorization, rotated.predecessor.unwrap());
    assert_eq!(
        (record.id, record.token_hash, record.expires_at),
        (made.id, new.hash, Some(end))
    );
    assert_eq!((&record.note, record.fingerprint.get()), (&made.note, None));
    assert!(old.id > made.id);
    assert_eq!(
        (
            old.token_hash,
            &old.token_last_eight,
            &old.note,
            &old.scopes
        ),
        (
            made.token_hash,
            &made.token_last_eight,
            &made.note,
            &made.scopes
        )
    );
    assert_eq!(old.expires_at, Some(NOW.plus(60)));
    let found = w.authorizations(&octocat).await;
    assert_eq!(found, [record, old]);
    assert!(w.is_valid(made.token_hash).await && w.is_valid(new.hash).await);
    let at = async |hash, now| {
        let verdict = w.store.find_token(hash, now).await.unwrap();
        matches!(verdict, grantd_core::store::TokenVerdict::Valid(_))
    };
    assert!(at(made.token_hash, NOW.plus(59)).await);
    assert!(!at(made.token_hash, NOW.plus(60)).await && at(new.hash, NOW.plus(60)).await);
    let rows = w.trail().await.split_off(seen);
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row.action.as_str(),
                row.authorization_id.unwrap(),
                row.token_hash.unwrap(),
            )
        })
        .collect();
    let old_id = found[1].id;
    assert_eq!(
        told,
        [
            ("oauth_access.rotate", made.id, made.token_hash),
            ("oauth_access.overlap", old_id, made.token_hash),
        ]
    );
    // Once more: every predecessor ends by itself.
    let again = w
        .store
        .rotate_token(octocat.id, made.id, w.token(), None, NOW.plus(60), later(2));
    assert!(again.await.unwrap().unwrap().predecessor.is_some());
    assert_eq!(w.authorizations(&octocat).await.len(), 3);
}

pub(super) async fn rotation_revives_nothing_and_lengthens_nothing(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let app = w.app("abc", &octocat).await;
    let expired = w.create(ending(w.personal(&octocat, "a"), NOW)).await;
    let soon = w
        .create(ending(w.personal(&octocat, "b"), NOW.plus(30)))
        .await;
    let of_app = w.create(w.for_app(&octocat, &app, "")).await;
    let rotate = async |user, id| {
        let rotated = w
            .store
            .rotate_token(user, id, w.token(), None, NOW.plus(60), operator());
        rotated.await.unwrap()
    };
    assert_eq!(
        rotate(octocat.id, expired.id).await.unwrap().predecessor,
        None
    );
    assert!(!w.is_valid(expired.token_hash).await);
    let old = rotate(octocat.id, soon.id)
        .await
        .unwrap()
        .predecessor
        .unwrap();
    assert_eq!(old.expires_at, soon.expires_at);
    assert_eq!(rotate(octocat.id, of_app.id).await, None);
    assert_eq!(rotate(hubot.id, soon.id).await, None);
    let at_once = w
        .store
        .rotate_token(octocat.id, soon.id, w.token(), None, NOW, operator());
    assert_eq!(at_once.await.unwrap().unwrap().predecessor, None);
}

/// At no moment is neither token valid, and never are there two records with one hash.
pub(super) async fn no_check_during_a_rotation_finds_nothing(w: World) {
    let octocat = w.user("octocat").await;
    let made = w.create(w.personal(&octocat, "a")).await;
    let (id, user, hash) = (made.id, octocat.id, made.token_hash);
    let checking = w.race(8, move |w| async move {
        let mut seen = 0;
        for _ in 0..30 {
            seen += usize::from(w.is_valid(hash).await);
        }
        seen
    });
    let rotating = async {
        let rotated = w
            .store
            .rotate_token(user, id, w.token(), None, NOW.plus(60), operator());
        rotated.await.unwrap().unwrap()
    };
    let (seen, _) = tokio::join!(checking, rotating);
    assert_eq!(seen, [30; 8]);
}
