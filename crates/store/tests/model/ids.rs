//! One engine's ids beside the reference's. Owns the translation both ways;
//! must not know where ids come from.
//!
//! Ids need not be the same everywhere: on PostgreSQL a refused insertion uses
//! one up. What must hold is that they rise.

use std::collections::BTreeMap;
use std::sync::Arc;

use grantd_core::app::{App, AppSummary};
use grantd_core::audit::{Action, AuditRow};
use grantd_core::authorization::Authorization;
use grantd_core::clock::Timestamp;
use grantd_core::grant::Grant;
use grantd_core::ids::{AppId, AuthorizationId, GrantId, UserId};
use grantd_core::login::throttle::{Admission, Meter};
use grantd_core::secret::Sealed;
use grantd_core::store::{
    Count, GotOrCreated, NotCreated, OwnedAuthorization, Page, Reaped, Taken, TokenVerdict,
};
use grantd_core::user::User;

/// Pairs of ids of one kind.
#[derive(Default)]
struct Pairs {
    engines: BTreeMap<i64, i64>,
    ours: BTreeMap<i64, i64>,
}

impl Pairs {
    fn learn(&mut self, ours: Option<i64>, engines: Option<i64>) -> Result<(), String> {
        let (Some(ours), Some(engines)) = (ours, engines) else {
            return Ok(());
        };
        if let Some((&last, _)) = self.ours.last_key_value()
            && engines <= last
        {
            return Err(format!("the new id {engines} does not lie above {last}"));
        }
        self.engines.insert(ours, engines);
        self.ours.insert(engines, ours);
        Ok(())
    }

    /// What was never made has one name everywhere.
    fn there(&self, ours: i64) -> i64 {
        self.engines.get(&ours).copied().unwrap_or(ours)
    }

    /// What the reference does not know shows as a negative number.
    fn back(&self, engines: i64) -> i64 {
        self.ours.get(&engines).copied().unwrap_or(-engines)
    }
}

/// What one engine calls the records of the reference.
#[derive(Default)]
pub(crate) struct Ids {
    users: Pairs,
    apps: Pairs,
    authorizations: Pairs,
    grants: Pairs,
}

impl Ids {
    pub(crate) fn user(&self, id: UserId) -> UserId {
        UserId(self.users.there(id.0))
    }

    pub(crate) fn app(&self, id: AppId) -> AppId {
        AppId(self.apps.there(id.0))
    }

    pub(crate) fn authorization(&self, id: AuthorizationId) -> AuthorizationId {
        AuthorizationId(self.authorizations.there(id.0))
    }

    pub(crate) fn grant(&self, id: GrantId) -> GrantId {
        GrantId(self.grants.there(id.0))
    }

    /// Pairs what one step has made, by its rows in the trail: no step makes two of a kind.
    pub(crate) fn learn(&mut self, ours: &[AuditRow], engines: &[AuditRow]) -> Result<(), String> {
        let pick = |rows: &[AuditRow], action: Action, id: fn(&AuditRow) -> Option<i64>| {
            let row = rows.iter().find(|row| row.action == action.name());
            row.and_then(id)
        };
        let learn = |pairs: &mut Pairs, action, id| {
            pairs.learn(pick(ours, action, id), pick(engines, action, id))
        };
        learn(&mut self.users, Action::UserCreated, |row| {
            row.user_id.map(|id| id.0)
        })?;
        learn(&mut self.apps, Action::AppCreated, |row| {
            row.app_id.map(|id| id.0)
        })?;
        learn(&mut self.grants, Action::GrantCreated, |row| {
            row.grant_id.map(|id| id.0)
        })?;
        learn(
            &mut self.authorizations,
            Action::AuthorizationCreated,
            |row| row.authorization_id.map(|id| id.0),
        )
    }
}

/// An engine's answer, with the reference's ids.
pub(crate) trait Back {
    fn back(self, ids: &Ids) -> Self;
}

macro_rules! as_it_is {
    ($($plain:ty),+) => { $(impl Back for $plain {
        fn back(self, _: &Ids) -> Self {
            self
        }
    })+ };
}

as_it_is!(
    (),
    bool,
    i64,
    String,
    [u8; 32],
    [Meter; 2],
    Vec<Count>,
    Admission,
    NotCreated,
    Reaped,
    Sealed,
    Taken,
    Timestamp
);

impl<T: Back> Back for Option<T> {
    fn back(self, ids: &Ids) -> Self {
        self.map(|inner| inner.back(ids))
    }
}

impl<T: Back + Clone> Back for Arc<T> {
    fn back(self, ids: &Ids) -> Self {
        Arc::new((*self).clone().back(ids))
    }
}

impl<T: Back, E: Back> Back for Result<T, E> {
    fn back(self, ids: &Ids) -> Self {
        self.map(|inner| inner.back(ids))
            .map_err(|error| error.back(ids))
    }
}

impl<T: Back> Back for Page<T> {
    fn back(self, ids: &Ids) -> Self {
        let items = self.items.into_iter().map(|item| item.back(ids));
        Self {
            items: items.collect(),
            total: self.total,
        }
    }
}

impl<A: Back, B: Back> Back for (A, B) {
    fn back(self, ids: &Ids) -> Self {
        (self.0.back(ids), self.1.back(ids))
    }
}

impl<A: Back, B: Back, C: Back> Back for (A, B, C) {
    fn back(self, ids: &Ids) -> Self {
        let (a, b, c) = self;
        (a.back(ids), b.back(ids), c.back(ids))
    }
}

impl<A: Back, B: Back, C: Back, D: Back> Back for (A, B, C, D) {
    fn back(self, ids: &Ids) -> Self {
        let (a, b, c, d) = self;
        (a.back(ids), b.back(ids), c.back(ids), d.back(ids))
    }
}

impl Back for UserId {
    fn back(self, ids: &Ids) -> Self {
        Self(ids.users.back(self.0))
    }
}

impl Back for AppId {
    fn back(self, ids: &Ids) -> Self {
        Self(ids.apps.back(self.0))
    }
}

impl Back for AuthorizationId {
    fn back(self, ids: &Ids) -> Self {
        Self(ids.authorizations.back(self.0))
    }
}

impl Back for GrantId {
    fn back(self, ids: &Ids) -> Self {
        Self(ids.grants.back(self.0))
    }
}

impl Back for User {
    fn back(mut self, ids: &Ids) -> Self {
        self.id = self.id.back(ids);
        self
    }
}

impl Back for App {
    fn back(mut self, ids: &Ids) -> Self {
        self.id = self.id.back(ids);
        self.owner_id = self.owner_id.back(ids);
        self
    }
}

impl Back for AppSummary {
    fn back(mut self, ids: &Ids) -> Self {
        self.id = self.id.back(ids);
        self
    }
}

impl Back for Authorization {
    fn back(mut self, ids: &Ids) -> Self {
        self.id = self.id.back(ids);
        self.user_id = self.user_id.back(ids);
        self.app = self.app.back(ids);
        self
    }
}

impl Back for OwnedAuthorization {
    fn back(self, ids: &Ids) -> Self {
        Self {
            authorization: self.authorization.back(ids),
            user: self.user.back(ids),
        }
    }
}

impl Back for GotOrCreated {
    fn back(self, ids: &Ids) -> Self {
        match self {
            Self::Created(made) => Self::Created(made.back(ids)),
            Self::Existing(found) => Self::Existing(found.back(ids)),
        }
    }
}

impl Back for TokenVerdict {
    fn back(self, ids: &Ids) -> Self {
        match self {
            Self::Valid(owned) => Self::Valid(owned.back(ids)),
            other => other,
        }
    }
}

impl Back for Grant {
    fn back(mut self, ids: &Ids) -> Self {
        self.id = self.id.back(ids);
        self.user_id = self.user_id.back(ids);
        self.app = self.app.back(ids);
        self
    }
}

impl Back for AuditRow {
    /// Its own number says nothing: what is compared is which rows there are.
    fn back(mut self, ids: &Ids) -> Self {
        self.id = 0;
        self.actor_id = match self.actor_kind.as_str() {
            "user" => self.actor_id.map(|id| ids.users.back(id)),
            "app" => self.actor_id.map(|id| ids.apps.back(id)),
            _ => self.actor_id,
        };
        self.user_id = self.user_id.back(ids);
        self.app_id = self.app_id.back(ids);
        self.authorization_id = self.authorization_id.back(ids);
        self.grant_id = self.grant_id.back(ids);
        self
    }
}
