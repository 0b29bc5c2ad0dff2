//! Telling people that a token ends soon. Owns who is told, when, and how often;
//! must not know how mail or webhooks travel, nor a mail's words.
//!
//! One node tells: whoever puts the notice's row there. The receiver of the
//! webhook is told at least once, with the same delivery in every attempt, since
//! it can tell a repetition. A mail counts as sent before it is handed over: after
//! a crash it may be missing, and nobody gets it twice.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::clock::{Clock, Timer, Timestamp};
use crate::ids::AuthorizationId;
use crate::life;
use crate::mail::Mailer;
use crate::outbound::{Event, Outbound, Webhook};
use crate::own_account::Message;
use crate::store::{Channel, Expiring, Lived, NoticeKey, SharedStore, Stored};

/// Tokens in one look.
const LOOK: u32 = 100;
/// Between two rounds.
const EVERY: Duration = Duration::from_secs(600);
/// Seconds after which a notice that was not told can be taken on again.
const LEASE: i64 = 600;
/// A receiver that failed so often in a row is left alone until the next round.
const PATIENCE: u32 = 3;

/// A token that ends soon.
#[derive(Clone, Debug)]
pub struct Notice {
    /// The token.
    pub lived: Lived,
    /// When it ends.
    pub expires_at: Timestamp,
    /// At most so many days before.
    pub days: u32,
    /// The page on which its owner can do something about it.
    pub url: String,
}

/// A notice in the words of whom it is for.
pub type Wording = Arc<dyn Fn(&Notice) -> Message + Send + Sync>;

/// Where webhooks go, and by whom.
pub struct Receiver {
    /// The receiver.
    pub webhook: Webhook,
    /// Who calls it.
    pub outbound: Arc<dyn Outbound>,
}

/// Who sends mail, in which words.
pub struct Post {
    /// Who sends it.
    pub mailer: Arc<dyn Mailer>,
    /// The words.
    pub wording: Wording,
}

/// Tells of tokens that end soon.
pub struct Notifier {
    /// Of what.
    pub store: SharedStore,
    /// By whose time.
    pub clock: Arc<dyn Clock>,
    /// So many days before the end; each once.
    pub days: Vec<u32>,
    /// Base of the site's pages, without a slash at the end.
    pub site: String,
    /// The operator's receiver.
    pub receiver: Option<Receiver>,
    /// Mail to owners whose address is verified.
    pub post: Option<Post>,
}

/// How many notices of a round reached somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Webhooks that were taken.
    pub webhooks: usize,
    /// Mails that were taken.
    pub mails: usize,
}

impl Notifier {
    /// Goes on until dropped.
    pub async fn run(self, timer: &dyn Timer) {
        loop {
            // What failed is in the store's log, and is there the next time.
            let _ = self.round().await;
            timer.sleep(EVERY).await;
        }
    }

    /// Tells of everything that is to be told now.
    ///
    /// # Errors
    /// The store is away.
    pub async fn round(&self) -> Stored<Told> {
        let mut told = Told::default();
        if let Some(receiver) = &self.receiver {
            told.webhooks = self
                .tell_all(Channel::Webhook, |notice| async move {
                    Some(call(receiver, &notice).await)
                })
                .await?;
        }
        if let Some(post) = &self.post {
            told.mails = self
                .tell_all(
                    Channel::Mail,
                    |notice| async move { send(post, &notice).await },
                )
                .await?;
        }
        Ok(told)
    }

    /// From the shortest time on: whoever is told that a token ends tomorrow is not told that it ends within a month.
    async fn tell_all<F>(&self, channel: Channel, tell: impl Fn(Notice) -> F) -> Stored<usize>
    where
        F: Future<Output = Option<bool>>,
    {
        let mut days = self.days.clone();
        days.sort_unstable();
        days.dedup();
        let (now, mut told, mut failures) = (self.clock.now(), 0, 0);
        let mut after = (now, AuthorizationId(0));
        for days in days {
            loop {
                let which = Expiring {
                    days,
                    after,
                    channel,
                };
                let due = self.store.list_expiring(which, now, LOOK).await?;
                let is_last = due.len() < LOOK as usize;
                for lived in due {
                    let Some(notice) = self.notice(lived, days) else {
                        continue;
                    };
                    after = (notice.expires_at, notice.lived.owned.authorization.id);
                    match self.tell(channel, notice, &tell).await? {
                        Some(true) => (told, failures) = (told + 1, 0),
                        Some(false) => failures += 1,
                        None => {}
                    }
                    if failures >= PATIENCE {
                        return Ok(told);
                    }
                }
                if is_last {
                    break;
                }
            }
            // What ends later than that has more time.
            after = (now.plus(life::seconds(days)), AuthorizationId(i64::MAX));
        }
        Ok(told)
    }

    fn notice(&self, lived: Lived, days: u32) -> Option<Notice> {
        let token = &lived.owned.authorization;
        let page = match token.app {
            None => "settings/tokens",
            Some(_) => "settings/applications",
        };
        Some(Notice {
            expires_at: token.expires_at?,
            days,
            url: format!("{}/{page}", self.site),
            lived,
        })
    }

    /// Whether it was told; `None` when there was nobody to tell, or somebody else does.
    async fn tell<F>(
        &self,
        channel: Channel,
        notice: Notice,
        tell: &impl Fn(Notice) -> F,
    ) -> Stored<Option<bool>>
    where
        F: Future<Output = Option<bool>>,
    {
        let owner = &notice.lived.owned.user;
        let mail = channel == Channel::Mail;
        if mail && (owner.email.is_none() || !owner.email_verified) {
            return Ok(None);
        }
        let key = NoticeKey {
            authorization: notice.lived.owned.authorization.id,
            expires_at: notice.expires_at,
            days: notice.days,
            channel,
        };
        let now = self.clock.now();
        let claimed = self.store.claim_notice(key, now.plus(LEASE), mail, now);
        if !claimed.await? {
            return Ok(None);
        }
        let reached = tell(notice).await;
        // Of a mail only its failure is news; a webhook that failed is left to the end of its lease.
        match reached {
            Some(true) if mail => {}
            Some(false) if !mail => {}
            _ => {
                let told = reached == Some(true);
                self.store
                    .settle_notice(key, told, self.clock.now())
                    .await?;
            }
        }
        Ok(reached)
    }
}

/// Whether the receiver took it.
async fn call(receiver: &Receiver, notice: &Notice) -> bool {
    let (webhook, outbound) = (&receiver.webhook, &*receiver.outbound);
    let (delivery, body) = (delivery(notice), body(notice));
    let posted = webhook.post(outbound, Event::TokenExpiring, delivery, body);
    posted.await.is_ok()
}

/// Whether the relay took it.
async fn send(post: &Post, notice: &Notice) -> Option<bool> {
    let to = notice.lived.owned.user.email.as_ref()?;
    let Message { subject, text } = (post.wording)(notice);
    Some(post.mailer.send(to, &subject, &text).await.is_ok())
}

/// The same for every attempt at one notice.
fn delivery(notice: &Notice) -> String {
    let id = notice.lived.owned.authorization.id;
    format!("expiring-{id}-{}-{}", notice.expires_at.0, notice.days)
}

/// What the receiver is told. Never a secret, nor what one could be found by.
fn body(notice: &Notice) -> Vec<u8> {
    let (token, owner) = (&notice.lived.owned.authorization, &notice.lived.owned.user);
    let app = token.app.as_ref().map(
        |app| json!({ "client_id": app.client_id.as_str(), "name": app.name, "url": app.url }),
    );
    json!({
        "action": "expiring",
        "days": notice.days,
        "url": notice.url,
        "token": {
            "id": token.id,
            "token_last_eight": token.token_last_eight.0,
            "note": token.note.as_ref().map(|note| note.as_str()),
            "app": app,
            "created_at": token.created_at,
            "expires_at": notice.expires_at,
            "last_used_at": notice.lived.last_use.map(|last| last.at),
        },
        "user": { "id": owner.id, "login": owner.login.as_str() },
    })
    .to_string()
    .into_bytes()
}
