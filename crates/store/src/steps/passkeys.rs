//! Steps about passkeys. Owns that whoever adds or removes one changes the
//! user's credentials; must not know how an assertion is verified.

use async_trait::async_trait;
use grantd_core::audit::{Action, Stamp};
use grantd_core::authority::BrowserIdentity;
use grantd_core::clock::Timestamp;
use grantd_core::ids::{PasskeyId, SessionId, UserId};
use grantd_core::passkey::{NewPasskey, Passkey, PasskeyUse};
use grantd_core::store::{MOST_PASSKEYS, OwnedPasskey, PasskeyNotAdded, PasskeyStore, Stored};

use super::change::{Change, Subject};
use super::own_accounts::acting;
use super::{Engine, StoreOn, row, sessions, sign_in};
use crate::db::{Columns, DbError, DbResult, Params, Undo};
use crate::sql;

#[async_trait]
impl<E: Engine> PasskeyStore for StoreOn<E> {
    async fn add_passkey(
        &self,
        who: BrowserIdentity,
        new: NewPasskey,
        stamp: Stamp,
    ) -> Stored<Result<Passkey, PasskeyNotAdded>> {
        let (user, stamp) = (who.user.id, acting(&who, stamp));
        let of = (user, who.session, new);
        self.engine
            .change_of(Some(user), stamp, of, |tx, (user, session, new)| {
                Box::pin(add(tx, *user, *session, new))
            })
            .await
    }

    async fn rename_passkey(
        &self,
        user: UserId,
        id: PasskeyId,
        name: String,
        stamp: Stamp,
    ) -> Stored<bool> {
        self.engine
            .change(stamp, (user, id, name), |tx, (user, id, name)| {
                Box::pin(async move {
                    let values: Params<'_> = &[name, &id.0, &user.0];
                    let renamed = tx.any(sql::passkeys::RENAME, values).await?;
                    let (action, subject) = (Action::PasskeyRenamed, Subject::user(*user));
                    Ok(tx.audit_if(renamed, action, &subject).await?)
                })
            })
            .await
    }

    async fn remove_passkey(
        &self,
        who: BrowserIdentity,
        id: PasskeyId,
        stamp: Stamp,
    ) -> Stored<bool> {
        let (user, stamp) = (who.user.id, acting(&who, stamp));
        let of = (user, who.session, id);
        self.engine
            .change_of(Some(user), stamp, of, |tx, &(user, session, id)| {
                Box::pin(async move {
                    let keys: Params<'_> = &[&id.0, &user.0];
                    if remove(tx, user, sql::passkeys::REMOVE, keys).await? == 0 {
                        return Ok(false);
                    }
                    raise_generation(tx, user).await?;
                    sessions::carry_on(tx, user, session).await?;
                    Ok(true)
                })
            })
            .await
    }

    async fn list_passkeys(&self, user: UserId) -> Stored<Vec<Passkey>> {
        self.engine
            .read_at_once(user, |db, user| {
                Box::pin(async move {
                    db.all(sql::passkeys::LIST_OF_USER, &[&user.0], passkey)
                        .await
                })
            })
            .await
    }

    async fn find_passkey(&self, credential_id: Vec<u8>) -> Stored<Option<OwnedPasskey>> {
        self.engine
            .read(credential_id, |db, credential_id| {
                Box::pin(async move {
                    db.one(sql::passkeys::FIND, &[credential_id], |r| {
                        Ok(OwnedPasskey {
                            passkey: passkey(r)?,
                            user: row::user(r, PASSKEY)?,
                        })
                    })
                    .await
                })
            })
            .await
    }

    async fn use_passkey(&self, used: PasskeyUse) -> Stored<bool> {
        self.engine
            .write(used, |db, used| {
                Box::pin(async move {
                    let counter = i64::from(used.counter);
                    let values: Params<'_> = &[&used.data, &counter, &used.at.0, &used.id.0];
                    Ok(db.any(sql::passkeys::USE, values).await?)
                })
            })
            .await
    }

    async fn reset_factors(&self, user: UserId, stamp: Stamp) -> Stored<bool> {
        self.engine
            .change_of(Some(user), stamp, user, |tx, &user| {
                Box::pin(async move { Ok(reset_factors(tx, user).await?) })
            })
            .await
    }
}

type Added = Result<Passkey, PasskeyNotAdded>;

/// The user's row is held: nobody else adds one meanwhile.
async fn add(
    tx: &Change<'_>,
    user: UserId,
    session: SessionId,
    new: &NewPasskey,
) -> Result<Added, Undo<Added>> {
    let count = tx
        .one(sql::passkeys::COUNT_OF_USER, &[&user.0], row::id)
        .await?;
    if count.unwrap_or_default() >= i64::from(MOST_PASSKEYS) {
        return Ok(Err(PasskeyNotAdded::TooMany));
    }
    let counter = i64::from(new.counter);
    let values: Params<'_> = &[
        &user.0,
        &new.credential_id,
        &new.name,
        &new.data,
        &counter,
        &tx.at().0,
    ];
    let Some(id) = tx.one(sql::passkeys::INSERT, values, row::id).await? else {
        return Ok(Err(PasskeyNotAdded::Taken));
    };
    tx.audit(Action::PasskeyAdded, &Subject::user(user)).await?;
    raise_generation(tx, user).await?;
    sessions::carry_on(tx, user, session).await?;
    let added = tx.one(sql::passkeys::FIND_BY_ID, &[&id], passkey).await?;
    Ok(Ok(added.ok_or(DbError::Missing)?))
}

/// Deletes the passkeys that `statement` names, each with its audit row. How many.
async fn remove(
    tx: &Change<'_>,
    user: UserId,
    statement: &'static str,
    keys: Params<'_>,
) -> DbResult<usize> {
    let removed = tx.all(statement, keys, row::id).await?;
    for _ in &removed {
        tx.audit(Action::PasskeyRemoved, &Subject::user(user))
            .await?;
    }
    Ok(removed.len())
}

/// Deletes all passkeys of the user, each with its audit row. How many.
pub(super) async fn remove_all(tx: &Change<'_>, user: UserId) -> DbResult<usize> {
    remove(tx, user, sql::passkeys::REMOVE_ALL, &[&user.0]).await
}

async fn raise_generation(tx: &Change<'_>, user: UserId) -> DbResult<()> {
    tx.run(sql::users::RAISE_GENERATION, &[&tx.at().0, &user.0])
        .await
}

async fn reset_factors(tx: &Change<'_>, user: UserId) -> DbResult<bool> {
    let totp = sign_in::set_factor(tx, user, None).await?;
    let passkeys = remove_all(tx, user).await?;
    // The factor's own statement has raised it.
    if passkeys > 0 && !totp {
        raise_generation(tx, user).await?;
    }
    Ok(totp || passkeys > 0)
}

/// Columns of [`passkey`].
const PASSKEY: usize = 8;

fn passkey(row: &dyn Columns) -> DbResult<Passkey> {
    let counter: i64 = row.get(5)?;
    Ok(Passkey {
        id: PasskeyId(row.get(0)?),
        user_id: UserId(row.get(1)?),
        credential_id: row.get(2)?,
        name: row.get(3)?,
        data: row.get(4)?,
        counter: u32::try_from(counter).map_err(|error| DbError::Column(5, error.into()))?,
        created_at: Timestamp(row.get(6)?),
        last_used_at: row.maybe(7)?.map(Timestamp),
    })
}
