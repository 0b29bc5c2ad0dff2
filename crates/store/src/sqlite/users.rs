//! Steps about people's accounts; signing in is in [`super::sign_in`].

use async_trait::async_trait;
use grantd_core::audit::{Action, Stamp};
use grantd_core::clock::Timestamp;
use grantd_core::ids::{AppId, UserId};
use grantd_core::login::Address;
use grantd_core::store::{OtpUse, Page, PageRequest, Stored, Taken, UserStore};
use grantd_core::user::{LoginKey, NewUser, PasswordHash, SecondFactor, User, UserCredentials};
use rusqlite::params;

use super::change::{Change, Subject};
use super::list::List;
use super::query::Query;
use super::writer::Undo;
use super::{SqliteStore, apps, grants, row, sign_in, tokens};
use crate::sql;

#[async_trait]
impl UserStore for SqliteStore {
    async fn create_user(&self, new: NewUser, stamp: Stamp) -> Stored<Result<User, Taken>> {
        self.change(stamp, move |tx| create(tx, &new)).await
    }

    async fn find_user(&self, login: &LoginKey) -> Stored<Option<User>> {
        let login = login.clone();
        self.read(move |conn| {
            conn.one(sql::users::FIND_BY_LOGIN, [login.as_str()], |r| {
                row::user(r, 0)
            })
        })
        .await
    }

    async fn find_user_by_id(&self, id: UserId) -> Stored<Option<User>> {
        self.read(move |conn| conn.one(sql::users::FIND_BY_ID, [id.0], |r| row::user(r, 0)))
            .await
    }

    async fn list_users(&self, page: PageRequest) -> Stored<Page<User>> {
        self.read(move |conn| {
            let list = List {
                count: sql::users::COUNT,
                page: sql::users::LIST,
                keys: &[],
            };
            list.read(conn, page, |r| row::user(r, 0))
        })
        .await
    }

    async fn find_credentials(&self, login_or_email: &LoginKey) -> Stored<Option<UserCredentials>> {
        let key = login_or_email.clone();
        self.read(move |conn| {
            conn.one(
                sql::users::FIND_CREDENTIALS,
                [key.as_str()],
                row::user_credentials,
            )
        })
        .await
    }

    async fn set_password(&self, id: UserId, hash: PasswordHash, stamp: Stamp) -> Stored<bool> {
        self.change(stamp, move |tx| {
            let set = tx.any(sql::users::SET_PASSWORD, params![hash.0, tx.at().0, id.0])?;
            Ok(tx.audit_if(set, Action::PasswordChanged, &Subject::user(id))?)
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
        self.change(stamp, move |tx| {
            let set = tx.any(sql::users::REHASH, params![new.0, id.0, old.0])?;
            Ok(tx.audit_if(set, Action::PasswordRehashed, &Subject::user(id))?)
        })
        .await
    }

    async fn set_user_suspended(&self, id: UserId, suspended: bool, stamp: Stamp) -> Stored<bool> {
        let (statement, action) = if suspended {
            (sql::users::SUSPEND, Action::UserSuspended)
        } else {
            (sql::users::UNSUSPEND, Action::UserUnsuspended)
        };
        self.change(stamp, move |tx| {
            let set = tx.any(statement, params![tx.at().0, id.0])?;
            Ok(tx.audit_if(set, action, &Subject::user(id))?)
        })
        .await
    }

    async fn set_second_factor(
        &self,
        id: UserId,
        factor: Option<SecondFactor>,
        stamp: Stamp,
    ) -> Stored<bool> {
        self.change(stamp, move |tx| {
            Ok(sign_in::set_factor(tx, id, factor.as_ref())?)
        })
        .await
    }

    async fn delete_user(&self, id: UserId, stamp: Stamp) -> Stored<bool> {
        self.change(stamp, move |tx| Ok(delete(tx, id)?)).await
    }

    async fn spend_otp_step(
        &self,
        id: UserId,
        step: i64,
        address: Address,
        how: OtpUse,
    ) -> Stored<bool> {
        self.write(move |conn| Ok(sign_in::spend_step(conn, id, step, address, how)?))
            .await
    }

    async fn burn_recovery_code(&self, id: UserId, code: [u8; 32], stamp: Stamp) -> Stored<bool> {
        self.change(stamp, move |tx| {
            let burnt = tx.any(
                sql::sign_in::BURN_RECOVERY_CODE,
                params![tx.at().0, id.0, code],
            )?;
            Ok(tx.audit_if(burnt, Action::RecoveryCodeUsed, &Subject::user(id))?)
        })
        .await
    }

    async fn remember_address(&self, id: UserId, address: Address, at: Timestamp) -> Stored<()> {
        self.write(move |conn| {
            let values = params![id.0, address.to_string(), at.0];
            Ok(conn.run(sql::sign_in::REMEMBER_ADDRESS, values)?)
        })
        .await
    }

    async fn address_last_seen(&self, id: UserId, address: Address) -> Stored<Option<Timestamp>> {
        self.read(move |conn| {
            conn.one(
                sql::sign_in::ADDRESS_LAST_SEEN,
                params![id.0, address.to_string()],
                |r| r.get(0).map(Timestamp),
            )
        })
        .await
    }
}

type Created = Result<User, Taken>;

fn create(tx: &Change<'_>, new: &NewUser) -> Result<Created, Undo<Created>> {
    let login_key = new.login.key();
    let id = tx.one(
        sql::users::INSERT,
        params![
            new.login.as_str(),
            login_key.as_str(),
            new.email.as_ref().map(|email| email.as_str()),
            new.email
                .as_ref()
                .map(|email| email.key().as_str().to_owned()),
            new.email_verified,
            new.password_hash.0,
            new.second_factor.as_ref().map(|factor| &factor.totp_seed.0),
            new.site_admin,
            tx.at().0,
        ],
        row::id,
    )?;
    let Some(id) = id.map(UserId) else {
        let login = tx.any(sql::users::LOGIN_IS_TAKEN, [login_key.as_str()])?;
        let taken = if login { Taken::Login } else { Taken::Email };
        return Err(Undo::answer(Err(taken)));
    };
    if let Some(factor) = &new.second_factor {
        sign_in::add_recovery_codes(tx, id, factor)?;
    }
    tx.audit(Action::UserCreated, &Subject::user(id))?;
    let user = tx.one(sql::users::FIND_BY_ID, [id.0], |r| row::user(r, 0))?;
    Ok(Ok(user.ok_or(rusqlite::Error::QueryReturnedNoRows)?))
}

/// In lock order: the user, their apps, the grants, the tokens; then what hangs on the user.
fn delete(tx: &Change<'_>, id: UserId) -> rusqlite::Result<bool> {
    if !tx.any(sql::users::LOCK_TO_DELETE, [id.0])? {
        return Ok(false);
    }
    for app in tx.all(sql::apps::IDS_OF_OWNER, [id.0], row::id)? {
        apps::delete(tx, AppId(app))?;
    }
    grants::delete(tx, sql::grants::DELETE_OF_USER, &[&id.0])?;
    tokens::delete(
        tx,
        sql::authorizations::DELETE_ALL_OF_USER,
        &[&id.0],
        Action::AuthorizationDeleted,
    )?;
    sign_in::forget(tx, id)?;
    tx.run(sql::sign_in::DELETE_ADDRESSES, [id.0])?;
    tx.run(sql::users::DELETE, [id.0])?;
    tx.audit(Action::UserDeleted, &Subject::user(id))?;
    Ok(true)
}
