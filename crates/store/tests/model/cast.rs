//! Everybody and everything ever made in a case, under the reference's ids.
//! Owns what an [`Nth`] means, and the time.

use grantd_core::app::ClientId;
use grantd_core::audit::{Action, Actor, AuditRow, Stamp};
use grantd_core::authorization::NewToken;
use grantd_core::clock::Timestamp;
use grantd_core::ids::{AppId, AuthorizationId, GrantId, UserId};
use grantd_core::token::{TokenHash, TokenLastEight};

use super::operations::{By, Generation, Nth, Of, What};
use super::reference::Reference;

const START: Timestamp = Timestamp(1_600_000_000);
/// Above every id that a run can reach.
const NEVER_MADE: i64 = 1 << 40;

/// An authorization that was created at some time.
struct Made {
    id: AuthorizationId,
    user: UserId,
}

/// A grant that was created at some time.
struct Granted {
    id: GrantId,
    user: UserId,
}

/// A token that somebody has held at some time.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(crate) hash: TokenHash,
    pub(crate) app: Option<AppId>,
    last_eight: TokenLastEight,
}

/// The cast of one case.
pub(crate) struct Cast {
    pub(crate) now: Timestamp,
    pub(crate) users: Vec<UserId>,
    apps: Vec<(AppId, ClientId)>,
    authorizations: Vec<Made>,
    grants: Vec<Granted>,
    pub(crate) tokens: Vec<Shown>,
    /// How many were done.
    pub(crate) steps: usize,
}

impl Nth {
    fn pick<T>(self, all: &[T]) -> Result<&T, i64> {
        let (found, number) = match self {
            Self::Oldest(n) => (all.get(n), n),
            Self::Newest(n) => (all.iter().rev().nth(n), n),
        };
        found.ok_or(NEVER_MADE + number as i64)
    }
}

impl Cast {
    pub(crate) fn new() -> Self {
        Self {
            now: START,
            users: Vec::new(),
            apps: Vec::new(),
            authorizations: Vec::new(),
            grants: Vec::new(),
            tokens: Vec::new(),
            steps: 0,
        }
    }

    pub(crate) fn user(&self, nth: Nth) -> UserId {
        nth.pick(&self.users).map_or_else(UserId, |id| *id)
    }

    pub(crate) fn app(&self, nth: Nth) -> AppId {
        nth.pick(&self.apps).map_or_else(AppId, |(id, _)| *id)
    }

    /// The client id that this app has or had.
    pub(crate) fn client_id(&self, nth: Nth) -> ClientId {
        let picked = nth.pick(&self.apps).map(|(_, client_id)| client_id.clone());
        picked.unwrap_or_else(|number| ClientId::from_stored(format!("nobody{number}")))
    }

    pub(crate) fn client_id_of(&self, app: AppId) -> Option<&ClientId> {
        let mut apps = self.apps.iter();
        apps.find(|(id, _)| *id == app)
            .map(|(_, client_id)| client_id)
    }

    pub(crate) fn authorization(&self, nth: Nth) -> AuthorizationId {
        let picked = nth.pick(&self.authorizations);
        picked.map_or_else(AuthorizationId, |made| made.id)
    }

    pub(crate) fn authorization_of(&self, of: Of, nth: Nth) -> (UserId, AuthorizationId) {
        let picked = nth.pick(&self.authorizations);
        let owner = picked.map_or_else(UserId, |made| made.user);
        (self.owner(of, owner), self.authorization(nth))
    }

    pub(crate) fn grant_of(&self, of: Of, nth: Nth) -> (UserId, GrantId) {
        match nth.pick(&self.grants) {
            Ok(grant) => (self.owner(of, grant.user), grant.id),
            Err(number) => (self.owner(of, UserId(number)), GrantId(number)),
        }
    }

    fn owner(&self, of: Of, its: UserId) -> UserId {
        match of {
            Of::Its => its,
            Of::Another(nth) => self.user(nth),
        }
    }

    pub(crate) fn token(&self, nth: Nth) -> Shown {
        let never_shown = |number: i64| Shown {
            hash: TokenHash([0xff; 32]),
            app: Some(AppId(number)),
            last_eight: TokenLastEight("nothing!".to_owned()),
        };
        nth.pick(&self.tokens).cloned().unwrap_or_else(never_shown)
    }

    pub(crate) fn last_eight(&self, nth: Nth) -> String {
        self.token(nth).last_eight.0
    }

    /// A token, and the app that presents it. Nobody presents a personal access token.
    pub(crate) fn presented(&self, of: Of, nth: Nth) -> (AppId, TokenHash) {
        let token = self.token(nth);
        let app = match (of, token.app) {
            (Of::Another(nth), _) => self.app(nth),
            (Of::Its, Some(app)) => app,
            (Of::Its, None) => self.app(Nth::Oldest(0)),
        };
        (app, token.hash)
    }

    /// The token that the present step would issue. Two neighbours agree in the eight bytes that
    /// an index holds, and any ten in their last eight characters.
    pub(crate) fn fresh(&self) -> NewToken {
        let mut hash = [0xab; 32];
        hash[..8].copy_from_slice(&(self.steps as u64 / 2).to_be_bytes());
        hash[24..].copy_from_slice(&(self.steps as u64).to_be_bytes());
        NewToken {
            hash: TokenHash(hash),
            last_eight: TokenLastEight(format!("{:08}", self.steps % 10)),
        }
    }

    /// The circumstances of the present step.
    pub(crate) fn stamp(&self, by: By, reference: &Reference) -> Stamp {
        let remembered = |present: i64, at: Generation| match at {
            Generation::Present => present,
            Generation::Past => present - 1,
        };
        let actor = match by {
            By::Operator => Actor::Operator,
            By::System => Actor::System,
            By::User(nth, at) => Actor::User {
                id: self.user(nth),
                auth_generation: remembered(reference.users_generation(self.user(nth)), at),
            },
            By::App(nth, at) => Actor::App {
                id: self.app(nth),
                auth_generation: remembered(reference.apps_generation(self.app(nth)), at),
            },
        };
        let outside = !matches!(by, By::Operator);
        Stamp {
            at: self.now,
            by: actor,
            address: outside.then_some([192, 0, 2, 1].into()),
            request_id: outside.then(|| format!("R{}", self.steps)),
            reason: None,
        }
    }

    /// Takes in what the step has made.
    pub(crate) fn follow(&mut self, what: &What, rows: &[AuditRow]) {
        for row in rows {
            let is = |action: Action| row.action == action.name();
            if is(Action::UserCreated) {
                self.users.extend(row.user_id);
            }
            if is(Action::AppCreated)
                && let What::CreateApp { client_id, .. } = what
            {
                let client_id = ClientId::from_stored((*client_id).to_owned());
                self.apps.extend(row.app_id.map(|id| (id, client_id)));
            }
            if let (true, Some(id), Some(user)) =
                (is(Action::GrantCreated), row.grant_id, row.user_id)
            {
                self.grants.push(Granted { id, user });
            }
            if let (true, Some(id), Some(user)) = (
                is(Action::AuthorizationCreated),
                row.authorization_id,
                row.user_id,
            ) {
                self.authorizations.push(Made { id, user });
            }
            if is(Action::AuthorizationCreated) || is(Action::TokenReset) {
                let NewToken { hash, last_eight } = self.fresh();
                self.tokens.push(Shown {
                    hash,
                    app: row.app_id,
                    last_eight,
                });
            }
        }
        if let What::Advance(seconds) = what {
            self.now = self.now.plus(*seconds);
        }
        self.steps += 1;
    }
}
