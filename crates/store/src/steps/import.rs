//! What comes from another authority. Owns that a rehearsal keeps nothing.

mod tokens;

use std::sync::Arc;

use async_trait::async_trait;
use grantd_core::audit::{Action, Stamp};
use grantd_core::ids::{AppId, AuthorizationId, UserId};
use grantd_core::import::{Ended, ImportedApp, ImportedToken, Outcome, Refusal};
use grantd_core::scope::Scopes;
use grantd_core::store::{ImportStore, Stored};
use grantd_core::token::{SaltedHash, TokenHash, TokenLastEight};

use super::change::{Change, Subject};
use super::{Engine, StoreOn, row};
use crate::db::{Columns, DbError, DbResult, Lock, Params, Undo};
use crate::sql;

#[async_trait]
impl<E: Engine> ImportStore for StoreOn<E> {
    async fn import_tokens(
        &self,
        tokens: Vec<ImportedToken>,
        ended: Arc<Ended>,
        rehearse: bool,
        stamp: Stamp,
    ) -> Stored<Vec<Outcome>> {
        let of = (tokens, ended, rehearse);
        self.engine
            .change(stamp, of, |tx, (tokens, ended, rehearse)| {
                Box::pin(async move { settled(tokens::add(tx, tokens, ended).await?, *rehearse) })
            })
            .await
    }

    async fn import_app(&self, app: ImportedApp, rehearse: bool, stamp: Stamp) -> Stored<Outcome> {
        self.engine
            .change(stamp, (app, rehearse), |tx, (app, rehearse)| {
                Box::pin(async move { settled(app_in(tx, app).await?, *rehearse) })
            })
            .await
    }

    async fn list_salted(
        &self,
        last_eight: &TokenLastEight,
        limit: u32,
    ) -> Stored<Vec<(AuthorizationId, SaltedHash)>> {
        let of = (last_eight.0.clone(), i64::from(limit));
        self.engine
            .read(of, |db, (last_eight, limit)| {
                Box::pin(async move {
                    let keys: Params<'_> = &[last_eight, limit];
                    let read = |r: &dyn Columns| Ok((AuthorizationId(r.get(0)?), salted(r, 1)?));
                    db.all(sql::import::SALTED_OF_LAST_EIGHT, keys, read).await
                })
            })
            .await
    }

    async fn find_salted(&self, id: AuthorizationId) -> Stored<Option<SaltedHash>> {
        self.engine
            .read(id, |db, id| {
                Box::pin(async move {
                    db.one(sql::import::SALTED_OF, &[&id.0], |r| salted(r, 0))
                        .await
                })
            })
            .await
    }

    async fn upgrade_hash(
        &self,
        stand_in: TokenHash,
        hash: TokenHash,
        stamp: Stamp,
    ) -> Stored<bool> {
        self.engine
            .change(stamp, (stand_in, hash), |tx, &(stand_in, hash)| {
                Box::pin(async move { Ok(upgrade(tx, stand_in, hash).await?) })
            })
            .await
    }
}

async fn upgrade(tx: &Change<'_>, stand_in: TokenHash, hash: TokenHash) -> DbResult<bool> {
    let (from, to) = (&&stand_in.0[..], &&hash.0[..]);
    let values: Params<'_> = &[&hash.prefix(), to, &stand_in.prefix(), from];
    let mut upgraded = tx
        .all(sql::import::UPGRADE, values, Subject::remains)
        .await?;
    // The row names what the token was found by until now.
    for subject in &mut upgraded {
        subject.token_hash = Some(stand_in);
        subject.grant = None;
    }
    tx.audit_all(Action::TokenHashUpgraded, &upgraded).await?;
    Ok(!upgraded.is_empty())
}

fn salted(r: &dyn Columns, at: usize) -> DbResult<SaltedHash> {
    let malformed = || DbError::Column(at, "no salted hash".into());
    SaltedHash::parse(r.get(at)?).ok_or_else(malformed)
}

/// What was done is kept, unless it was to be tried only.
fn settled<T>(outcome: T, rehearse: bool) -> Result<T, Undo<T>> {
    match rehearse {
        true => Err(Undo::answer(outcome)),
        false => Ok(outcome),
    }
}

async fn app_in(tx: &Change<'_>, new: &ImportedApp) -> DbResult<Outcome> {
    let keys: Params<'_> = &[&new.owner.as_str()];
    let owner = tx.hold(Lock::Share, sql::import::USER_OF_LOGIN, keys, row::id);
    let Some(owner) = owner.await?.map(UserId) else {
        let login = new.owner.as_str().to_owned();
        return Ok(Outcome::Refused(Refusal::UnknownUser(login)));
    };
    let settings = &new.settings;
    let callbacks = serde_json::json!(new.callback_urls).to_string();
    let values: Params<'_> = &[
        &new.client_id.as_str(),
        &new.name,
        &new.url,
        &callbacks,
        &owner.0,
        &new.secret_hash.as_ref().map(|hash| &hash.0[..]),
        &new.created_at.0,
        &new.updated_at.0,
        &new.description,
        &!settings.device_flow,
        &settings.sub_path_callbacks,
        &settings.expiring_tokens,
        &settings.allowed_scopes.as_ref().map(Scopes::to_stored),
        &settings.resource_server,
        &new.suspended_at.map(|at| at.0),
    ];
    if let Some(id) = tx.one(sql::import::INSERT_APP, values, row::id).await? {
        let subject = Subject {
            user: Some(owner),
            ..Subject::app(AppId(id))
        };
        tx.audit(Action::AppImported, &subject).await?;
        return Ok(Outcome::Imported);
    }
    let keys: Params<'_> = &[&new.client_id.as_str()];
    let there = tx.one(sql::apps::FIND, keys, row::app_credentials).await?;
    let there = there.ok_or(DbError::Missing)?;
    let same = match (&there.secret_hash, &new.secret_hash) {
        (Some(there), Some(new)) => there.matches(new),
        (there, new) => there.is_none() && new.is_none(),
    };
    Ok(match same {
        true => Outcome::Present,
        false => Outcome::Refused(Refusal::ClientIdTaken),
    })
}
