//! The one term of the validity predicate that no sequence of steps can reach:
//! steps delete a grant together with its tokens. Here only its row is deleted.

use std::sync::Arc;
use std::time::Duration;

use grantd_core::app::{AppSettings, ClientId, NewApp};
use grantd_core::audit::Stamp;
use grantd_core::authorization::NewAuthorization;
use grantd_core::clock::Timestamp;
use grantd_core::fingerprint::Fingerprint;
use grantd_core::scope::Scopes;
use grantd_core::store::{MintLimits, SharedStore, TokenVerdict};
use grantd_core::token::{TokenHash, TokenLastEight};
use grantd_core::user::{Login, NewUser, PasswordHash};
use grantd_store::conformance::cluster::Cluster;
use grantd_store::{Options, PostgresOptions, PostgresStore, SqliteStore};

const NOW: Timestamp = Timestamp(1_600_000_000);
const HASH: TokenHash = TokenHash([1; 32]);
const DELETE: &str = "DELETE FROM grants";

/// A user, an app, a token.
async fn fill(store: &SharedStore) {
    let stamp = || Stamp::operator(NOW);
    let user = NewUser {
        login: Login::from_stored("octocat".to_owned()),
        email: None,
        email_verified: false,
        password_hash: PasswordHash("$".to_owned()),
        site_admin: false,
        second_factor: None,
    };
    let user = store.create_user(user, stamp()).await.unwrap().unwrap();
    let app = NewApp {
        client_id: ClientId::from_stored("abc".to_owned()),
        name: "App".to_owned(),
        url: String::new(),
        callback_urls: vec![],
        owner_id: user.id,
        secret_hash: None,
        description: None,
        settings: AppSettings::default(),
    };
    let app = store.create_app(app, stamp()).await.unwrap().unwrap();
    let new = NewAuthorization {
        user_id: user.id,
        app_id: Some(app.id),
        token_hash: HASH,
        token_last_eight: TokenLastEight("12345678".to_owned()),
        note: None,
        note_url: None,
        scopes: Scopes::default(),
        fingerprint: Fingerprint::default(),
        expires_at: None,
    };
    let limits = MintLimits {
        per_scope_set: 10,
        per_hour: None,
    };
    let made = store.create_authorization(new, limits, stamp()).await;
    made.unwrap().unwrap();
}

async fn is_valid(store: &SharedStore) -> (bool, bool) {
    let client_id = ClientId::from_stored("abc".to_owned());
    let found = store.find_token(HASH, NOW).await.unwrap();
    let checked = store.check_token(&client_id, Some(HASH), NOW).await;
    let checked = checked.unwrap().expect("the app is there");
    (
        matches!(found, TokenVerdict::Valid(_)),
        checked.token.is_some(),
    )
}

#[tokio::test]
async fn a_token_whose_grant_is_gone_is_not_valid_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("db");
    let store: SharedStore = Arc::new(SqliteStore::open(&file, Options::default()).unwrap());
    fill(&store).await;
    assert_eq!(is_valid(&store).await, (true, true));
    let by_hand = rusqlite::Connection::open(&file).unwrap();
    assert_eq!(by_hand.execute(DELETE, []).unwrap(), 1);
    assert_eq!(is_valid(&store).await, (false, false));
}

#[tokio::test]
async fn a_token_whose_grant_is_gone_is_not_valid_on_postgresql() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let patient = PostgresOptions {
        patience: Duration::from_secs(20),
        ..PostgresOptions::default()
    };
    let store: SharedStore = Arc::new(PostgresStore::connect(&url, patient).await.unwrap());
    fill(&store).await;
    assert_eq!(is_valid(&store).await, (true, true));
    cluster.execute(&url, DELETE);
    assert_eq!(is_valid(&store).await, (false, false));
}
