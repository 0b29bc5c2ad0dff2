//! What a site admin does in one step. Owns that one impersonation of a user
//! is left, settled under the lock of the grant that all of them hang on.

use async_trait::async_trait;
use grantd_core::app::{AppSettings, ClientId, IMPERSONATION_CLIENT_ID, NewApp};
use grantd_core::audit::{Action, Stamp};
use grantd_core::authorization::NewAuthorization;
use grantd_core::fingerprint::Fingerprint;
use grantd_core::ids::{AppId, UserId};
use grantd_core::store::{
    AdminStore, AppAdministration, Impersonation, MintLimits, NewImpersonation, NotCreated,
    OwnedApp, Page, PageRequest, Stored, Taken,
};
use grantd_core::user::{Login, User};

use super::change::{Change, Subject};
use super::list::List;
use super::{Engine, StoreOn, apps, grants, mint, row, tokens, users};
use crate::db::{DbError, DbResult, Lock, Params, Undo};
use crate::sql;

#[async_trait]
impl<E: Engine> AdminStore for StoreOn<E> {
    async fn rename_user(
        &self,
        id: UserId,
        login: Login,
        stamp: Stamp,
    ) -> Stored<Option<Result<User, Taken>>> {
        self.engine
            .change_of(Some(id), stamp, (id, login), |tx, (id, login)| {
                Box::pin(rename(tx, *id, login))
            })
            .await
    }

    async fn impersonate(
        &self,
        new: NewImpersonation,
        stamp: Stamp,
    ) -> Stored<Option<Result<Impersonation, NotCreated>>> {
        self.engine
            .change(stamp, new, |tx, new| Box::pin(impersonate(tx, new)))
            .await
    }

    async fn end_impersonation(&self, user: UserId, stamp: Stamp) -> Stored<bool> {
        self.engine
            .change(stamp, user, |tx, &user| {
                Box::pin(async move { Ok(end(tx, user).await?) })
            })
            .await
    }

    async fn list_owned_apps(&self, page: PageRequest) -> Stored<Page<OwnedApp>> {
        self.engine
            .read_at_once(page, |db, page| {
                let list = List {
                    count: sql::apps::COUNT,
                    page: sql::apps::LIST_OWNED,
                    keys: &[&IMPERSONATION_CLIENT_ID],
                };
                Box::pin(list.read(db, *page, row::owned_app))
            })
            .await
    }

    async fn find_owned_app(&self, id: AppId) -> Stored<Option<OwnedApp>> {
        self.engine
            .read(id, |db, id| {
                Box::pin(async move {
                    db.one(sql::apps::FIND_OWNED, &[&id.0], row::owned_app)
                        .await
                })
            })
            .await
    }

    async fn administer_app(
        &self,
        id: AppId,
        change: AppAdministration,
        stamp: Stamp,
    ) -> Stored<Option<OwnedApp>> {
        self.engine
            .change(stamp, (id, change), |tx, (id, change)| {
                Box::pin(async move { Ok(administer(tx, *id, change).await?) })
            })
            .await
    }
}

type Renamed = Option<Result<User, Taken>>;

async fn rename(tx: &Change<'_>, id: UserId, login: &Login) -> Result<Renamed, Undo<Renamed>> {
    let Some(before) = users::find_by_id(&**tx, id).await? else {
        return Ok(None);
    };
    if before.login == *login {
        return Ok(Some(Ok(before)));
    }
    let key = login.key();
    let values: Params<'_> = &[&login.as_str(), &key.as_str(), &tx.at().0, &id.0];
    match tx.run(sql::users::RENAME, values).await {
        Err(error) if error.is_taken_key() => return Err(Undo::answer(Some(Err(Taken::Login)))),
        done => done?,
    }
    let subject = Subject {
        details: Some(before.login.as_str().to_owned()),
        ..Subject::user(id)
    };
    tx.audit(Action::UserRenamed, &subject).await?;
    let after = users::find_by_id(&**tx, id).await?;
    Ok(Some(Ok(after.ok_or(DbError::Missing)?)))
}

type Impersonated = Option<Result<Impersonation, NotCreated>>;

/// In lock order: the user, the app, the grant; then the tokens.
async fn impersonate(
    tx: &Change<'_>,
    new: &NewImpersonation,
) -> Result<Impersonated, Undo<Impersonated>> {
    let user = new.user_id;
    let held = tx
        .hold(Lock::Share, sql::users::EXISTS, &[&user.0], row::id)
        .await?;
    if held.is_none() {
        return Ok(None);
    }
    let app = app_of_impersonations(tx, user).await?;
    let active = tx
        .hold(Lock::Share, sql::apps::IS_ACTIVE, &[&app.0], row::id)
        .await?;
    if active.is_none() {
        return Err(Undo::answer(Some(Err(NotCreated::NoApp))));
    }
    let grant = grants::lock_or_create(tx, user, app).await?;
    let replaced = remove(tx, user, app).await?;
    let new = NewAuthorization {
        user_id: user,
        app_id: Some(app),
        token_hash: new.token_hash,
        token_last_eight: new.token_last_eight.clone(),
        note: None,
        note_url: None,
        scopes: new.scopes.clone(),
        fingerprint: Fingerprint::default(),
        expires_at: new.expires_at,
    };
    let limits = MintLimits {
        per_scope_set: u32::MAX,
        per_hour: None,
    };
    match mint::mint(tx, &new, Some(grant), limits).await? {
        Ok(authorization) => Ok(Some(Ok(Impersonation {
            authorization,
            replaced,
        }))),
        Err(why) => Err(Undo::answer(Some(Err(why)))),
    }
}

async fn remove(tx: &Change<'_>, user: UserId, app: AppId) -> DbResult<bool> {
    let statement = sql::authorizations::DELETE_ALL_OF_USER_AND_APP;
    let action = Action::AuthorizationDeleted;
    let removed = tokens::remove(tx, statement, &[&user.0, &app.0], action).await?;
    Ok(!removed.is_empty())
}

async fn find_app(tx: &Change<'_>) -> DbResult<Option<AppId>> {
    let found = tx
        .one(sql::apps::ID_OF, &[&IMPERSONATION_CLIENT_ID], row::id)
        .await?;
    Ok(found.map(AppId))
}

/// As GitHub Enterprise Server shows it.
const NAME: &str = "GitHub Site Administrator";
const URL: &str = "https://developer.github.com/v3/enterprise/users/";

async fn app_of_impersonations(tx: &Change<'_>, user: UserId) -> DbResult<AppId> {
    if let Some(app) = find_app(tx).await? {
        return Ok(app);
    }
    let new = NewApp {
        client_id: ClientId::from_stored(IMPERSONATION_CLIENT_ID.to_owned()),
        name: NAME.to_owned(),
        url: URL.to_owned(),
        description: None,
        callback_urls: Vec::new(),
        owner_id: tx.acting_user().unwrap_or(user),
        secret_hash: None,
        settings: AppSettings {
            device_flow: false,
            ..AppSettings::default()
        },
    };
    match apps::insert(tx, &new).await? {
        Some(app) => Ok(app),
        // Somebody else was quicker.
        None => find_app(tx).await?.ok_or(DbError::Missing),
    }
}

async fn end(tx: &Change<'_>, user: UserId) -> DbResult<bool> {
    let Some(app) = find_app(tx).await? else {
        return Ok(false);
    };
    if grants::lock(tx, user, app).await?.is_none() || !remove(tx, user, app).await? {
        return Ok(false);
    }
    grants::delete(tx, sql::grants::DELETE_OF_USER_AND_APP, &[&user.0, &app.0]).await
}

/// In lock order: the new owner, the app.
async fn administer(
    tx: &Change<'_>,
    id: AppId,
    change: &AppAdministration,
) -> DbResult<Option<OwnedApp>> {
    if let Some(owner) = change.owner {
        tx.hold_user(owner).await?;
    }
    let Some(before) = apps::edit(tx, id, &change.edit).await? else {
        return Ok(None);
    };
    if let Some(owner) = change.owner.filter(|owner| *owner != before.owner_id) {
        apps::set_owner(tx, id, owner).await?;
    }
    if let Some(suspended) = change.suspended {
        apps::set_suspended(tx, id, suspended).await?;
    }
    tx.one(sql::apps::FIND_OWNED, &[&id.0], row::owned_app)
        .await
}
