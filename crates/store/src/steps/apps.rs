//! Steps about OAuth apps.

use async_trait::async_trait;
use grantd_core::app::{App, AppCredentials, ClientId, NewApp};
use grantd_core::audit::{Action, Stamp};
use grantd_core::ids::{AppId, UserId};
use grantd_core::secret::SecretHash;
use grantd_core::store::{AppStore, Page, PageRequest, Stored, Taken};

use super::change::{Change, Subject};
use super::list::List;
use super::{Engine, StoreOn, can_be_stored, grants, row, tokens};
use crate::db::{DbError, DbResult, Look, Params, Undo};
use crate::sql;

#[async_trait]
impl<E: Engine> AppStore for StoreOn<E> {
    async fn create_app(&self, new: NewApp, stamp: Stamp) -> Stored<Result<App, Taken>> {
        self.engine
            .change(stamp, new, |tx, new| Box::pin(create(tx, new)))
            .await
    }

    async fn find_app(&self, client_id: &ClientId) -> Stored<Option<AppCredentials>> {
        if !can_be_stored(client_id.as_str()) {
            return Ok(None);
        }
        let look: Look<ClientId, _> = |db, client_id| {
            let keys = client_id.as_str();
            Box::pin(async move {
                db.one(sql::apps::FIND, &[&keys], row::app_credentials)
                    .await
            })
        };
        self.engine.read(client_id.clone(), look).await
    }

    async fn list_apps(&self, page: PageRequest) -> Stored<Page<App>> {
        self.engine
            .read_at_once(page, |db, page| {
                let list = List {
                    count: sql::apps::COUNT,
                    page: sql::apps::LIST,
                    keys: &[],
                };
                Box::pin(list.read(db, *page, |r| Ok(row::app_credentials(r)?.app)))
            })
            .await
    }

    async fn set_app_owner(&self, id: AppId, owner: UserId, stamp: Stamp) -> Stored<bool> {
        self.engine
            .change(stamp, (id, owner), |tx, &(id, owner)| {
                Box::pin(async move { Ok(set_owner(tx, id, owner).await?) })
            })
            .await
    }

    async fn rotate_app_secret(&self, id: AppId, secret: SecretHash, stamp: Stamp) -> Stored<bool> {
        self.engine
            .change(stamp, (id, secret), |tx, (id, secret)| {
                Box::pin(async move { Ok(rotate_secret(tx, *id, secret).await?) })
            })
            .await
    }

    async fn set_app_suspended(&self, id: AppId, suspended: bool, stamp: Stamp) -> Stored<bool> {
        self.engine
            .change(stamp, (id, suspended), |tx, &(id, suspended)| {
                Box::pin(async move { Ok(set_suspended(tx, id, suspended).await?) })
            })
            .await
    }

    async fn delete_app(&self, id: AppId, stamp: Stamp) -> Stored<bool> {
        self.engine
            .change(stamp, id, |tx, &id| {
                Box::pin(async move { Ok(delete(tx, id).await?) })
            })
            .await
    }
}

type Created = Result<App, Taken>;

async fn create(tx: &Change<'_>, new: &NewApp) -> Result<Created, Undo<Created>> {
    tx.hold_user(new.owner_id).await?;
    let id = tx
        .one(
            sql::apps::INSERT,
            &[
                &new.client_id.as_str(),
                &new.name,
                &new.url,
                &serde_json::json!(new.callback_urls).to_string(),
                &new.owner_id.0,
                &new.secret_hash.as_ref().map(|hash| &hash.0[..]),
                &tx.at().0,
            ],
            row::id,
        )
        .await?;
    let Some(id) = id.map(AppId) else {
        return Err(Undo::answer(Err(Taken::ClientId)));
    };
    let subject = Subject {
        user: Some(new.owner_id),
        ..Subject::app(id)
    };
    tx.audit(Action::AppCreated, &subject).await?;
    let created = tx
        .one(sql::apps::FIND_BY_ID, &[&id.0], row::app_credentials)
        .await?;
    Ok(Ok(created.ok_or(DbError::Missing)?.app))
}

async fn set_owner(tx: &Change<'_>, id: AppId, owner: UserId) -> DbResult<bool> {
    tx.hold_user(owner).await?;
    let values: Params<'_> = &[&owner.0, &tx.at().0, &id.0];
    let set = tx.any(sql::apps::SET_OWNER, values).await?;
    let subject = Subject {
        user: Some(owner),
        ..Subject::app(id)
    };
    tx.audit_if(set, Action::AppOwnerChanged, &subject).await
}

async fn rotate_secret(tx: &Change<'_>, id: AppId, secret: &SecretHash) -> DbResult<bool> {
    let values: Params<'_> = &[&&secret.0[..], &tx.at().0, &id.0];
    let set = tx.any(sql::apps::ROTATE_SECRET, values).await?;
    tx.audit_if(set, Action::AppSecretRotated, &Subject::app(id))
        .await
}

async fn set_suspended(tx: &Change<'_>, id: AppId, suspended: bool) -> DbResult<bool> {
    let (statement, action) = if suspended {
        (sql::apps::SUSPEND, Action::AppSuspended)
    } else {
        (sql::apps::UNSUSPEND, Action::AppUnsuspended)
    };
    let set = tx.any(statement, &[&tx.at().0, &id.0]).await?;
    tx.audit_if(set, action, &Subject::app(id)).await
}

/// In lock order: the app, its grants, its tokens.
pub(super) async fn delete(tx: &Change<'_>, id: AppId) -> DbResult<bool> {
    if !tx.any(sql::apps::LOCK_TO_DELETE, &[&id.0]).await? {
        return Ok(false);
    }
    grants::delete(tx, sql::grants::DELETE_OF_APP, &[&id.0]).await?;
    tokens::remove(
        tx,
        sql::authorizations::DELETE_ALL_OF_APP,
        &[&id.0],
        Action::AuthorizationDeleted,
    )
    .await?;
    tx.run(sql::apps::DELETE, &[&id.0]).await?;
    tx.audit(Action::AppDeleted, &Subject::app(id)).await?;
    Ok(true)
}
