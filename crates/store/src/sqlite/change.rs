//! A step with an actor. Owns that nobody acts under credentials that have
//! changed, and that a change and its audit row share a transaction.

use std::ops::Deref;

use grantd_core::audit::{Action, Actor, Stamp};
use grantd_core::authorization::Authorization;
use grantd_core::clock::Timestamp;
use grantd_core::ids::{AppId, AuthorizationId, GrantId, UserId};
use grantd_core::token::TokenHash;
use rusqlite::{Connection, Row, params};

use super::query::Query;
use super::writer::Undo;
use crate::sql;

/// The transaction of a stamped step. Only [`Change::begin`] makes one.
pub(super) struct Change<'a> {
    conn: &'a Connection,
    stamp: &'a Stamp,
}

impl Deref for Change<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.conn
    }
}

impl<'a> Change<'a> {
    /// Refuses an actor who is gone, suspended, or has other credentials than were checked.
    pub(super) fn begin<T>(conn: &'a Connection, stamp: &'a Stamp) -> Result<Self, Undo<T>> {
        let current = match stamp.by {
            Actor::User {
                id,
                auth_generation,
            } => conn.any(sql::users::IS_CURRENT, params![id.0, auth_generation])?,
            Actor::App {
                id,
                auth_generation,
            } => conn.any(sql::apps::IS_CURRENT, params![id.0, auth_generation])?,
            Actor::Operator | Actor::System => true,
        };
        if current {
            Ok(Self { conn, stamp })
        } else {
            Err(Undo::Stale)
        }
    }

    /// The moment of the change.
    pub(super) fn at(&self) -> Timestamp {
        self.stamp.at
    }

    /// Writes the audit row of a changed record.
    pub(super) fn audit(&self, action: Action, subject: &Subject) -> rusqlite::Result<()> {
        let (actor_kind, actor_id) = match self.stamp.by {
            Actor::User { id, .. } => ("user", Some(id.0)),
            Actor::App { id, .. } => ("app", Some(id.0)),
            Actor::Operator => ("operator", None),
            Actor::System => ("system", None),
        };
        self.run(
            sql::audit::INSERT,
            params![
                self.stamp.at.0,
                action.name(),
                actor_kind,
                actor_id,
                subject.user.map(|id| id.0),
                subject.app.map(|id| id.0),
                subject.authorization.map(|id| id.0),
                subject.grant.map(|id| id.0),
                subject.token_hash.map(|hash| hash.0),
                subject.token_last_eight,
                self.stamp.address.map(|address| address.to_string()),
                self.stamp.request_id,
            ],
        )
    }

    /// Writes the audit row if there was a change at all, and passes on whether.
    pub(super) fn audit_if(
        &self,
        changed: bool,
        action: Action,
        subject: &Subject,
    ) -> rusqlite::Result<bool> {
        if changed {
            self.audit(action, subject)?;
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
    pub(super) fn remains(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            authorization: Some(AuthorizationId(row.get(0)?)),
            user: Some(UserId(row.get(1)?)),
            app: row.get::<_, Option<i64>>(2)?.map(AppId),
            grant: row.get::<_, Option<i64>>(3)?.map(GrantId),
            token_hash: Some(TokenHash(row.get(4)?)),
            token_last_eight: row.get(5)?,
        })
    }
}
