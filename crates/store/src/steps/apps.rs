//! Steps about OAuth apps.

use async_trait::async_trait;
use grantd_core::app::{
    App, AppCounts, AppCredentials, AppEdit, ClientId, IMPERSONATION_CLIENT_ID, NewApp,
};
use grantd_core::audit::{Action, Stamp};
use grantd_core::clock::Timestamp;
use grantd_core::ids::{AppId, UserId};
use grantd_core::logo::Logo;
use grantd_core::scope::Scopes;
use grantd_core::secret::SecretHash;
use grantd_core::store::{AppStore, Page, PageRequest, Stored, Taken};

use super::change::{Change, Subject};
use super::list::List;
use super::{Engine, StoreOn, can_be_stored, flows, grants, row, tokens};
use crate::db::{Columns, DbError, DbResult, Lock, Look, Params, Undo};
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
                    keys: &[&IMPERSONATION_CLIENT_ID],
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

    async fn rotate_app_secret(
        &self,
        id: AppId,
        secret: SecretHash,
        previous_until: Option<Timestamp>,
        stamp: Stamp,
    ) -> Stored<bool> {
        let input = (id, secret, previous_until);
        self.engine
            .change(stamp, input, |tx, (id, secret, until)| {
                Box::pin(async move { Ok(rotate_secret(tx, *id, secret, *until).await?) })
            })
            .await
    }

    async fn end_previous_secret(&self, id: AppId, stamp: Stamp) -> Stored<bool> {
        self.engine
            .change(stamp, id, |tx, &id| {
                Box::pin(async move { Ok(end_previous_secret(tx, id).await?) })
            })
            .await
    }

    async fn edit_app(&self, id: AppId, edit: AppEdit, stamp: Stamp) -> Stored<Option<App>> {
        self.engine
            .change(stamp, (id, edit), |tx, (id, edit)| {
                Box::pin(async move { Ok(self::edit(tx, *id, edit).await?) })
            })
            .await
    }

    async fn list_apps_of_owner(&self, owner: UserId, page: PageRequest) -> Stored<Page<App>> {
        self.engine
            .read_at_once((owner, page), |db, (owner, page)| {
                Box::pin(async move {
                    let list = List {
                        count: sql::apps::COUNT_OF_OWNER,
                        page: sql::apps::LIST_OF_OWNER,
                        keys: &[&owner.0, &IMPERSONATION_CLIENT_ID],
                    };
                    list.read(db, *page, |r| Ok(row::app_credentials(r)?.app))
                        .await
                })
            })
            .await
    }

    async fn count_app(&self, id: AppId) -> Stored<AppCounts> {
        self.engine
            .read(id, |db, id| {
                Box::pin(async move {
                    let read = |r: &dyn Columns| {
                        Ok(AppCounts {
                            users: r.get::<i64>(0)?.unsigned_abs(),
                            tokens: r.get::<i64>(1)?.unsigned_abs(),
                        })
                    };
                    let counts = db.one(sql::apps::COUNT_RELIANCE, &[&id.0], read).await?;
                    Ok(counts.unwrap_or_default())
                })
            })
            .await
    }

    async fn set_app_logo(&self, id: AppId, logo: Option<Logo>, stamp: Stamp) -> Stored<bool> {
        self.engine
            .change(stamp, (id, logo), |tx, (id, logo)| {
                Box::pin(async move { Ok(set_logo(tx, *id, logo.as_ref()).await?) })
            })
            .await
    }

    async fn find_app_logo(&self, id: AppId) -> Stored<Option<Logo>> {
        self.engine
            .read(id, |db, id| {
                Box::pin(async move {
                    let bytes = db.one(sql::apps::FIND_LOGO, &[&id.0], |r| r.get(0)).await?;
                    let logo = bytes.map(Logo::parse).transpose();
                    logo.map_err(|error| DbError::Column(0, error.into()))
                })
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
    let Some(id) = insert(tx, new).await? else {
        return Err(Undo::answer(Err(Taken::ClientId)));
    };
    let created = tx
        .one(sql::apps::FIND_BY_ID, &[&id.0], row::app_credentials)
        .await?;
    Ok(Ok(created.ok_or(DbError::Missing)?.app))
}

/// Adds an app; none when the client id is taken.
pub(super) async fn insert(tx: &Change<'_>, new: &NewApp) -> DbResult<Option<AppId>> {
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
                &new.description,
                &!new.settings.device_flow,
                &new.settings.sub_path_callbacks,
                &new.settings.expiring_tokens,
                &new.settings.allowed_scopes.as_ref().map(Scopes::to_stored),
                &new.settings.resource_server,
            ],
            row::id,
        )
        .await?;
    let Some(id) = id.map(AppId) else {
        return Ok(None);
    };
    let subject = Subject {
        user: Some(new.owner_id),
        ..Subject::app(id)
    };
    tx.audit(Action::AppCreated, &subject).await?;
    Ok(Some(id))
}

pub(super) async fn set_owner(tx: &Change<'_>, id: AppId, owner: UserId) -> DbResult<bool> {
    tx.hold_user(owner).await?;
    let values: Params<'_> = &[&owner.0, &tx.at().0, &id.0];
    let set = tx.any(sql::apps::SET_OWNER, values).await?;
    let subject = Subject {
        user: Some(owner),
        ..Subject::app(id)
    };
    tx.audit_if(set, Action::AppOwnerChanged, &subject).await
}

async fn rotate_secret(
    tx: &Change<'_>,
    id: AppId,
    secret: &SecretHash,
    previous_until: Option<Timestamp>,
) -> DbResult<bool> {
    let (secret, now) = (&&secret.0[..], &tx.at().0);
    let set = match previous_until {
        None => {
            let values: Params<'_> = &[secret, now, &id.0];
            tx.any(sql::apps::ROTATE_SECRET, values).await?
        }
        Some(until) => {
            let values: Params<'_> = &[secret, now, &until.0, &id.0];
            tx.any(sql::apps::ROTATE_SECRET_BY_OVERLAP, values).await?
        }
    };
    tx.audit_if(set, Action::AppSecretRotated, &Subject::app(id))
        .await
}

pub(super) async fn end_previous_secret(tx: &Change<'_>, id: AppId) -> DbResult<bool> {
    let values: Params<'_> = &[&tx.at().0, &id.0];
    let ended = tx.any(sql::apps::END_PREVIOUS_SECRET, values).await?;
    tx.audit_if(ended, Action::AppPreviousSecretEnded, &Subject::app(id))
        .await
}

/// Applies an edit to the app as it is under its row's lock.
pub(super) async fn edit(tx: &Change<'_>, id: AppId, edit: &AppEdit) -> DbResult<Option<App>> {
    tx.hold(Lock::Own, sql::apps::EXISTS, &[&id.0], row::id)
        .await?;
    let found = tx
        .one(sql::apps::FIND_BY_ID, &[&id.0], row::app_credentials)
        .await?;
    let Some(before) = found.map(|found| found.app) else {
        return Ok(None);
    };
    let after = edit.apply(&before, tx.at());
    if after == before {
        return Ok(Some(before));
    }
    let settings = &after.settings;
    tx.run(
        sql::apps::UPDATE,
        &[
            &after.name,
            &after.url,
            &after.description,
            &serde_json::json!(after.callback_urls).to_string(),
            &!settings.device_flow,
            &settings.sub_path_callbacks,
            &settings.expiring_tokens,
            &settings.allowed_scopes.as_ref().map(Scopes::to_stored),
            &settings.resource_server,
            &after.updated_at.0,
            &id.0,
        ],
    )
    .await?;
    tx.audit(Action::AppEdited, &Subject::app(id)).await?;
    Ok(Some(after))
}

async fn set_logo(tx: &Change<'_>, id: AppId, logo: Option<&Logo>) -> DbResult<bool> {
    let values: Params<'_> = &[&tx.at().0, &id.0];
    let set = match logo {
        Some(logo) => {
            let set = tx.any(sql::apps::SET_LOGO_AT, values).await?;
            if set {
                let values: Params<'_> = &[&id.0, &logo.bytes()];
                tx.run(sql::apps::SET_LOGO, values).await?;
            }
            set
        }
        None => {
            tx.run(sql::apps::DELETE_LOGO, &[&id.0]).await?;
            tx.any(sql::apps::REMOVE_LOGO_AT, values).await?
        }
    };
    tx.audit_if(set, Action::AppEdited, &Subject::app(id)).await
}

pub(super) async fn set_suspended(tx: &Change<'_>, id: AppId, suspended: bool) -> DbResult<bool> {
    let (statement, action) = if suspended {
        (sql::apps::SUSPEND, Action::AppSuspended)
    } else {
        (sql::apps::UNSUSPEND, Action::AppUnsuspended)
    };
    let set = tx.any(statement, &[&tx.at().0, &id.0]).await?;
    if set && suspended {
        flows::end_of_app(tx, id).await?;
    }
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
    flows::delete_of_app(tx, id).await?;
    tx.run(sql::apps::DELETE_LOGO, &[&id.0]).await?;
    tx.run(sql::apps::DELETE, &[&id.0]).await?;
    tx.audit(Action::AppDeleted, &Subject::app(id)).await?;
    Ok(true)
}
