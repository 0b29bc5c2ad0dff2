//! A step with an actor. Owns that nobody acts under credentials that have
//! changed, and that a change and its audit row share a transaction.

use std::ops::Deref;
use std::sync::PoisonError;

use futures_util::future::try_join_all;
use grantd_core::audit::{Action, Actor, AuditRow, Stamp};
use grantd_core::authorization::Authorization;
use grantd_core::clock::Timestamp;
use grantd_core::ids::{AppId, AuthorizationId, GrantId, UserId};
use grantd_core::token::{TokenHash, TokenLastEight};

use super::row;
use crate::db::{Columns, Db, DbError, DbResult, Lock, Params, Running, Undo};
use crate::sql;

/// A stamped step's work while it runs.
pub(crate) type Step<I, T> = for<'a> fn(&'a Change<'a>, &'a I) -> Running<'a, Result<T, Undo<T>>>;

/// The transaction of a stamped step. Only [`Change::begin`] makes one.
pub(crate) struct Change<'a> {
    db: &'a (dyn Db + 'a),
    stamp: &'a Stamp,
}

impl<'a> Deref for Change<'a> {
    type Target = dyn Db + 'a;

    fn deref(&self) -> &Self::Target {
        self.db
    }
}

impl<'a> Change<'a> {
    /// Refuses an actor who is gone, suspended, or has other credentials than were checked.
    /// The row of `user`, which the step is going to write, is taken first.
    pub(super) async fn begin<T>(
        db: &'a (dyn Db + 'a),
        stamp: &'a Stamp,
        user: Option<UserId>,
    ) -> Result<Self, Undo<T>> {
        if let Some(id) = user {
            db.hold(Lock::Own, sql::users::EXISTS, &[&id.0], row::id)
                .await?;
        }
        let (statement, id, auth_generation) = match stamp.by {
            Actor::User {
                id,
                auth_generation,
            } => (sql::users::IS_CURRENT, id.0, auth_generation),
            Actor::App {
                id,
                auth_generation,
            } => (sql::apps::IS_CURRENT, id.0, auth_generation),
            Actor::AdminToken { user, token, hash } => {
                let held = db
                    .hold(Lock::Share, sql::users::IS_SITE_ADMIN, &[&user.0], row::id)
                    .await?;
                // The token is only looked at: to hold it here would be out of order.
                let keys: Params<'_> = &[&token.0, &user.0, &&hash.0[..], &stamp.at.0];
                return match held.is_some()
                    && db.any(sql::authorizations::IS_ADMIN_TOKEN, keys).await?
                {
                    true => Ok(Self { db, stamp }),
                    false => Err(Undo::Stale),
                };
            }
            Actor::Operator | Actor::System => return Ok(Self { db, stamp }),
        };
        let keys: Params<'_> = &[&id, &auth_generation];
        match db.hold(Lock::Share, statement, keys, row::id).await? {
            Some(_) => Ok(Self { db, stamp }),
            None => Err(Undo::Stale),
        }
    }

    /// Keeps a user from being deleted meanwhile; the actor's own row is held already.
    pub(super) async fn hold_user(&self, user: UserId) -> DbResult<()> {
        if self.acting_user() == Some(user) {
            return Ok(());
        }
        let keys: Params<'_> = &[&user.0];
        let held = self.hold(Lock::Share, sql::users::EXISTS, keys, row::id);
        held.await.map(drop)
    }

    /// The user who acts, if it is one.
    pub(super) fn acting_user(&self) -> Option<UserId> {
        match self.stamp.by {
            Actor::User { id, .. } | Actor::AdminToken { user: id, .. } => Some(id),
            Actor::App { .. } | Actor::Operator | Actor::System => None,
        }
    }

    /// The moment of the change.
    pub(super) fn at(&self) -> Timestamp {
        self.stamp.at
    }

    /// Writes the audit row of a changed record.
    pub(super) async fn audit(&self, action: Action, subject: &Subject) -> DbResult<()> {
        let (actor_kind, actor_id) = match self.stamp.by {
            Actor::User { id, .. } | Actor::AdminToken { user: id, .. } => ("user", Some(id.0)),
            Actor::App { id, .. } => ("app", Some(id.0)),
            Actor::Operator => ("operator", None),
            Actor::System => ("system", None),
        };
        let address = self.stamp.address.map(|address| address.to_string());
        let details = subject.details.clone().or(self.stamp.reason.clone());
        let values: Params<'_> = &[
            &self.stamp.at.0,
            &action.name(),
            &actor_kind,
            &actor_id,
            &subject.user.map(|id| id.0),
            &subject.app.map(|id| id.0),
            &subject.authorization.map(|id| id.0),
            &subject.grant.map(|id| id.0),
            &subject.token_hash.as_ref().map(|hash| &hash.0[..]),
            &subject.token_last_eight,
            &address,
            &self.stamp.request_id,
            &details,
        ];
        let Some(lines) = self.lines() else {
            return self.run(sql::audit::INSERT, values).await;
        };
        let id = self.one(sql::audit::INSERT_FOR_ARCHIVE, values, row::id);
        let row = AuditRow {
            id: id.await?.ok_or(DbError::Missing)?,
            at: self.stamp.at,
            action: action.name().to_owned(),
            actor_kind: actor_kind.to_owned(),
            actor_id,
            user_id: subject.user,
            app_id: subject.app,
            authorization_id: subject.authorization,
            grant_id: subject.grant,
            token_hash: subject.token_hash,
            token_last_eight: subject.token_last_eight.clone().map(TokenLastEight),
            address,
            request_id: self.stamp.request_id.clone(),
            details,
        };
        let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(row.line());
        Ok(())
    }

    /// The same for many records, without waiting for each.
    pub(super) async fn audit_all(&self, action: Action, subjects: &[Subject]) -> DbResult<()> {
        let rows = subjects.iter().map(|subject| self.audit(action, subject));
        try_join_all(rows).await.map(drop)
    }

    /// Writes the audit row if there was a change at all, and passes on whether.
    pub(super) async fn audit_if(
        &self,
        changed: bool,
        action: Action,
        subject: &Subject,
    ) -> DbResult<bool> {
        if changed {
            self.audit(action, subject).await?;
        }
        Ok(changed)
    }
}

/// What an audit row is about.
#[derive(Default)]
pub(super) struct Subject {
    pub(super) user: Option<UserId>,
    pub(super) app: Option<AppId>,
    pub(super) authorization: Option<AuthorizationId>,
    pub(super) grant: Option<GrantId>,
    pub(super) token_hash: Option<TokenHash>,
    pub(super) token_last_eight: Option<String>,
    /// What the action says of it; else the actor's reason stands there.
    pub(super) details: Option<String>,
}

impl Subject {
    pub(super) fn user(id: UserId) -> Self {
        Self {
            user: Some(id),
            ..Self::default()
        }
    }

    pub(super) fn app(id: AppId) -> Self {
        Self {
            app: Some(id),
            ..Self::default()
        }
    }

    pub(super) fn grant(id: GrantId, user: UserId, app: AppId) -> Self {
        Self {
            user: Some(user),
            app: Some(app),
            grant: Some(id),
            ..Self::default()
        }
    }

    pub(super) fn authorization(record: &Authorization) -> Self {
        Self {
            user: Some(record.user_id),
            app: record.app.as_ref().map(|app| app.id),
            authorization: Some(record.id),
            token_hash: Some(record.token_hash),
            token_last_eight: Some(record.token_last_eight.0.clone()),
            ..Self::default()
        }
    }

    /// What `sql`'s list of remains says of a deleted authorization.
    pub(super) fn remains(row: &dyn Columns) -> DbResult<Self> {
        Ok(Self {
            authorization: Some(AuthorizationId(row.get(0)?)),
            user: Some(UserId(row.get(1)?)),
            app: row.maybe(2)?.map(AppId),
            grant: row.maybe(3)?.map(GrantId),
            token_hash: Some(TokenHash(row.get(4)?)),
            token_last_eight: row.maybe(5)?,
            ..Self::default()
        })
    }
}
