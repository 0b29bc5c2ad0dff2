//! Steps about OAuth apps.

use async_trait::async_trait;
use grantd_core::app::{App, AppCredentials, ClientId, NewApp};
use grantd_core::audit::{Action, Stamp};
use grantd_core::ids::{AppId, UserId};
use grantd_core::secret::SecretHash;
use grantd_core::store::{AppStore, Page, PageRequest, Stored, Taken};
use rusqlite::params;

use super::change::{Change, Subject};
use super::list::List;
use super::query::Query;
use super::writer::Undo;
use super::{SqliteStore, grants, row, tokens};
use crate::sql;

#[async_trait]
impl AppStore for SqliteStore {
    async fn create_app(&self, new: NewApp, stamp: Stamp) -> Stored<Result<App, Taken>> {
        self.change(stamp, move |tx| create(tx, &new)).await
    }

    async fn find_app(&self, client_id: &ClientId) -> Stored<Option<AppCredentials>> {
        let client_id = client_id.clone();
        self.read(move |conn| conn.one(sql::apps::FIND, [client_id.as_str()], row::app_credentials))
            .await
    }

    async fn list_apps(&self, page: PageRequest) -> Stored<Page<App>> {
        self.read(move |conn| {
            let list = List {
                count: sql::apps::COUNT,
                page: sql::apps::LIST,
                keys: &[],
            };
            list.read(conn, page, |r| Ok(row::app_credentials(r)?.app))
        })
        .await
    }

    async fn set_app_owner(&self, id: AppId, owner: UserId, stamp: Stamp) -> Stored<bool> {
        self.change(stamp, move |tx| {
            let set = tx.any(sql::apps::SET_OWNER, params![owner.0, tx.at().0, id.0])?;
            let subject = Subject {
                user: Some(owner),
                ..Subject::app(id)
            };
            Ok(tx.audit_if(set, Action::AppOwnerChanged, &subject)?)
        })
        .await
    }

    async fn rotate_app_secret(&self, id: AppId, secret: SecretHash, stamp: Stamp) -> Stored<bool> {
        self.change(stamp, move |tx| {
            let set = tx.any(sql::apps::ROTATE_SECRET, params![secret.0, tx.at().0, id.0])?;
            Ok(tx.audit_if(set, Action::AppSecretRotated, &Subject::app(id))?)
        })
        .await
    }

    async fn set_app_suspended(&self, id: AppId, suspended: bool, stamp: Stamp) -> Stored<bool> {
        let (statement, action) = if suspended {
            (sql::apps::SUSPEND, Action::AppSuspended)
        } else {
            (sql::apps::UNSUSPEND, Action::AppUnsuspended)
        };
        self.change(stamp, move |tx| {
            let set = tx.any(statement, params![tx.at().0, id.0])?;
            Ok(tx.audit_if(set, action, &Subject::app(id))?)
        })
        .await
    }

    async fn delete_app(&self, id: AppId, stamp: Stamp) -> Stored<bool> {
        self.change(stamp, move |tx| Ok(delete(tx, id)?)).await
    }
}

type Created = Result<App, Taken>;

fn create(tx: &Change<'_>, new: &NewApp) -> Result<Created, Undo<Created>> {
    let id = tx.one(
        sql::apps::INSERT,
        params![
            new.client_id.as_str(),
            new.name,
            new.url,
            serde_json::json!(new.callback_urls).to_string(),
            new.owner_id.0,
            new.secret_hash.map(|hash| hash.0),
            tx.at().0,
        ],
        row::id,
    )?;
    let Some(id) = id.map(AppId) else {
        return Err(Undo::answer(Err(Taken::ClientId)));
    };
    let subject = Subject {
        user: Some(new.owner_id),
        ..Subject::app(id)
    };
    tx.audit(Action::AppCreated, &subject)?;
    let created = tx.one(sql::apps::FIND_BY_ID, [id.0], row::app_credentials)?;
    Ok(Ok(created.ok_or(rusqlite::Error::QueryReturnedNoRows)?.app))
}

/// In lock order: the app, its grants, its tokens.
pub(super) fn delete(tx: &Change<'_>, id: AppId) -> rusqlite::Result<bool> {
    if !tx.any(sql::apps::LOCK_TO_DELETE, [id.0])? {
        return Ok(false);
    }
    grants::delete(tx, sql::grants::DELETE_OF_APP, &[&id.0])?;
    tokens::delete(
        tx,
        sql::authorizations::DELETE_ALL_OF_APP,
        &[&id.0],
        Action::AuthorizationDeleted,
    )?;
    tx.run(sql::apps::DELETE, [id.0])?;
    tx.audit(Action::AppDeleted, &Subject::app(id))?;
    Ok(true)
}
