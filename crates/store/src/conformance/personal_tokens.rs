//! Promises about personal access tokens as pages show and renew them.

use grantd_core::store::PageRequest;

use super::world::*;

pub(super) async fn personal_tokens_are_listed_newest_first(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let app = w.app("abc", &octocat).await;
    let first = w.create(w.personal(&octocat, "first")).await;
    w.create(w.for_app(&octocat, &app, "")).await;
    w.create(w.personal(&hubot, "foreign")).await;
    let mut expired = w.personal(&octocat, "second");
    expired.expires_at = Some(NOW.plus(-1));
    let second = w.create(expired).await;
    let page = w.store.list_personal_tokens(octocat.id, ALL).await.unwrap();
    let listed: Vec<_> = page
        .items
        .into_iter()
        .map(|one| one.authorization)
        .collect();
    assert_eq!((page.total, listed), (2, vec![second, first.clone()]));
    let next = PageRequest {
        page: 2,
        per_page: 1,
    };
    let page = w
        .store
        .list_personal_tokens(octocat.id, next)
        .await
        .unwrap();
    assert_eq!((page.total, page.items[0].authorization.id), (2, first.id));
}

pub(super) async fn a_regenerated_token_keeps_its_record(w: World) {
    let octocat = w.user("octocat").await;
    let mut new = w.personal(&octocat, "note");
    new.expires_at = Some(NOW.plus(-1));
    let made = w.create(new).await;
    assert!(!w.is_valid(made.token_hash).await, "it has expired");
    let (token, rows) = (w.token(), w.trail().await.len());
    let end = Some(NOW.plus(500));
    let renewed = w
        .store
        .regenerate_token(octocat.id, made.id, token.clone(), end, later(5));
    let renewed = renewed.await.unwrap().unwrap();
    assert_eq!(renewed.id, made.id);
    assert_eq!(renewed.token_hash, token.hash);
    assert_eq!(renewed.token_last_eight, token.last_eight);
    assert_eq!((renewed.expires_at, renewed.updated_at), (end, NOW.plus(5)));
    assert_eq!(
        (renewed.note, renewed.created_at),
        (made.note, made.created_at)
    );
    assert!(w.is_valid(token.hash).await && !w.is_valid(made.token_hash).await);
    let trail = w.trail().await;
    assert_eq!(trail[rows].action, "oauth_access.regenerate");
    assert_eq!(trail[rows].token_hash, Some(made.token_hash));
    let endless = w.token();
    let renewed = w
        .store
        .regenerate_token(octocat.id, made.id, endless, None, operator());
    assert_eq!(renewed.await.unwrap().unwrap().expires_at, None);
    assert!(!w.is_valid(token.hash).await);
}

pub(super) async fn of_concurrent_regenerations_one_token_is_valid(w: World) {
    let octocat = w.user("octocat").await;
    let made = w.create(w.personal(&octocat, "note")).await;
    let (user, id) = (octocat.id, made.id);
    let tokens = w.race(20, move |w| async move {
        let token = w.token();
        let renewed = w
            .store
            .regenerate_token(user, id, token.clone(), None, operator());
        assert!(renewed.await.unwrap().is_some());
        token.hash
    });
    let tokens = tokens.await;
    let mut valid = 0;
    for token in &tokens {
        valid += usize::from(w.is_valid(*token).await);
    }
    assert_eq!(valid, 1);
    // Each row names the token that ended: all but the last, and the first of all.
    let trail = w.trail().await;
    let ended = trail
        .iter()
        .filter(|row| row.action == "oauth_access.regenerate");
    let ended: std::collections::HashSet<_> = ended.filter_map(|row| row.token_hash).collect();
    assert_eq!(ended.len(), 20);
    assert!(ended.contains(&made.token_hash));
}

pub(super) async fn anothers_and_an_apps_tokens_are_no_personal_ones(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let app = w.app("abc", &octocat).await;
    let personal = w.create(w.personal(&octocat, "note")).await;
    let of_app = w.create(w.for_app(&octocat, &app, "")).await;
    let rows = w.trail().await.len();
    for (user, id) in [(hubot.id, personal.id), (octocat.id, of_app.id)] {
        let s = &w.store;
        let found = s.find_personal_token(user, id).await.unwrap();
        assert_eq!(found, None);
        let renewed = s.regenerate_token(user, id, w.token(), None, operator());
        assert_eq!(renewed.await.unwrap(), None);
        let deleted = s.delete_personal_token(user, id, operator());
        assert!(!deleted.await.unwrap());
    }
    assert_eq!(w.trail().await.len(), rows);
    let deleted = w
        .store
        .delete_personal_token(octocat.id, personal.id, operator());
    assert!(deleted.await.unwrap());
    assert!(!w.is_valid(personal.token_hash).await);
    assert!(w.is_valid(of_app.token_hash).await);
    assert_eq!(w.actions(rows).await, ["oauth_access.destroy"]);
}
