//! What steps cost, for their callers and for whoever watches. Owns what is
//! counted and as whose; must not know what a step does.
//!
//! A step runs on a [`Bill`] of its own, to which its connection adds each
//! statement. When it ends, its statements and the time that its caller waited
//! go to the caller's bill and to the store's sums. So a change that shares a
//! commit with others costs its own statements and all of the wait; a check
//! that shares a round trip costs one statement, and the store ran one for all.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use grantd_core::cost::Bill;
use grantd_core::store::{Steps, StoreError, StoreLoad, Stored};
use tracing::Instrument as _;
use tracing::field::Empty;

/// The kinds of steps that are told apart.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A look-up.
    LookUp,
    /// The look-up of a token that is presented.
    Check,
    /// A step that writes.
    Change,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::LookUp => "look up",
            Self::Check => "check",
            Self::Change => "change",
        }
    }
}

#[derive(Default)]
struct Sums {
    count: AtomicU64,
    unavailable: AtomicU64,
    nanos: AtomicU64,
}

impl Sums {
    fn read(&self) -> Steps {
        Steps {
            count: self.count.load(Ordering::Relaxed),
            unavailable: self.unavailable.load(Ordering::Relaxed),
            time: Duration::from_nanos(self.nanos.load(Ordering::Relaxed)),
        }
    }
}

/// The sums of a store.
#[derive(Default)]
pub(crate) struct Toll {
    look_ups: Sums,
    checks: Sums,
    changes: Sums,
    statements: AtomicU64,
}

impl Toll {
    /// Does a step, and has its caller pay.
    pub(crate) async fn of<T>(
        &self,
        kind: Kind,
        step: impl Future<Output = Stored<T>>,
    ) -> Stored<T> {
        let own = Bill::default();
        let outcome = self.taken(kind, &own, step).await;
        self.add_statements(own.total().statements);
        outcome
    }

    /// Counts a step that cost nothing: what it asks for was known.
    pub(crate) fn of_known(&self, kind: Kind) {
        self.sums(kind).count.fetch_add(1, Ordering::Relaxed);
    }

    /// The same for a check that may share its only statement, which whoever sends it counts.
    pub(crate) async fn of_shared<T>(
        &self,
        kind: Kind,
        step: impl Future<Output = Stored<T>>,
    ) -> Stored<T> {
        let own = Bill::default();
        own.add(1, Duration::ZERO);
        self.taken(kind, &own, step).await
    }

    /// Counts statements that were run.
    pub(crate) fn add_statements(&self, count: u32) {
        self.statements.fetch_add(count.into(), Ordering::Relaxed);
    }

    /// The sums so far; what is particular to the engine is the engine's to add.
    pub(crate) fn load(&self) -> StoreLoad {
        StoreLoad {
            look_ups: self.look_ups.read(),
            checks: self.checks.read(),
            changes: self.changes.read(),
            statements: self.statements.load(Ordering::Relaxed),
            ..StoreLoad::default()
        }
    }

    fn sums(&self, kind: Kind) -> &Sums {
        match kind {
            Kind::LookUp => &self.look_ups,
            Kind::Check => &self.checks,
            Kind::Change => &self.changes,
        }
    }

    async fn taken<T>(
        &self,
        kind: Kind,
        own: &Bill,
        step: impl Future<Output = Stored<T>>,
    ) -> Stored<T> {
        let caller = Bill::current();
        let begun = Instant::now();
        let span = tracing::info_span!(
            target: "grantd::trace",
            "store",
            otel.kind = "client",
            step = kind.name(),
            statements = Empty,
            unavailable = Empty,
        );
        let outcome = own.pays_for(step).instrument(span.clone()).await;
        let (took, cost) = (begun.elapsed(), own.total());
        span.record("statements", cost.statements);
        if let Some(caller) = caller {
            caller.add(cost.statements, took);
        }
        let sums = self.sums(kind);
        sums.count.fetch_add(1, Ordering::Relaxed);
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        sums.nanos.fetch_add(nanos, Ordering::Relaxed);
        if matches!(outcome, Err(StoreError::Unavailable(_))) {
            span.record("unavailable", true);
            sums.unavailable.fetch_add(1, Ordering::Relaxed);
        }
        outcome
    }
}
