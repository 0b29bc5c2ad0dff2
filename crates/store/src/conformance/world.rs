//! The cast of the cases: users, apps and tokens with as little ceremony as possible.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use grantd_core::app::{App, AppSettings, ClientId, NewApp};
use grantd_core::audit::{Actor, AuditRow, Stamp};
use grantd_core::authorization::{Authorization, NewAuthorization, NewToken};
use grantd_core::clock::Timestamp;
use grantd_core::fingerprint::Fingerprint;
use grantd_core::grant::Grant;
use grantd_core::login::Address;
use grantd_core::login::throttle::MeterKey;
use grantd_core::note::Note;
use grantd_core::scope::Scopes;
use grantd_core::secret::{Sealed, SecretHash};
use grantd_core::store::{
    GotOrCreated, MintLimits, NotCreated, PageRequest, SharedStore, TokenVerdict,
};
use grantd_core::token::{TokenHash, TokenLastEight};
use grantd_core::user::{
    Email, Login, LoginKey, NewUser, PasswordHash, SecondFactor, User, UserCredentials,
};

/// When nothing else is said.
pub(super) const NOW: Timestamp = Timestamp(1_600_000_000);
pub(super) const TEN: MintLimits = MintLimits {
    per_scope_set: 10,
    per_hour: None,
};
pub(super) const ALL: PageRequest = PageRequest {
    page: 1,
    per_page: 100,
};

/// Meters that no case moves.
const METERS: [MeterKey; 2] = [MeterKey([0xfe; 32]), MeterKey([0xff; 32])];

/// A store, and what a case needs to fill it.
#[derive(Clone)]
pub(super) struct World {
    pub(super) store: SharedStore,
    next: Arc<AtomicU64>,
}

/// The command line, at [`NOW`].
pub(super) fn operator() -> Stamp {
    Stamp::operator(NOW)
}

/// The command line, some seconds after [`NOW`].
pub(super) fn later(seconds: i64) -> Stamp {
    Stamp::operator(NOW.plus(seconds))
}

pub(super) fn by(actor: Actor) -> Stamp {
    Stamp {
        by: actor,
        ..operator()
    }
}

pub(super) fn scopes(text: &str) -> Scopes {
    Scopes::from_stored(text)
}

pub(super) fn note(text: &str) -> Option<Note> {
    Some(Note::from_stored(text.to_owned()))
}

pub(super) fn fingerprint(text: &str) -> Fingerprint {
    Fingerprint::from_stored(text.to_owned())
}

pub(super) fn address(last: u8) -> Address {
    std::net::IpAddr::from([192, 0, 2, last]).into()
}

pub(super) fn new_user(login: &str) -> NewUser {
    NewUser {
        login: Login::from_stored(login.to_owned()),
        email: None,
        email_verified: false,
        password_hash: PasswordHash("$first".to_owned()),
        site_admin: false,
        second_factor: None,
    }
}

pub(super) fn email(text: &str) -> Option<Email> {
    Some(Email::from_stored(text.to_owned()))
}

pub(super) fn factor(codes: &[[u8; 32]]) -> SecondFactor {
    SecondFactor {
        totp_seed: Sealed(b"sealed".to_vec()),
        recovery_codes: codes.to_vec(),
    }
}

pub(super) fn new_app(client_id: &str, owner: &User) -> NewApp {
    NewApp {
        client_id: ClientId::from_stored(client_id.to_owned()),
        name: "App".to_owned(),
        url: "https://app.example".to_owned(),
        callback_urls: vec!["https://app.example/\"cb\"".to_owned(), "app:/".to_owned()],
        owner_id: owner.id,
        secret_hash: Some(SecretHash([7; 32])),
        description: None,
        settings: AppSettings::default(),
    }
}

impl World {
    pub(super) fn new(store: SharedStore) -> Self {
        Self {
            store,
            next: Arc::default(),
        }
    }

    pub(super) async fn user(&self, login: &str) -> User {
        self.user_of(new_user(login)).await
    }

    pub(super) async fn user_of(&self, new: NewUser) -> User {
        self.store
            .create_user(new, operator())
            .await
            .unwrap()
            .unwrap()
    }

    pub(super) async fn find_credentials(&self, key: &LoginKey) -> Option<UserCredentials> {
        let found = self.store.find_credentials(key, address(1), METERS).await;
        found.unwrap().credentials
    }

    /// When whoever has this login last signed in from there.
    pub(super) async fn last_seen(&self, login: &str, from: Address) -> Option<Timestamp> {
        let key = LoginKey::of(login);
        let found = self.store.find_credentials(&key, from, METERS).await;
        found.unwrap().last_seen
    }

    pub(super) async fn credentials(&self, login: &str) -> UserCredentials {
        let key = Login::from_stored(login.to_owned()).key();
        self.find_credentials(&key).await.unwrap()
    }

    pub(super) async fn app(&self, client_id: &str, owner: &User) -> App {
        let new = new_app(client_id, owner);
        self.store
            .create_app(new, operator())
            .await
            .unwrap()
            .unwrap()
    }

    /// A token that no other is equal to.
    pub(super) fn token(&self) -> NewToken {
        let number = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let mut hash = [0xab; 32];
        hash[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        NewToken {
            hash: TokenHash(hash),
            last_eight: TokenLastEight(format!("{number:08}")),
        }
    }

    /// A personal access token.
    pub(super) fn personal(&self, user: &User, note_text: &str) -> NewAuthorization {
        let token = self.token();
        NewAuthorization {
            user_id: user.id,
            app_id: None,
            token_hash: token.hash,
            token_last_eight: token.last_eight,
            note: note(note_text),
            note_url: None,
            scopes: Scopes::default(),
            fingerprint: Fingerprint::default(),
            expires_at: None,
        }
    }

    pub(super) fn for_app(&self, user: &User, app: &App, scope_names: &str) -> NewAuthorization {
        NewAuthorization {
            app_id: Some(app.id),
            note: None,
            scopes: scopes(scope_names),
            ..self.personal(user, "")
        }
    }

    pub(super) async fn try_create(
        &self,
        new: NewAuthorization,
        stamp: Stamp,
    ) -> Result<Authorization, NotCreated> {
        self.store
            .create_authorization(new, TEN, stamp)
            .await
            .unwrap()
    }

    pub(super) async fn create(&self, new: NewAuthorization) -> Authorization {
        self.try_create(new, operator()).await.unwrap()
    }

    pub(super) async fn get_or_create(
        &self,
        new: NewAuthorization,
        stamp: Stamp,
    ) -> Result<GotOrCreated, NotCreated> {
        self.store
            .get_or_create_authorization(new, TEN, stamp)
            .await
            .unwrap()
    }

    /// What an app's check finds, now.
    pub(super) async fn check(&self, app: &App, hash: TokenHash) -> Option<Authorization> {
        self.check_at(app, hash, NOW).await
    }

    pub(super) async fn check_at(
        &self,
        app: &App,
        hash: TokenHash,
        now: Timestamp,
    ) -> Option<Authorization> {
        let check = self
            .store
            .check_token(&app.client_id, Some(hash), now)
            .await;
        check
            .unwrap()?
            .token
            .map(|found| found.authorization.clone())
    }

    /// Whether `GET /user` would take it, now.
    pub(super) async fn is_valid(&self, hash: TokenHash) -> bool {
        let verdict = self.store.find_token(hash, NOW).await.unwrap();
        matches!(verdict, TokenVerdict::Valid(_))
    }

    pub(super) async fn authorizations(&self, user: &User) -> Vec<Authorization> {
        let page = self.store.list_authorizations(user.id, None, ALL).await;
        page.unwrap().items
    }

    /// The only grant of a user.
    pub(super) async fn grant(&self, user: &User) -> Grant {
        let page = self.store.list_grants(user.id, None, ALL).await.unwrap();
        assert_eq!(page.total, 1);
        page.items[0].clone()
    }

    pub(super) async fn trail(&self) -> Vec<AuditRow> {
        self.store.list_audit(0, 10_000).await.unwrap()
    }

    /// The actions in the trail after the first `after` rows.
    pub(super) async fn actions(&self, after: usize) -> Vec<String> {
        let rows = self.trail().await.into_iter().skip(after);
        rows.map(|row| row.action).collect()
    }

    /// Runs `count` tasks at once.
    pub(super) async fn race<T, F>(&self, count: usize, task: impl Fn(World) -> F) -> Vec<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let running: Vec<_> = (0..count)
            .map(|_| tokio::spawn(task(self.clone())))
            .collect();
        let mut results = Vec::new();
        for one in running {
            results.push(one.await.unwrap());
        }
        results
    }
}
