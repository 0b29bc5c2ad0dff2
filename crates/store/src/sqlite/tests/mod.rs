//! What only this engine promises: its threads, its file, its statements.

mod file;
mod reaping;
mod remembered;
mod statements;
mod threads;

use std::path::Path;

use grantd_core::app::{App, AppSettings, ClientId, NewApp};
use grantd_core::audit::Stamp;
use grantd_core::authorization::{Authorization, NewAuthorization};
use grantd_core::clock::Timestamp;
use grantd_core::fingerprint::Fingerprint;
use grantd_core::scope::Scopes;
use grantd_core::secret::SecretHash;
use grantd_core::store::{AppStore, AuthorizationStore, MintLimits, UserStore};
use grantd_core::token::{TokenHash, TokenLastEight};
use grantd_core::user::{Login, NewUser, PasswordHash, User};

use super::{Options, SqliteStore};

const NOW: Timestamp = Timestamp(1_600_000_000);
const UNLIMITED: MintLimits = MintLimits {
    per_scope_set: u32::MAX,
    per_hour: None,
};

fn stamp() -> Stamp {
    Stamp::operator(NOW)
}

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, Options::default()).unwrap()
}

fn hash(number: u64) -> TokenHash {
    let mut hash = [0xab; 32];
    hash[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    TokenHash(hash)
}

async fn user(store: &SqliteStore, login: &str) -> User {
    let new = NewUser {
        login: Login::from_stored(login.to_owned()),
        email: None,
        email_verified: false,
        password_hash: PasswordHash("$".to_owned()),
        site_admin: false,
        second_factor: None,
    };
    store.create_user(new, stamp()).await.unwrap().unwrap()
}

async fn app(store: &SqliteStore, owner: &User) -> App {
    let new = NewApp {
        client_id: ClientId::from_stored("abc".to_owned()),
        name: "App".to_owned(),
        url: String::new(),
        callback_urls: vec![],
        owner_id: owner.id,
        secret_hash: Some(SecretHash([7; 32])),
        description: None,
        settings: AppSettings::default(),
    };
    store.create_app(new, stamp()).await.unwrap().unwrap()
}

fn token(user: &User, app: &App, number: u64) -> NewAuthorization {
    NewAuthorization {
        user_id: user.id,
        app_id: Some(app.id),
        token_hash: hash(number),
        token_last_eight: TokenLastEight("12345678".to_owned()),
        note: None,
        note_url: None,
        scopes: Scopes::default(),
        fingerprint: Fingerprint::default(),
        expires_at: None,
    }
}

async fn create(store: &SqliteStore, new: NewAuthorization) -> Authorization {
    let created = store.create_authorization(new, UNLIMITED, stamp()).await;
    created.unwrap().unwrap()
}

async fn is_valid(store: &SqliteStore, app: &App, hash: TokenHash) -> bool {
    let check = store.check_token(&app.client_id, Some(hash), NOW).await;
    check.unwrap().unwrap().token.is_some()
}
