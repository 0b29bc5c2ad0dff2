//! From rows to the types of core. Owns the order of columns, the same as in
//! `sql`'s column lists; each function starts to read at the column it is given.

use grantd_core::app::{App, AppCredentials, AppSummary, ClientId};
use grantd_core::authorization::Authorization;
use grantd_core::clock::Timestamp;
use grantd_core::fingerprint::Fingerprint;
use grantd_core::grant::Grant;
use grantd_core::ids::{AppId, AuthorizationId, GrantId, UserId};
use grantd_core::note::{Note, NoteUrl};
use grantd_core::scope::Scopes;
use grantd_core::secret::{Sealed, SecretHash};
use grantd_core::store::OwnedAuthorization;
use grantd_core::token::{TokenHash, TokenLastEight};
use grantd_core::user::{Email, Login, PasswordHash, User, UserCredentials};
use rusqlite::{Result, Row, types::Type};

pub(super) const USER: usize = 9;
pub(super) const APP: usize = 11;
pub(super) const APP_SUMMARY: usize = 5;
pub(super) const AUTHORIZATION: usize = 11;

pub(super) fn id(row: &Row<'_>) -> Result<i64> {
    row.get(0)
}

pub(super) fn user(row: &Row<'_>, at: usize) -> Result<User> {
    Ok(User {
        id: UserId(row.get(at)?),
        login: Login::from_stored(row.get(at + 1)?),
        email: row
            .get::<_, Option<String>>(at + 2)?
            .map(Email::from_stored),
        email_verified: row.get(at + 3)?,
        site_admin: row.get(at + 4)?,
        two_factor: row.get(at + 5)?,
        suspended_at: row.get::<_, Option<i64>>(at + 6)?.map(Timestamp),
        created_at: Timestamp(row.get(at + 7)?),
        updated_at: Timestamp(row.get(at + 8)?),
    })
}

/// A user, then password hash, seed and generation.
pub(super) fn user_credentials(row: &Row<'_>) -> Result<UserCredentials> {
    Ok(UserCredentials {
        user: user(row, 0)?,
        password_hash: PasswordHash(row.get(USER)?),
        totp_seed: row.get::<_, Option<Vec<u8>>>(USER + 1)?.map(Sealed),
        auth_generation: row.get(USER + 2)?,
    })
}

pub(super) fn app_credentials(row: &Row<'_>) -> Result<AppCredentials> {
    let secret_hash = row.get::<_, Option<[u8; 32]>>(6)?.map(SecretHash);
    let app = App {
        id: AppId(row.get(0)?),
        client_id: ClientId::from_stored(row.get(1)?),
        name: row.get(2)?,
        url: row.get(3)?,
        callback_urls: callback_urls(row, 4)?,
        owner_id: UserId(row.get(5)?),
        public: secret_hash.is_none(),
        suspended_at: row.get::<_, Option<i64>>(7)?.map(Timestamp),
        created_at: Timestamp(row.get(8)?),
        updated_at: Timestamp(row.get(9)?),
    };
    Ok(AppCredentials {
        app,
        secret_hash,
        auth_generation: row.get(10)?,
    })
}

fn callback_urls(row: &Row<'_>, at: usize) -> Result<Vec<String>> {
    let text = row.get_ref(at)?.as_str()?;
    serde_json::from_str(text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(at, Type::Text, error.into()))
}

fn app_summary(row: &Row<'_>, at: usize) -> Result<Option<AppSummary>> {
    let Some(id) = row.get(at)? else {
        return Ok(None);
    };
    Ok(Some(AppSummary {
        id: AppId(id),
        client_id: ClientId::from_stored(row.get(at + 1)?),
        name: row.get(at + 2)?,
        url: row.get(at + 3)?,
        updated_at: Timestamp(row.get(at + 4)?),
    }))
}

fn summary_of(app: &App) -> AppSummary {
    AppSummary {
        id: app.id,
        client_id: app.client_id.clone(),
        name: app.name.clone(),
        url: app.url.clone(),
        updated_at: app.updated_at,
    }
}

fn authorization_of(row: &Row<'_>, at: usize, app: Option<AppSummary>) -> Result<Authorization> {
    Ok(Authorization {
        id: AuthorizationId(row.get(at)?),
        user_id: UserId(row.get(at + 1)?),
        app,
        token_hash: TokenHash(row.get(at + 2)?),
        token_last_eight: TokenLastEight(row.get(at + 3)?),
        note: row.get::<_, Option<String>>(at + 4)?.map(Note::from_stored),
        note_url: row
            .get::<_, Option<String>>(at + 5)?
            .map(NoteUrl::from_stored),
        scopes: scopes(row, at + 6)?,
        fingerprint: Fingerprint::from_stored(row.get(at + 7)?),
        created_at: Timestamp(row.get(at + 8)?),
        updated_at: Timestamp(row.get(at + 9)?),
        expires_at: row.get::<_, Option<i64>>(at + 10)?.map(Timestamp),
    })
}

/// An authorization, then its app's summary.
pub(super) fn authorization(row: &Row<'_>) -> Result<Authorization> {
    authorization_of(row, 0, app_summary(row, AUTHORIZATION)?)
}

/// An authorization, its app's summary, its owner.
pub(super) fn owned(row: &Row<'_>) -> Result<OwnedAuthorization> {
    Ok(OwnedAuthorization {
        authorization: authorization(row)?,
        user: user(row, OWNED - USER)?,
    })
}

/// Columns of [`owned`].
pub(super) const OWNED: usize = AUTHORIZATION + APP_SUMMARY + USER;

/// An app, an authorization that is the app's, its owner.
pub(super) fn owned_beside(row: &Row<'_>, app: &App) -> Result<OwnedAuthorization> {
    Ok(OwnedAuthorization {
        authorization: authorization_of(row, APP, Some(summary_of(app)))?,
        user: user(row, APP + AUTHORIZATION)?,
    })
}

pub(super) fn grant(row: &Row<'_>) -> Result<Grant> {
    let app = app_summary(row, 5)?.ok_or(rusqlite::Error::InvalidColumnIndex(5))?;
    Ok(Grant {
        id: GrantId(row.get(0)?),
        user_id: UserId(row.get(1)?),
        app,
        scopes: scopes(row, 2)?,
        created_at: Timestamp(row.get(3)?),
        updated_at: Timestamp(row.get(4)?),
    })
}

pub(super) fn scopes(row: &Row<'_>, at: usize) -> Result<Scopes> {
    Ok(Scopes::from_stored(row.get_ref(at)?.as_str()?))
}
