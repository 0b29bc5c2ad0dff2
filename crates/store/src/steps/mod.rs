//! What a store does, once, for every engine. Owns the order of statements in
//! a step; must not know how an engine connects, queues, commits or retries.
//!
//! Within a transaction rows are locked in the order user → app → grant →
//! authorizations.

mod admin;
mod apps;
mod audit;
mod authorizations;
mod chain;
mod change;
mod counters;
pub(crate) mod flows;
mod grants;
mod import;
mod landmarks;
mod last_used;
mod life;
mod list;
mod mint;
mod own_accounts;
mod passkeys;
mod reap;
pub(crate) mod replay;
pub(crate) mod row;
mod search;
mod sessions;
mod sign_in;
pub(crate) mod tokens;
mod upkeep;
pub(crate) mod users;
mod watch;

use grantd_core::app::ClientId;
use grantd_core::audit::Stamp;
use grantd_core::clock::Timestamp;
use grantd_core::ids::UserId;
use grantd_core::store::{AppCheck, SignInCheck, StoreLoad, Stored, TokenVerdict};
use grantd_core::token::TokenHash;

use self::change::{Change, Step};
pub(crate) use self::landmarks::Landmarks;
pub(crate) use self::upkeep::{INSTANCE_KEY, PING};
use crate::db::{Db, Look, Running, Undo, Write};

/// What an engine has to offer. A step's inputs are a value of their own, so
/// that an engine can run the step again after a conflict.
pub(crate) trait Engine: Send + Sync + 'static {
    /// Looks something up with one statement, in a snapshot that is not older than this call.
    fn read<I: Input, T: Send + 'static>(
        &self,
        input: I,
        look: Look<I, T>,
    ) -> impl Future<Output = Stored<T>> + Send;

    /// Looks something up with several statements that all see one snapshot, not older than this call.
    fn read_at_once<I: Input, T: Send + 'static>(
        &self,
        input: I,
        look: Look<I, T>,
    ) -> impl Future<Output = Stored<T>> + Send;

    /// Does a step in one durable transaction; all of it or nothing.
    fn write<I: Input, T: Send + 'static>(
        &self,
        input: I,
        step: Write<I, T>,
    ) -> impl Future<Output = Stored<T>> + Send;

    /// The same for a step that may go beside others of its kind in one transaction.
    fn write_beside<I: Input, T: Send + 'static>(
        &self,
        _: Beside,
        input: I,
        step: Write<I, T>,
    ) -> impl Future<Output = Stored<T>> + Send {
        self.write(input, step)
    }

    /// The same for a step that may be forgotten if the engine's machine dies in the next moment,
    /// and need not wait for any disk.
    fn write_lightly<I: Input, T: Send + 'static>(
        &self,
        input: I,
        step: Write<I, T>,
    ) -> impl Future<Output = Stored<T>> + Send;

    /// The hot path of apps: [`tokens::Check`] over the statement that suits the engine.
    fn check(
        &self,
        client_id: &ClientId,
        hash: Option<TokenHash>,
        now: Timestamp,
    ) -> impl Future<Output = Stored<Option<AppCheck>>> + Send;

    /// The hot path of everything that a token opens: [`tokens::Find`] over such a statement.
    fn find(
        &self,
        hash: TokenHash,
        now: Timestamp,
    ) -> impl Future<Output = Stored<TokenVerdict>> + Send;

    /// What every attempt to sign in needs first: [`users::find_sign_in`].
    fn sign_in(&self, attempt: users::Attempt) -> impl Future<Output = Stored<SignInCheck>> + Send {
        self.read(attempt, users::find_sign_in)
    }

    /// Does a step as the actor of `stamp`, if that actor's credentials are still what they were.
    fn change<I: Input, T: Send + 'static>(
        &self,
        stamp: Stamp,
        input: I,
        step: Step<I, T>,
    ) -> impl Future<Output = Stored<T>> + Send {
        self.change_of(None, stamp, input, step)
    }

    /// The same for a step that writes the row of this user, who may be the actor: two steps
    /// that both hold a row to share it and then want it for themselves would wait for each other.
    fn change_of<I: Input, T: Send + 'static>(
        &self,
        user: Option<UserId>,
        stamp: Stamp,
        input: I,
        step: Step<I, T>,
    ) -> impl Future<Output = Stored<T>> + Send {
        self.write((user, stamp, input, step), changing)
    }

    /// The same for a step that may go beside others of its kind in one transaction.
    fn change_beside<I: Input, T: Send + 'static>(
        &self,
        beside: Beside,
        user: Option<UserId>,
        stamp: Stamp,
        input: I,
        step: Step<I, T>,
    ) -> impl Future<Output = Stored<T>> + Send {
        self.write_beside(beside, (user, stamp, input, step), changing)
    }

    /// Whether this node may serve at all, beyond that the engine answers.
    fn is_fit(&self) -> impl Future<Output = Stored<()>> + Send {
        std::future::ready(Ok(()))
    }

    /// How busy it is and was.
    fn load(&self) -> StoreLoad;

    /// Refuses new steps and ends after those in flight.
    fn close(&self) -> impl Future<Output = ()> + Send;
}

/// A step with its actor, and the user whose row it writes.
type Changing<I, T> = (Option<UserId>, Stamp, I, Step<I, T>);

fn changing<'a, I: Input, T: Send>(
    db: &'a (dyn Db + 'a),
    (user, stamp, input, step): &'a Changing<I, T>,
) -> Running<'a, Result<T, Undo<T>>> {
    Box::pin(async move { step(&Change::begin(db, stamp, *user).await?, input).await })
}

/// Which steps may go beside one another, statement by statement: those of one kind for different
/// users. Such a step changes nothing but what is its user's, holds at most to share what is not,
/// and takes its locks by statements of the same numbers as others of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Beside {
    pub(crate) user: UserId,
    pub(crate) kind: u8,
}

/// Whether a text can be anybody's key. PostgreSQL keeps no U+0000 and takes it for an error; one
/// caller's error would be everybody's who shares a round trip.
pub(crate) fn can_be_stored(key: &str) -> bool {
    !key.contains('\0')
}

/// What a step is about.
pub(crate) trait Input: Send + Sync + 'static {}

impl<I: Send + Sync + 'static> Input for I {}

/// Everything that is remembered, on an engine.
pub struct StoreOn<E> {
    pub(crate) engine: E,
}
