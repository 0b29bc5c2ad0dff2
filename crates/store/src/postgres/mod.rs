//! The store in a PostgreSQL database that several nodes may share. Owns which
//! connection a step gets and how long anybody waits; must not know what the
//! steps do.
//!
//! - [`line`]: one or two connections that answer checks, many to a round
//!   trip, and carry single look-ups of other kinds
//! - [`transaction`]: a small pool for everything that is several statements
//! - [`beside`]: creations for different users, many to a transaction
//! - nobody waits longer than [`Options::patience`], whatever the database does

mod batch;
mod beside;
pub(crate) mod connection;
mod failure;
mod inspect;
mod line;
mod quiet;
pub(crate) mod session;
#[cfg(test)]
mod tests;
mod transaction;
mod url;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use grantd_core::app::ClientId;
use grantd_core::clock::{Clock, Timestamp};
use grantd_core::cost::Bill;
use grantd_core::store::{AppCheck, EngineLoad, StoreError, StoreLoad, Stored, TokenVerdict};
use grantd_core::token::TokenHash;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use self::beside::Waiting;
use self::connection::{Connector, ForPool};
use self::failure::Failure;
pub(crate) use self::failure::words;
pub use self::inspect::Inspection;
use self::line::Lines;
use self::transaction::Transactions;
use crate::db::{Look, Write};
use crate::migrate::{self, MigrateError, Migration};
use crate::outside::{Gate, Outside};
use crate::sql;
use crate::steps::{Beside, Engine, Input, StoreOn};
use crate::toll::{Kind, Toll};

/// How much of the database one node uses, and how long it waits for it.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Connections for writes and lists.
    pub pool: usize,
    /// Connections for checks.
    pub lines: usize,
    /// Steps and checks that may be in flight, each; more are refused at once.
    pub queue: usize,
    /// So many checks share a round trip at most; if that is one, no changes share a commit either.
    pub together: usize,
    /// After this time a caller is told that the store is unavailable.
    pub patience: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            pool: 8,
            lines: 2,
            queue: 4_096,
            together: 256,
            patience: Duration::from_millis(800),
        }
    }
}

/// The database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL says nothing that can be connected to.
    #[error("the database URL cannot be used: {0}")]
    Url(String),
    /// The schema does not fit.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// PostgreSQL does not answer or refuses us.
    #[error("the database does not let us in")]
    Postgres(#[from] tokio_postgres::Error),
    /// Something accepts our connection, and then says nothing.
    #[error("the database does not answer")]
    Silent,
    /// No certificates to check the server's against.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

/// Everything that is remembered, in a PostgreSQL database.
pub type PostgresStore = StoreOn<Postgres>;

/// The engine.
pub struct Postgres {
    transactions: Transactions,
    waiting: Arc<Waiting>,
    lines: Arc<Lines>,
    in_flight: Arc<Semaphore>,
    closed: AtomicBool,
    options: Options,
    toll: Arc<Toll>,
    clock: Option<Arc<dyn Clock>>,
    gate: Gate,
}

/// A node whose clock is further off is not ready: it would judge tokens by another time than
/// its neighbours.
const MOST_SECONDS_OFF: i64 = 2;

impl StoreOn<Postgres> {
    /// Connects and brings the schema up to date. Of several nodes that start at once one does it.
    ///
    /// # Errors
    /// The URL is wrong, the database is away or of a newer grantd.
    pub async fn connect(url: &str, options: Options) -> Result<Self, ConnectError> {
        Self::connect_with(url, options, Outside::default()).await
    }

    /// The same with what stands outside the database.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn connect_with(
        url: &str,
        options: Options,
        outside: Outside,
    ) -> Result<Self, ConnectError> {
        Self::connect_as(url, options, migrate::POSTGRES, outside).await
    }

    /// The same for a program that knows these migrations.
    pub(crate) async fn connect_as(
        url: &str,
        options: Options,
        known: &[Migration],
        outside: Outside,
    ) -> Result<Self, ConnectError> {
        let connector = Arc::new(Connector::of(url, options.patience)?);
        let mut client = connector.for_migrations().await?;
        migrate::postgres(&mut client, known, &mut |_| ()).await?;
        drop(client);
        let engine = Postgres::start(connector, options, outside);
        Ok(Self { engine })
    }

    /// Whether a URL can be used at all; connects to nothing.
    ///
    /// # Errors
    /// What it says is not understood.
    pub fn check_url(url: &str, options: Options) -> Result<(), ConnectError> {
        url::parse(url, options.patience).map(drop)
    }

    /// Looks at a database without changing it.
    ///
    /// # Errors
    /// The URL is wrong, or the database is away.
    pub async fn inspect(url: &str, options: Options) -> Result<Inspection, ConnectError> {
        inspect::inspect(&Connector::of(url, options.patience)?).await
    }

    /// From now on [`ping`](grantd_core::store::Upkeep::ping) also compares this clock, by which
    /// the node lives, with the database's.
    #[must_use]
    pub fn held_to(mut self, clock: Arc<dyn Clock>) -> Self {
        self.engine.clock = Some(clock);
        self
    }
}

impl Postgres {
    fn start(connector: Arc<Connector>, options: Options, outside: Outside) -> Self {
        let recycling_method = RecyclingMethod::Fast;
        let manager = Manager::from_connect(
            connector.config().clone(),
            ForPool(Arc::clone(&connector)),
            ManagerConfig { recycling_method },
        );
        let pool = Pool::builder(manager)
            .max_size(options.pool.max(1))
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(options.patience))
            .create_timeout(Some(options.patience))
            .recycle_timeout(Some(options.patience))
            .build()
            .expect("a runtime for the timeouts is named");
        let toll = Arc::<Toll>::default();
        let transactions = Transactions::new(pool, options.patience, outside.archive);
        Self {
            waiting: Waiting::new(transactions.clone()),
            transactions,
            lines: Lines::start(&connector, options, Arc::clone(&toll)),
            in_flight: Arc::new(Semaphore::new(options.queue)),
            closed: AtomicBool::new(false),
            options,
            toll,
            clock: None,
            gate: outside.gate,
        }
    }

    /// Nobody waits in a line without end.
    fn admit(&self) -> Result<OwnedSemaphorePermit, Failure> {
        self.gate.pass()?;
        let permit = Arc::clone(&self.in_flight).try_acquire_owned();
        if self.closed.load(Ordering::Acquire) {
            return Err(Failure::Closed);
        }
        permit.map_err(|_| Failure::QueueFull)
    }

    /// What `step` says, unless that takes too long. A step goes on without its caller: a request
    /// that is dropped does not end it halfway.
    async fn patiently<T: Send + 'static>(
        &self,
        kind: Kind,
        step: impl Future<Output = Stored<T>> + Send + 'static,
    ) -> Stored<T> {
        let waiting = async {
            let permit = self.admit()?;
            let bill = Bill::current().unwrap_or_default();
            let task = tokio::spawn(async move {
                let outcome = bill.pays_for(step).await;
                drop(permit);
                outcome
            });
            match tokio::time::timeout(self.options.patience, task).await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(_)) => Err(Failure::Panicked.into()),
                Err(_) => Err(self.transactions.complain(Failure::Late).into()),
            }
        };
        self.toll.of(kind, waiting).await
    }
}

impl Engine for Postgres {
    async fn read<I: Input, T: Send + 'static>(&self, input: I, look: Look<I, T>) -> Stored<T> {
        let looking = async {
            let _permit = self.admit()?;
            self.lines.look(&input, look).await
        };
        self.toll.of(Kind::LookUp, looking).await
    }

    async fn read_at_once<I: Input, T: Send + 'static>(
        &self,
        input: I,
        look: Look<I, T>,
    ) -> Stored<T> {
        let transactions = self.transactions.clone();
        self.patiently(
            Kind::LookUp,
            async move { transactions.read(input, look).await },
        )
        .await
    }

    async fn write<I: Input, T: Send + 'static>(&self, input: I, step: Write<I, T>) -> Stored<T> {
        let transactions = self.transactions.clone();
        self.patiently(Kind::Change, async move {
            transactions.write(&input, step).await
        })
        .await
    }

    async fn write_beside<I: Input, T: Send + 'static>(
        &self,
        beside: Beside,
        input: I,
        step: Write<I, T>,
    ) -> Stored<T> {
        if self.options.together <= 1 {
            return self.write(input, step).await;
        }
        let waiting = Arc::clone(&self.waiting);
        self.patiently(Kind::Change, waiting.write(beside, input, step))
            .await
    }

    async fn write_lightly<I: Input, T: Send + 'static>(
        &self,
        input: I,
        step: Write<I, T>,
    ) -> Stored<T> {
        let transactions = self.transactions.clone();
        self.patiently(Kind::Change, async move {
            transactions.write_lightly(input, step).await
        })
        .await
    }

    async fn check(
        &self,
        client_id: &ClientId,
        hash: Option<TokenHash>,
        now: Timestamp,
    ) -> Stored<Option<AppCheck>> {
        self.gate.pass().map_err(Failure::from)?;
        let asking = self.lines.check(client_id.clone(), hash, now);
        self.toll.of_shared(Kind::Check, asking).await
    }

    async fn find(&self, hash: TokenHash, now: Timestamp) -> Stored<TokenVerdict> {
        self.gate.pass().map_err(Failure::from)?;
        let asking = self.lines.find(hash, now);
        self.toll.of_shared(Kind::Check, asking).await
    }

    async fn is_fit(&self) -> Stored<()> {
        let Some(clock) = &self.clock else {
            return Ok(());
        };
        let there = self.read((), |db, ()| {
            Box::pin(db.one(sql::postgres::CLOCK, &[], |r| r.get(0).map(Timestamp)))
        });
        let ahead = there.await?.map_or(0, |there| clock.now().since(there));
        if ahead.abs() > MOST_SECONDS_OFF {
            return Err(StoreError::ClockOff { ahead });
        }
        Ok(())
    }

    fn load(&self) -> StoreLoad {
        let (pool, (lines, round_trips)) = (self.transactions.status(), self.lines.load());
        StoreLoad {
            engine: EngineLoad::Postgres {
                connections: (pool.size, pool.max_size),
                idle: pool.available,
                waiting: pool.waiting,
                lines,
                round_trips,
            },
            ..self.toll.load()
        }
    }

    async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        let all = u32::try_from(self.options.queue).unwrap_or(u32::MAX);
        // A step ends by its own deadline; nothing else holds a permit.
        let ended = self.in_flight.acquire_many(all).await;
        drop(ended);
        self.lines.close();
        self.transactions.close();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.lines.close();
        self.transactions.close();
    }
}
