//! Promises about lists.

use grantd_core::app::PERSONAL_CLIENT_ID;
use grantd_core::ids::AuthorizationId;
use grantd_core::store::{PageRequest, TokenFilter};
use grantd_core::token::TokenHash;

use super::world::*;

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
