//! An authority over an empty store, people, apps, and the ways that they go.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use grantd_core::Authority;
use grantd_core::accounts::{NewAccount, NewRegistration, Operator};
use grantd_core::app::{App, AppSettings};
use grantd_core::audit::{Actor, Stamp};
use grantd_core::authority::{BrowserIdentity, Caller, Policy};
use grantd_core::clock::{Clock, ManualClock, Timer, Timestamp};
use grantd_core::code_exchange::CodeExchange;
use grantd_core::consent::{Answer, AuthorizeRequest, ConsentView, Decision};
use grantd_core::device_flow::{DevicePoll, DeviceStart};
use grantd_core::entropy::{self, SeededEntropy};
use grantd_core::flow::{FlowError, Tokens};
use grantd_core::login::hash_pool::{HashPool, PoolLimits};
use grantd_core::login::password::PasswordCost;
use grantd_core::login::throttle::{MeterKey, ThrottlePolicy};
use grantd_core::login::{Attempt, PasswordIdentity, SignIn, SignInParts};
use grantd_core::refresh::RefreshRequest;
use grantd_core::scope::Catalogue;
use grantd_core::secret::{InstanceKey, Secret, SecretHash};
use grantd_core::store::{NewSession, OtpUse, SharedStore, TokenVerdict};
use grantd_core::token::{Token, TokenFormat};
use grantd_core::user::{Email, Login, LoginKey};
use grantd_store::SqliteStore;
use grantd_store::conformance::cluster::Cluster;
use grantd_store::conformance::database::patiently;
use sha2::{Digest, Sha256};

pub(crate) const CALLBACK: &str = "https://app.example/cb";
pub(crate) const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters";

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

/// Everything that a test needs.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) authority: Arc<Authority>,
    pub(crate) clock: Arc<ManualClock>,
}

/// A registered app with its secret.
#[derive(Clone)]
pub(crate) struct Registered {
    pub(crate) app: App,
    pub(crate) secret: Option<String>,
}

/// Tries a test on a fresh store of each engine.
pub(crate) async fn on_both_engines(test: impl AsyncFn(Stage)) {
    on_both_engines_with(Policy::default, test).await;
}

pub(crate) async fn on_both_engines_with(policy: impl Fn() -> Policy, test: impl AsyncFn(Stage)) {
    let sqlite: SharedStore = Arc::new(SqliteStore::temporary().expect("a temporary file"));
    test(Stage::new(sqlite.clone(), policy())).await;
    sqlite.close().await;
    let cluster = Cluster::start();
    let postgres: SharedStore = Arc::new(patiently(&cluster.database()).await);
    test(Stage::new(postgres.clone(), policy())).await;
    postgres.close().await;
}

pub(crate) fn caller() -> Caller {
    Caller {
        address: IpAddr::from([192, 0, 2, 1]),
        request_id: "1:2:3:4:5".to_owned(),
    }
}

pub(crate) fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

impl Stage {
    pub(crate) fn new(store: SharedStore, policy: Policy) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp(1_600_000_000)));
        let entropy = Arc::new(SeededEntropy::new(9));
        let key = Arc::new(InstanceKey::generate(&SeededEntropy::new(1)));
        let pool = PoolLimits {
            threads: 1,
            queue: 1_024,
        };
        let sign_in = SignIn::new(SignInParts {
            store: store.clone(),
            clock: clock.clone(),
            timer: Arc::new(TokioTimer),
            entropy: entropy.clone(),
            key: key.clone(),
            throttle: ThrottlePolicy::default(),
            pool: HashPool::start(pool).expect("threads"),
            cost: CHEAP,
        });
        let authority = Arc::new(Authority {
            store,
            clock: clock.clone(),
            entropy,
            tokens: TokenFormat::new("gt", false, false).expect("a prefix"),
            scopes: Catalogue::default(),
            policy,
            sign_in,
            hourly: Arc::default(),
            last_used: Arc::default(),
            upgrades: Arc::default(),
            key,
            mailer: None,
            scanners: None,
            counts: Arc::default(),
        });
        Self { authority, clock }
    }

    fn operator(&self) -> Operator<'_> {
        Operator {
            store: &self.authority.store,
            clock: &*self.clock,
            entropy: &*self.authority.entropy,
            cost: CHEAP,
        }
    }

    pub(crate) fn stamp(&self) -> Stamp {
        Stamp::operator(self.clock.now())
    }

    /// A user who is signed in with a browser.
    pub(crate) async fn user(&self, login: &str) -> BrowserIdentity {
        self.user_of(login, None).await
    }

    pub(crate) async fn user_of(&self, login: &str, email: Option<Email>) -> BrowserIdentity {
        let account = NewAccount {
            login: Login::parse(login).unwrap(),
            password: secret(&format!("the password of {login}")),
            email,
            site_admin: false,
        };
        let made = self.operator().create_user(account, None).await;
        made.expect("a user");
        self.signed_in(login).await
    }

    /// The user in a fresh session.
    pub(crate) async fn signed_in(&self, login: &str) -> BrowserIdentity {
        let meters = [MeterKey([0; 32]); 2];
        let found = self
            .authority
            .store
            .find_credentials(
                &LoginKey::of(login),
                IpAddr::from([192, 0, 2, 1]).into(),
                meters,
            )
            .await;
        let found = found.unwrap().credentials.expect("a user");
        let by = Actor::User {
            id: found.user.id,
            auth_generation: found.auth_generation,
        };
        let new = NewSession {
            hash: SecretHash(entropy::bytes(&*self.authority.entropy)),
            user_agent: String::new(),
            expires_at: self.clock.now().plus(86_400),
            sudo_until: self.clock.now(),
            most: 50,
        };
        let stamp = Stamp { by, ..self.stamp() };
        let session = self.authority.store.create_session(new, stamp).await;
        BrowserIdentity {
            user: found.user,
            auth_generation: found.auth_generation,
            session: session.unwrap(),
        }
    }

    pub(crate) async fn password(&self, login: &str) -> PasswordIdentity {
        let attempt = Attempt {
            login: LoginKey::of(login),
            password: secret(&format!("the password of {login}")),
            code: None,
            address: caller().address,
            request_id: caller().request_id,
            otp_use: OtpUse::Once,
        };
        let signed_in = self.authority.sign_in.sign_in(attempt).await;
        signed_in.expect("the password is right")
    }

    pub(crate) async fn app(&self, owner: &BrowserIdentity) -> Registered {
        self.app_with(owner, false, AppSettings::default()).await
    }

    pub(crate) async fn public_app(&self, owner: &BrowserIdentity) -> Registered {
        self.app_with(owner, true, AppSettings::default()).await
    }

    pub(crate) async fn app_with(
        &self,
        owner: &BrowserIdentity,
        public: bool,
        settings: AppSettings,
    ) -> Registered {
        let registration = NewRegistration {
            name: "App".to_owned(),
            owner_id: owner.user.id,
            url: "https://app.example".to_owned(),
            callback_urls: vec![CALLBACK.to_owned()],
            client_id: None,
            client_secret: None,
            public,
            description: None,
            settings,
        };
        let made = self.operator().create_app(registration).await;
        let (app, secret) = made.expect("an app");
        let secret = secret.map(|secret| secret.expose().to_owned());
        Registered { app, secret }
    }

    // The web flow.

    pub(crate) async fn authorize(
        &self,
        request: &AuthorizeRequest,
        who: &BrowserIdentity,
    ) -> Decision {
        let decision = self
            .authority
            .authorize(request, Some(who), &caller())
            .await;
        decision.expect("a decision")
    }

    /// The code of somebody who says yes.
    pub(crate) async fn approve(
        &self,
        request: &AuthorizeRequest,
        who: &BrowserIdentity,
    ) -> Secret {
        let decision = self.authority.approve(request, who, &caller()).await;
        code(decision.expect("a decision"))
    }

    /// A code for all that this app asks for by default.
    pub(crate) async fn code(&self, of: &Registered, who: &BrowserIdentity) -> Secret {
        self.approve(&of.request("repo user"), who).await
    }

    pub(crate) async fn exchange(&self, exchange: CodeExchange) -> Result<Tokens, FlowError> {
        self.authority.exchange_code(exchange, &caller()).await
    }

    // The device flow.

    pub(crate) async fn start(&self, of: &Registered, scope: &str) -> DeviceStart {
        let client_id = of.app.client_id.as_str();
        let started = self
            .authority
            .start_device(client_id, Some(scope), &caller())
            .await;
        started.expect("codes")
    }

    pub(crate) async fn poll(
        &self,
        of: &Registered,
        device: &DeviceStart,
    ) -> Result<Tokens, FlowError> {
        let poll = DevicePoll {
            client_id: of.app.client_id.as_str().to_owned(),
            client_secret: None,
            device_code: device.device_code.clone(),
        };
        self.authority.poll_device(poll, &caller()).await
    }

    pub(crate) async fn refresh(
        &self,
        of: &Registered,
        token: &Token,
    ) -> Result<Tokens, FlowError> {
        let request = RefreshRequest {
            client_id: of.app.client_id.as_str().to_owned(),
            client_secret: of.secret.as_deref().map(secret),
            refresh_token: secret(token.expose()),
        };
        self.authority.refresh_token(request, &caller()).await
    }

    /// Whether a token opens anything now.
    pub(crate) async fn is_valid(&self, tokens: &Tokens) -> bool {
        let (hash, now) = (tokens.access.token.hash(), self.clock.now());
        let found = self.authority.store.find_token(hash, now).await.unwrap();
        matches!(found, TokenVerdict::Valid(_))
    }
}

impl Registered {
    /// A request for these scopes, with a challenge if the app needs one.
    pub(crate) fn request(&self, scope: &str) -> AuthorizeRequest {
        let plain = AuthorizeRequest {
            client_id: self.app.client_id.as_str().to_owned(),
            scope: Some(scope.to_owned()),
            ..AuthorizeRequest::default()
        };
        match self.app.public {
            true => with_challenge(plain),
            false => plain,
        }
    }

    /// What the app presents with a code.
    pub(crate) fn exchange(&self, code: &Secret) -> CodeExchange {
        CodeExchange {
            client_id: self.app.client_id.as_str().to_owned(),
            client_secret: self.secret.as_deref().map(secret),
            code: code.clone(),
            redirect_uri: None,
            code_verifier: self.app.public.then(|| secret(VERIFIER)),
        }
    }
}

pub(crate) fn with_challenge(request: AuthorizeRequest) -> AuthorizeRequest {
    AuthorizeRequest {
        code_challenge: Some(BASE64URL_NOPAD.encode(&Sha256::digest(VERIFIER))),
        code_challenge_method: Some("S256".to_owned()),
        ..request
    }
}

/// The code of a response.
pub(crate) fn code(decision: Decision) -> Secret {
    match decision {
        Decision::Redirect(response) => match response.answer {
            Answer::Code(code) => code,
            Answer::Error(error) => panic!("{error:?}"),
        },
        other => panic!("no redirect: {}", name(&other)),
    }
}

/// The page of consent.
pub(crate) fn asked(decision: Decision) -> ConsentView {
    match decision {
        Decision::Ask(view) => *view,
        other => panic!("nobody is asked: {}", name(&other)),
    }
}

fn name(decision: &Decision) -> &'static str {
    match decision {
        Decision::Reject(_) => "reject",
        Decision::SignIn(_) => "sign in",
        Decision::Ask(_) => "ask",
        Decision::Redirect(_) => "redirect",
    }
}

/// The code of a refusal on the wire.
pub(crate) fn refusal(result: Result<Tokens, FlowError>) -> &'static str {
    let error = result.err().expect("a refusal");
    error.code().unwrap_or("another error")
}
