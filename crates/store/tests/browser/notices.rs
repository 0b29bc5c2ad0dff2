//! Telling of tokens that end soon, with a receiver and a mailbox.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use grantd_core::life::DAY;
use grantd_core::mail::{MailError, Mailer};
use grantd_core::notices::{Notifier, Post, Receiver, Told};
use grantd_core::outbound::{Outbound, OutboundError, Webhook, signature};
use grantd_core::own_account::Message;
use grantd_core::user::Email;

use super::life::token;
use super::place::{Place, secret};

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
                counts: Arc::default(),
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
    let (one, other) = (
        notifier(&place, &outside),
        notifier(&place.beside(), &outside),
    );
    let mut told = Vec::new();
    for day in 0..=60 {
        // Two nodes at once, and again an hour later.
        let (here, there) = tokio::join!(one.round(), other.round());
        let (here, there) = (here.expect("a store"), there.expect("a store"));
        if here.webhooks + there.webhooks + here.mails + there.mails > 0 {
            told.push((
                day,
                here.webhooks + there.webhooks,
                here.mails + there.mails,
            ));
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
        assert!(
            !text.contains(&clear.hash().to_string()),
            "nor what it is found by"
        );
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
