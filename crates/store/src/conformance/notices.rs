//! Promises about tokens that end soon, and about telling of each once.

use grantd_core::clock::Timestamp;
use grantd_core::store::{Channel, Expiring, NoticeKey};

use super::life::{NOBODY, ending, ids};
use super::world::*;

const DAY: i64 = 86_400;

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
    let made =
        async |note: &str, end: Timestamp| w.create(ending(w.personal(&octocat, note), end)).await;
    let far = made("far", in_days(8)).await;
    let near = made("near", in_days(4)).await;
    let nearer = made("nearer", in_days(3)).await;
    made("over", NOW).await;
    w.create(w.personal(&octocat, "endless")).await;
    w.create(ending(
        w.personal(&hubot, "of somebody suspended"),
        in_days(3),
    ))
    .await;
    assert!(
        w.store
            .set_user_suspended(hubot.id, true, operator())
            .await
            .unwrap()
    );
    let seven = expiring(7, Channel::Webhook);
    // Made a day ago for less than eight days, or for more.
    let find = async |which, limit| {
        let found = w.store.list_expiring(which, NOW.plus(DAY), limit).await;
        ids(&found.unwrap())
    };
    assert_eq!(
        find(seven, 10).await,
        [far.id],
        "the others never had that much time"
    );
    assert_eq!(find(expiring(2, Channel::Webhook), 10).await, [nearer.id]);
    assert_eq!(find(expiring(3, Channel::Webhook), 10).await, [near.id]);
    let long = made("long", in_days(9)).await;
    let done = w
        .store
        .shorten_lives(vec![(long.id, in_days(6))], operator());
    assert_eq!(done.await.unwrap(), 1);
    let found = find(expiring(5, Channel::Mail), 10).await;
    assert_eq!(found, [long.id]);
}

pub(super) async fn a_notice_is_taken_on_once(w: World) {
    let octocat = w.user("octocat").await;
    let end = NOW.plus(30 * DAY);
    let made = w.create(ending(w.personal(&octocat, "a"), end)).await;
    let now = NOW.plus(24 * DAY);
    let find = async |days, channel, now| {
        let found = w
            .store
            .list_expiring(expiring(days, channel), now, 10)
            .await;
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
    assert_eq!(
        find(7, Channel::Webhook, now).await,
        0,
        "somebody is about to tell"
    );
    assert_eq!(
        find(7, Channel::Mail, now).await,
        1,
        "each way is a notice of its own"
    );
    // Whoever had it died: it is another's when the lease is over.
    let lease_is_over = now.plus(60);
    assert_eq!(find(7, Channel::Webhook, lease_is_over).await, 1);
    let again = w
        .store
        .claim_notice(hook, now.plus(120), false, lease_is_over);
    assert!(again.await.unwrap());
    w.store
        .settle_notice(hook, true, lease_is_over)
        .await
        .unwrap();
    let much_later = now.plus(5 * DAY);
    assert_eq!(find(7, Channel::Webhook, much_later).await, 0);
    let told = w
        .store
        .claim_notice(hook, much_later.plus(60), false, much_later);
    assert!(!told.await.unwrap());
    // Shorter notice is another one, and whoever had it needs no longer one.
    assert_eq!(find(2, Channel::Webhook, much_later).await, 1);
    let mail = key(2, Channel::Mail);
    let claimed = w
        .store
        .claim_notice(mail, much_later.plus(60), true, much_later);
    assert!(claimed.await.unwrap());
    assert_eq!(find(2, Channel::Mail, much_later).await, 0);
    assert_eq!(find(7, Channel::Mail, much_later).await, 0);
    // It could not be handed over after all.
    w.store
        .settle_notice(mail, false, much_later)
        .await
        .unwrap();
    assert_eq!(find(2, Channel::Mail, much_later.plus(60)).await, 1);
    // Another end is told of anew, and a token that is gone is not.
    assert!(w.store.delete_token(made.id, operator()).await.unwrap());
    let claimed = w
        .store
        .claim_notice(mail, much_later.plus(120), true, much_later.plus(60));
    assert!(!claimed.await.unwrap());
}
