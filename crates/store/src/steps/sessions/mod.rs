//! Steps about sessions in browsers. Owns that a session's codes end with it,
//! and that of a user's sessions one at most outlives a change of credentials.

mod tickets;

use async_trait::async_trait;
use grantd_core::audit::{Action, Actor, Stamp};
use grantd_core::clock::Timestamp;
use grantd_core::ids::{SessionId, UserId};
use grantd_core::secret::SecretHash;
use grantd_core::store::{
    LiveSession, NewSession, SessionRecord, SessionStore, Sighting, StoreError, Stored,
};

use super::change::{Change, Subject};
use super::{Engine, StoreOn, flows, row};
use crate::db::{Db, DbError, DbResult, Params, Undo};
use crate::sql;

pub(super) use self::tickets::{forget_tickets, take_of};

/// No session has this id.
const NONE: SessionId = SessionId(0);

#[async_trait]
impl<E: Engine> SessionStore for StoreOn<E> {
    async fn create_session(&self, new: NewSession, stamp: Stamp) -> Stored<SessionId> {
        let Actor::User {
            id,
            auth_generation,
        } = stamp.by
        else {
            return Err(StoreError::StaleActor);
        };
        let address = stamp.address.map(|address| address.to_string());
        let of = (new, id, auth_generation, address.unwrap_or_default());
        // For the user's row alone: two who sign in at once would each leave room for themselves only.
        self.engine
            .change_of(
                Some(id),
                stamp,
                of,
                |tx, (new, id, auth_generation, address)| {
                    Box::pin(async move {
                        let values: Params<'_> = &[
                            &&new.hash.0[..],
                            &id.0,
                            auth_generation,
                            &tx.at().0,
                            &new.expires_at.0,
                            &new.sudo_until.0,
                            address,
                            &new.user_agent,
                        ];
                        let made = tx.one(sql::sessions::INSERT, values, row::id).await?;
                        let made = made.ok_or(DbError::Missing)?;
                        tx.audit(Action::SessionStarted, &Subject::user(*id))
                            .await?;
                        let others = i64::from(new.most.saturating_sub(1));
                        let keys: Params<'_> =
                            &[&id.0, auth_generation, &tx.at().0, &made, &others];
                        end(tx, *id, sql::sessions::END_BEYOND, keys).await?;
                        Ok(SessionId(made))
                    })
                },
            )
            .await
    }

    async fn find_session(&self, hash: SecretHash, now: Timestamp) -> Stored<Option<LiveSession>> {
        self.engine
            .read((hash, now), |db, (hash, now)| {
                Box::pin(async move {
                    let keys: Params<'_> = &[&&hash.0[..], &now.0];
                    db.one(sql::sessions::FIND, keys, row::live_session).await
                })
            })
            .await
    }

    async fn see_session(&self, sighting: Sighting) -> Stored<()> {
        self.engine
            .write_lightly(sighting, |db, seen| {
                Box::pin(async move {
                    let values: Params<'_> = &[
                        &seen.at.0,
                        &seen.address,
                        &seen.expires_at.0,
                        &seen.session.0,
                    ];
                    Ok(db.run(sql::sessions::SEE, values).await?)
                })
            })
            .await
    }

    async fn renew_session(
        &self,
        id: SessionId,
        old: SecretHash,
        new: SecretHash,
        sudo_until: Timestamp,
        stamp: Stamp,
    ) -> Stored<bool> {
        self.engine
            .change(
                stamp,
                (id, old, new, sudo_until),
                |tx, (id, old, new, sudo_until)| {
                    Box::pin(async move {
                        let (new, old) = (&new.0[..], &old.0[..]);
                        let values: Params<'_> = &[&new, &sudo_until.0, &id.0, &old, &tx.at().0];
                        let user = tx.one(sql::sessions::RENEW, values, row::id).await?;
                        if let Some(user) = user {
                            tx.audit(Action::SudoEntered, &Subject::user(UserId(user)))
                                .await?;
                        }
                        Ok(user.is_some())
                    })
                },
            )
            .await
    }

    async fn list_sessions(&self, user: UserId, now: Timestamp) -> Stored<Vec<SessionRecord>> {
        self.engine
            .read_at_once((user, now), |db, (user, now)| {
                Box::pin(list(db, *user, *now))
            })
            .await
    }

    async fn end_session(&self, user: UserId, id: SessionId, stamp: Stamp) -> Stored<bool> {
        self.engine
            .change(stamp, (user, id), |tx, &(user, id)| {
                Box::pin(async move {
                    let keys: Params<'_> = &[&id.0, &user.0];
                    Ok(end(tx, user, sql::sessions::END, keys).await? > 0)
                })
            })
            .await
    }

    async fn end_sessions(
        &self,
        user: UserId,
        except: Option<SessionId>,
        stamp: Stamp,
    ) -> Stored<usize> {
        self.engine
            .change_of(Some(user), stamp, (user, except), |tx, &(user, except)| {
                Box::pin(async move { Ok(end_all_but(tx, user, except).await?) })
            })
            .await
    }
}

async fn list(db: &dyn Db, user: UserId, now: Timestamp) -> DbResult<Vec<SessionRecord>> {
    let keys: Params<'_> = &[&user.0, &now.0];
    db.all(sql::sessions::LIST, keys, |r| row::session(r, 0))
        .await
}

/// Ends all sessions of the user but one; how many. The caller holds the user's row: two who end several
/// sessions in another order would wait for each other.
pub(super) async fn end_all_but(
    tx: &Change<'_>,
    user: UserId,
    except: Option<SessionId>,
) -> DbResult<usize> {
    let keys: Params<'_> = &[&user.0, &except.unwrap_or(NONE).0];
    end(tx, user, sql::sessions::END_ALL_BUT, keys).await
}

/// Deletes sessions with the codes that were not used yet.
async fn end(tx: &Change<'_>, user: UserId, statement: &str, keys: Params<'_>) -> DbResult<usize> {
    let ended = tx.all(statement, keys, row::id).await?;
    for id in &ended {
        flows::end_codes_of_session(tx, SessionId(*id)).await?;
        tx.audit(Action::SessionEnded, &Subject::user(user)).await?;
    }
    Ok(ended.len())
}

/// After the user's credentials changed: this session goes on, the others end. Refused when it has ended itself.
pub(super) async fn carry_on<T>(
    tx: &Change<'_>,
    user: UserId,
    session: SessionId,
) -> Result<(), Undo<T>> {
    let keys: Params<'_> = &[&user.0, &session.0];
    if !tx.any(sql::sessions::CARRY_ON, keys).await? {
        return Err(Undo::Stale);
    }
    end_all_but(tx, user, Some(session)).await?;
    Ok(())
}
