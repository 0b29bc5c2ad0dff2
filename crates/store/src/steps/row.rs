//! From rows to the types of core. Owns the order of columns, the same as in
//! `sql`'s column lists; each function starts to read at the column it is given.

use grantd_core::app::{App, AppCredentials, AppSettings, AppSummary, ClientId};
use grantd_core::authorization::Authorization;
use grantd_core::clock::Timestamp;
use grantd_core::fingerprint::Fingerprint;
use grantd_core::grant::Grant;
use grantd_core::ids::{AppId, AuthorizationId, GrantId, SessionId, UserId};
use grantd_core::login::throttle::{Meter, Tally};
use grantd_core::note::{Note, NoteUrl};
use grantd_core::scope::Scopes;
use grantd_core::secret::{Sealed, SecretHash};
use grantd_core::store::{
    ConsentCheck, LiveSession, OwnedApp, OwnedAuthorization, SessionRecord, SignInCheck,
};
use grantd_core::token::{TokenHash, TokenLastEight};
use grantd_core::user::{Email, Language, Login, PasswordHash, User, UserCredentials};

use crate::db::{Columns, DbError, DbResult};

pub(crate) const USER: usize = 10;
const CREDENTIALS: usize = USER + 3;
const METER: usize = 3;
pub(crate) const APP: usize = 20;
pub(crate) const APP_SUMMARY: usize = 5;
pub(crate) const AUTHORIZATION: usize = 11;

pub(super) fn id(row: &dyn Columns) -> DbResult<i64> {
    row.get(0)
}

pub(super) fn user(row: &dyn Columns, at: usize) -> DbResult<User> {
    Ok(User {
        id: UserId(row.get(at)?),
        login: Login::from_stored(row.get(at + 1)?),
        email: row.maybe(at + 2)?.map(Email::from_stored),
        email_verified: row.get(at + 3)?,
        site_admin: row.get(at + 4)?,
        two_factor: row.get(at + 5)?,
        suspended_at: row.maybe(at + 6)?.map(Timestamp),
        created_at: Timestamp(row.get(at + 7)?),
        updated_at: Timestamp(row.get(at + 8)?),
        language: row.text(at + 9)?.and_then(Language::from_tag),
    })
}

/// A user, then password hash, seed and generation, or none of it; then two meters and a time.
pub(super) fn sign_in_check(row: &dyn Columns) -> DbResult<SignInCheck> {
    let is_there = row.int(0)?.is_some();
    let credentials = is_there.then(|| user_credentials(row)).transpose()?;
    let meters = [
        meter(row, CREDENTIALS)?.unwrap_or_default(),
        meter(row, CREDENTIALS + METER)?.unwrap_or_default(),
    ];
    Ok(SignInCheck {
        credentials,
        meters,
        last_seen: row.maybe(CREDENTIALS + 2 * METER)?.map(Timestamp),
    })
}

/// A user, the generation, and a session that rests on it.
pub(super) fn live_session(row: &dyn Columns) -> DbResult<LiveSession> {
    Ok(LiveSession {
        user: user(row, 0)?,
        auth_generation: row.get(USER)?,
        record: session(row, USER + 1)?,
    })
}

pub(super) fn session(row: &dyn Columns, at: usize) -> DbResult<SessionRecord> {
    Ok(SessionRecord {
        id: SessionId(row.get(at)?),
        created_at: Timestamp(row.get(at + 1)?),
        seen_at: Timestamp(row.get(at + 2)?),
        expires_at: Timestamp(row.get(at + 3)?),
        address: row.get(at + 4)?,
        user_agent: row.get(at + 5)?,
        sudo_until: Timestamp(row.get(at + 6)?),
    })
}

pub(super) fn user_credentials(row: &dyn Columns) -> DbResult<UserCredentials> {
    Ok(UserCredentials {
        user: user(row, 0)?,
        password_hash: PasswordHash(row.get(USER)?),
        totp_seed: row.maybe(USER + 1)?.map(Sealed),
        auth_generation: row.get(USER + 2)?,
    })
}

/// Failures, places, lock; none where no row was joined.
pub(super) fn meter(row: &dyn Columns, at: usize) -> DbResult<Option<Meter>> {
    let (Some(failures), Some(reserved)) = (tally(row, at)?, tally(row, at + 1)?) else {
        return Ok(None);
    };
    Ok(Some(Meter {
        failures,
        reserved,
        locked_until: row.maybe(at + 2)?.map(Timestamp),
    }))
}

fn tally(row: &dyn Columns, at: usize) -> DbResult<Option<Tally>> {
    let read = |text| {
        let malformed = || DbError::Column(at, "no moments".into());
        Tally::from_stored(text).ok_or_else(malformed)
    };
    row.text(at)?.map(read).transpose()
}

/// An app, from the first column on.
pub(super) fn app_credentials(row: &dyn Columns) -> DbResult<AppCredentials> {
    let secret_hash = row.maybe(6)?.map(SecretHash);
    let app = App {
        id: AppId(row.get(0)?),
        client_id: ClientId::from_stored(row.get(1)?),
        name: row.get(2)?,
        url: row.get(3)?,
        description: row.maybe(11)?,
        callback_urls: callback_urls(row, 4)?,
        owner_id: UserId(row.get(5)?),
        public: secret_hash.is_none(),
        settings: AppSettings {
            device_flow: !row.get::<bool>(12)?,
            sub_path_callbacks: row.get(13)?,
            expiring_tokens: row.get(14)?,
            allowed_scopes: row.maybe(15)?.map(Scopes::from_stored),
            resource_server: row.get(19)?,
        },
        logo_at: row.maybe(16)?.map(Timestamp),
        previous_secret_until: row.maybe(18)?.map(Timestamp),
        suspended_at: row.maybe(7)?.map(Timestamp),
        created_at: Timestamp(row.get(8)?),
        updated_at: Timestamp(row.get(9)?),
    };
    Ok(AppCredentials {
        app,
        secret_hash,
        previous_secret_hash: row.maybe(17)?.map(SecretHash),
        auth_generation: row.get(10)?,
    })
}

/// An app, and then its owner.
pub(super) fn owned_app(row: &dyn Columns) -> DbResult<OwnedApp> {
    Ok(OwnedApp {
        app: app_credentials(row)?.app,
        owner: user(row, APP)?,
    })
}

fn callback_urls(row: &dyn Columns, at: usize) -> DbResult<Vec<String>> {
    let text: &str = row.get(at)?;
    serde_json::from_str(text).map_err(|error| DbError::Column(at, error.into()))
}

pub(super) fn app_summary(row: &dyn Columns, at: usize) -> DbResult<Option<AppSummary>> {
    let Some(id) = row.maybe(at)? else {
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

fn authorization_of(
    row: &dyn Columns,
    at: usize,
    app: Option<AppSummary>,
) -> DbResult<Authorization> {
    Ok(Authorization {
        id: AuthorizationId(row.get(at)?),
        user_id: UserId(row.get(at + 1)?),
        app,
        token_hash: TokenHash(row.get(at + 2)?),
        token_last_eight: TokenLastEight(row.get(at + 3)?),
        note: row.maybe(at + 4)?.map(Note::from_stored),
        note_url: row.maybe(at + 5)?.map(NoteUrl::from_stored),
        scopes: scopes(row, at + 6)?,
        fingerprint: Fingerprint::from_stored(row.get(at + 7)?),
        created_at: Timestamp(row.get(at + 8)?),
        updated_at: Timestamp(row.get(at + 9)?),
        expires_at: row.maybe(at + 10)?.map(Timestamp),
    })
}

/// An authorization, then its app's summary.
pub(super) fn authorization(row: &dyn Columns) -> DbResult<Authorization> {
    authorization_of(row, 0, app_summary(row, AUTHORIZATION)?)
}

/// An authorization, its app's summary, its owner.
pub(super) fn owned(row: &dyn Columns) -> DbResult<OwnedAuthorization> {
    Ok(OwnedAuthorization {
        authorization: authorization(row)?,
        user: user(row, OWNED - USER)?,
    })
}

/// Columns of [`authorization`].
pub(super) const RECORD: usize = AUTHORIZATION + APP_SUMMARY;

/// Columns of [`owned`].
pub(crate) const OWNED: usize = AUTHORIZATION + APP_SUMMARY + USER;

/// An app, an authorization that is the app's, its owner.
pub(super) fn owned_beside(row: &dyn Columns, app: &App) -> DbResult<OwnedAuthorization> {
    Ok(OwnedAuthorization {
        authorization: authorization_of(row, APP, Some(summary_of(app)))?,
        user: user(row, APP + AUTHORIZATION)?,
    })
}

/// Columns of [`grant`].
pub(super) const GRANT: usize = 5 + APP_SUMMARY;

pub(super) fn grant(row: &dyn Columns) -> DbResult<Grant> {
    let app = app_summary(row, 5)?.ok_or(DbError::Missing)?;
    Ok(Grant {
        id: GrantId(row.get(0)?),
        user_id: UserId(row.get(1)?),
        app,
        scopes: scopes(row, 2)?,
        created_at: Timestamp(row.get(3)?),
        updated_at: Timestamp(row.get(4)?),
    })
}

/// An app, then its owner, then the id and the consented scopes of a grant, if there is one.
pub(super) fn consent_check(row: &dyn Columns) -> DbResult<ConsentCheck> {
    let grant = row.maybe(APP + USER)?.map(GrantId);
    let consented = row.maybe(APP + USER + 1)?.map(Scopes::from_stored);
    Ok(ConsentCheck {
        credentials: app_credentials(row)?,
        owner: user(row, APP)?,
        grant: grant.map(|grant| (grant, consented.unwrap_or_default())),
    })
}

/// Columns of [`consent_check`].
pub(super) const CONSENT_CHECK: usize = APP + USER + 2;

pub(super) fn scopes(row: &dyn Columns, at: usize) -> DbResult<Scopes> {
    Ok(Scopes::from_stored(row.get(at)?))
}
