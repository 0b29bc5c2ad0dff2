//! What people in browsers need remembered: sessions, tickets, and what they
//! change of their own accounts.

use async_trait::async_trait;

use super::{Stored, Taken};
use crate::audit::{Action, Stamp};
use crate::authority::BrowserIdentity;
use crate::clock::Timestamp;
use crate::ids::{SessionId, UserId};
use crate::secret::{Sealed, SecretHash};
use crate::ticket::TicketKind;
use crate::user::{Email, Language, NewUser, PasswordHash, SecondFactor, User, UserCredentials};

/// A session as its user may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// Its name in lists.
    pub id: SessionId,
    /// When the person signed in.
    pub created_at: Timestamp,
    /// When it was last used, give or take five minutes.
    pub seen_at: Timestamp,
    /// When it ends if it is not used any more.
    pub expires_at: Timestamp,
    /// From where it was last used, as it was seen.
    pub address: String,
    /// What the browser called itself, cut short.
    pub user_agent: String,
    /// Until when its user counts as freshly proved.
    pub sudo_until: Timestamp,
}

/// A session that is alive, with whoever it is of.
#[derive(Clone, Debug)]
pub struct LiveSession {
    /// The session.
    pub record: SessionRecord,
    /// Its user, not suspended.
    pub user: User,
    /// The user's generation, which is the session's too.
    pub auth_generation: i64,
}

/// A session to begin. Whose it is, and from where, its stamp says.
#[derive(Clone)]
pub struct NewSession {
    /// SHA-256 of its secret.
    pub hash: SecretHash,
    /// What the browser called itself, cut short.
    pub user_agent: String,
    /// When it ends if it is not used any more.
    pub expires_at: Timestamp,
    /// Until when its user counts as freshly proved.
    pub sudo_until: Timestamp,
    /// So many sessions of its user stay alive, this one among them.
    pub most: u32,
}

/// That a session was used.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// Which.
    pub session: SessionId,
    /// When.
    pub at: Timestamp,
    /// From where.
    pub address: String,
    /// When it ends now if it is not used any more.
    pub expires_at: Timestamp,
}

/// A ticket to keep.
#[derive(Clone)]
pub struct NewTicket {
    /// SHA-256 of its secret.
    pub hash: SecretHash,
    /// What it is good for.
    pub kind: TicketKind,
    /// Whose, if it is anybody's; deleted with them.
    pub user: Option<UserId>,
    /// What it says, sealed.
    pub payload: Sealed,
    /// When it ends unused.
    pub expires_at: Timestamp,
}

/// People's sessions in browsers.
///
/// A session is alive while its `expires_at` lies after `now`, its user is not suspended and has
/// the `auth_generation` that the session rests on. Whatever ends a session deletes the codes that
/// were made under it and not used yet, in the same step.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Begins a session of the acting user, resting on the actor's `auth_generation`. Of the others that are alive
    /// only those used last stay, as many as [`NewSession::most`] leaves room for; the rest ends in the same step. Of
    /// any number of concurrent callers none leaves more.
    async fn create_session(&self, new: NewSession, stamp: Stamp) -> Stored<SessionId>;
    /// The session with this secret, if it is alive, with its user. One statement.
    async fn find_session(&self, hash: SecretHash, now: Timestamp) -> Stored<Option<LiveSession>>;
    /// Notes that a session was used. The latest use stays, in whatever order they arrive; an ended session stays
    /// ended. May be forgotten.
    async fn see_session(&self, sighting: Sighting) -> Stored<()>;
    /// Gives a session another secret and a fresh proof; the old secret opens nothing any more. Of any number of
    /// concurrent callers with one old secret exactly one is told yes.
    async fn renew_session(
        &self,
        id: SessionId,
        old: SecretHash,
        new: SecretHash,
        sudo_until: Timestamp,
        stamp: Stamp,
    ) -> Stored<bool>;
    /// The user's sessions that are alive, the one last used first.
    async fn list_sessions(&self, user: UserId, now: Timestamp) -> Stored<Vec<SessionRecord>>;
    /// Ends the user's session with this id; another user's is not found.
    async fn end_session(&self, user: UserId, id: SessionId, stamp: Stamp) -> Stored<bool>;
    /// Ends all sessions of the user, alive or not, but `except`; how many.
    async fn end_sessions(
        &self,
        user: UserId,
        except: Option<SessionId>,
        stamp: Stamp,
    ) -> Stored<usize>;
}

/// Single-use tickets.
#[async_trait]
pub trait TicketStore: Send + Sync {
    /// Keeps a ticket. `announced`, if given, is the audit row that comes along, about the ticket's user.
    async fn add_ticket(
        &self,
        new: NewTicket,
        announced: Option<Action>,
        stamp: Stamp,
    ) -> Stored<()>;
    /// Keeps the ticket, unless one of its kind is there that has not ended before the stamp's time; the payload
    /// of the one that is there now. Of any number of concurrent callers all are told the same one.
    async fn claim_ticket(&self, new: NewTicket, stamp: Stamp) -> Stored<Sealed>;
    /// What the ticket of this kind says, if it has not ended at `now`. It stays.
    async fn find_ticket(
        &self,
        kind: TicketKind,
        hash: SecretHash,
        now: Timestamp,
    ) -> Stored<Option<Sealed>>;
    /// The same, and the ticket is gone: exactly one of any number of concurrent callers gets it.
    async fn take_ticket(
        &self,
        kind: TicketKind,
        hash: SecretHash,
        now: Timestamp,
    ) -> Stored<Option<Sealed>>;
}

/// Why a ticket made no user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotJoined {
    /// No such ticket of this kind, or it has ended or was used.
    Spent,
    /// The login or address is taken. The ticket stays.
    Taken(Taken),
    /// A setup ticket makes the first user only, and there is one. The ticket stays.
    NotFirst,
}

/// What people change of their own accounts, and how accounts begin and begin again by a link.
///
/// The methods that take a [`BrowserIdentity`] refuse with
/// [`StaleActor`](super::StoreError::StaleActor) as a stamp's actor is refused. After those that raise `auth_generation`,
/// the identity's session goes on with the new generation and every other session of the user is ended.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// What proving this user needs.
    async fn find_account(&self, id: UserId) -> Stored<Option<UserCredentials>>;
    /// Replaces the user's own password; raises `auth_generation`.
    async fn set_own_password(
        &self,
        who: BrowserIdentity,
        hash: PasswordHash,
        stamp: Stamp,
    ) -> Stored<bool>;
    /// Sets or removes the user's own second factor, as [`set_second_factor`](super::UserStore::set_second_factor);
    /// raises `auth_generation`. False when there is no factor to remove.
    async fn set_own_factor(
        &self,
        who: BrowserIdentity,
        factor: Option<SecondFactor>,
        stamp: Stamp,
    ) -> Stored<bool>;
    /// Replaces all recovery codes by these; `auth_generation` stays. False when the user has no second factor.
    async fn replace_recovery_codes(
        &self,
        user: UserId,
        codes: Vec<[u8; 32]>,
        stamp: Stamp,
    ) -> Stored<bool>;
    /// Sets an address that was shown to be the user's; `auth_generation` stays. A row of the trail says that it is
    /// verified, and one before it that it changed, if it did. False when there is no such user.
    async fn set_verified_email(
        &self,
        user: UserId,
        email: Email,
        stamp: Stamp,
    ) -> Stored<Result<bool, Taken>>;
    /// Sets the language of a user's pages and mails, or none. False when there is no such user.
    async fn set_language(
        &self,
        user: UserId,
        language: Option<Language>,
        stamp: Stamp,
    ) -> Stored<bool>;
    /// Spends the reset ticket and replaces the password of the acting user, whom the ticket names; raises
    /// `auth_generation` and ends all sessions of the user. False, and nothing is done, when the ticket is not
    /// there, has ended or is somebody else's.
    async fn reset_password(
        &self,
        ticket: SecretHash,
        user: UserId,
        hash: PasswordHash,
        stamp: Stamp,
    ) -> Stored<bool>;
    /// Spends a ticket of this kind and creates the user that it stands for. Of any number of concurrent callers
    /// with one ticket exactly one creates.
    async fn join(
        &self,
        kind: TicketKind,
        ticket: SecretHash,
        new: NewUser,
        stamp: Stamp,
    ) -> Stored<Result<User, NotJoined>>;
    /// Whether there is any user at all.
    async fn has_users(&self) -> Stored<bool>;
}
