//! Promises about the life of tokens: how they are gone through, shortened and
//! ended when idle, told of before they end, and rotated.

use grantd_core::authorization::NewAuthorization;
use grantd_core::clock::Timestamp;
use grantd_core::ids::AuthorizationId;
use grantd_core::last_used::LastUse;
use grantd_core::store::{Channel, Expiring, Lived, NoticeKey};

use super::world::*;

const DAY: i64 = 86_400;
const NOBODY: AuthorizationId = AuthorizationId(0);

fn ending(new: NewAuthorization, at: Timestamp) -> NewAuthorization {
    NewAuthorization {
        expires_at: Some(at),
        ..new
    }
}

fn ids(lived: &[Lived]) -> Vec<AuthorizationId> {
    lived.iter().map(|one| one.owned.authorization.id).collect()
}

async fn lives(w: &World) -> Vec<Lived> {
    w.store.list_lives(NOBODY, 100).await.unwrap()
}

async fn note(w: &World, id: AuthorizationId, at: i64) -> bool {
    let last = LastUse {
        at: NOW.plus(at),
        from: None,
    };
    let passed_over = w.store.note_uses(vec![(id, last)]).await.unwrap();
    passed_over.is_empty()
}

pub(super) async fn lives_are_gone_through_by_id(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let first = w.create(w.personal(&octocat, "first")).await;
    let expired = ending(w.for_app(&octocat, &app, "repo"), NOW.plus(-5));
    let second = w.create(expired).await;
    let third = w.create(w.for_app(&octocat, &app, "")).await;
    assert!(note(&w, second.id, 7).await);
    let all = lives(&w).await;
    assert_eq!(ids(&all), [first.id, second.id, third.id]);
    assert_eq!((&all[1].owned.authorization, &all[1].owned.user), (&second, &octocat));
    let uses: Vec<_> = all.iter().map(|one| one.last_use.map(|last| last.at)).collect();
    assert_eq!(uses, [None, Some(NOW.plus(7)), None]);
    assert_eq!((all[1].issued_at, all[1].idle_since()), (NOW, NOW.plus(7)));
    let rest = w.store.list_lives(first.id, 1).await.unwrap();
    assert_eq!(ids(&rest), [second.id]);
}

pub(super) async fn a_token_is_issued_anew_by_reset_and_regeneration_but_not_by_an_edit(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let reset = w.create(w.for_app(&octocat, &app, "")).await;
    let regenerated = w.create(w.personal(&octocat, "a")).await;
    let edited = w.create(w.personal(&octocat, "b")).await;
    let s = &w.store;
    let done = s.reset_token(app.id, reset.token_hash, w.token(), later(5));
    assert!(done.await.unwrap().is_some());
    let done = s.regenerate_token(octocat.id, regenerated.id, w.token(), None, later(6));
    assert!(done.await.unwrap().is_some());
    let edit = grantd_core::authorization::AuthorizationEdit {
        note: Some(super::world::note("c")),
        ..Default::default()
    };
    let done = s.edit_authorization(octocat.id, edited.id, edit, later(7));
    assert!(done.await.unwrap().unwrap().is_ok());
    let issued: Vec<_> = lives(&w).await.iter().map(|one| one.issued_at).collect();
    assert_eq!(issued, [NOW.plus(5), NOW.plus(6), NOW]);
}

pub(super) async fn a_life_is_shortened_and_never_lengthened(w: World) {
    let octocat = w.user("octocat").await;
    let endless = w.create(w.personal(&octocat, "a")).await;
    let sooner = w.create(ending(w.personal(&octocat, "b"), NOW.plus(5))).await;
    let same = w.create(ending(w.personal(&octocat, "c"), NOW.plus(9))).await;
    let later_one = w.create(ending(w.personal(&octocat, "d"), NOW.plus(99))).await;
    let seen = w.trail().await.len();
    let all = [&endless, &sooner, &same, &later_one];
    let ends = all.iter().map(|one| (one.id, NOW.plus(9))).collect();
    assert_eq!(w.store.shorten_lives(ends, later(1)).await.unwrap(), 2);
    let after: Vec<_> = lives(&w)
        .await
        .into_iter()
        .map(|one| one.owned.authorization)
        .map(|one| (one.expires_at.unwrap().since(NOW), one.updated_at.since(NOW)))
        .collect();
    assert_eq!(after, [(9, 1), (5, 0), (9, 0), (9, 1)]);
    let rows = w.trail().await.split_off(seen);
    let told: Vec<_> = rows.iter().map(|row| (row.action.as_str(), row.token_hash)).collect();
    let short = |hash| ("oauth_access.shorten", Some(hash));
    assert_eq!(told, [short(endless.token_hash), short(later_one.token_hash)]);
    // At the very second of its end it is over, everywhere.
    let ends = vec![(endless.id, NOW)];
    assert_eq!(w.store.shorten_lives(ends, operator()).await.unwrap(), 1);
    assert!(!w.is_valid(endless.token_hash).await);
}

pub(super) async fn only_the_idle_are_deleted_and_their_grants_follow(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let since = NOW.plus(10);
    let idle = w.create(w.for_app(&octocat, &app, "repo")).await;
    let used = w.create(w.for_app(&octocat, &app, "gist")).await;
    let used_long_ago = w.create(w.personal(&octocat, "a")).await;
    let expired = w.create(ending(w.personal(&octocat, "b"), NOW.plus(20))).await;
    let mut fresh = w.create(w.personal(&octocat, "c")).await;
    let renewed = w.store.regenerate_token(octocat.id, fresh.id, w.token(), None, later(11));
    fresh = renewed.await.unwrap().unwrap();
    let not_asked = w.create(w.personal(&octocat, "d")).await;
    assert!(note(&w, used.id, 11).await && note(&w, used_long_ago.id, 10).await);
    let seen = w.trail().await.len();
    let asked = [&idle, &used, &used_long_ago, &expired, &fresh];
    let asked = asked.iter().map(|one| one.id).collect();
    let stamp = grantd_core::audit::Stamp::system(NOW.plus(30));
    assert_eq!(w.store.delete_idle(asked, since, stamp).await.unwrap(), 2);
    assert_eq!(
        ids(&lives(&w).await),
        [used.id, expired.id, fresh.id, not_asked.id]
    );
    assert_eq!(w.grant(&octocat).await.scopes.to_stored(), "gist");
    let rows = w.trail().await.split_off(seen);
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.action.as_str(), row.actor_kind.as_str(), row.token_hash))
        .collect();
    let by_system = |hash| ("oauth_access.idle", "system", Some(hash));
    assert_eq!(told, [by_system(idle.token_hash), by_system(used_long_ago.token_hash)]);
}

/// Whoever notes a use and whoever deletes meet on the record: one of them comes first.
pub(super) async fn a_use_that_is_told_before_the_deletion_saves_the_token(w: World) {
    let octocat = w.user("octocat").await;
    let app = w.app("abc", &octocat).await;
    let mut made = Vec::new();
    for number in 0..60 {
        let new = match number % 2 {
            0 => w.personal(&octocat, &number.to_string()),
            _ => w.for_app(&octocat, &app, &format!("scope-{number}")),
        };
        made.push(w.create(new).await.id);
    }
    let (all, some) = (made.clone(), made.clone());
    let deleting = w.race(4, move |w| {
        let all = all.clone();
        async move {
            let stamp = later(99);
            for slice in all.chunks(7) {
                let deleted = w.store.delete_idle(slice.to_vec(), NOW.plus(10), stamp.clone());
                deleted.await.unwrap();
            }
            drop(stamp);
        }
    });
    let using = w.race(4, move |w| {
        let some = some.clone();
        async move {
            let mut saved = Vec::new();
            for id in some.into_iter().rev() {
                if note(&w, id, 50).await {
                    saved.push(id);
                }
            }
            saved
        }
    });
    let (_, saved) = tokio::join!(deleting, using);
    let left = ids(&lives(&w).await);
    for id in saved.into_iter().flatten() {
        assert!(left.contains(&id), "{id}: its use was told, and it is gone");
    }
    // Whoever was passed over each time is deleted by the next.
    let unused: Vec<_> = lives(&w).await.into_iter().filter(|one| one.last_use.is_none()).collect();
    let again = w.store.delete_idle(made, NOW.plus(10), later(99)).await.unwrap();
    assert_eq!(again, unused.len());
}

fn expiring(days: u32, channel: Channel) -> Expiring {
    Expiring {
        days,
        after: (NOW, NOBODY),
        channel,
    }
}

pub(super) async fn tokens_that_end_soon_are_found_by_their_end(w: World) {
    let octocat = w.user("octocat").await;
    let hubot = w.user("hubot").await;
    let in_days = |days: i64| NOW.plus(days * DAY);
    let made = async |note: &str, end: Timestamp| {
        w.create(ending(w.personal(&octocat, note), end)).await
    };
    let far = made("far", in_days(8)).await;
    let near = made("near", in_days(4)).await;
    let nearer = made("nearer", in_days(3)).await;
    made("over", NOW).await;
    w.create(w.personal(&octocat, "endless")).await;
    w.create(ending(w.personal(&hubot, "of somebody suspended"), in_days(3))).await;
    assert!(w.store.set_user_suspended(hubot.id, true, operator()).await.unwrap());
    let seven = expiring(7, Channel::Webhook);
    // Made a day ago for less than eight days, or for more.
    let find = async |which, limit| {
        let found = w.store.list_expiring(which, NOW.plus(DAY), limit).await;
        ids(&found.unwrap())
    };
    assert_eq!(find(seven, 10).await, [], "they never had more time than that");
    assert_eq!(find(expiring(2, Channel::Webhook), 10).await, [nearer.id]);
    assert_eq!(find(expiring(3, Channel::Webhook), 10).await, [near.id]);
    let long = made("long", in_days(9)).await;
    let done = w.store.shorten_lives(vec![(long.id, in_days(6))], operator());
    assert_eq!(done.await.unwrap(), 1);
    let found = find(expiring(5, Channel::Mail), 10).await;
    assert_eq!(found, [long.id]);
    let _ = far;
}

pub(super) async fn a_notice_is_taken_on_once(w: World) {
    let octocat = w.user("octocat").await;
    let end = NOW.plus(30 * DAY);
    let made = w.create(ending(w.personal(&octocat, "a"), end)).await;
    let now = NOW.plus(24 * DAY);
    let find = async |days, channel, now| {
        let found = w.store.list_expiring(expiring(days, channel), now, 10).await;
        found.unwrap().len()
    };
    let key = |days, channel| NoticeKey {
        authorization: made.id,
        expires_at: end,
        days,
        channel,
    };
    let hook = key(7, Channel::Webhook);
    assert_eq!(find(7, Channel::Webhook, now).await, 1);
    let claims = w.race(20, move |w| async move {
        let claimed = w.store.claim_notice(hook, now.plus(60), false, now);
        claimed.await.unwrap()
    });
    let claims = claims.await;
    assert_eq!(claims.into_iter().filter(|claimed| *claimed).count(), 1);
    assert_eq!(find(7, Channel::Webhook, now).await, 0, "somebody is about to tell");
    assert_eq!(find(7, Channel::Mail, now).await, 1, "each way is a notice of its own");
    // Whoever had it died: it is another's when the lease is over.
    let lease_is_over = now.plus(60);
    assert_eq!(find(7, Channel::Webhook, lease_is_over).await, 1);
    let again = w.store.claim_notice(hook, now.plus(120), false, lease_is_over);
    assert!(again.await.unwrap());
    w.store.settle_notice(hook, true, lease_is_over).await.unwrap();
    let much_later = now.plus(5 * DAY);
    assert_eq!(find(7, Channel::Webhook, much_later).await, 0);
    let told = w.store.claim_notice(hook, much_later.plus(60), false, much_later);
    assert!(!told.await.unwrap());
    // Shorter notice is another one, and whoever had it needs no longer one.
    assert_eq!(find(2, Channel::Webhook, much_later).await, 1);
    let mail = key(2, Channel::Mail);
    let claimed = w.store.claim_notice(mail, much_later.plus(60), true, much_later);
    assert!(claimed.await.unwrap());
    assert_eq!(find(2, Channel::Mail, much_later).await, 0);
    assert_eq!(find(7, Channel::Mail, much_later).await, 0);
    // It could not be handed over after all.
    w.store.settle_notice(mail, false, much_later).await.unwrap();
    assert_eq!(find(2, Channel::Mail, much_later.plus(60)).await, 1);
    // Another end is told of anew, and a token that is gone is not.
    assert!(w.store.delete_token(made.id, operator()).await.unwrap());
    let claimed = w.store.claim_notice(mail, much_later.plus(120), true, much_later.plus(60));
    assert!(!claimed.await.unwrap());
}

pub(super) async fn a_rotated_token_and_its_successor_overlap(w: World) {
    let octocat = w.user("octocat").await;
    let made = w.create(w.personal(&octocat, "laptop")).await;
    let seen = w.trail().await.len();
    let (new, end) = (w.token(), NOW.plus(500));
    let rotated = w
        .store
        .rotate_token(octocat.id, made.id, new.clone(), Some(end), NOW.plus(60), later(1));
    let rotated = rotated.await.unwrap().unwrap();
    let (record, old) = (rotated.authorization, rotated.predecessor.unwrap());
    assert_eq!((record.id, record.token_hash, record.expires_at), (made.id, new.hash, Some(end)));
    assert_eq!((&record.note, record.fingerprint.get()), (&made.note, None));
    assert!(old.id > made.id);
    assert_eq!(
        (old.token_hash, &old.token_last_eight, &old.note, &old.scopes),
        (made.token_hash, &made.token_last_eight, &made.note, &made.scopes)
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
        .map(|row| (row.action.as_str(), row.authorization_id.unwrap(), row.token_hash.unwrap()))
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
    let soon = w.create(ending(w.personal(&octocat, "b"), NOW.plus(30))).await;
    let of_app = w.create(w.for_app(&octocat, &app, "")).await;
    let rotate = async |user, id| {
        let rotated = w.store.rotate_token(user, id, w.token(), None, NOW.plus(60), operator());
        rotated.await.unwrap()
    };
    assert_eq!(rotate(octocat.id, expired.id).await.unwrap().predecessor, None);
    assert!(!w.is_valid(expired.token_hash).await);
    let old = rotate(octocat.id, soon.id).await.unwrap().predecessor.unwrap();
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
        let rotated = w.store.rotate_token(user, id, w.token(), None, NOW.plus(60), operator());
        rotated.await.unwrap().unwrap()
    };
    let (seen, _) = tokio::join!(checking, rotating);
    assert_eq!(seen, [30; 8]);
}
