//! A user, an app and tokens, with as little ceremony as possible.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use grantd_core::app::{App, AppSettings, ClientId, NewApp};
use grantd_core::audit::Stamp;
use grantd_core::authorization::{NewAuthorization, NewToken};
use grantd_core::clock::Timestamp;
use grantd_core::fingerprint::Fingerprint;
use grantd_core::scope::Scopes;
use grantd_core::secret::SecretHash;
use grantd_core::store::{AppStore, AuthorizationStore, MintLimits, StoreError, UserStore};
use grantd_core::token::{TokenHash, TokenLastEight};
use grantd_core::user::{Login, NewUser, PasswordHash, User};
use grantd_store::conformance::database::patiently;
use grantd_store::{PostgresOptions, PostgresStore};

pub(crate) const NOW: Timestamp = Timestamp(1_600_000_000);
pub(crate) const TEN: MintLimits = MintLimits {
    per_scope_set: 10,
    per_hour: None,
};

pub(crate) type Node = Arc<PostgresStore>;

pub(crate) fn stamp() -> Stamp {
    Stamp::operator(NOW)
}

pub(crate) async fn node(url: &str) -> Node {
    Arc::new(patiently(url).await)
}

pub(crate) async fn node_with(url: &str, patience: Duration) -> Node {
    let options = PostgresOptions {
        patience,
        ..PostgresOptions::default()
    };
    Arc::new(PostgresStore::connect(url, options).await.unwrap())
}

pub(crate) fn new_user(login: &str) -> NewUser {
    NewUser {
        login: Login::from_stored(login.to_owned()),
        email: None,
        email_verified: false,
        password_hash: PasswordHash("$".to_owned()),
        site_admin: false,
        second_factor: None,
    }
}

pub(crate) async fn user_and_app(node: &Node) -> (User, App) {
    let user = node.create_user(new_user("octocat"), stamp()).await;
    let user = user.unwrap().unwrap();
    let new = NewApp {
        client_id: ClientId::from_stored("abc".to_owned()),
        name: "App".to_owned(),
        url: String::new(),
        callback_urls: vec![],
        owner_id: user.id,
        secret_hash: Some(SecretHash([7; 32])),
        description: None,
        settings: AppSettings::default(),
    };
    let app = node.create_app(new, stamp()).await.unwrap().unwrap();
    (user, app)
}

/// A token that no other is equal to.
pub(crate) fn token() -> NewToken {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut hash = [0xab; 32];
    hash[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    NewToken {
        hash: TokenHash(hash),
        last_eight: TokenLastEight(format!("{number:08}")),
    }
}

pub(crate) fn authorization(user: &User, app: &App) -> NewAuthorization {
    let token = token();
    NewAuthorization {
        user_id: user.id,
        app_id: Some(app.id),
        token_hash: token.hash,
        token_last_eight: token.last_eight,
        note: None,
        note_url: None,
        scopes: Scopes::from_stored("repo"),
        fingerprint: Fingerprint::default(),
        expires_at: None,
    }
}

pub(crate) async fn create(node: &Node, user: &User, app: &App) -> TokenHash {
    let new = authorization(user, app);
    let made = node.create_authorization(new, TEN, stamp()).await;
    made.unwrap().unwrap().token_hash
}

pub(crate) async fn is_valid(node: &Node, app: &App, hash: TokenHash) -> Result<bool, StoreError> {
    let check = node.check_token(&app.client_id, Some(hash), NOW).await?;
    Ok(check.is_some_and(|check| check.token.is_some()))
}
