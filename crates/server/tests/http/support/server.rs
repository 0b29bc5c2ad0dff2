//! A server in this process, on a store, a clock and chance of its own.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use grantd_core::accounts::{NewAccount, NewRegistration, Operator};
use grantd_core::app::{AppSettings, ClientId};
use grantd_core::authority::{Authority, Caller, Policy};
use grantd_core::clock::{Clock as _, ManualClock, Timer, Timestamp};
use grantd_core::entropy::SeededEntropy;
use grantd_core::login::hash_pool::{HashPool, PoolLimits};
use grantd_core::login::otp;
use grantd_core::login::password::PasswordCost;
use grantd_core::login::throttle::{MeterKey, ThrottlePolicy};
use grantd_core::login::{SignIn, SignInParts};
use grantd_core::mail::Mailer;
use grantd_core::onboarding::Invitation;
use grantd_core::scope::Catalogue;
use grantd_core::secret::{InstanceKey, Secret};
use grantd_core::secret_scanning::KeySet;
use grantd_core::store::{SearchStore, SharedStore, UserStore};
use grantd_core::ticket::ReturnTo;
use grantd_core::token::TokenFormat;
use grantd_core::user::{Email, Login, LoginKey, UserCredentials};
use grantd_server::app::App;
use grantd_server::settings::{Profile, Settings};

use super::counting::Counting;
use super::engine::Engine;
use super::mail::{self, Mails};
use super::{Client, OAuthApp, User};

/// What a test may set otherwise.
pub(crate) struct Setup {
    pub(crate) settings: Settings,
    pub(crate) policy: Policy,
    pub(crate) throttle: ThrottlePolicy,
    pub(crate) pool: PoolLimits,
    /// New tokens are 40 hex digits; so in P2.
    pub(crate) hex_tokens: Option<bool>,
    /// What sign-in wants a hash to cost; accounts are made at the cheapest.
    pub(crate) cost: PasswordCost,
    /// Who sends mail, if anybody does.
    pub(crate) mailer: Option<Arc<dyn Mailer>>,
    /// Whose messages about secrets found in public are taken, if anybody's.
    pub(crate) scanners: Option<KeySet>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            settings: Settings::new("http://127.0.0.1:8370".parse().unwrap()),
            policy: Policy::default(),
            throttle: ThrottlePolicy::default(),
            pool: PoolLimits {
                threads: 2,
                queue: 1_024,
            },
            hex_tokens: None,
            cost: CHEAP,
            mailer: None,
            scanners: None,
        }
    }
}

/// The server and all it stands on.
#[derive(Clone)]
pub(crate) struct TestApp(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) server: Arc<App>,
    pub(crate) authority: Arc<Authority>,
    pub(crate) store: Arc<Counting>,
    pub(crate) clock: Arc<ManualClock>,
    pub(super) entropy: Arc<SeededEntropy>,
    pub(crate) key: Arc<InstanceKey>,
    /// What browsers call this site.
    pub(crate) origin: String,
    pub(super) engine: Arc<Engine>,
}

impl std::ops::Deref for TestApp {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// The cheapest hash that argon2 makes: tests are not about its cost.
const CHEAP: PasswordCost = PasswordCost {
    memory_kib: 8,
    iterations: 1,
};

struct TokioTimer;

impl Timer for TokioTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

impl TestApp {
    /// With every default: profile P3.
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// Profile P2 and its token format.
    pub(crate) async fn p2() -> Self {
        Self::with(|setup| setup.settings.profile = Profile::P2).await
    }

    /// As github.com was when it was recorded: P2 with its addresses.
    pub(crate) async fn recorded() -> Self {
        Self::with(|setup| {
            setup.settings.profile = Profile::P2;
            setup.settings.public_url = "https://github.com".parse().unwrap();
            setup.settings.api_url = Some("https://api.github.com".parse().unwrap());
        })
        .await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Setup)) -> Self {
        Self::on(Engine::chosen().await, change)
    }

    /// With mail, which arrives at the test.
    pub(crate) async fn with_mail() -> (Self, Mails) {
        Self::with_mail_and(|_| {}).await
    }

    /// The same with other settings.
    pub(crate) async fn with_mail_and(change: impl FnOnce(&mut Setup)) -> (Self, Mails) {
        let (post, mails) = mail::post();
        let t = Self::with(|setup| {
            setup.mailer = Some(Arc::new(post));
            change(setup);
        });
        (t.await, mails)
    }

    /// On a store of the test's own choice.
    pub(crate) fn on(engine: Engine, change: impl FnOnce(&mut Setup)) -> Self {
        let mut setup = Setup::default();
        change(&mut setup);
        let engine = Arc::new(engine);
        let clock = Arc::new(ManualClock::at(
            Timestamp::parse("2018-09-30T19:47:18Z").unwrap(),
        ));
        let entropy = Arc::new(SeededEntropy::new(1));
        let key = Arc::new(InstanceKey::generate(&*entropy));
        let store = Arc::new(Counting::new(engine.store()));
        Self::node(store, clock, entropy, key, engine, setup)
    }

    pub(super) fn node(
        store: Arc<Counting>,
        clock: Arc<ManualClock>,
        entropy: Arc<SeededEntropy>,
        key: Arc<InstanceKey>,
        engine: Arc<Engine>,
        setup: Setup,
    ) -> Self {
        let hex = setup
            .hex_tokens
            .unwrap_or(setup.settings.profile == Profile::P2);
        let sign_in = SignIn::new(SignInParts {
            store: store.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
            key: key.clone(),
            timer: Arc::new(TokioTimer),
            throttle: setup.throttle,
            pool: HashPool::start(setup.pool).expect("threads"),
            cost: setup.cost,
        });
        let authority = Arc::new(Authority {
            store: store.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
            tokens: TokenFormat::new("gt", hex, false).expect("a prefix"),
            scopes: Catalogue::default(),
            policy: setup.policy,
            sign_in,
            hourly: Arc::default(),
            last_used: Arc::default(),
            upgrades: Arc::default(),
            key: key.clone(),
            mailer: setup.mailer,
            scanners: setup.scanners,
            counts: Arc::default(),
        });
        let origin = setup.settings.public_url.origin().ascii_serialization();
        let server = Arc::new(App::new(authority.clone(), setup.settings));
        Self(Arc::new(Inner {
            server,
            authority,
            store,
            clock,
            entropy,
            key,
            origin,
            engine,
        }))
    }

    /// The files in which the store keeps everything.
    pub(crate) async fn files(&self) -> Vec<PathBuf> {
        self.engine.files().await
    }

    /// Somebody without credentials.
    pub(crate) fn anyone(&self) -> Client {
        Client::new(self.clone())
    }

    async fn operate<T>(&self, work: impl AsyncFnOnce(Operator<'_>) -> T) -> T {
        let store: SharedStore = self.store.clone();
        let operator = Operator {
            store: &store,
            clock: &*self.clock,
            entropy: &*self.entropy,
            cost: CHEAP,
        };
        work(operator).await
    }

    pub(crate) async fn user(&self, login: &str) -> User {
        self.enrol(login, false, true).await
    }

    /// Somebody without an e-mail address, and so without a verified one.
    pub(crate) async fn user_without_address(&self, login: &str) -> User {
        self.enrol(login, false, false).await
    }

    pub(crate) async fn user_with_otp(&self, login: &str) -> User {
        self.enrol(login, true, true).await
    }

    /// A site admin, without a second factor.
    pub(crate) async fn site_admin(&self, login: &str) -> User {
        let user = self.user(login).await;
        let stamp = grantd_core::audit::Stamp::operator(self.clock.now());
        let made = self.store.set_site_admin(user.id, true, stamp).await;
        assert!(made.expect("a store"), "nothing changed");
        user
    }

    async fn enrol(&self, login: &str, otp: bool, address: bool) -> User {
        let password = format!("the password of {login}");
        let account = NewAccount {
            login: Login::parse(login).expect("a login"),
            password: Secret::new(password.clone()),
            email: address
                .then(|| Email::parse(&format!("{login}@example.com")).expect("an address")),
            site_admin: false,
        };
        let totp = otp.then_some(("grantd", &*self.key));
        let (user, enrolment) = self
            .operate(async |operator| operator.create_user(account, totp).await)
            .await
            .expect("a user");
        let seed = enrolment.as_ref().map(|enrolment| {
            otp::open_seed(&self.key, &enrolment.factor.totp_seed)
                .expect("a seed")
                .to_vec()
        });
        let recovery_codes = enrolment.map_or_else(Vec::new, |enrolment| {
            enrolment
                .recovery_codes
                .iter()
                .map(|code| code.to_string())
                .collect()
        });
        User {
            client: self.anyone().with_basic(login, &password),
            id: user.id,
            login: login.to_owned(),
            password,
            seed,
            recovery_codes,
        }
    }

    /// The secret of an invitation.
    pub(crate) async fn invite(&self, login: &str) -> String {
        let invitation = Invitation {
            login: Login::parse(login).expect("a login"),
            email: None,
            site_admin: false,
        };
        let invited = self.operate(async |operator| operator.invite(invitation, &self.key).await);
        invited.await.expect("a link").expose().to_owned()
    }

    /// What stands for a page to come back to.
    pub(crate) async fn return_ticket(&self, target: &str) -> String {
        let caller = Caller {
            address: "192.0.2.9".parse().expect("an address"),
            request_id: "test".to_owned(),
        };
        let target = ReturnTo::parse(target).expect("a target");
        let ticket = self.authority.remember_return(&target, &caller).await;
        ticket.expect("a ticket").expose().to_owned()
    }

    /// An app with a generated client id and secret; its owner comes with it.
    pub(crate) async fn app(&self, name: &str) -> OAuthApp {
        self.register(name, None).await
    }

    /// An app without a secret.
    pub(crate) async fn public_app(&self, name: &str) -> OAuthApp {
        self.registered(name, None, true).await
    }

    /// An app with this client id.
    pub(crate) async fn register(&self, name: &str, client_id: Option<&str>) -> OAuthApp {
        self.registered(name, client_id, false).await
    }

    async fn registered(&self, name: &str, client_id: Option<&str>, public: bool) -> OAuthApp {
        let owner = self
            .user(&format!("owner-of-{name}").replace(' ', "-"))
            .await;
        let registration = NewRegistration {
            name: name.to_owned(),
            owner_id: owner.id,
            url: "http://my-github-app.com".to_owned(),
            callback_urls: vec!["http://my-github-app.com/callback".to_owned()],
            client_id: client_id.map(|id| ClientId::parse(id).expect("a client id")),
            client_secret: None,
            public,
            description: None,
            settings: AppSettings::default(),
        };
        let (app, secret) = self
            .operate(async |operator| operator.create_app(registration).await)
            .await
            .expect("an app");
        assert_eq!(secret.is_none(), public);
        let secret = secret.map_or_else(String::new, |secret| secret.expose().to_owned());
        OAuthApp {
            client: self.anyone().with_basic(app.client_id.as_str(), &secret),
            id: app.id,
            client_id: app.client_id.as_str().to_owned(),
            secret,
        }
    }

    /// Suspends a user, or takes it back.
    pub(crate) async fn suspend(&self, user: &User, suspended: bool) {
        let stamp = grantd_core::audit::Stamp::operator(self.clock.now());
        let changed = self
            .authority
            .store
            .set_user_suspended(user.id, suspended, stamp)
            .await;
        assert!(changed.expect("a store"), "nothing changed");
    }

    /// What the store keeps of a user's password and factor.
    pub(crate) async fn credentials(&self, login: &str) -> UserCredentials {
        let (login, meters) = (LoginKey::of(login), [MeterKey([0; 32]); 2]);
        let here = std::net::IpAddr::from([127, 0, 0, 1]).into();
        let found = self.store.find_credentials(&login, here, meters).await;
        found.expect("a store").credentials.expect("a user")
    }

    /// The names of all audit rows, in order.
    pub(crate) async fn audit(&self) -> Vec<String> {
        let rows = self
            .authority
            .store
            .list_audit(0, 10_000)
            .await
            .expect("a store");
        rows.into_iter().map(|row| row.action).collect()
    }
}
