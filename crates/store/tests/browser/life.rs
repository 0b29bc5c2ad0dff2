//! The life of tokens: policies, idle ones, successors.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use grantd_core::audit::Stamp;
use grantd_core::authorization::{Authorization, NewAuthorization};
use grantd_core::clock::{Clock, ManualClock, Timer};
use grantd_core::fingerprint::Fingerprint;
use grantd_core::idle::LifeKeeper;
use grantd_core::ids::AuthorizationId;
use grantd_core::life::{DAY, Hit, LifePolicy, Lifetimes, Reason};
use grantd_core::note::Note;
use grantd_core::scope::Scopes;
use grantd_core::store::{StoreError, TokenVerdict};
use grantd_core::token::{Token, TokenKind};
use grantd_core::user::User;

use super::place::{Place, from};

/// Time passes as long as it is told, and so does what happens meanwhile.
struct Meanwhile<F>(Arc<ManualClock>, F);

impl<F> Timer for Meanwhile<F>
where
    F: Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync,
{
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.0
            .advance(i64::try_from(duration.as_secs()).expect("short"));
        (self.1)(duration)
    }
}

/// A timer that lets time pass, and does something meanwhile.
fn meanwhile<F>(place: &Place, what: F) -> Meanwhile<F>
where
    F: Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync,
{
    Meanwhile(place.clock.clone(), what)
}

fn quiet(place: &Place) -> impl Timer {
    meanwhile(place, |_| Box::pin(async {}))
}

pub(super) fn stamp(place: &Place) -> Stamp {
    Stamp::operator(place.clock.now())
}

pub(super) async fn token(
    place: &Place,
    user: &User,
    note: &str,
    days: Option<i64>,
) -> (Token, Authorization) {
    let token = place
        .authority
        .tokens
        .generate(TokenKind::Personal, &*place.authority.entropy);
    let new = NewAuthorization {
        user_id: user.id,
        app_id: None,
        token_hash: token.hash(),
        token_last_eight: token.last_eight(),
        note: Some(Note::from_stored(note.to_owned())),
        note_url: None,
        scopes: Scopes::default(),
        fingerprint: Fingerprint::default(),
        expires_at: days.map(|days| place.clock.now().plus(days * DAY)),
    };
    let limits = place.authority.policy.mint_limits;
    let made = place
        .authority
        .store
        .create_authorization(new, limits, stamp(place))
        .await;
    (token, made.expect("a store").expect("a note of its own"))
}

fn keeper(place: &Place, policy: LifePolicy) -> LifeKeeper {
    LifeKeeper {
        store: place.authority.store.clone(),
        clock: place.clock.clone(),
        policy,
    }
}

fn idle_after(days: u32) -> LifePolicy {
    LifePolicy {
        idle_days: Some(days),
        ..LifePolicy::default()
    }
}

async fn is_valid(place: &Place, token: &Token) -> bool {
    place.authority.token(token, from(1)).await.is_ok()
}

pub(super) async fn verdict(place: &Place, token: &Token) -> TokenVerdict {
    let found = place
        .authority
        .store
        .find_token(token.hash(), place.clock.now());
    found.await.expect("a store")
}

#[tokio::test]
async fn a_use_just_before_saves_an_idle_token_though_no_store_knows_of_it_yet() {
    let place = Place::new();
    let user = place.user("octocat").await;
    let (unused, _) = token(&place, &user, "unused", None).await;
    let (used, _) = token(&place, &user, "used", None).await;
    let (saved, _) = token(&place, &user, "saved", None).await;
    let (young, _) = token(&place, &user, "young", None).await;
    place.clock.advance(89 * DAY);
    assert!(is_valid(&place, &used).await);
    place.authority.flush_last_used().await.expect("a store");
    let renewed = place
        .authority
        .tokens
        .generate(TokenKind::Personal, &*place.authority.entropy);
    let new = grantd_core::authorization::NewToken {
        hash: renewed.hash(),
        last_eight: renewed.last_eight(),
    };
    let store = &place.authority.store;
    let TokenVerdict::Valid(found) = verdict(&place, &young).await else {
        panic!("it is valid");
    };
    let done = store.regenerate_token(user.id, found.authorization.id, new, None, stamp(&place));
    assert!(done.await.expect("a store").is_some());
    place.clock.advance(2 * DAY);
    // Another node has seen this use, and has told nobody yet.
    let other = place.beside();
    assert!(is_valid(&other, &saved).await);
    let node = other.authority.clone();
    let timer = meanwhile(&place, move |slept| {
        let node = node.clone();
        Box::pin(async move {
            if slept >= Duration::from_secs(120) {
                node.flush_last_used().await.expect("a store");
            }
        })
    });
    let deleted = keeper(&place, idle_after(90)).end_idle(&timer).await;
    assert_eq!(deleted.expect("a store"), 1);
    assert!(!is_valid(&place, &unused).await);
    assert!(is_valid(&place, &used).await && is_valid(&place, &saved).await);
    assert!(is_valid(&place, &renewed).await);
    assert_eq!(
        place.actions(0).await.last().map(String::as_str),
        Some("oauth_access.idle")
    );
}

#[tokio::test]
async fn sec_s19_a_lowered_maximum_is_true_for_every_token_once_it_is_applied() {
    let place = Place::new();
    let user = place.user("octocat").await;
    let (old, _) = token(&place, &user, "old", None).await;
    place.clock.advance(100 * DAY);
    let (endless, endless_record) = token(&place, &user, "endless", None).await;
    let (short, short_record) = token(&place, &user, "short", Some(5)).await;
    let (long, _) = token(&place, &user, "long", Some(365)).await;
    let policy = LifePolicy {
        max_days: Some(90),
        ..LifePolicy::default()
    };
    let keeper = keeper(&place, policy);
    let mut hits = Vec::new();
    let told = keeper.check(|lived, hit: Hit| -> Result<(), StoreError> {
        let note = lived.owned.authorization.note.as_ref().expect("a note");
        hits.push((
            note.as_str().to_owned(),
            hit.reason,
            hit.ends_at.since(place.clock.now()),
        ));
        Ok(())
    });
    told.await.expect("a store");
    let maximum = |note: &str, days: i64| (note.to_owned(), Reason::Maximum, days * DAY);
    assert_eq!(
        hits,
        [
            maximum("old", 0),
            maximum("endless", 90),
            maximum("long", 90)
        ]
    );
    assert!(is_valid(&place, &old).await, "a check changes nothing");
    let kept = keeper.apply(&quiet(&place), |_| ()).await.expect("a store");
    assert_eq!((kept.shortened, kept.deleted), (3, 0));
    assert!(
        !is_valid(&place, &old).await,
        "the very next check, on every node"
    );
    assert!(!is_valid(&place.beside(), &old).await);
    for alive in [&endless, &short, &long] {
        assert!(is_valid(&place, alive).await);
    }
    let again = keeper.apply(&quiet(&place), |_| ()).await.expect("a store");
    assert_eq!(
        (again.shortened, again.deleted),
        (0, 0),
        "cut off and begun again, it does the rest"
    );
    let store = &place.authority.store;
    let lives = store
        .list_lives(AuthorizationId(0), 10)
        .await
        .expect("a store");
    for lived in &lives {
        let end = lived.owned.authorization.expires_at.expect("an end");
        assert!(end <= lived.issued_at.plus(90 * DAY).max(place.clock.now()));
    }
    let end_of = |id| {
        let found = lives
            .iter()
            .find(|lived| lived.owned.authorization.id == id);
        found.and_then(|lived| lived.owned.authorization.expires_at)
    };
    assert_eq!(end_of(short_record.id), short_record.expires_at);
    let end = endless_record.created_at.plus(90 * DAY);
    assert_eq!(end_of(endless_record.id), Some(end));
    // To the second.
    place.clock.advance(end.since(place.clock.now()) - 1);
    assert!(is_valid(&place, &endless).await);
    place.clock.advance(1);
    assert!(!is_valid(&place, &endless).await);
}

#[tokio::test]
async fn a_time_of_grace_is_left_to_tokens_that_would_end_at_once() {
    let place = Place::new();
    let user = place.user("octocat").await;
    let (old, _) = token(&place, &user, "old", None).await;
    place.clock.advance(100 * DAY);
    let policy = LifePolicy {
        max_days: Some(30),
        grace_days: 7,
        ..LifePolicy::default()
    };
    let kept = keeper(&place, policy).apply(&quiet(&place), |_| ()).await;
    assert_eq!(kept.expect("a store").shortened, 1);
    place.clock.advance(7 * DAY - 5);
    assert!(is_valid(&place, &old).await);
    let again = keeper(&place, policy).apply(&quiet(&place), |_| ()).await;
    assert_eq!(
        again.expect("a store").shortened,
        0,
        "the grace is given once"
    );
    place.clock.advance(5);
    assert!(!is_valid(&place, &old).await);
}

#[tokio::test]
async fn an_operator_rotates_a_token_for_as_long_again() {
    let place = Place::new();
    let user = place.user("octocat").await;
    let (old, record) = token(&place, &user, "laptop", Some(60)).await;
    place.clock.advance(50 * DAY);
    let store = &place.authority.store;
    let lived = store
        .list_lives(AuthorizationId(0), 1)
        .await
        .expect("a store")
        .remove(0);
    let lifetimes = Lifetimes::default();
    let format = &place.authority.tokens;
    let operator = place.operator();
    let rotated = operator.rotate_token(&lived, 3_600, (format, lifetimes));
    let rotated = rotated.await.expect("a store").expect("a personal token");
    let now = place.clock.now();
    assert_eq!(rotated.value.authorization.id, record.id);
    assert_eq!(
        rotated.value.authorization.expires_at,
        Some(now.plus(60 * DAY))
    );
    assert!(is_valid(&place, &old).await && is_valid(&place, &rotated.token).await);
    place.clock.advance(3_600);
    assert!(!is_valid(&place, &old).await && is_valid(&place, &rotated.token).await);
}
