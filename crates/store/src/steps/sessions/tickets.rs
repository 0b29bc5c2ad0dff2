//! Steps about tickets. Owns that each is taken by one `DELETE`.

use async_trait::async_trait;
use grantd_core::audit::{Action, Stamp};
use grantd_core::clock::Timestamp;
use grantd_core::ids::UserId;
use grantd_core::secret::{Sealed, SecretHash};
use grantd_core::store::{NewTicket, Stored, TicketStore};
use grantd_core::ticket::TicketKind;

use crate::db::{Columns, Db, DbError, DbResult, Params};
use crate::sql;
use crate::steps::change::{Change, Subject};
use crate::steps::{Engine, StoreOn};

type Which = (TicketKind, SecretHash, Timestamp);

#[async_trait]
impl<E: Engine> TicketStore for StoreOn<E> {
    async fn add_ticket(
        &self,
        new: NewTicket,
        announced: Option<Action>,
        stamp: Stamp,
    ) -> Stored<()> {
        self.engine
            .change(stamp, (new, announced), |tx, (new, announced)| {
                Box::pin(async move {
                    insert(&**tx, sql::sessions::ADD_TICKET, new).await?;
                    if let Some(action) = announced {
                        let user = new.user;
                        let subject = Subject {
                            user,
                            ..Subject::default()
                        };
                        tx.audit(*action, &subject).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn claim_ticket(&self, new: NewTicket, stamp: Stamp) -> Stored<Sealed> {
        self.engine
            .change(stamp, new, |tx, new| {
                Box::pin(async move {
                    let kind = new.kind.name();
                    let ended: Params<'_> = &[&kind, &tx.at().0];
                    tx.run(sql::sessions::DELETE_ENDED_ONLY_TICKET, ended)
                        .await?;
                    insert(&**tx, sql::sessions::CLAIM_TICKET, new).await?;
                    let key: Params<'_> = &[&kind];
                    let kept = tx.one(sql::sessions::ONLY_TICKET, key, payload).await?;
                    Ok(kept.ok_or(DbError::Missing)?)
                })
            })
            .await
    }

    async fn find_ticket(
        &self,
        kind: TicketKind,
        hash: SecretHash,
        now: Timestamp,
    ) -> Stored<Option<Sealed>> {
        self.engine
            .read((kind, hash, now), |db, which| {
                Box::pin(look(db, sql::sessions::FIND_TICKET, which))
            })
            .await
    }

    async fn take_ticket(
        &self,
        kind: TicketKind,
        hash: SecretHash,
        now: Timestamp,
    ) -> Stored<Option<Sealed>> {
        self.engine
            .write((kind, hash, now), |db, which| {
                Box::pin(async move { Ok(look(db, sql::sessions::TAKE_TICKET, which).await?) })
            })
            .await
    }
}

async fn insert(db: &dyn Db, statement: &str, new: &NewTicket) -> DbResult<()> {
    let values: Params<'_> = &[
        &&new.hash.0[..],
        &new.kind.name(),
        &new.user.map(|id| id.0),
        &new.payload.0,
        &new.expires_at.0,
    ];
    db.run(statement, values).await
}

async fn look(db: &dyn Db, statement: &str, (kind, hash, now): &Which) -> DbResult<Option<Sealed>> {
    let keys: Params<'_> = &[&&hash.0[..], &kind.name(), &now.0];
    db.one(statement, keys, payload).await
}

fn payload(row: &dyn Columns) -> DbResult<Sealed> {
    row.get(0).map(Sealed)
}

/// Takes a ticket within a step that does what it is good for; it must be this user's if one is named.
pub(in crate::steps) async fn take_of(
    tx: &Change<'_>,
    kind: TicketKind,
    hash: SecretHash,
    user: Option<UserId>,
) -> DbResult<bool> {
    let (name, at, hash) = (kind.name(), tx.at().0, &hash.0[..]);
    match user {
        None => {
            let keys: Params<'_> = &[&hash, &name, &at];
            tx.any(sql::sessions::TAKE_TICKET, keys).await
        }
        Some(user) => {
            let keys: Params<'_> = &[&hash, &name, &at, &user.0];
            tx.any(sql::sessions::TAKE_TICKET_OF, keys).await
        }
    }
}

/// Deletes what tickets a user has.
pub(in crate::steps) async fn forget_tickets(db: &dyn Db, user: UserId) -> DbResult<()> {
    db.run(sql::sessions::DELETE_TICKETS_OF_USER, &[&user.0])
        .await
}
