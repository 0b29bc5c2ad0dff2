//! Steps about codes, device codes and refresh tokens. Owns what they rest on:
//! the grant, found again under its lock; what is used once is used by one
//! conditional `UPDATE`.
//!
//! Locks are taken in the order user → app → grant; the row of the code comes
//! last, and whoever deletes a grant comes to its codes under the grant's lock,
//! too. The acting app is held first, before the user: of two steps that meet
//! there in a circle PostgreSQL undoes one, and it is done again.

mod codes;
mod devices;
mod refresh;

use async_trait::async_trait;
use grantd_core::app::ClientId;
use grantd_core::audit::{Action, Stamp};
use grantd_core::authorization::{Authorization, NewAuthorization};
use grantd_core::clock::Timestamp;
use grantd_core::fingerprint::Fingerprint;
use grantd_core::ids::{AppId, GrantId, SessionId, UserId};
use grantd_core::scope::Scopes;
use grantd_core::secret::SecretHash;
use grantd_core::store::{
    Access, CodeRecord, CodeRedemption, ConsentCheck, Consented, DeviceDecision, DeviceRedemption,
    DeviceRequest, FlowStore, Leaked, LiveRefreshToken, NewCode, NewDeviceCode, NotCreated, Poll,
    Rotation, RotationLimits, Stored,
};
use grantd_core::token::TokenHash;

use super::change::Change;
use super::{Engine, StoreOn, can_be_stored, grants, mint, row, tokens};
use crate::db::{DbResult, Params};
use crate::sql;

pub(crate) use self::codes::end_codes_of_session;
pub(super) use self::refresh::{follow_edit, outlive};

#[async_trait]
impl<E: Engine> FlowStore for StoreOn<E> {
    async fn find_consent(
        &self,
        client_id: &ClientId,
        user: Option<UserId>,
    ) -> Stored<Option<ConsentCheck>> {
        if !can_be_stored(client_id.as_str()) {
            return Ok(None);
        }
        self.engine
            .read((client_id.clone(), user), |db, (client_id, user)| {
                Box::pin(async move {
                    let user = user.map(|id| id.0);
                    let client_id = client_id.as_str();
                    let keys: Params<'_> = &[&user, &client_id];
                    db.one(sql::flows::FIND_CONSENT, keys, row::consent_check)
                        .await
                })
            })
            .await
    }

    async fn create_code(&self, new: NewCode, consented: Consented, stamp: Stamp) -> Stored<bool> {
        self.engine
            .change(stamp, (new, consented), |tx, (new, consented)| {
                Box::pin(codes::create(tx, new, *consented))
            })
            .await
    }

    async fn find_code(&self, hash: [u8; 32]) -> Stored<Option<CodeRecord>> {
        self.engine
            .read(hash, |db, hash| Box::pin(codes::find(db, hash)))
            .await
    }

    async fn redeem_code(
        &self,
        hash: [u8; 32],
        access: Access,
        stamp: Stamp,
    ) -> Stored<CodeRedemption> {
        self.engine
            .change(stamp, (hash, access), |tx, (hash, access)| {
                Box::pin(codes::redeem(tx, hash, access))
            })
            .await
    }

    async fn end_codes_of_session(&self, session: SessionId, stamp: Stamp) -> Stored<()> {
        self.engine
            .change(stamp, session, |tx, &session| {
                Box::pin(async move { Ok(end_codes_of_session(tx, session).await?) })
            })
            .await
    }

    async fn create_device_code(&self, new: NewDeviceCode, stamp: Stamp) -> Stored<bool> {
        self.engine
            .change(stamp, new, |tx, new| {
                Box::pin(async move { Ok(devices::create(tx, new).await?) })
            })
            .await
    }

    async fn find_device_request(
        &self,
        user_code: [u8; 32],
        user: UserId,
        now: Timestamp,
    ) -> Stored<Option<DeviceRequest>> {
        self.engine
            .read((user_code, user, now), |db, (user_code, user, now)| {
                Box::pin(devices::find(db, user_code, *user, *now))
            })
            .await
    }

    async fn decide_device_code(
        &self,
        user_code: [u8; 32],
        decision: DeviceDecision,
        stamp: Stamp,
    ) -> Stored<bool> {
        self.engine
            .change(stamp, (user_code, decision), |tx, (user_code, decision)| {
                Box::pin(devices::decide(tx, user_code, decision))
            })
            .await
    }

    async fn poll_device_code(
        &self,
        app: AppId,
        device_code: SecretHash,
        now: Timestamp,
    ) -> Stored<Option<Poll>> {
        self.engine
            .write_lightly((app, device_code, now), |db, (app, device_code, now)| {
                Box::pin(async move { Ok(devices::poll(db, *app, device_code, *now).await?) })
            })
            .await
    }

    async fn redeem_device_code(
        &self,
        app: AppId,
        device_code: SecretHash,
        access: Access,
        stamp: Stamp,
    ) -> Stored<DeviceRedemption> {
        let input = (app, device_code, access);
        self.engine
            .change(stamp, input, |tx, (app, device_code, access)| {
                Box::pin(devices::redeem(tx, *app, device_code, access))
            })
            .await
    }

    async fn rotate_refresh_token(
        &self,
        app: AppId,
        hash: TokenHash,
        access: Access,
        limits: RotationLimits,
        stamp: Stamp,
    ) -> Stored<Rotation> {
        let input = (app, hash, access, limits);
        self.engine
            .change(stamp, input, |tx, (app, hash, access, limits)| {
                Box::pin(refresh::rotate(tx, *app, *hash, access, *limits))
            })
            .await
    }

    async fn revoke_refresh_token(
        &self,
        app: AppId,
        hash: TokenHash,
        stamp: Stamp,
    ) -> Stored<bool> {
        self.engine
            .change(stamp, (app, hash), |tx, &(app, hash)| {
                Box::pin(async move { Ok(refresh::revoke(tx, app, hash).await?) })
            })
            .await
    }

    async fn revoke_leaked(
        &self,
        hash: TokenHash,
        action: Action,
        stamp: Stamp,
    ) -> Stored<Option<Leaked>> {
        self.engine
            .change(stamp, (hash, action), |tx, &(hash, action)| {
                Box::pin(async move {
                    match tokens::revoke_leaked(tx, hash, action).await? {
                        None => Ok(refresh::revoke_leaked(tx, hash, action).await?),
                        found => Ok(found),
                    }
                })
            })
            .await
    }

    async fn find_refresh_token(
        &self,
        hash: TokenHash,
        now: Timestamp,
    ) -> Stored<Option<LiveRefreshToken>> {
        self.engine
            .read((hash, now), |db, &(hash, now)| {
                Box::pin(refresh::find(db, hash, now))
            })
            .await
    }

    async fn end_token(&self, app: AppId, hash: TokenHash, stamp: Stamp) -> Stored<bool> {
        self.engine
            .change(stamp, (app, hash), |tx, &(app, hash)| {
                Box::pin(async move { Ok(refresh::end_token(tx, app, hash).await?) })
            })
            .await
    }
}

/// For whom something is issued, under which grant.
#[derive(Clone, Copy)]
struct Under {
    user: UserId,
    app: AppId,
    grant: GrantId,
}

impl Under {
    /// Locks the grant; whether it is still the same one.
    async fn lock(&self, tx: &Change<'_>) -> DbResult<bool> {
        let found = grants::lock(tx, self.user, self.app).await?;
        Ok(found.is_some_and(|found| found.id == self.grant))
    }
}

/// Of whom a refresh token descends.
#[derive(Clone, Copy)]
struct Descent {
    family: i64,
    parent: TokenHash,
    /// When the first one was created.
    began: Timestamp,
    /// No later one ends after that.
    ends: Timestamp,
}

/// Makes an authorization and its refresh token, under the grant's lock.
async fn issue(
    tx: &Change<'_>,
    under: Under,
    consented: Scopes,
    access: &Access,
    descent: Option<Descent>,
) -> DbResult<Result<Authorization, NotCreated>> {
    let scopes = match &access.allowed {
        Some(allowed) => consented.intersection(allowed),
        None => consented,
    };
    let new = NewAuthorization {
        user_id: under.user,
        app_id: Some(under.app),
        token_hash: access.token.hash,
        token_last_eight: access.token.last_eight.clone(),
        note: None,
        note_url: None,
        scopes,
        fingerprint: Fingerprint::default(),
        expires_at: access.expires_at,
    };
    let made = mint::mint(tx, &new, Some(under.grant), access.limits).await?;
    if let (Ok(made), Some(refresh)) = (&made, &access.refresh) {
        let began = descent.map_or(tx.at(), |descent| descent.began);
        let ends = descent.map_or(refresh.expires_at, |descent| {
            refresh.expires_at.min(descent.ends)
        });
        tx.run(
            sql::flows::INSERT_REFRESH_TOKEN,
            &[
                &&refresh.hash.0[..],
                &descent.map_or(made.id.0, |descent| descent.family),
                &descent.as_ref().map(|descent| &descent.parent.0[..]),
                &under.app.0,
                &under.user.0,
                &under.grant.0,
                &made.id.0,
                &made.scopes.to_stored(),
                &ends.0,
                &began.0,
            ],
        )
        .await?;
    }
    Ok(made)
}

/// What a deleted grant takes along, under its lock.
pub(super) async fn delete_of_grant(tx: &Change<'_>, grant: GrantId) -> DbResult<()> {
    for statement in [
        sql::flows::DELETE_CODES_OF_GRANT,
        sql::flows::DELETE_DEVICE_CODES_OF_GRANT,
        sql::flows::DELETE_REFRESH_TOKENS_OF_GRANT,
    ] {
        tx.run(statement, &[&grant.0]).await?;
    }
    Ok(())
}

/// What a suspended app's people must begin anew.
pub(super) async fn end_of_app(tx: &Change<'_>, app: AppId) -> DbResult<()> {
    tx.run(sql::flows::END_CODES_OF_APP, &[&app.0]).await?;
    tx.run(sql::flows::DELETE_DEVICE_CODES_OF_APP, &[&app.0])
        .await
}

/// What a deleted app takes along beside its grants.
pub(super) async fn delete_of_app(tx: &Change<'_>, app: AppId) -> DbResult<()> {
    tx.run(sql::flows::DELETE_CODES_OF_APP, &[&app.0]).await?;
    tx.run(sql::flows::DELETE_DEVICE_CODES_OF_APP, &[&app.0])
        .await
}
