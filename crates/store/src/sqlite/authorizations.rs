//! The trait over authorizations and grants: each method is one call into
//! [`super::mint`], [`super::tokens`], [`super::grants`] or a list.

use async_trait::async_trait;
use grantd_core::app::{ClientId, PERSONAL_CLIENT_ID};
use grantd_core::audit::{Action, Stamp};
use grantd_core::authorization::{Authorization, AuthorizationEdit, NewAuthorization, NewToken};
use grantd_core::clock::Timestamp;
use grantd_core::grant::Grant;
use grantd_core::ids::{AppId, AuthorizationId, GrantId, UserId};
use grantd_core::store::{
    AppCheck, AuthorizationStore, GotOrCreated, MintLimits, NotCreated, OwnedAuthorization, Page,
    PageRequest, Stored, Taken, TokenFilter, TokenVerdict,
};
use grantd_core::token::TokenHash;
use rusqlite::{Connection, params};

use super::list::List;
use super::query::Query;
use super::{SqliteStore, grants, mint, row, tokens};
use crate::sql;

#[async_trait]
impl AuthorizationStore for SqliteStore {
    async fn create_authorization(
        &self,
        new: NewAuthorization,
        limits: MintLimits,
        stamp: Stamp,
    ) -> Stored<Result<Authorization, NotCreated>> {
        self.change(stamp, move |tx| mint::create(tx, &new, limits))
            .await
    }

    async fn get_or_create_authorization(
        &self,
        new: NewAuthorization,
        limits: MintLimits,
        stamp: Stamp,
    ) -> Stored<Result<GotOrCreated, NotCreated>> {
        self.change(stamp, move |tx| mint::get_or_create(tx, &new, limits))
            .await
    }

    async fn find_authorization(
        &self,
        user: UserId,
        id: AuthorizationId,
    ) -> Stored<Option<OwnedAuthorization>> {
        self.read(move |conn| {
            conn.one(
                sql::authorizations::FIND_OF_USER,
                params![user.0, id.0],
                row::owned,
            )
        })
        .await
    }

    async fn list_authorizations(
        &self,
        user: UserId,
        client_id: Option<&str>,
        page: PageRequest,
    ) -> Stored<Page<Authorization>> {
        let client_id = client_id.map(str::to_owned);
        self.read(move |conn| {
            let list = match which(conn, client_id.as_deref())? {
                Which::All => List {
                    count: sql::authorizations::COUNT_OF_USER,
                    page: sql::authorizations::LIST_OF_USER,
                    keys: &[&user.0],
                },
                Which::App(app) => List {
                    count: sql::authorizations::COUNT_OF_USER_AND_APP,
                    page: sql::authorizations::LIST_OF_USER_AND_APP,
                    keys: &[&user.0, &app.map(|id| id.0)],
                },
                Which::None => return Ok(empty()),
            };
            list.read(conn, page, row::authorization)
        })
        .await
    }

    async fn edit_authorization(
        &self,
        user: UserId,
        id: AuthorizationId,
        edit: AuthorizationEdit,
        stamp: Stamp,
    ) -> Stored<Option<Result<Authorization, Taken>>> {
        self.change(stamp, move |tx| mint::edit(tx, user, id, &edit))
            .await
    }

    async fn delete_authorization(
        &self,
        user: UserId,
        id: AuthorizationId,
        stamp: Stamp,
    ) -> Stored<bool> {
        self.change(stamp, move |tx| {
            Ok(tokens::find_and_delete(
                tx,
                sql::authorizations::FIND_OF_USER,
                &[&user.0, &id.0],
                Action::AuthorizationDeleted,
            )?)
        })
        .await
    }

    async fn find_token(&self, hash: TokenHash, now: Timestamp) -> Stored<TokenVerdict> {
        self.read(move |conn| tokens::find(conn, hash, now)).await
    }

    async fn check_token(
        &self,
        client_id: &ClientId,
        hash: Option<TokenHash>,
        now: Timestamp,
    ) -> Stored<Option<AppCheck>> {
        let client_id = client_id.clone();
        self.read(move |conn| tokens::check(conn, &client_id, hash, now))
            .await
    }

    async fn reset_token(
        &self,
        app: AppId,
        old: TokenHash,
        new: NewToken,
        stamp: Stamp,
    ) -> Stored<Option<OwnedAuthorization>> {
        self.change(stamp, move |tx| Ok(tokens::reset(tx, app, old, &new)?))
            .await
    }

    async fn revoke_token(&self, app: AppId, hash: TokenHash, stamp: Stamp) -> Stored<bool> {
        self.change(stamp, move |tx| Ok(tokens::revoke(tx, app, hash)?))
            .await
    }

    async fn revoke_grant_by_token(
        &self,
        app: AppId,
        hash: TokenHash,
        stamp: Stamp,
    ) -> Stored<bool> {
        self.change(stamp, move |tx| Ok(tokens::revoke_grant(tx, app, hash)?))
            .await
    }

    async fn list_grants(
        &self,
        user: UserId,
        client_id: Option<&str>,
        page: PageRequest,
    ) -> Stored<Page<Grant>> {
        let client_id = client_id.map(str::to_owned);
        self.read(move |conn| {
            let list = match which(conn, client_id.as_deref())? {
                Which::All => List {
                    count: sql::grants::COUNT_OF_USER,
                    page: sql::grants::LIST_OF_USER,
                    keys: &[&user.0],
                },
                Which::App(app) => List {
                    count: sql::grants::COUNT_OF_USER_AND_APP,
                    page: sql::grants::LIST_OF_USER_AND_APP,
                    keys: &[&user.0, &app.map(|id| id.0)],
                },
                Which::None => return Ok(empty()),
            };
            list.read(conn, page, row::grant)
        })
        .await
    }

    async fn find_grant(&self, user: UserId, id: GrantId) -> Stored<Option<Grant>> {
        self.read(move |conn| conn.one(sql::grants::FIND, params![user.0, id.0], row::grant))
            .await
    }

    async fn delete_grant(&self, user: UserId, id: GrantId, stamp: Stamp) -> Stored<bool> {
        self.change(stamp, move |tx| {
            Ok(grants::delete(tx, sql::grants::DELETE, &[&user.0, &id.0])?)
        })
        .await
    }

    async fn list_tokens(
        &self,
        filter: TokenFilter,
        page: PageRequest,
    ) -> Stored<Page<OwnedAuthorization>> {
        self.read(move |conn| list_tokens(conn, &filter, page))
            .await
    }

    async fn delete_token(&self, id: AuthorizationId, stamp: Stamp) -> Stored<bool> {
        self.change(stamp, move |tx| {
            Ok(tokens::find_and_delete(
                tx,
                sql::authorizations::FIND_BY_ID,
                &[&id.0],
                Action::TokenRevoked,
            )?)
        })
        .await
    }
}

/// What a list's `client_id` asks for.
enum Which {
    All,
    /// Of this app; `None`: personal access tokens, under the client id that the wire shows for them.
    App(Option<AppId>),
    /// Nobody has this client id.
    None,
}

fn which(conn: &Connection, client_id: Option<&str>) -> rusqlite::Result<Which> {
    Ok(match client_id {
        None => Which::All,
        Some(PERSONAL_CLIENT_ID) => Which::App(None),
        Some(client_id) => match conn.one(sql::apps::ID_OF, [client_id], row::id)? {
            Some(id) => Which::App(Some(AppId(id))),
            None => Which::None,
        },
    })
}

fn empty<T>() -> Page<T> {
    Page {
        items: Vec::new(),
        total: 0,
    }
}

fn list_tokens(
    conn: &Connection,
    filter: &TokenFilter,
    page: PageRequest,
) -> rusqlite::Result<Page<OwnedAuthorization>> {
    use crate::sql::authorizations as sql;
    let list = |count, page, keys| List { count, page, keys };
    match filter {
        TokenFilter::All => list(sql::COUNT_ALL, sql::LIST_ALL, &[]).read(conn, page, row::owned),
        TokenFilter::User(id) => {
            list(sql::COUNT_OF_USER, sql::LIST_OWNED_BY_USER, &[&id.0]).read(conn, page, row::owned)
        }
        TokenFilter::App(id) => {
            list(sql::COUNT_OF_APP, sql::LIST_OF_APP, &[&id.0]).read(conn, page, row::owned)
        }
        TokenFilter::Id(id) => {
            list(sql::COUNT_BY_ID, sql::LIST_BY_ID, &[&id.0]).read(conn, page, row::owned)
        }
        TokenFilter::LastEight(text) => list(
            sql::COUNT_BY_LAST_EIGHT,
            sql::LIST_BY_LAST_EIGHT,
            &[text],
        )
        .read(conn, page, row::owned),
        TokenFilter::Hash(hash) => list(
            sql::COUNT_BY_HASH,
            sql::LIST_BY_HASH,
            &[&hash.prefix(), &hash.0],
        )
        .read(conn, page, row::owned),
    }
}
