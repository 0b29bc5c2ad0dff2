//! Clients at work on a store, and the ledger of what was acknowledged to them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use grantd_core::app::{App, AppSettings, ClientId, NewApp};
use grantd_core::audit::Stamp;
use grantd_core::authorization::{NewAuthorization, NewToken};
use grantd_core::clock::Timestamp;
use grantd_core::fingerprint::Fingerprint;
use grantd_core::ids::{AppId, AuthorizationId, UserId};
use grantd_core::scope::Scopes;
use grantd_core::secret::SecretHash;
use grantd_core::store::{MintLimits, PageRequest, SharedStore};
use grantd_core::token::{TokenHash, TokenLastEight};
use grantd_core::user::{Login, NewUser, PasswordHash, User};

const LIMITS: MintLimits = MintLimits {
    per_scope_set: 10_000,
    per_hour: None,
};

/// A token that was acknowledged.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) hash: TokenHash,
    pub(crate) id: AuthorizationId,
    pub(crate) user: UserId,
    pub(crate) app: AppId,
}

/// What clients know.
#[derive(Clone, Default)]
pub(crate) struct Ledger {
    pub(crate) alive: Vec<Held>,
    /// Their end was acknowledged.
    pub(crate) dead: BTreeSet<[u8; 32]>,
    /// Somebody has at least tried to end them.
    pub(crate) touched: BTreeSet<[u8; 32]>,
    /// User and app of grants that somebody has at least tried to delete: what was being minted then
    /// went along, unless it came with the next grant.
    pub(crate) ended_grants: BTreeSet<(i64, i64)>,
    pub(crate) suspended: BTreeSet<i64>,
    pub(crate) ever_suspended: BTreeSet<i64>,
    /// How often somebody has at least tried to suspend or unsuspend them.
    pub(crate) suspensions: BTreeMap<i64, u64>,
    /// Secrets that were acknowledged to be gone.
    pub(crate) old_secrets: BTreeMap<i64, Vec<[u8; 32]>>,
    pub(crate) old_passwords: BTreeMap<i64, Vec<String>>,
    pub(crate) demoted: BTreeSet<i64>,
}

/// Everything that clients share.
pub(crate) struct World {
    pub(crate) store: SharedStore,
    pub(crate) users: Vec<User>,
    pub(crate) apps: Vec<App>,
    ledger: Mutex<Ledger>,
    next: AtomicU64,
    clock: AtomicI64,
    over: AtomicBool,
}

/// Small numbers out of a large one.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % below
    }
}

fn bytes(number: u64) -> [u8; 32] {
    let mut hash = [0xcd; 32];
    hash[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    hash[8..16].copy_from_slice(&number.to_be_bytes());
    hash
}

impl World {
    pub(crate) async fn new(store: SharedStore) -> Arc<Self> {
        let (mut users, mut apps) = (Vec::new(), Vec::new());
        let stamp = || Stamp::operator(Timestamp(1_600_000_000));
        for login in ["a", "b", "c", "d"] {
            let new = NewUser {
                login: Login::from_stored(login.to_owned()),
                email: None,
                email_verified: false,
                password_hash: PasswordHash(format!("$of-{login}")),
                site_admin: true,
                second_factor: None,
            };
            users.push(store.create_user(new, stamp()).await.unwrap().unwrap());
        }
        for number in 0..2 {
            let new = NewApp {
                client_id: ClientId::from_stored(format!("app-{number}")),
                name: "App".to_owned(),
                url: "https://app.example".to_owned(),
                callback_urls: Vec::new(),
                owner_id: users[3].id,
                secret_hash: Some(SecretHash([number + 1; 32])),
                description: None,
                settings: AppSettings::default(),
            };
            apps.push(store.create_app(new, stamp()).await.unwrap().unwrap());
        }
        Arc::new(Self {
            store,
            users,
            apps,
            ledger: Mutex::default(),
            next: AtomicU64::new(1),
            clock: AtomicI64::new(1_600_000_000),
            over: AtomicBool::new(false),
        })
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp(self.clock.load(Ordering::Relaxed))
    }

    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    fn stamp(&self) -> Stamp {
        Stamp::operator(Timestamp(self.clock.fetch_add(1, Ordering::Relaxed)))
    }

    fn token(&self) -> NewToken {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        NewToken {
            hash: TokenHash(bytes(number)),
            last_eight: TokenLastEight(format!("{number:08}")),
        }
    }

    /// A client until the end. The first one also does what is done to users and apps.
    pub(crate) async fn work(self: Arc<Self>, seed: u64, first: bool) {
        let mut dice = Dice::new(seed);
        while !self.over.load(Ordering::Relaxed) {
            match dice.roll(100) {
                0..=44 => self.mint(&mut dice).await,
                45..=62 => self.revoke(&mut dice).await,
                63..=75 => self.reset(&mut dice).await,
                76..=82 => self.delete(&mut dice).await,
                83..=86 => self.delete_grant(&mut dice).await,
                _ if !first => tokio::task::yield_now().await,
                87..=89 => self.suspend(&mut dice).await,
                90..=92 => self.rotate(&mut dice).await,
                93..=95 => self.change_password(&mut dice).await,
                96..=97 => self.demote(&mut dice).await,
                _ => tokio::time::sleep(std::time::Duration::from_millis(1)).await,
            }
        }
    }

    pub(crate) async fn mint(&self, dice: &mut Dice) {
        let (user, app) = (dice.roll(4), dice.roll(2));
        self.mint_for(user as usize, app as usize).await;
    }

    pub(crate) async fn mint_for(&self, user: usize, app: usize) {
        let (user, app) = (&self.users[user], &self.apps[app]);
        let token = self.token();
        let new = NewAuthorization {
            user_id: user.id,
            app_id: Some(app.id),
            token_hash: token.hash,
            token_last_eight: token.last_eight,
            note: None,
            note_url: None,
            scopes: Scopes::from_stored("repo"),
            fingerprint: Fingerprint::default(),
            expires_at: None,
        };
        let made = self
            .store
            .create_authorization(new, LIMITS, self.stamp())
            .await;
        if let Ok(Ok(made)) = made {
            self.ledger().alive.push(Held {
                hash: token.hash,
                id: made.id,
                user: user.id,
                app: app.id,
            });
        }
    }

    /// Some token, which counts as touched from now on.
    fn pick(&self, dice: &mut Dice) -> Option<Held> {
        let mut ledger = self.ledger();
        let count = ledger.alive.len() as u64;
        let at = (count > 0).then(|| dice.roll(count))?;
        // Most of one user's tokens are left in peace.
        if ledger.alive[at as usize].user == self.users[3].id && dice.roll(4) > 0 {
            return None;
        }
        let held = ledger.alive.swap_remove(at as usize);
        ledger.touched.insert(held.hash.0);
        Some(held)
    }

    async fn revoke(&self, dice: &mut Dice) {
        let Some(held) = self.pick(dice) else { return };
        if let Ok(true) = self
            .store
            .revoke_token(held.app, held.hash, self.stamp())
            .await
        {
            self.ledger().dead.insert(held.hash.0);
        }
    }

    async fn delete(&self, dice: &mut Dice) {
        let Some(held) = self.pick(dice) else { return };
        if let Ok(true) = self.store.delete_token(held.id, self.stamp()).await {
            self.ledger().dead.insert(held.hash.0);
        }
    }

    async fn reset(&self, dice: &mut Dice) {
        let Some(held) = self.pick(dice) else { return };
        let new = self.token();
        let hash = new.hash;
        let reset = self
            .store
            .reset_token(held.app, held.hash, new, self.stamp());
        if let Ok(Some(_)) = reset.await {
            let mut ledger = self.ledger();
            ledger.dead.insert(held.hash.0);
            ledger.alive.push(Held { hash, ..held });
        }
    }

    async fn delete_grant(&self, dice: &mut Dice) {
        let user = self.users[dice.roll(3) as usize].id;
        let app = &self.apps[dice.roll(2) as usize];
        let all = PageRequest {
            page: 1,
            per_page: 10,
        };
        let client_id = app.client_id.as_str();
        let Ok(grants) = self.store.list_grants(user, Some(client_id), all).await else {
            return;
        };
        let Some(grant) = grants.items.first() else {
            return;
        };
        // What is minted while the grant goes may belong to the next one.
        let before: Vec<[u8; 32]> = {
            let mut ledger = self.ledger();
            let of_grant = |held: &&Held| held.user == user && held.app == app.id;
            let hashes: Vec<_> = ledger
                .alive
                .iter()
                .filter(of_grant)
                .map(|held| held.hash.0)
                .collect();
            ledger.touched.extend(&hashes);
            ledger.ended_grants.insert((user.0, app.id.0));
            hashes
        };
        if let Ok(true) = self.store.delete_grant(user, grant.id, self.stamp()).await {
            let mut ledger = self.ledger();
            // Those whose reset or revocation is under way may have another hash by now.
            ledger.dead.extend(&before);
            ledger.alive.retain(|held| !before.contains(&held.hash.0));
        }
    }

    async fn suspend(&self, dice: &mut Dice) {
        let user = self.users[dice.roll(3) as usize].id;
        let suspend = dice.roll(2) == 0;
        {
            let mut ledger = self.ledger();
            ledger.ever_suspended.insert(user.0);
            *ledger.suspensions.entry(user.0).or_default() += 1;
            ledger.suspended.remove(&user.0);
        }
        let set = self.store.set_user_suspended(user, suspend, self.stamp());
        if set.await.is_ok() && suspend {
            self.ledger().suspended.insert(user.0);
        }
    }

    async fn rotate(&self, dice: &mut Dice) {
        let app = &self.apps[dice.roll(2) as usize];
        let there = self.store.find_app(&app.client_id).await;
        let Ok(Some(there)) = there else { return };
        let secret = SecretHash(bytes(self.next.fetch_add(1, Ordering::Relaxed)));
        let rotated = self
            .store
            .rotate_app_secret(app.id, secret, None, self.stamp());
        if let (Ok(true), Some(old)) = (rotated.await, there.secret_hash) {
            let mut ledger = self.ledger();
            ledger.old_secrets.entry(app.id.0).or_default().push(old.0);
        }
    }

    async fn change_password(&self, dice: &mut Dice) {
        let user = &self.users[dice.roll(3) as usize];
        let hash = PasswordHash(format!(
            "$new-{}",
            self.next.fetch_add(1, Ordering::Relaxed)
        ));
        let changed = self.store.set_password(user.id, hash, self.stamp()).await;
        if let Ok(true) = changed {
            let mut ledger = self.ledger();
            let first = format!("$of-{}", user.login.as_str());
            ledger
                .old_passwords
                .entry(user.id.0)
                .or_default()
                .push(first);
        }
    }

    async fn demote(&self, dice: &mut Dice) {
        let user = self.users[dice.roll(3) as usize].id;
        if self
            .store
            .set_site_admin(user, false, self.stamp())
            .await
            .is_ok()
        {
            self.ledger().demoted.insert(user.0);
        }
    }
}
