//! The life of tokens: how long they may live, whether anybody uses them, who
//! is told before they end, and how one takes another's place.

use async_trait::async_trait;

use super::{OwnedAuthorization, Stored};
use crate::audit::Stamp;
use crate::authorization::{Authorization, NewToken};
use crate::clock::Timestamp;
use crate::ids::{AuthorizationId, UserId};
use crate::last_used::LastUse;

/// A token with what its life is judged by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lived {
    /// The record and its owner.
    pub owned: OwnedAuthorization,
    /// When its present token was made: with the record, or at its last reset or regeneration. An edit does not count.
    pub issued_at: Timestamp,
    /// Its last use, as far as it is told yet.
    pub last_use: Option<LastUse>,
}

impl Lived {
    /// Since when nobody has used the token.
    pub fn idle_since(&self) -> Timestamp {
        let used = self.last_use.map(|last| last.at);
        used.map_or(self.issued_at, |at| at.max(self.issued_at))
    }
}

/// How somebody is told that a token ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The operator's receiver.
    Webhook,
    /// The owner's mailbox.
    Mail,
}

impl Channel {
    /// The name in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Mail => "mail",
        }
    }
}

/// Which tokens end soon enough to be told of, and how soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiring {
    /// They end within so many days.
    pub days: u32,
    /// They end after this one, in the order of ends and ids.
    pub after: (Timestamp, AuthorizationId),
    /// By this channel nobody was told of as much or less time.
    pub channel: Channel,
}

/// One notice: a token's end, and how long before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeKey {
    /// Of which token.
    pub authorization: AuthorizationId,
    /// When it ends. With another end it is told of anew.
    pub expires_at: Timestamp,
    /// So many days before, at most.
    pub days: u32,
    /// By which way.
    pub channel: Channel,
}

/// A rotation that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The record, with its new token.
    pub authorization: Authorization,
    /// The record under which the old token goes on, if it does.
    pub predecessor: Option<Authorization>,
}

/// The life of tokens.
#[async_trait]
pub trait LifeStore: Send + Sync {
    /// Tokens with ids above `after`, expired ones too, ids ascending, at most `limit`.
    async fn list_lives(&self, after: AuthorizationId, limit: u32) -> Stored<Vec<Lived>>;
    /// Lets tokens end at the given times, each with its audit row; `updated_at` moves. One that ends sooner or at that
    /// time stays as it is, and so does one that somebody is at. How many were changed.
    async fn shorten_lives(
        &self,
        ends: Vec<(AuthorizationId, Timestamp)>,
        stamp: Stamp,
    ) -> Stored<usize>;
    /// Deletes those of these tokens that are not expired and were neither issued nor, as far as is told at that
    /// very moment, used after `since`, each with its audit row; their grants follow as at any deletion. What
    /// somebody is at stays. How many.
    async fn delete_idle(
        &self,
        ids: Vec<AuthorizationId>,
        since: Timestamp,
        stamp: Stamp,
    ) -> Stored<usize>;
    /// Valid tokens that end within some days, were issued longer before their end than that, and of which nobody was
    /// told and nobody is about to tell; ends ascending (of one moment ids ascending), at most `limit`.
    async fn list_expiring(
        &self,
        which: Expiring,
        now: Timestamp,
        limit: u32,
    ) -> Stored<Vec<Lived>>;
    /// Takes a notice on: until `lease_until` it is this caller's, and with `told` nobody's ever after. False when
    /// somebody was told, another caller has it, or the token is gone. Of any number of concurrent callers exactly one gets it.
    async fn claim_notice(
        &self,
        notice: NoticeKey,
        lease_until: Timestamp,
        told: bool,
        now: Timestamp,
    ) -> Stored<bool>;
    /// Says whether a notice that was taken on reached anybody. If not, it can be taken on again when its lease is over.
    async fn settle_notice(&self, notice: NoticeKey, told: bool, now: Timestamp) -> Stored<()>;
    /// Gives the user's personal access token another token and another end, as
    /// [`regenerate_token`](super::UseStore::regenerate_token) does, and lets the old token go on until `old_until` or its own
    /// end, whichever comes first, under a record of its own with the same note and scopes: at no moment is neither
    /// valid. A token that has expired does not go on. `None` when the user has no such personal access token.
    async fn rotate_token(
        &self,
        user: UserId,
        id: AuthorizationId,
        new: NewToken,
        expires_at: Option<Timestamp>,
        old_until: Timestamp,
        stamp: Stamp,
    ) -> Stored<Option<Rotated>>;
}
