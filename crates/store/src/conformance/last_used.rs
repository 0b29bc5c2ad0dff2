//! Promises about last uses, and about grants as pages show them.

use grantd_core::authorization::Authorization;
use grantd_core::ids::AuthorizationId;
use grantd_core::last_used::{AddressClass, LastUse};
use grantd_core::store::{PageRequest, UsedGrant};
use grantd_core::user::User;

use super::world::*;

fn used(at: i64) -> LastUse {
    LastUse {
        at: NOW.plus(at),
        from: None,
    }
}

async fn note(w: &World, uses: &[(AuthorizationId, LastUse)]) -> Vec<AuthorizationId> {
    w.store.note_uses(uses.to_vec()).await.unwrap()
}

async fn last_use(w: &World, of: &Authorization) -> Option<LastUse> {
    let found = w.store.find_personal_token(of.user_id, of.id).await;
    found.unwrap().unwrap().last_use
}

async fn grants(w: &World, user: &User) -> Vec<UsedGrant> {
    let page = w.store.list_used_grants(user.id, ALL).await.unwrap();
    assert_eq!(page.total, page.items.len() as u64);
    page.items
}

pub(super) async fn the_latest_use_stays(w: World) {
    let octocat = w.user("octocat").await;
    let one = w.create(w.personal(&octocat, "one")).await;
    let other = w.create(w.personal(&octocat, "other")).await;
    assert_eq!(last_use(&w, &one).await, None);
    let from = |from, at| LastUse {
        from: Some(from),
        ..used(at)
    };
    let latest = from(AddressClass::Private, 9);
    for last in [used(5), latest, used(7), from(AddressClass::Public, 9)] {
        assert_eq!(note(&w, &[(one.id, last)]).await, []);
    }
    assert_eq!(last_use(&w, &one).await, Some(latest));
    assert_eq!(last_use(&w, &other).await, None);
    note(&w, &[(one.id, used(10)), (other.id, used(1))]).await;
    assert_eq!(last_use(&w, &one).await, Some(used(10)));
    assert_eq!(last_use(&w, &other).await, Some(used(1)));
    for class in AddressClass::ALL {
        note(&w, &[(other.id, from(class, 20))]).await;
        note(&w, &[(other.id, from(class, 21))]).await;
    }
    assert_eq!(
        last_use(&w, &other).await,
        Some(from(AddressClass::Loopback, 21))
    );
}

pub(super) async fn noting_a_use_changes_no_record(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let made = w.create(w.for_app(&octocat, &app, "repo")).await;
    let (grant, rows) = (w.grant(&octocat).await, w.trail().await.len());
    note(&w, &[(made.id, used(90))]).await;
    assert_eq!(w.check(&app, made.token_hash).await, Some(made));
    assert_eq!(w.grant(&octocat).await, grant);
    assert_eq!(w.trail().await.len(), rows);
}

pub(super) async fn a_use_goes_with_its_authorization_and_stays_at_a_reset(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let made = w.create(w.for_app(&octocat, &app, "repo")).await;
    note(&w, &[(made.id, used(1))]).await;
    let reset = w
        .store
        .reset_token(app.id, made.token_hash, w.token(), operator());
    assert!(reset.await.unwrap().is_some());
    assert_eq!(grants(&w, &octocat).await[0].last_use, Some(used(1)));
    assert!(w.store.delete_token(made.id, operator()).await.unwrap());
    assert_eq!(grants(&w, &octocat).await[0].last_use, None);

    let expiring = |note| {
        let mut new = w.personal(&octocat, note);
        new.expires_at = Some(NOW.plus(10));
        new
    };
    let kept = w.create(w.personal(&octocat, "kept")).await;
    let made = w.create(expiring("reaped")).await;
    note(&w, &[(kept.id, used(1)), (made.id, used(2))]).await;
    let reaped = w.store.reap(NOW.plus(20), 100, later(20)).await.unwrap();
    assert_eq!(reaped.tokens, 1);
    assert_eq!(note(&w, &[(made.id, used(3))]).await, [made.id]);
    assert_eq!(last_use(&w, &kept).await, Some(used(1)));
    assert!(w.store.delete_user(octocat.id, operator()).await.unwrap());
    assert_eq!(note(&w, &[(kept.id, used(3))]).await, [kept.id]);
}

pub(super) async fn what_is_gone_is_passed_over(w: World) {
    let octocat = w.user("octocat").await;
    let gone = w.create(w.personal(&octocat, "gone")).await;
    let there = w.create(w.personal(&octocat, "there")).await;
    assert!(w.store.delete_token(gone.id, operator()).await.unwrap());
    let uses = [(gone.id, used(1)), (there.id, used(1))];
    assert_eq!(note(&w, &uses).await, [gone.id]);
    assert_eq!(last_use(&w, &there).await, Some(used(1)));
    assert_eq!(note(&w, &[]).await, []);
}

/// Notes from several nodes in any order, with deletions, resets and reaping in between: all end.
pub(super) async fn noting_uses_is_in_nobodys_way(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let mut made = Vec::new();
    for _ in 0..10 {
        made.push(w.create(w.for_app(&octocat, &app, "repo")).await);
    }
    let ids: Vec<AuthorizationId> = made.iter().map(|one| one.id).collect();
    let round = {
        let (octocat, app) = (octocat.clone(), app.clone());
        move |w: World| {
            let (octocat, app, mut ids) = (octocat.clone(), app.clone(), ids.clone());
            async move {
                let number: usize = w.token().last_eight.0.parse().unwrap();
                match number % 4 {
                    0 => drop(w.create(w.for_app(&octocat, &app, "repo")).await),
                    1 => {
                        let grants = w.store.list_grants(octocat.id, None, ALL).await.unwrap();
                        for grant in grants.items {
                            let deleted = w.store.delete_grant(octocat.id, grant.id, operator());
                            deleted.await.unwrap();
                        }
                    }
                    _ => {
                        let half = number % ids.len();
                        ids.rotate_left(half);
                        let uses = ids.into_iter().map(|id| (id, used(number as i64)));
                        w.store.note_uses(uses.collect()).await.unwrap();
                    }
                }
            }
        }
    };
    w.race(60, round).await;
    let deleted = w.store.delete_grants(octocat.id, operator()).await.unwrap();
    assert!(deleted <= 1);
    assert_eq!(w.authorizations(&octocat).await, []);
}

pub(super) async fn a_grant_shows_what_stands_behind_it(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let (one, other) = (w.app("abc", &hubot).await, w.app("def", &octocat).await);
    let first = w.create(w.for_app(&octocat, &one, "repo")).await;
    let second = w.create(w.for_app(&octocat, &one, "gist")).await;
    w.create(w.for_app(&octocat, &other, "")).await;
    let foreign = w.create(w.for_app(&hubot, &one, "repo")).await;
    let uses = [
        (first.id, used(5)),
        (second.id, used(3)),
        (foreign.id, used(9)),
    ];
    note(&w, &uses).await;
    let shown = grants(&w, &octocat).await;
    let of = |at: usize| (shown[at].owner.id, shown[at].tokens, shown[at].last_use);
    assert_eq!(of(0), (hubot.id, 2, Some(used(5))));
    assert_eq!(of(1), (octocat.id, 1, None));
    assert_eq!(shown[0].grant.app.client_id, one.client_id);
    assert_eq!(shown[0].grant.scopes, scopes("repo gist"));
    let second = PageRequest {
        page: 2,
        per_page: 1,
    };
    let page = w.store.list_used_grants(octocat.id, second).await.unwrap();
    assert_eq!((page.total, &page.items[..]), (2, &shown[1..]));
    let id = shown[0].grant.id;
    let found = w.store.find_used_grant(octocat.id, id).await.unwrap();
    assert_eq!(found.as_ref(), Some(&shown[0]));
    assert_eq!(w.store.find_used_grant(hubot.id, id).await.unwrap(), None);
}

pub(super) async fn all_grants_are_deleted_at_once(w: World) {
    let (octocat, hubot) = (w.user("octocat").await, w.user("hubot").await);
    let (one, other) = (w.app("abc", &hubot).await, w.app("def", &hubot).await);
    w.create(w.for_app(&octocat, &one, "repo")).await;
    w.create(w.for_app(&octocat, &one, "gist")).await;
    w.create(w.for_app(&octocat, &other, "")).await;
    let personal = w.create(w.personal(&octocat, "kept")).await;
    let foreign = w.create(w.for_app(&hubot, &one, "")).await;
    let rows = w.trail().await.len();
    let deleted = w.store.delete_grants(octocat.id, operator()).await.unwrap();
    assert_eq!(deleted, 2);
    assert_eq!(w.authorizations(&octocat).await, [personal]);
    assert_eq!(grants(&w, &octocat).await, []);
    assert!(w.is_valid(foreign.token_hash).await);
    let actions = w.actions(rows).await;
    let count = |what| actions.iter().filter(|action| *action == what).count();
    assert_eq!(count("oauth_authorization.destroy"), 2);
    assert_eq!(count("oauth_access.destroy"), 3);
    let again = w.store.delete_grants(octocat.id, operator()).await.unwrap();
    assert_eq!(again, 0);
}
