//! The trait over authorizations and grants: each method is one call into
//! [`super::mint`], &[&`super::tokens`], [`super::grants`] or a list.

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

use super::landmarks::Long;
use super::list::List;
use super::{Engine, StoreOn, can_be_stored, grants, mint, row, tokens};
use crate::db::{Db, DbResult, Params};
use crate::sql;

#[async_trait]
impl<E: Engine> AuthorizationStore for StoreOn<E> {
    async fn create_authorization(
        &self,
        new: NewAuthorization,
        limits: MintLimits,
        stamp: Stamp,
    ) -> Stored<Result<Authorization, NotCreated>> {
        let user = mint::counts_under_the_user(&new, limits);
        let beside = mint::beside(&new, limits, &stamp);
        self.engine
            .change_beside(beside, user, stamp, (new, limits), |tx, (new, limits)| {
                Box::pin(mint::create(tx, new, *limits))
            })
            .await
    }

    async fn get_or_create_authorization(
        &self,
        new: NewAuthorization,
        limits: MintLimits,
        stamp: Stamp,
    ) -> Stored<Result<GotOrCreated, NotCreated>> {
        let user = mint::counts_under_the_user(&new, limits);
        self.engine
            .change_of(user, stamp, (new, limits), |tx, (new, limits)| {
                Box::pin(mint::get_or_create(tx, new, *limits))
            })
            .await
    }

    async fn find_authorization(
        &self,
        user: UserId,
        id: AuthorizationId,
    ) -> Stored<Option<OwnedAuthorization>> {
        self.engine
            .read((user, id), |db, (user, id)| {
                Box::pin(async move {
                    let keys: Params<'_> = &[&user.0, &id.0];
                    db.one(sql::authorizations::FIND_OF_USER, keys, row::owned)
                        .await
                })
            })
            .await
    }

    async fn list_authorizations(
        &self,
        user: UserId,
        client_id: Option<&str>,
        page: PageRequest,
    ) -> Stored<Page<Authorization>> {
        let of = (user, client_id.map(str::to_owned), page);
        self.engine
            .read_at_once(of, |db, of| Box::pin(list_authorizations(db, of)))
            .await
    }

    async fn edit_authorization(
        &self,
        user: UserId,
        id: AuthorizationId,
        edit: AuthorizationEdit,
        stamp: Stamp,
    ) -> Stored<Option<Result<Authorization, Taken>>> {
        self.engine
            .change(stamp, (user, id, edit), |tx, (user, id, edit)| {
                Box::pin(mint::edit(tx, *user, *id, edit))
            })
            .await
    }

    async fn delete_authorization(
        &self,
        user: UserId,
        id: AuthorizationId,
        stamp: Stamp,
    ) -> Stored<bool> {
        self.engine
            .change(stamp, (user, id), |tx, (user, id)| {
                Box::pin(async move {
                    let statement = sql::authorizations::FIND_OF_USER;
                    let action = Action::AuthorizationDeleted;
                    Ok(tokens::find_and_delete(tx, statement, &[&user.0, &id.0], action).await?)
                })
            })
            .await
    }

    async fn find_token(&self, hash: TokenHash, now: Timestamp) -> Stored<TokenVerdict> {
        self.engine.find(hash, now).await
    }

    async fn check_token(
        &self,
        client_id: &ClientId,
        hash: Option<TokenHash>,
        now: Timestamp,
    ) -> Stored<Option<AppCheck>> {
        if !can_be_stored(client_id.as_str()) {
            return Ok(None);
        }
        self.engine.check(client_id, hash, now).await
    }

    async fn reset_token(
        &self,
        app: AppId,
        old: TokenHash,
        new: NewToken,
        stamp: Stamp,
    ) -> Stored<Option<OwnedAuthorization>> {
        self.engine
            .change(stamp, (app, old, new), |tx, (app, old, new)| {
                Box::pin(async move { Ok(tokens::reset(tx, *app, *old, new).await?) })
            })
            .await
    }

    async fn revoke_token(&self, app: AppId, hash: TokenHash, stamp: Stamp) -> Stored<bool> {
        self.engine
            .change(stamp, (app, hash), |tx, &(app, hash)| {
                Box::pin(async move { Ok(tokens::revoke(tx, app, hash).await?) })
            })
            .await
    }

    async fn revoke_grant_by_token(
        &self,
        app: AppId,
        hash: TokenHash,
        stamp: Stamp,
    ) -> Stored<bool> {
        self.engine
            .change(stamp, (app, hash), |tx, &(app, hash)| {
                Box::pin(async move { Ok(tokens::revoke_grant(tx, app, hash).await?) })
            })
            .await
    }

    async fn list_grants(
        &self,
        user: UserId,
        client_id: Option<&str>,
        page: PageRequest,
    ) -> Stored<Page<Grant>> {
        let of = (user, client_id.map(str::to_owned), page);
        self.engine
            .read_at_once(of, |db, of| Box::pin(list_grants(db, of)))
            .await
    }

    async fn find_grant(&self, user: UserId, id: GrantId) -> Stored<Option<Grant>> {
        self.engine
            .read((user, id), |db, (user, id)| {
                Box::pin(async move {
                    db.one(sql::grants::FIND, &[&user.0, &id.0], row::grant)
                        .await
                })
            })
            .await
    }

    async fn delete_grant(&self, user: UserId, id: GrantId, stamp: Stamp) -> Stored<bool> {
        self.engine
            .change(stamp, (user, id), |tx, (user, id)| {
                Box::pin(async move {
                    Ok(grants::delete(tx, sql::grants::DELETE, &[&user.0, &id.0]).await?)
                })
            })
            .await
    }

    async fn list_tokens(
        &self,
        filter: TokenFilter,
        page: PageRequest,
    ) -> Stored<Page<OwnedAuthorization>> {
        self.engine
            .read_at_once((filter, page), |db, (filter, page)| {
                Box::pin(list_tokens(db, filter, *page))
            })
            .await
    }

    async fn delete_token(&self, id: AuthorizationId, stamp: Stamp) -> Stored<bool> {
        self.engine
            .change(stamp, id, |tx, id| {
                Box::pin(async move {
                    let (statement, action) =
                        (sql::authorizations::FIND_BY_ID, Action::TokenRevoked);
                    Ok(tokens::find_and_delete(tx, statement, &[&id.0], action).await?)
                })
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

async fn which(db: &dyn Db, client_id: Option<&str>) -> DbResult<Which> {
    Ok(match client_id {
        None => Which::All,
        Some(client_id) if !can_be_stored(client_id) => Which::None,
        Some(PERSONAL_CLIENT_ID) => Which::App(None),
        Some(client_id) => match db.one(sql::apps::ID_OF, &[&client_id], row::id).await? {
            Some(id) => Which::App(Some(AppId(id))),
            None => Which::None,
        },
    })
}

/// Count and page, of all that a user has and of what belongs to one app.
type Lists = [(&'static str, &'static str); 2];

const AUTHORIZATIONS: Lists = {
    use crate::sql::authorizations as sql;
    [
        (sql::COUNT_OF_USER, sql::LIST_OF_USER),
        (sql::COUNT_OF_USER_AND_APP, sql::LIST_OF_USER_AND_APP),
    ]
};

/// The same lists from an id on, and all ids.
const FROM: Lists = {
    use crate::sql::authorizations as sql;
    [
        (sql::LIST_OF_USER_FROM, sql::IDS_OF_USER),
        (sql::LIST_OF_USER_AND_APP_FROM, sql::IDS_OF_USER_AND_APP),
    ]
};

const GRANTS: Lists = {
    use crate::sql::grants as sql;
    [
        (sql::COUNT_OF_USER, sql::LIST_OF_USER),
        (sql::COUNT_OF_USER_AND_APP, sql::LIST_OF_USER_AND_APP),
    ]
};

/// What is listed: whose, of which app.
type Wanted = (UserId, Option<String>, PageRequest);

async fn list_authorizations(db: &dyn Db, wanted: &Wanted) -> DbResult<Page<Authorization>> {
    let (user, client_id, request) = wanted;
    let app;
    let (lists, keys, of): (_, Params<'_>, _) = match which(db, client_id.as_deref()).await? {
        Which::All => (0, &[&user.0], None),
        Which::App(id) => {
            app = id.map(|id| id.0);
            (1, &[&user.0, &app], Some(app))
        }
        Which::None => return Ok(empty()),
    };
    let ((count, page), (from, ids)) = (AUTHORIZATIONS[lists], FROM[lists]);
    let long = Long {
        list: List { count, page, keys },
        from,
        ids,
        state: sql::authorizations::STATE_OF_USER,
        of: (user.0, of),
    };
    long.read(db, *request, row::authorization).await
}

async fn list_grants(db: &dyn Db, wanted: &Wanted) -> DbResult<Page<Grant>> {
    let (user, client_id, request) = wanted;
    let app;
    let ((count, page), keys): (_, Params<'_>) = match which(db, client_id.as_deref()).await? {
        Which::All => (GRANTS[0], &[&user.0]),
        Which::App(id) => {
            app = id.map(|id| id.0);
            (GRANTS[1], &[&user.0, &app])
        }
        Which::None => return Ok(empty()),
    };
    List { count, page, keys }
        .read(db, *request, row::grant)
        .await
}

fn empty<T>() -> Page<T> {
    Page {
        items: Vec::new(),
        total: 0,
    }
}

async fn list_tokens(
    db: &dyn Db,
    filter: &TokenFilter,
    request: PageRequest,
) -> DbResult<Page<OwnedAuthorization>> {
    use crate::sql::authorizations as sql;
    let (hash, prefix);
    let (count, page, keys): (_, _, Params<'_>) = match filter {
        TokenFilter::All => (sql::COUNT_ALL, sql::LIST_ALL, &[]),
        TokenFilter::Personal => (
            sql::COUNT_EVERYBODYS_PERSONAL,
            sql::LIST_EVERYBODYS_PERSONAL,
            &[],
        ),
        TokenFilter::User(id) => (sql::COUNT_OF_USER, sql::LIST_OWNED_BY_USER, &[&id.0]),
        TokenFilter::App(id) => (sql::COUNT_OF_APP, sql::LIST_OF_APP, &[&id.0]),
        TokenFilter::Id(id) => (sql::COUNT_BY_ID, sql::LIST_BY_ID, &[&id.0]),
        TokenFilter::LastEight(text) => {
            (sql::COUNT_BY_LAST_EIGHT, sql::LIST_BY_LAST_EIGHT, &[text])
        }
        TokenFilter::Hash(of) => {
            (prefix, hash) = (of.prefix(), &of.0[..]);
            (sql::COUNT_BY_HASH, sql::LIST_BY_HASH, &[&prefix, &hash])
        }
    };
    List { count, page, keys }
        .read(db, request, row::owned)
        .await
}
