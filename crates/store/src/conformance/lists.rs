//! Promises about lists.

use grantd_core::app::PERSONAL_CLIENT_ID;
use grantd_core::ids::AuthorizationId;
use grantd_core::store::{PageRequest, TokenFilter};
use grantd_core::token::TokenHash;
use grantd_core::user::User;

use super::world::*;

/// The ids of all pages, one after another.
async fn walk(w: &World, user: &User, client_id: Option<&str>, per_page: u32) -> Vec<i64> {
    let (mut ids, mut total) = (Vec::new(), 1);
    while (ids.len() as u64) < total {
        let page = ids.len() as u32 / per_page + 1;
        let request = PageRequest { page, per_page };
        let page = w.store.list_authorizations(user.id, client_id, request);
        let page = page.await.unwrap();
        assert!(!page.items.is_empty());
        total = page.total;
        ids.extend(page.items.into_iter().map(|one| one.id.0));
    }
    let beyond = PageRequest {
        page: ids.len() as u32 / per_page + 2,
        per_page,
    };
    let beyond = w
        .store
        .list_authorizations(user.id, client_id, beyond)
        .await;
    let beyond = beyond.unwrap();
    assert_eq!((beyond.items.len(), beyond.total), (0, ids.len() as u64));
    ids
}

/// Whatever is remembered of a list from one page to the next.
pub(super) async fn pages_of_a_long_list_follow_every_change(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let mut of_app = vec![w.create(w.for_app(&octocat, &app, "")).await.id.0];
    let (mut personal, owner) = (Vec::new(), octocat.clone());
    let post = move |w: World| {
        let new = w.personal(&owner, &w.token().last_eight.0);
        async move { w.create(new).await.id.0 }
    };
    for _ in 0..15 {
        personal.extend(w.race(40, post.clone()).await);
    }
    personal.sort_unstable();
    let unchanged = async |personal: &[i64], of_app: &[i64]| {
        let all: Vec<_> = of_app.iter().chain(personal).copied().collect();
        // Again, when something may be remembered.
        for per_page in [100, 90, 37] {
            assert_eq!(walk(&w, &octocat, None, per_page).await, all);
            let found = walk(&w, &octocat, Some(PERSONAL_CLIENT_ID), per_page).await;
            assert_eq!(found, personal);
        }
    };
    unchanged(&personal, &of_app).await;
    for at in [580, 300, 1] {
        let id = AuthorizationId(personal.remove(at));
        let deleted = w.store.delete_authorization(octocat.id, id, operator());
        assert!(deleted.await.unwrap());
        unchanged(&personal, &of_app).await;
    }
    // As many as before, but not the same.
    let id = AuthorizationId(personal.remove(0));
    let deleted = w.store.delete_authorization(octocat.id, id, operator());
    assert!(deleted.await.unwrap());
    personal.push(post(w.clone()).await);
    unchanged(&personal, &of_app).await;
    w.store.delete_app(app.id, operator()).await.unwrap();
    of_app.clear();
    unchanged(&personal, &of_app).await;
}

pub(super) async fn authorizations_are_paged_by_id(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    for count in 0..7 {
        w.create(w.personal(&octocat, &count.to_string())).await;
        w.create(w.personal(&hubot, &count.to_string())).await;
    }
    let mut ids = Vec::new();
    for page in 1..=4 {
        let request = PageRequest { page, per_page: 3 };
        let page = w
            .store
            .list_authorizations(octocat.id, None, request)
            .await
            .unwrap();
        assert_eq!(page.total, 7);
        assert!(page.items.iter().all(|one| one.user_id == octocat.id));
        ids.extend(page.items.into_iter().map(|one| one.id));
    }
    assert_eq!(ids.len(), 7);
    assert!(ids.is_sorted());
}

pub(super) async fn lists_are_filtered_by_app(w: World) {
    let octocat = w.user("octocat").await;
    let (app, other) = (w.app("abc", &octocat).await, w.app("other", &octocat).await);
    let personal = w.create(w.personal(&octocat, "a")).await;
    let one = w.create(w.for_app(&octocat, &app, "")).await;
    w.create(w.for_app(&octocat, &other, "")).await;
    let list = async |client_id| {
        let page = w
            .store
            .list_authorizations(octocat.id, Some(client_id), ALL);
        page.await.unwrap()
    };
    assert_eq!(list("abc").await.items, [one]);
    // Under the client id that the wire shows for them.
    assert_eq!(list(PERSONAL_CLIENT_ID).await.items, [personal]);
    assert_eq!(list("unknown").await.total, 0);
    let grants = async |client_id| {
        let page = w.store.list_grants(octocat.id, client_id, ALL);
        page.await.unwrap()
    };
    assert_eq!(grants(None).await.total, 2);
    let of_app = grants(Some("abc")).await;
    assert_eq!((of_app.total, of_app.items[0].app.id), (1, app.id));
    assert_eq!(grants(Some("unknown")).await.total, 0);
    assert_eq!(grants(Some(PERSONAL_CLIENT_ID)).await.total, 0);
}

pub(super) async fn operators_list_tokens_by_every_filter(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let app = w.app("abc", &octocat).await;
    let personal = w.create(w.personal(&octocat, "a")).await;
    let of_app = w.create(w.for_app(&hubot, &app, "")).await;
    let list = async |filter| {
        let page = w.store.list_tokens(filter, ALL).await.unwrap();
        assert_eq!(page.total, page.items.len() as u64);
        page.items
            .into_iter()
            .map(|one| one.authorization.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(list(TokenFilter::All).await, [personal.id, of_app.id]);
    assert_eq!(list(TokenFilter::User(octocat.id)).await, [personal.id]);
    assert_eq!(list(TokenFilter::App(app.id)).await, [of_app.id]);
    assert_eq!(list(TokenFilter::Id(of_app.id)).await, [of_app.id]);
    assert_eq!(list(TokenFilter::Id(AuthorizationId(99))).await, []);
    assert_eq!(
        list(TokenFilter::Hash(of_app.token_hash)).await,
        [of_app.id]
    );
    assert_eq!(list(TokenFilter::Hash(TokenHash([0; 32]))).await, []);
    let last = of_app.token_last_eight.0;
    assert_eq!(list(TokenFilter::LastEight(last)).await, [of_app.id]);
}
