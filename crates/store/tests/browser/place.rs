//! A site with its clock, its mail and its people. Owns how little ceremony a test needs.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use grantd_core::Authority;
use grantd_core::accounts::{NewAccount, NewRegistration, Operator};
use grantd_core::app::{App, AppSettings};
use grantd_core::audit::Stamp;
use grantd_core::authority::{Caller, Policy};
use grantd_core::authorization::NewAuthorization;
use grantd_core::clock::{Clock, ManualClock, Timer, Timestamp};
use grantd_core::entropy::SeededEntropy;
use grantd_core::fingerprint::Fingerprint;
use grantd_core::login::hash_pool::{HashPool, PoolLimits};
use grantd_core::login::otp::{self, Enrolment};
use grantd_core::login::password::PasswordCost;
use grantd_core::login::throttle::ThrottlePolicy;
use grantd_core::login::{SignIn, SignInParts};
use grantd_core::mail::{MailError, Mailer};
use grantd_core::own_account::{AccountRefusal, Message};
use grantd_core::scope::{Catalogue, Scopes};
use grantd_core::secret::{InstanceKey, Secret};
use grantd_core::session::{BrowserSession, SignInStep, SignedIn};
use grantd_core::store::SharedStore;
use grantd_core::token::{Token, TokenFormat, TokenKind};
use grantd_core::user::{Email, Login, User};
use grantd_store::SqliteStore;

pub(crate) const PASSWORD: &str = "a lamp in the quiet harbour";
pub(crate) const AGENT: &str = "Mozilla/5.0";
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

/// Mails that were sent: to whom, and the text.
#[derive(Default)]
pub(crate) struct Outbox(pub(crate) Mutex<Vec<(String, String)>>);

#[async_trait]
impl Mailer for Outbox {
    async fn send(&self, to: &Email, _: &str, text: &str) -> Result<(), MailError> {
        let mail = (to.as_str().to_owned(), text.to_owned());
        self.0.lock().expect("no panic in here").push(mail);
        Ok(())
    }
}

/// One node, or several over one store.
pub(crate) struct Place {
    pub(crate) authority: Arc<Authority>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) key: Arc<InstanceKey>,
    pub(crate) outbox: Arc<Outbox>,
    entropy: Arc<SeededEntropy>,
}

pub(crate) fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

/// A secret for as long as the test lives.
pub(crate) fn held(text: &str) -> &'static Secret {
    Box::leak(Box::new(secret(text)))
}

/// Somebody at this address, for as long as the test lives.
pub(crate) fn from(last: u8) -> &'static Caller {
    Box::leak(Box::new(Caller {
        address: [192, 0, 2, last].into(),
        request_id: "1:2:3:4:5".to_owned(),
    }))
}

/// A mail whose text is the link's secret.
pub(crate) fn letter(_: &User, link: &Secret) -> Message {
    Message {
        subject: "a link".to_owned(),
        text: link.expose().to_owned(),
    }
}

/// What a refusal is called.
pub(crate) fn refusal<T>(result: Result<T, AccountRefusal>) -> String {
    match result {
        Ok(_) => "done".to_owned(),
        Err(AccountRefusal::Other(error)) => format!("{error:?}"),
        Err(refusal) => format!("{refusal:?}"),
    }
}

impl Place {
    pub(crate) fn new() -> Self {
        let store: SharedStore = Arc::new(SqliteStore::temporary().expect("a temporary file"));
        let clock = Arc::new(ManualClock::at(Timestamp(1_600_000_000)));
        let entropy = Arc::new(SeededEntropy::new(1));
        let key = Arc::new(InstanceKey::generate(&*entropy));
        let outbox = Arc::default();
        Self::node(store, clock, entropy, key, outbox)
    }

    /// Another node on the same store.
    pub(crate) fn beside(&self) -> Self {
        Self::node(
            self.authority.store.clone(),
            self.clock.clone(),
            Arc::new(SeededEntropy::new(2)),
            self.key.clone(),
            self.outbox.clone(),
        )
    }

    fn node(
        store: SharedStore,
        clock: Arc<ManualClock>,
        entropy: Arc<SeededEntropy>,
        key: Arc<InstanceKey>,
        outbox: Arc<Outbox>,
    ) -> Self {
        let limits = PoolLimits {
            threads: 2,
            queue: 1_024,
        };
        let sign_in = SignIn::new(SignInParts {
            store: store.clone(),
            clock: clock.clone(),
            timer: Arc::new(TokioTimer),
            entropy: entropy.clone(),
            key: key.clone(),
            throttle: ThrottlePolicy::default(),
            pool: HashPool::start(limits).expect("threads"),
            cost: CHEAP,
        });
        let authority = Authority {
            store,
            clock: clock.clone(),
            entropy: entropy.clone(),
            tokens: TokenFormat::new("gt", false, false).expect("a prefix"),
            scopes: Catalogue::default(),
            policy: Policy::default(),
            sign_in,
            hourly: Arc::default(),
            last_used: Arc::default(),
            upgrades: Arc::default(),
            key: key.clone(),
            mailer: Some(outbox.clone()),
            scanners: None,
            counts: Arc::default(),
        };
        Self {
            authority: Arc::new(authority),
            clock,
            key,
            outbox,
            entropy,
        }
    }

    pub(crate) fn operator(&self) -> Operator<'_> {
        Operator {
            store: &self.authority.store,
            clock: &*self.clock,
            entropy: &*self.entropy,
            cost: CHEAP,
        }
    }

    pub(crate) async fn user(&self, login: &str) -> User {
        self.enrolled(login, false).await.0
    }

    pub(crate) async fn user_with_factor(&self, login: &str) -> (User, Enrolment) {
        let (user, enrolment) = self.enrolled(login, true).await;
        (user, enrolment.expect("asked for"))
    }

    async fn enrolled(&self, login: &str, totp: bool) -> (User, Option<Enrolment>) {
        let account = NewAccount {
            login: Login::parse(login).expect("a login"),
            password: secret(PASSWORD),
            email: Email::parse(&format!("{login}@example.com")).ok(),
            site_admin: false,
        };
        let totp = totp.then_some(("grantd", &*self.key));
        let made = self.operator().create_user(account, totp).await;
        made.expect("a user")
    }

    /// A site admin who has just signed in.
    pub(crate) async fn admin(&self, login: &str) -> BrowserSession {
        let user = self.user(login).await;
        let (store, stamp) = (&self.authority.store, Stamp::operator(self.clock.now()));
        let set = store.set_site_admin(user.id, true, stamp).await;
        assert!(set.expect("a store"));
        self.sign_in(login).await.session
    }

    /// An app of the user's, its secret, and a token that it holds for the user.
    pub(crate) async fn app_with_token(&self, user: &User) -> (App, Secret, Token) {
        let registration = NewRegistration {
            name: "App".to_owned(),
            owner_id: user.id,
            url: "https://app.example".to_owned(),
            callback_urls: vec!["https://app.example/back".to_owned()],
            client_id: None,
            client_secret: None,
            public: false,
            description: None,
            settings: AppSettings::default(),
        };
        let made = self.operator().create_app(registration).await;
        let (app, app_secret) = made.expect("an app");
        let token = (self.authority.tokens).generate(TokenKind::OAuthApp, &*self.entropy);
        let new = NewAuthorization {
            user_id: user.id,
            app_id: Some(app.id),
            token_hash: token.hash(),
            token_last_eight: token.last_eight(),
            note: None,
            note_url: None,
            scopes: Scopes::from_stored("repo"),
            fingerprint: Fingerprint::default(),
            expires_at: None,
        };
        let (store, stamp) = (&self.authority.store, Stamp::operator(self.clock.now()));
        let limits = self.authority.policy.mint_limits;
        let made = store.create_authorization(new, limits, stamp).await;
        assert!(made.expect("a store").is_ok());
        (app, app_secret.expect("not public"), token)
    }

    /// Nobody else may hold the authority.
    pub(crate) fn change_policy(&mut self, change: impl FnOnce(&mut Policy)) {
        let authority = Arc::get_mut(&mut self.authority);
        change(&mut authority.expect("held once").policy);
    }

    /// The code that an authenticator shows now.
    pub(crate) fn code(&self, totp_secret: &str) -> Secret {
        let seed = data_encoding::BASE32_NOPAD.decode(totp_secret.as_bytes());
        secret(&otp::code_at(&seed.expect("base 32"), self.clock.now()))
    }

    /// The time step that it is now.
    pub(crate) fn clock_step(&self) -> i64 {
        self.clock.now().0 / otp::STEP_SECONDS
    }

    /// Signs in somebody without a second factor.
    pub(crate) async fn sign_in(&self, login: &str) -> SignedIn {
        match self.start(login, PASSWORD, 1).await {
            Ok(SignInStep::In(signed_in)) => *signed_in,
            _ => panic!("{login} cannot sign in"),
        }
    }

    pub(crate) async fn start(
        &self,
        login: &str,
        password: &str,
        address: u8,
    ) -> grantd_core::Result<SignInStep> {
        let password = secret(password);
        self.authority
            .start_sign_in(login, password, AGENT, from(address))
            .await
    }

    /// The ticket after a right password.
    pub(crate) async fn half_way(&self, login: &str, address: u8) -> Secret {
        match self.start(login, PASSWORD, address).await {
            Ok(SignInStep::NeedsSecondFactor(ticket)) => ticket,
            Ok(SignInStep::In(_)) => panic!("no second factor was asked for"),
            Err(error) => panic!("{error:?}"),
        }
    }

    pub(crate) async fn session(&self, secret: &Secret) -> Option<BrowserSession> {
        self.authority
            .session(secret, from(1))
            .await
            .expect("a store")
    }

    /// What was mailed last.
    pub(crate) fn mailed(&self) -> (String, Secret) {
        let mails = self.outbox.0.lock().expect("no panic in here");
        let (to, text) = mails.last().expect("a mail");
        (to.clone(), secret(text))
    }

    /// The trail's actions after the first `after`.
    pub(crate) async fn actions(&self, after: usize) -> Vec<String> {
        let rows = self.authority.store.list_audit(0, 10_000).await;
        let rows = rows.expect("a trail").into_iter().skip(after);
        rows.map(|row| row.action).collect()
    }
}
