//! Explanations of tokens, held to what checks say.

use grantd_core::clock::{Clock, Timestamp};
use grantd_core::explain::{Asked, Explanation, Facts, Holds, explain};
use grantd_core::ids::AuthorizationId;
use grantd_core::life::{DAY, Lifetimes};
use grantd_core::store::{PageRequest, TokenVerdict};
use grantd_core::token::{Token, TokenKind};

use super::life::{stamp, token, verdict};
use super::place::Place;

async fn explained(place: &Place, asked: Asked, at: Option<Timestamp>) -> Explanation {
    let facts = Facts::gather(&*place.authority.store, asked)
        .await
        .expect("a store");
    let now = place.clock.now();
    explain(asked, &facts, now, at.unwrap_or(now))
}

/// What is said of now is what a check says, and the term is named.
async fn holds(place: &Place, token: &Token, decided_by: Option<&'static str>) {
    let explanation = explained(place, Asked::Hash(token.hash()), None).await;
    let valid = matches!(verdict(place, token).await, TokenVerdict::Valid(_));
    let said = (explanation.valid == Holds::Yes, explanation.decided_by);
    assert_eq!(said, (valid, decided_by), "{:#?}", explanation.terms);
}

#[tokio::test]
async fn each_term_is_explained_as_a_check_decides_it() {
    let place = Place::new();
    let user = place.user("octocat").await;
    let (app, _, app_token) = place.app_with_token(&user).await;
    let (personal, record) = token(&place, &user, "laptop", Some(1)).await;
    let store = place.authority.store.clone();
    for token in [&app_token, &personal] {
        holds(&place, token, None).await;
    }
    let began = place.clock.now();
    place.clock.advance(10);
    assert!(
        store
            .set_user_suspended(user.id, true, stamp(&place))
            .await
            .expect("a store")
    );
    holds(&place, &personal, Some("owner_active")).await;
    place.clock.advance(10);
    assert!(
        store
            .set_user_suspended(user.id, false, stamp(&place))
            .await
            .expect("a store")
    );
    holds(&place, &personal, None).await;
    place.clock.advance(10);
    assert!(
        store
            .set_app_suspended(app.id, true, stamp(&place))
            .await
            .expect("a store")
    );
    holds(&place, &app_token, Some("app_active")).await;
    place.clock.advance(10);
    assert!(
        store
            .set_app_suspended(app.id, false, stamp(&place))
            .await
            .expect("a store")
    );
    place.clock.advance(DAY);
    holds(&place, &personal, Some("not_expired")).await;
    let deleted_at = place.clock.now();
    assert!(
        store
            .delete_token(record.id, stamp(&place))
            .await
            .expect("a store")
    );
    holds(&place, &personal, Some("not_revoked")).await;
    let grants = store.list_grants(
        user.id,
        None,
        PageRequest {
            page: 1,
            per_page: 1,
        },
    );
    let grant = grants.await.expect("a store").items.remove(0);
    let hash = Asked::Hash(app_token.hash());
    let mut facts = Facts::gather(&*store, hash).await.expect("a store");
    facts.grant = None;
    let now = place.clock.now();
    assert_eq!(
        explain(hash, &facts, now, now).decided_by,
        Some("grant_alive")
    );
    assert!(
        store
            .delete_grant(user.id, grant.id, stamp(&place))
            .await
            .expect("a store")
    );
    holds(&place, &app_token, Some("not_revoked")).await;

    // The same at moments that are over.
    let at = async |asked, seconds: i64| {
        let explanation = explained(&place, asked, Some(began.plus(seconds))).await;
        (explanation.valid, explanation.decided_by)
    };
    let gone = Asked::Hash(personal.hash());
    assert_eq!(
        at(gone, -1).await,
        (Holds::No, Some("not_revoked")),
        "not made yet"
    );
    assert_eq!(at(gone, 15).await, (Holds::No, Some("owner_active")));
    assert_eq!(at(hash, 15).await, (Holds::No, Some("owner_active")));
    assert_eq!(at(hash, 35).await, (Holds::No, Some("app_active")));
    assert_eq!(
        at(gone, 25).await.1,
        None,
        "its end went with the record, all else held"
    );
    assert_eq!(at(Asked::Id(record.id), 25).await.1, None);
    let explanation = explained(&place, gone, None).await;
    let ended = explanation.ended.expect("a row");
    assert_eq!(
        (ended.action.as_str(), ended.at),
        ("oauth_access.revoke", deleted_at)
    );
    assert_eq!(ended.actor_kind, "operator");
    assert_eq!(explanation.made.expect("a row").at, began);
    let unknown = explained(&place, Asked::Id(AuthorizationId(999)), None).await;
    assert_eq!(unknown.decided_by, Some("not_revoked"));
}

#[tokio::test]
async fn a_replaced_token_is_told_apart_from_the_one_that_replaced_it() {
    let place = Place::new();
    let user = place.user("octocat").await;
    let (first, record) = token(&place, &user, "laptop", None).await;
    let store = place.authority.store.clone();
    place.clock.advance(10);
    let second = place
        .authority
        .tokens
        .generate(TokenKind::Personal, &*place.authority.entropy);
    let new = grantd_core::authorization::NewToken {
        hash: second.hash(),
        last_eight: second.last_eight(),
    };
    let done = store.regenerate_token(user.id, record.id, new, None, stamp(&place));
    assert!(done.await.expect("a store").is_some());
    holds(&place, &first, Some("not_revoked")).await;
    holds(&place, &second, None).await;
    let before = explained(
        &place,
        Asked::Hash(second.hash()),
        Some(place.clock.now().plus(-1)),
    );
    assert_eq!(
        before.await.decided_by,
        Some("not_revoked"),
        "it was not made yet"
    );
    place.clock.advance(10);
    let lived = store
        .list_lives(AuthorizationId(0), 1)
        .await
        .expect("a store")
        .remove(0);
    let policy = (&place.authority.tokens, Lifetimes::default());
    let rotated = place.operator().rotate_token(&lived, 60, policy).await;
    let third = rotated.expect("a store").expect("a personal token").token;
    holds(&place, &second, None).await;
    holds(&place, &third, None).await;
    place.clock.advance(60);
    holds(&place, &second, Some("not_expired")).await;
    holds(&place, &third, None).await;
}
