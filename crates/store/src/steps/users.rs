//! Steps about people's accounts; signing in is in [`super::sign_in`].

use async_trait::async_trait;
use grantd_core::app::IMPERSONATION_CLIENT_ID;
use grantd_core::audit::{Action, Stamp};
use grantd_core::clock::Timestamp;
use grantd_core::ids::{AppId, UserId};
use grantd_core::login::Address;
use grantd_core::login::throttle::MeterKey;
use grantd_core::store::{OtpUse, Page, PageRequest, SignInCheck, Stored, Taken, UserStore};
use grantd_core::user::{LoginKey, NewUser, PasswordHash, SecondFactor, User};

use super::change::{Change, Subject};
use super::list::List;
use super::{Engine, StoreOn, apps, can_be_stored, grants, row, sessions, sign_in, tokens};
use crate::db::{Db, DbError, DbResult, Params, Running, Undo};
use crate::sql;

const SECONDS_OF_A_DAY: i64 = 86_400;

#[async_trait]
impl<E: Engine> UserStore for StoreOn<E> {
    async fn create_user(&self, new: NewUser, stamp: Stamp) -> Stored<Result<User, Taken>> {
        self.engine
            .change(stamp, new, |tx, new| Box::pin(create(tx, new)))
            .await
    }

    async fn find_user(&self, login: &LoginKey) -> Stored<Option<User>> {
        if !can_be_stored(login.as_str()) {
            return Ok(None);
        }
        self.engine
            .read(login.clone(), |db, login| {
                Box::pin(async move {
                    let key = login.as_str();
                    db.one(sql::users::FIND_BY_LOGIN, &[&key], |r| row::user(r, 0))
                        .await
                })
            })
            .await
    }

    async fn find_user_by_id(&self, id: UserId) -> Stored<Option<User>> {
        self.engine
            .read(id, |db, id| Box::pin(find_by_id(db, *id)))
            .await
    }

    async fn list_users(&self, page: PageRequest) -> Stored<Page<User>> {
        self.engine
            .read_at_once(page, |db, page| {
                let list = List {
                    count: sql::users::COUNT,
                    page: sql::users::LIST,
                    keys: &[],
                };
                Box::pin(list.read(db, *page, |r| row::user(r, 0)))
            })
            .await
    }

    async fn find_credentials(
        &self,
        login_or_email: &LoginKey,
        from: Address,
        meters: [MeterKey; 2],
    ) -> Stored<SignInCheck> {
        let attempt = (login_or_email.clone(), from, meters);
        self.engine.sign_in(attempt).await
    }

    async fn set_password(&self, id: UserId, hash: PasswordHash, stamp: Stamp) -> Stored<bool> {
        self.engine
            .change_of(Some(id), stamp, (id, hash), |tx, (id, hash)| {
                Box::pin(async move {
                    let values: Params<'_> = &[&hash.0, &tx.at().0, &id.0];
                    let set = tx.any(sql::users::SET_PASSWORD, values).await?;
                    let subject = Subject::user(*id);
                    Ok(tx.audit_if(set, Action::PasswordChanged, &subject).await?)
                })
            })
            .await
    }

    async fn rehash_password(
        &self,
        id: UserId,
        old: PasswordHash,
        new: PasswordHash,
        stamp: Stamp,
    ) -> Stored<bool> {
        self.engine
            .change_of(Some(id), stamp, (id, old, new), |tx, (id, old, new)| {
                Box::pin(async move {
                    let values: Params<'_> = &[&new.0, &id.0, &old.0];
                    let set = tx.any(sql::users::REHASH, values).await?;
                    let subject = Subject::user(*id);
                    Ok(tx.audit_if(set, Action::PasswordRehashed, &subject).await?)
                })
            })
            .await
    }

    async fn set_user_suspended(&self, id: UserId, suspended: bool, stamp: Stamp) -> Stored<bool> {
        self.engine
            .change_of(Some(id), stamp, (id, suspended), |tx, &(id, suspended)| {
                Box::pin(async move { Ok(set_suspended(tx, id, suspended).await?) })
            })
            .await
    }

    async fn set_second_factor(
        &self,
        id: UserId,
        factor: Option<SecondFactor>,
        stamp: Stamp,
    ) -> Stored<bool> {
        self.engine
            .change_of(Some(id), stamp, (id, factor), |tx, (id, factor)| {
                Box::pin(async move { Ok(sign_in::set_factor(tx, *id, factor.as_ref()).await?) })
            })
            .await
    }

    async fn delete_user(&self, id: UserId, stamp: Stamp) -> Stored<bool> {
        self.engine
            .change_of(Some(id), stamp, id, |tx, &id| {
                Box::pin(async move { Ok(delete(tx, id).await?) })
            })
            .await
    }

    async fn spend_otp_step(
        &self,
        id: UserId,
        step: i64,
        address: Address,
        how: OtpUse,
    ) -> Stored<bool> {
        self.engine
            .write((id, step, address, how), |db, &(id, step, address, how)| {
                Box::pin(async move { Ok(sign_in::spend_step(db, id, step, address, how).await?) })
            })
            .await
    }

    async fn burn_recovery_code(&self, id: UserId, code: [u8; 32], stamp: Stamp) -> Stored<bool> {
        self.engine
            .change(stamp, (id, code), |tx, (id, code)| {
                Box::pin(async move {
                    let values: Params<'_> = &[&tx.at().0, &id.0, &&code[..]];
                    let burnt = tx.any(sql::sign_in::BURN_RECOVERY_CODE, values).await?;
                    let subject = Subject::user(*id);
                    Ok(tx
                        .audit_if(burnt, Action::RecoveryCodeUsed, &subject)
                        .await?)
                })
            })
            .await
    }

    async fn remember_address(&self, id: UserId, address: Address, at: Timestamp) -> Stored<()> {
        self.engine
            .write((id, address, at), |db, (id, address, at)| {
                Box::pin(async move {
                    let values: Params<'_> = &[&id.0, &address.to_string(), &at.0];
                    Ok(db.run(sql::sign_in::REMEMBER_ADDRESS, values).await?)
                })
            })
            .await
    }

    async fn note_sign_in(&self, id: UserId, address: Address, stamp: Stamp) -> Stored<()> {
        self.engine
            .change(stamp, (id, address), |tx, (id, address)| {
                Box::pin(async move {
                    let values: Params<'_> = &[
                        &id.0,
                        &address.to_string(),
                        &tx.at().0,
                        &tx.at().plus(-SECONDS_OF_A_DAY).0,
                    ];
                    let first = tx.any(sql::sign_in::NOTE_FIRST_OF_DAY, values).await?;
                    tx.audit_if(first, Action::SignedIn, &Subject::user(*id))
                        .await?;
                    Ok(())
                })
            })
            .await
    }
}

/// What an attempt to sign in looks up: a name, from where, and its meters.
pub(crate) type Attempt = (LoginKey, Address, [MeterKey; 2]);

/// Whoever has that name, when they were last there, and the meters.
pub(crate) fn find_sign_in<'a>(
    db: &'a (dyn Db + 'a),
    (key, from, meters): &'a Attempt,
) -> Running<'a, DbResult<SignInCheck>> {
    Box::pin(find_credentials(db, key.as_str(), *from, meters))
}

async fn find_credentials(
    db: &dyn Db,
    login: &str,
    from: Address,
    [first, second]: &[MeterKey; 2],
) -> DbResult<SignInCheck> {
    // Nobody is called nothing.
    let login = Some(login).filter(|login| can_be_stored(login));
    let from = from.to_string();
    let keys: Params<'_> = &[&&first.0[..], &&second.0[..], &login, &from];
    let found = db.one(sql::users::FIND_CREDENTIALS, keys, row::sign_in_check);
    found.await?.ok_or(DbError::Missing)
}

pub(super) async fn find_by_id(db: &dyn Db, id: UserId) -> DbResult<Option<User>> {
    db.one(sql::users::FIND_BY_ID, &[&id.0], |r| row::user(r, 0))
        .await
}

pub(super) async fn set_suspended(tx: &Change<'_>, id: UserId, suspended: bool) -> DbResult<bool> {
    let (statement, action) = if suspended {
        (sql::users::SUSPEND, Action::UserSuspended)
    } else {
        (sql::users::UNSUSPEND, Action::UserUnsuspended)
    };
    let set = tx.any(statement, &[&tx.at().0, &id.0]).await?;
    tx.audit_if(set, action, &Subject::user(id)).await
}

type Created = Result<User, Taken>;

async fn create(tx: &Change<'_>, new: &NewUser) -> Result<Created, Undo<Created>> {
    match insert(tx, new).await? {
        Ok(user) => Ok(Ok(user)),
        Err(taken) => Err(Undo::answer(Err(taken))),
    }
}

/// Adds a user, or says what is taken; then nothing of the step may be kept.
pub(super) async fn insert(tx: &Change<'_>, new: &NewUser) -> DbResult<Created> {
    let login_key = new.login.key();
    let id = tx
        .one(
            sql::users::INSERT,
            &[
                &new.login.as_str(),
                &login_key.as_str(),
                &new.email.as_ref().map(|email| email.as_str()),
                &new.email
                    .as_ref()
                    .map(|email| email.key().as_str().to_owned()),
                &new.email_verified,
                &new.password_hash.0,
                &new.second_factor.as_ref().map(|factor| &factor.totp_seed.0),
                &new.site_admin,
                &tx.at().0,
            ],
            row::id,
        )
        .await?;
    let Some(id) = id.map(UserId) else {
        let login = tx
            .any(sql::users::LOGIN_IS_TAKEN, &[&login_key.as_str()])
            .await?;
        return Ok(Err(if login { Taken::Login } else { Taken::Email }));
    };
    if let Some(factor) = &new.second_factor {
        sign_in::add_recovery_codes(tx, id, &factor.recovery_codes).await?;
    }
    tx.audit(Action::UserCreated, &Subject::user(id)).await?;
    let user = find_by_id(&**tx, id).await?;
    Ok(Ok(user.ok_or(DbError::Missing)?))
}

/// In lock order: the user, their apps, the grants, the tokens; then what hangs on the user.
pub(super) async fn delete(tx: &Change<'_>, id: UserId) -> DbResult<bool> {
    if !tx.any(sql::users::LOCK_TO_DELETE, &[&id.0]).await? {
        return Ok(false);
    }
    if let Some(acting) = tx.acting_user().filter(|acting| *acting != id) {
        let keys: Params<'_> = &[&acting.0, &id.0, &IMPERSONATION_CLIENT_ID];
        tx.run(sql::apps::PASS_ON, keys).await?;
    }
    for app in tx.all(sql::apps::IDS_OF_OWNER, &[&id.0], row::id).await? {
        apps::delete(tx, AppId(app)).await?;
    }
    grants::delete(tx, sql::grants::DELETE_OF_USER, &[&id.0]).await?;
    tokens::remove(
        tx,
        sql::authorizations::DELETE_ALL_OF_USER,
        &[&id.0],
        Action::AuthorizationDeleted,
    )
    .await?;
    sessions::end_all_but(tx, id, None).await?;
    sessions::forget_tickets(&**tx, id).await?;
    sign_in::forget(&**tx, id).await?;
    tx.run(sql::sign_in::DELETE_ADDRESSES, &[&id.0]).await?;
    tx.run(sql::users::DELETE, &[&id.0]).await?;
    tx.audit(Action::UserDeleted, &Subject::user(id)).await?;
    Ok(true)
}
