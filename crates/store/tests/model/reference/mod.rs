//! The store as a few lists in memory: what the doc comments of
//! `grantd_core::store` promise, said in plain code. Owns uniqueness, validity,
//! the ten-tokens rule, what a grant shows; must not know an engine, and not be
//! clever: every rule is a loop over everything there is.

mod apps;
mod authorizations;
mod chain;
mod counters;
mod flows;
mod keeping;
mod rules;
mod sessions;
mod users;

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use grantd_core::app::App;
use grantd_core::audit::{Action, Actor, AuditRow, Stamp};
use grantd_core::authorization::Authorization;
use grantd_core::clock::Timestamp;
use grantd_core::grant::Grant;
use grantd_core::hourly::Bucket;
use grantd_core::ids::{AppId, UserId};
use grantd_core::login::Address;
use grantd_core::scope::Scopes;
use grantd_core::secret::{Sealed, SecretHash};
use grantd_core::store::{Count, Page, PageRequest, Reaped, StoreError, Stored, Upkeep};
use grantd_core::user::{PasswordHash, User};

use self::counters::Metered;

/// A store that keeps everything in lists.
#[derive(Default)]
pub(crate) struct Reference(Mutex<State>);

/// All there is, each list in the order in which things were made.
#[derive(Default)]
pub(crate) struct State {
    users: Vec<Person>,
    apps: Vec<Registered>,
    grants: Vec<Granted>,
    tokens: Vec<Authorization>,
    trail: Vec<AuditRow>,
    meters: Vec<Metered>,
    counts: Vec<Count>,
    last: LastIds,
    instance_key: Option<String>,
    closed: bool,
}

/// The ids given out last; none is ever given out again.
#[derive(Default)]
struct LastIds {
    user: i64,
    app: i64,
    grant: i64,
    authorization: i64,
}

struct Person {
    user: User,
    password: PasswordHash,
    seed: Option<Sealed>,
    generation: i64,
    codes: Vec<RecoveryCode>,
    steps: Vec<SpentStep>,
    addresses: Vec<(Address, Timestamp)>,
}

impl Person {
    /// The latest of the times at which this address was remembered.
    fn last_seen(&self, from: Address) -> Option<Timestamp> {
        let from_there = self
            .addresses
            .iter()
            .filter(|(address, _)| *address == from);
        from_there.map(|(_, at)| *at).max()
    }
}

struct RecoveryCode {
    hash: [u8; 32],
    used: bool,
}

struct SpentStep {
    step: i64,
    address: Address,
    once: bool,
}

struct Registered {
    app: App,
    secret: Option<SecretHash>,
    generation: i64,
}

struct Granted {
    grant: Grant,
    consented: Scopes,
}

impl Reference {
    /// The state for a look, or for a change that has no actor. Others get their turn first, as
    /// with an engine that has to wait for something.
    async fn open(&self) -> Stored<MutexGuard<'_, State>> {
        tokio::task::yield_now().await;
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return Err(unavailable("the store is closed"));
        }
        Ok(state)
    }

    /// The user's present `auth_generation`; nobody has 0.
    pub(crate) fn users_generation(&self, id: UserId) -> i64 {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.person(id).map_or(0, |one| one.generation)
    }

    /// The app's present `auth_generation`; no app has 0.
    pub(crate) fn apps_generation(&self, id: AppId) -> i64 {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.registered(id).map_or(0, |one| one.generation)
    }

    /// The state for a change, if the actor is still the one that was authenticated.
    async fn change(&self, stamp: &Stamp) -> Stored<MutexGuard<'_, State>> {
        let state = self.open().await?;
        let current = match stamp.by {
            Actor::Operator | Actor::System => true,
            // The alphabet has no such actor.
            Actor::AdminToken { .. } => false,
            Actor::User {
                id,
                auth_generation,
            } => state.users.iter().any(|one| {
                one.user.id == id
                    && one.generation == auth_generation
                    && one.user.suspended_at.is_none()
            }),
            Actor::App {
                id,
                auth_generation,
            } => state.apps.iter().any(|one| {
                one.app.id == id
                    && one.generation == auth_generation
                    && one.app.suspended_at.is_none()
            }),
        };
        if current {
            Ok(state)
        } else {
            Err(StoreError::StaleActor)
        }
    }
}

/// What an engine says of a record that would refer to nobody.
fn unavailable(why: &str) -> StoreError {
    StoreError::Unavailable(why.into())
}

fn next(last: &mut i64) -> i64 {
    *last += 1;
    *last
}

/// One page of everything.
fn page<T>(all: Vec<T>, request: PageRequest) -> Page<T> {
    let total = all.len() as u64;
    let before = (request.page as usize - 1) * request.per_page as usize;
    let items = all.into_iter().skip(before);
    Page {
        items: items.take(request.per_page as usize).collect(),
        total,
    }
}

impl State {
    /// Adds a row to the trail; `about` fills in whom and what it concerns.
    fn tell(&mut self, action: Action, stamp: &Stamp, about: impl FnOnce(&mut AuditRow)) {
        let (kind, id) = match stamp.by {
            Actor::User { id, .. } | Actor::AdminToken { user: id, .. } => ("user", Some(id.0)),
            Actor::App { id, .. } => ("app", Some(id.0)),
            Actor::Operator => ("operator", None),
            Actor::System => ("system", None),
        };
        let mut row = AuditRow {
            id: self.trail.len() as i64 + 1,
            at: stamp.at,
            action: action.name().to_owned(),
            actor_kind: kind.to_owned(),
            actor_id: id,
            user_id: None,
            app_id: None,
            authorization_id: None,
            grant_id: None,
            token_hash: None,
            token_last_eight: None,
            address: stamp.address.map(|address| address.to_string()),
            request_id: stamp.request_id.clone(),
            details: stamp.reason.clone(),
        };
        about(&mut row);
        self.trail.push(row);
    }
}

#[async_trait]
impl Upkeep for Reference {
    async fn record(&self, action: Action, user: Option<UserId>, stamp: Stamp) -> Stored<()> {
        self.change(&stamp)
            .await?
            .tell(action, &stamp, |row| row.user_id = user);
        Ok(())
    }

    async fn record_refusals(&self, _: Vec<Bucket>, _: Stamp) -> Stored<()> {
        Err(unavailable("no operation counts requests"))
    }

    async fn list_audit(&self, after: i64, limit: u32) -> Stored<Vec<AuditRow>> {
        let state = self.open().await?;
        let later = state.trail.iter().filter(|row| row.id > after);
        Ok(later.take(limit as usize).cloned().collect())
    }

    async fn claim_instance_key(&self, fingerprint: &str) -> Stored<String> {
        let mut state = self.open().await?;
        let kept = state.instance_key.get_or_insert(fingerprint.to_owned());
        Ok(kept.clone())
    }

    async fn reap(&self, tokens_before: Timestamp, limit: u32, stamp: Stamp) -> Stored<Reaped> {
        let mut state = self.change(&stamp).await?;
        Ok(Reaped {
            tokens: state.reap_tokens(tokens_before, limit as usize, &stamp),
            counters: state.reap_counters(stamp.at, limit as usize),
            codes: 0,
            sessions: 0,
        })
    }

    async fn ping(&self) -> Stored<()> {
        self.open().await.map(drop)
    }

    async fn close(&self) {
        if let Ok(mut state) = self.open().await {
            state.closed = true;
        }
    }
}
