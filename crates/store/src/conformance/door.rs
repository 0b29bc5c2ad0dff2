//! Signing in over a store, as a node does it: for tests of what several nodes,
//! or one after its restart, let through together.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use grantd_core::accounts::{NewAccount, Operator};
use grantd_core::clock::{Clock, ManualClock, Timer};
use grantd_core::entropy::SeededEntropy;
use grantd_core::error::{Error, Forbidden};
use grantd_core::login::hash_pool::{HashPool, PoolLimits};
use grantd_core::login::password::PasswordCost;
use grantd_core::login::throttle::ThrottlePolicy;
use grantd_core::login::{Attempt, SignIn, SignInParts};
use grantd_core::secret::{InstanceKey, Secret};
use grantd_core::store::{OtpUse, SharedStore};
use grantd_core::user::{Login, LoginKey};

const CHEAP: PasswordCost = PasswordCost {
    memory_kib: 8,
    iterations: 1,
};

/// The only user's.
pub const LOGIN: &str = "octocat";
/// And the password.
pub const PASSWORD: &str = "the password of octocat";

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each name says it")]
pub enum Answer {
    In,
    Wrong,
    Locked,
    Busy,
    Unavailable,
}

struct TokioTimer;

impl Timer for TokioTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// The door of one node. All doors have the same instance key.
pub struct Door(SignIn);

impl Door {
    /// A door with so many threads that hash; with none, attempts are counted and never judged.
    ///
    /// # Panics
    /// There are no threads to be had.
    pub fn new(store: SharedStore, clock: Arc<ManualClock>, threads: usize) -> Self {
        let pool = PoolLimits {
            threads,
            queue: 1_024,
        };
        Self(SignIn::new(SignInParts {
            store,
            clock,
            timer: Arc::new(TokioTimer),
            entropy: Arc::new(SeededEntropy::new(2)),
            key: Arc::new(InstanceKey::generate(&SeededEntropy::new(1))),
            throttle: ThrottlePolicy::default(),
            pool: HashPool::start(pool).expect("threads"),
            cost: CHEAP,
        }))
    }

    /// Tries a password from one address.
    pub async fn knock(&self, password: &str) -> Answer {
        let attempt = Attempt {
            login: LoginKey::of(LOGIN),
            password: Secret::new(password.to_owned()),
            code: None,
            address: IpAddr::from([192, 0, 2, 1]),
            request_id: "1:2:3:4:5".to_owned(),
            otp_use: OtpUse::Once,
        };
        match self.0.sign_in(attempt).await {
            Ok(_) => Answer::In,
            Err(Error::BadCredentials) => Answer::Wrong,
            Err(Error::Forbidden(Forbidden::TooManyAttempts)) => Answer::Locked,
            Err(Error::Throttled { .. }) => Answer::Busy,
            Err(_) => Answer::Unavailable,
        }
    }
}

/// Makes the user.
///
/// # Panics
/// The store does not answer, or has that user.
pub async fn enrol(store: &SharedStore, clock: &dyn Clock) {
    let operator = Operator {
        store,
        clock,
        entropy: &SeededEntropy::new(3),
        cost: CHEAP,
    };
    let account = NewAccount {
        login: Login::parse(LOGIN).expect("a login"),
        password: Secret::new(PASSWORD.to_owned()),
        email: None,
        site_admin: false,
    };
    let made = operator.create_user(account, None).await;
    assert!(made.is_ok(), "{:?}", made.err());
}
