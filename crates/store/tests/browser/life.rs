//! The life of tokens: policies, idle ones, notices, successors, explanations.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use grantd_core::audit::Stamp;
use grantd_core::authorization::{Authorization, NewAuthorization};
use grantd_core::clock::{Clock, ManualClock, Timer, Timestamp};
use grantd_core::explain::{Asked, Explanation, Facts, Holds, explain};
use grantd_core::fingerprint::Fingerprint;
use grantd_core::idle::LifeKeeper;
use grantd_core::ids::AuthorizationId;
use grantd_core::life::{DAY, Hit, LifePolicy, Lifetimes, Reason};
use grantd_core::mail::{MailError, Mailer};
use grantd_core::note::Note;
use grantd_core::notices::{Notifier, Post, Receiver, Told};
use grantd_core::outbound::{Outbound, OutboundError, Webhook, signature};
use grantd_core::own_account::Message;
use grantd_core::scope::Scopes;
use grantd_core::store::{StoreError, TokenVerdict};
use grantd_core::token::{Token, TokenKind};
use grantd_core::user::{Email, User};

use super::place::{Place, from, secret};

/// Time passes as long as it is told, and so does what happens meanwhile.
struct Meanwhile<F>(Arc<ManualClock>, F);

impl<F> Timer for Meanwhile<F>
where
    F: Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync,
{
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.0.advance(i64::try_from(duration.as_secs()).expect("short"));
        (self.1)(duration)
    }
}

fn quiet(place: &Place) -> impl Timer {
    Meanwhile(place.clock.clone(), |_| Box::pin(async {}))
}

fn stamp(place: &Place) -> Stamp {
    Stamp::operator(place.clock.now())
}

async fn token(place: &Place, user: &User, note: &str, days: Option<i64>) -> (Token, Authorization) {
    let token = place.authority.tokens.generate(TokenKind::Personal, &*place.authority.entropy);
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
    let made = place.authority.store.create_authorization(new, limits, stamp(place)).await;
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

async fn verdict(place: &Place, token: &Token) -> TokenVerdict {
    let found = place.authority.store.find_token(token.hash(), place.clock.now());
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
    let renewed = place.authority.tokens.generate(TokenKind::Personal, &*place.authority.entropy);
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
    let timer = Meanwhile(place.clock.clone(), move |slept| {
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
    assert_eq!(place.actions(0).await.last().map(String::as_str), Some("oauth_access.idle"));
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
        hits.push((note.as_str().to_owned(), hit.reason, hit.ends_at.since(place.clock.now())));
        Ok(())
    });
    told.await.expect("a store");
    let maximum = |note: &str, days: i64| (note.to_owned(), Reason::Maximum, days * DAY);
    assert_eq!(hits, [maximum("old", 0), maximum("endless", 90), maximum("long", 90)]);
    assert!(is_valid(&place, &old).await, "a check changes nothing");
    let kept = keeper.apply(&quiet(&place), |_| ()).await.expect("a store");
    assert_eq!((kept.shortened, kept.deleted), (3, 0));
    assert!(!is_valid(&place, &old).await, "the very next check, on every node");
    assert!(!is_valid(&place.beside(), &old).await);
    for alive in [&endless, &short, &long] {
        assert!(is_valid(&place, alive).await);
    }
    let again = keeper.apply(&quiet(&place), |_| ()).await.expect("a store");
    assert_eq!((again.shortened, again.deleted), (0, 0), "cut off and begun again, it does the rest");
    let store = &place.authority.store;
    let lives = store.list_lives(AuthorizationId(0), 10).await.expect("a store");
    for lived in &lives {
        let end = lived.owned.authorization.expires_at.expect("an end");
        assert!(end <= lived.issued_at.plus(90 * DAY));
    }
    let end_of = |id| {
        let found = lives.iter().find(|lived| lived.owned.authorization.id == id);
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
    assert_eq!(again.expect("a store").shortened, 0, "the grace is given once");
    place.clock.advance(5);
    assert!(!is_valid(&place, &old).await);
}

/// A receiver of webhooks, and a relay, both of which can be away.
#[derive(Default)]
struct Outside {
    is_away: Mutex<bool>,
    posted: Mutex<Vec<(String, String, String)>>,
    mailed: Mutex<Vec<(String, String, String)>>,
}

impl Outside {
    fn goes(&self, away: bool) {
        *self.is_away.lock().expect("no panic") = away;
    }

    fn is_away(&self) -> bool {
        *self.is_away.lock().expect("no panic")
    }
}

#[async_trait]
impl Outbound for Outside {
    async fn post(
        &self,
        _: &str,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
    ) -> Result<(), OutboundError> {
        let header = |name| {
            let found = headers.iter().find(|(one, _)| *one == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let signed = signature(&secret("shared"), &body);
        assert_eq!(header("x-hub-signature-256"), signed);
        assert_eq!(header("x-grantd-event"), "token_expiring");
        let body = String::from_utf8(body).expect("text");
        let posted = (header("x-grantd-delivery"), signed, body);
        self.posted.lock().expect("no panic").push(posted);
        match self.is_away() {
            true => Err(OutboundError("it did not answer in time".to_owned())),
            false => Ok(()),
        }
    }

    async fn get(&self, _: &str, _: usize) -> Result<Vec<u8>, OutboundError> {
        Err(OutboundError("nothing here".to_owned()))
    }
}

#[async_trait]
impl Mailer for Outside {
    async fn send(&self, to: &Email, subject: &str, text: &str) -> Result<(), MailError> {
        if self.is_away() {
            return Err(MailError("the relay is away".to_owned()));
        }
        let mail = (to.as_str().to_owned(), subject.to_owned(), text.to_owned());
        self.mailed.lock().expect("no panic").push(mail);
        Ok(())
    }
}

fn notifier(place: &Place, outside: &Arc<Outside>) -> Notifier {
    Notifier {
        store: place.authority.store.clone(),
        clock: place.clock.clone(),
        days: vec![30, 7, 1],
        site: "https://grantd.example".to_owned(),
        receiver: Some(Receiver {
            webhook: Webhook {
                url: "https://hooks.example".to_owned(),
                secret: Some(secret("shared")),
            },
            outbound: outside.clone(),
        }),
        post: Some(Post {
            mailer: outside.clone(),
            wording: Arc::new(|notice| Message {
                subject: format!("{} days", notice.days),
                text: notice.url.clone(),
            }),
        }),
    }
}

#[tokio::test]
async fn owners_and_the_receiver_are_told_once_before_each_end() {
    let place = Place::new();
    let user = place.user("octocat").await;
    let (clear, _) = token(&place, &user, "laptop", Some(60)).await;
    token(&place, &user, "short", Some(6)).await;
    token(&place, &user, "endless", None).await;
    let outside = Arc::new(Outside::default());
    let (one, other) = (notifier(&place, &outside), notifier(&place.beside(), &outside));
    let mut told = Vec::new();
    for day in 0..=60 {
        // Two nodes at once, and again an hour later.
        let (here, there) = tokio::join!(one.round(), other.round());
        let (here, there) = (here.expect("a store"), there.expect("a store"));
        if here.webhooks + there.webhooks + here.mails + there.mails > 0 {
            told.push((day, here.webhooks + there.webhooks, here.mails + there.mails));
        }
        place.clock.advance(3_600);
        let again = one.round().await.expect("a store");
        assert_eq!(again, Told::default());
        place.clock.advance(DAY - 3_600);
    }
    // "short" was made for less than seven days: only its last one is news.
    assert_eq!(told, [(5, 1, 1), (30, 1, 1), (53, 1, 1), (59, 1, 1)]);
    let posted = outside.posted.lock().expect("no panic");
    let (delivery, _, body) = &posted[1];
    assert!(delivery.starts_with("expiring-1-"), "{delivery}");
    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(body["action"], "expiring");
    assert_eq!(body["days"], 30);
    assert_eq!(body["token"]["note"], "laptop");
    assert_eq!(body["user"]["login"], "octocat");
    assert_eq!(body["url"], "https://grantd.example/settings/tokens");
    for (_, _, text) in posted.iter() {
        assert!(!text.contains(clear.expose()), "never a secret");
        assert!(!text.contains(&clear.hash().to_string()), "nor what it is found by");
    }
    let mailed = outside.mailed.lock().expect("no panic");
    assert_eq!(mailed[0].0, "octocat@example.com");
}

#[tokio::test]
async fn whoever_is_away_is_told_later_and_nobody_twice() {
    let place = Place::new();
    let user = place.user("octocat").await;
    token(&place, &user, "laptop", Some(60)).await;
    place.clock.advance(31 * DAY);
    let outside = Arc::new(Outside::default());
    let notifier = notifier(&place, &outside);
    outside.goes(true);
    assert_eq!(notifier.round().await.expect("a store"), Told::default());
    outside.goes(false);
    let at_once = notifier.round().await.expect("a store");
    assert_eq!(at_once, Told::default(), "not before some minutes are over");
    place.clock.advance(600);
    let told = notifier.round().await.expect("a store");
    assert_eq!((told.webhooks, told.mails), (1, 1));
    place.clock.advance(600);
    assert_eq!(notifier.round().await.expect("a store"), Told::default());
    let posted = outside.posted.lock().expect("no panic");
    assert_eq!(posted.len(), 2);
    assert_eq!(posted[0].0, posted[1].0, "one delivery, two attempts");
}

#[tokio::test]
async fn an_operator_rotates_a_token_for_as_long_again() {
    let place = Place::new();
    let user = place.user("octocat").await;
    let (old, record) = token(&place, &user, "laptop", Some(60)).await;
    place.clock.advance(50 * DAY);
    let store = &place.authority.store;
    let lived = store.list_lives(AuthorizationId(0), 1).await.expect("a store").remove(0);
    let lifetimes = Lifetimes::default();
    let format = &place.authority.tokens;
    let rotated = place.operator().rotate_token(&lived, 3_600, (format, lifetimes));
    let rotated = rotated.await.expect("a store").expect("a personal token");
    let now = place.clock.now();
    assert_eq!(rotated.value.authorization.id, record.id);
    assert_eq!(rotated.value.authorization.expires_at, Some(now.plus(60 * DAY)));
    assert!(is_valid(&place, &old).await && is_valid(&place, &rotated.token).await);
    place.clock.advance(3_600);
    assert!(!is_valid(&place, &old).await && is_valid(&place, &rotated.token).await);
}

async fn explained(place: &Place, asked: Asked, at: Option<Timestamp>) -> Explanation {
    let facts = Facts::gather(&*place.authority.store, asked).await.expect("a store");
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
    assert!(store.set_user_suspended(user.id, true, stamp(&place)).await.expect("a store"));
    holds(&place, &personal, Some("owner_active")).await;
    place.clock.advance(10);
    assert!(store.set_user_suspended(user.id, false, stamp(&place)).await.expect("a store"));
    holds(&place, &personal, None).await;
    place.clock.advance(10);
    assert!(store.set_app_suspended(app.id, true, stamp(&place)).await.expect("a store"));
    holds(&place, &app_token, Some("app_active")).await;
    place.clock.advance(10);
    assert!(store.set_app_suspended(app.id, false, stamp(&place)).await.expect("a store"));
    place.clock.advance(DAY);
    holds(&place, &personal, Some("not_expired")).await;
    let deleted_at = place.clock.now();
    assert!(store.delete_token(record.id, stamp(&place)).await.expect("a store"));
    holds(&place, &personal, Some("not_revoked")).await;
    let grants = store.list_grants(user.id, None, grantd_core::store::PageRequest { page: 1, per_page: 1 });
    let grant = grants.await.expect("a store").items.remove(0);
    let hash = Asked::Hash(app_token.hash());
    let mut facts = Facts::gather(&*store, hash).await.expect("a store");
    facts.grant = None;
    let now = place.clock.now();
    assert_eq!(explain(hash, &facts, now, now).decided_by, Some("grant_alive"));
    assert!(store.delete_grant(user.id, grant.id, stamp(&place)).await.expect("a store"));
    holds(&place, &app_token, Some("not_revoked")).await;

    // The same at moments that are over.
    let at = async |asked, seconds: i64| {
        let explanation = explained(&place, asked, Some(began.plus(seconds))).await;
        (explanation.valid, explanation.decided_by)
    };
    let gone = Asked::Hash(personal.hash());
    assert_eq!(at(gone, -1).await, (Holds::No, Some("not_revoked")), "not made yet");
    assert_eq!(at(gone, 15).await, (Holds::No, Some("owner_active")));
    assert_eq!(at(hash, 15).await, (Holds::No, Some("owner_active")));
    assert_eq!(at(hash, 35).await, (Holds::No, Some("app_active")));
    assert_eq!(at(gone, 25).await.1, None, "its end went with the record, all else held");
    assert_eq!(at(Asked::Id(record.id), 25).await.1, None);
    let explanation = explained(&place, gone, None).await;
    let ended = explanation.ended.expect("a row");
    assert_eq!((ended.action.as_str(), ended.at), ("oauth_access.revoke", deleted_at));
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
    let second = place.authority.tokens.generate(TokenKind::Personal, &*place.authority.entropy);
    let new = grantd_core::authorization::NewToken {
        hash: second.hash(),
        last_eight: second.last_eight(),
    };
    let done = store.regenerate_token(user.id, record.id, new, None, stamp(&place));
    assert!(done.await.expect("a store").is_some());
    holds(&place, &first, Some("not_revoked")).await;
    holds(&place, &second, None).await;
    let before = explained(&place, Asked::Hash(second.hash()), Some(place.clock.now().plus(-1)));
    assert_eq!(before.await.decided_by, Some("not_revoked"), "it was not made yet");
    place.clock.advance(10);
    let lived = store.list_lives(AuthorizationId(0), 1).await.expect("a store").remove(0);
    let policy = (&place.authority.tokens, Lifetimes::default());
    let rotated = place.operator().rotate_token(&lived, 60, policy).await;
    let third = rotated.expect("a store").expect("a personal token").token;
    holds(&place, &second, None).await;
    holds(&place, &third, None).await;
    place.clock.advance(60);
    holds(&place, &second, Some("not_expired")).await;
    holds(&place, &third, None).await;
}
