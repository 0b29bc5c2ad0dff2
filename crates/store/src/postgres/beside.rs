//! Steps beside one another: for different users, in one transaction on one
//! connection. Owns who shares a transaction and what becomes of all when one
//! refuses or fails; must not know what the steps do.
//!
//! A step is a dozen statements, each of which decides about the next. Alone it
//! waits for an answer a dozen times, and then for the disk. Here the first
//! statements of all steps go out together, then the second ones, and one
//! `COMMIT` serves all. No timer: what has come while the connections were busy
//! goes next.
//!
//! - What they change is of different users ([`Beside`]), so that none sees
//!   what another does. Those of one user go one after the other: none waits for another's locks.
//! - They go in the order of users and their statements are of the same
//!   numbers: locks are taken in the order in which each alone would take them.
//! - There are no savepoints. If one refuses, all is undone, it is answered, and
//!   the others go once more. If a statement fails, each goes alone.

use std::collections::{HashSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::join_all;
use grantd_core::cost::Bill;
use grantd_core::ids::UserId;
use grantd_core::store::{StoreError, Stored};
use tokio::sync::oneshot;

use super::failure::Failure;
use super::transaction::{Ended, Transactions};
use crate::db::{Db, Running, Undo, Write};
use crate::steps::{Beside, Input};

/// While one transaction waits for the disk, the other works.
const AT_ONCE: usize = 2;
/// A transaction holds up its first step by as long as all its steps take: some milliseconds.
const MOST: usize = 64;
/// Who refuses has an answer after the first round; nobody refuses in the second unless the world
/// has changed.
const ROUNDS: u32 = 2;

/// Where steps wait for others.
pub(super) struct Waiting {
    transactions: Transactions,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    steps: VecDeque<Box<dyn Joined>>,
    /// Whose steps are in a transaction.
    busy: HashSet<UserId>,
    at_work: usize,
}

/// How a step ended within a transaction that is not committed yet.
enum End {
    Kept,
    Refused,
    Failed,
}

/// A step of any outcome.
trait Joined: Send + Sync {
    fn beside(&self) -> Beside;
    fn run<'a>(&'a self, db: &'a (dyn Db + 'a)) -> Running<'a, End>;
    /// Whether it has an answer already, for which nothing is kept.
    fn has_refused(&self) -> bool;
    fn alone(self: Box<Self>, transactions: &Transactions) -> Running<'_, ()>;
    /// Tells the caller, once the fate of the transaction is known.
    fn answer(self: Box<Self>, fate: Result<(), Failure>);
}

type Steps = Vec<Box<dyn Joined>>;

/// A [`Joined`] out of a step.
struct One<I, T> {
    beside: Beside,
    input: I,
    step: Write<I, T>,
    bill: Bill,
    outcome: Mutex<Option<(Stored<T>, bool)>>,
    reply: oneshot::Sender<Stored<T>>,
}

impl<I: Input, T: Send + 'static> Joined for One<I, T> {
    fn beside(&self) -> Beside {
        self.beside
    }

    fn run<'a>(&'a self, db: &'a (dyn Db + 'a)) -> Running<'a, End> {
        Box::pin(async move {
            let step = self.bill.pays_for((self.step)(db, &self.input));
            let (outcome, end) = match step.await {
                Ok(value) => (Some((Ok(value), true)), End::Kept),
                Err(Undo::Answer(refusal)) => (Some((Ok(*refusal), false)), End::Refused),
                Err(Undo::Stale) => (Some((Err(StoreError::StaleActor), false)), End::Refused),
                Err(Undo::Engine(_)) => (None, End::Failed),
            };
            *self.outcome() = outcome;
            end
        })
    }

    fn has_refused(&self) -> bool {
        matches!(&*self.outcome(), Some((_, false)))
    }

    fn alone(self: Box<Self>, transactions: &Transactions) -> Running<'_, ()> {
        Box::pin(async move {
            let step = transactions.write(&self.input, self.step);
            let outcome = self.bill.pays_for(step).await;
            // The caller may be gone; the step is done all the same.
            let _ = self.reply.send(outcome);
        })
    }

    fn answer(self: Box<Self>, fate: Result<(), Failure>) {
        let outcome = self.outcome().take();
        let outcome = outcome.map_or_else(|| Err(Failure::Panicked.into()), |(said, _)| said);
        let _ = self.reply.send(fate.map_err(StoreError::from).and(outcome));
    }
}

impl<I, T> One<I, T> {
    fn outcome(&self) -> MutexGuard<'_, Option<(Stored<T>, bool)>> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    pub(super) fn new(transactions: Transactions) -> Arc<Self> {
        Arc::new(Self {
            transactions,
            state: Mutex::default(),
        })
    }

    /// Does a step, all of it or nothing, beside others that wait.
    pub(super) async fn write<I: Input, T: Send + 'static>(
        self: Arc<Self>,
        beside: Beside,
        input: I,
        step: Write<I, T>,
    ) -> Stored<T> {
        let (reply, answer) = oneshot::channel();
        self.push(Box::new(One {
            beside,
            input,
            step,
            bill: Bill::current().unwrap_or_default(),
            outcome: Mutex::default(),
            reply,
        }));
        answer
            .await
            .unwrap_or_else(|_| Err(Failure::Panicked.into()))
    }

    fn push(self: Arc<Self>, step: Box<dyn Joined>) {
        let mut state = self.lock();
        state.steps.push_back(step);
        if state.at_work < AT_ONCE {
            state.at_work += 1;
            drop(state);
            tokio::spawn(self.work());
        }
    }

    /// Until nothing waits any more but for who is at work.
    async fn work(self: Arc<Self>) {
        while let Some(steps) = self.take() {
            let users: Vec<UserId> = steps.iter().map(|one| one.beside().user).collect();
            // Who was in a batch that panicked is told so when its step is dropped.
            let done = AssertUnwindSafe(self.answer(steps)).catch_unwind().await;
            if done.is_err() {
                tracing::error!("a batch of creations panicked");
            }
            self.lock().busy.retain(|user| !users.contains(user));
        }
    }

    /// The first that waits for nobody, and who may go beside it; in the order of users.
    fn take(&self) -> Option<Steps> {
        let mut state = self.lock();
        let State { steps, busy, .. } = &mut *state;
        let mut free = steps.iter().map(|one| one.beside());
        let Some(first) = free.find(|one| !busy.contains(&one.user)) else {
            state.at_work -= 1;
            return None;
        };
        let (mut taken, mut left) = (Steps::new(), VecDeque::new());
        for step in steps.drain(..) {
            let Beside { user, kind } = step.beside();
            if taken.len() < MOST && kind == first.kind && busy.insert(user) {
                taken.push(step);
            } else {
                left.push_back(step);
            }
        }
        *steps = left;
        taken.sort_by_key(|step| step.beside().user);
        Some(taken)
    }

    /// Answers all.
    async fn answer(&self, mut steps: Steps) {
        for _ in 0..ROUNDS {
            if steps.len() < 2 {
                break;
            }
            match self.transactions.write_all(&steps, together).await {
                Ok(End::Kept) => return answer(steps, &Ok(())),
                Ok(End::Refused) => {
                    let (refused, others) = steps.into_iter().partition(|one| one.has_refused());
                    answer(refused, &Ok(()));
                    steps = others;
                }
                Ok(End::Failed) | Err(Ended::Stale) => break,
                Err(Ended::Failed(failure)) => return answer(steps, &Err(failure)),
            }
        }
        let alone = steps.into_iter().map(|one| one.alone(&self.transactions));
        join_all(alone).await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under the lock can panic halfway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn answer(steps: Steps, fate: &Result<(), Failure>) {
    for one in steps {
        one.answer(fate.clone());
    }
}

/// All steps of a transaction, statement beside statement.
fn together<'a>(db: &'a (dyn Db + 'a), steps: &'a Steps) -> Running<'a, Result<End, Undo<End>>> {
    Box::pin(async move {
        let ends = join_all(steps.iter().map(|one| one.run(db))).await;
        // After a failure the other statements of the transaction fail, too, whoever's they are.
        let worst = |found, end| match (found, end) {
            (End::Failed, _) | (_, End::Failed) => End::Failed,
            (End::Refused, _) | (_, End::Refused) => End::Refused,
            (End::Kept, End::Kept) => End::Kept,
        };
        match ends.into_iter().fold(End::Kept, worst) {
            End::Kept => Ok(End::Kept),
            end => Err(Undo::answer(end)),
        }
    })
}
