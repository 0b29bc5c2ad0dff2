//! The connections of checks. Owns the queue, that a batch is closed before it
//! is sent, and that a lost connection comes back; must not know what is asked.
//!
//! A line has one batch on the way at a time. Alone, a check is sent at once;
//! under load, what arrives meanwhile is the next batch. Two equal questions
//! are two questions: joining one that was already sent would answer from
//! before it was asked.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deadpool_postgres::ClientWrapper;
use grantd_core::app::ClientId;
use grantd_core::clock::Timestamp;
use grantd_core::store::{AppCheck, Stored, TokenVerdict};
use grantd_core::token::TokenHash;
use tokio::sync::{Notify, oneshot, watch};

use super::Options;
use super::batch::{Ask, Batch, Question};
use super::connection::Connector;
use super::failure::{Failure, words};
use super::quiet::Quiet;
use super::session::{Lent, Meaning, meaning};
use crate::db::{DbError, DbResult, Look};
use crate::toll::Toll;

/// Between two attempts to connect: first and longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));
/// A look-up or batch is sent so many times: it has no effect, so a lost connection may be made good.
const TRIES: u32 = 3;

type Sessions = Vec<Option<Arc<ClientWrapper>>>;

/// All lines of a store.
pub(super) struct Lines {
    queue: Mutex<Queue>,
    arrived: Notify,
    sessions: watch::Sender<Sessions>,
    next: AtomicUsize,
    quiet: Quiet,
    options: Options,
    toll: Arc<Toll>,
    round_trips: AtomicU64,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Question>,
    closed: bool,
}

impl Lines {
    /// Starts connecting, and goes on doing so until the lines are closed.
    pub(super) fn start(
        connector: &Arc<Connector>,
        options: Options,
        toll: Arc<Toll>,
    ) -> Arc<Self> {
        let count = options.lines.max(1);
        let lines = Arc::new(Self {
            queue: Mutex::default(),
            arrived: Notify::new(),
            sessions: watch::channel(vec![None; count]).0,
            next: AtomicUsize::new(0),
            quiet: Quiet::default(),
            options,
            toll,
            round_trips: AtomicU64::new(0),
        });
        for index in 0..count {
            tokio::spawn(Arc::clone(&lines).keep(index, Arc::clone(connector)));
        }
        lines
    }

    pub(super) async fn check(
        &self,
        client_id: ClientId,
        hash: Option<TokenHash>,
        now: Timestamp,
    ) -> Stored<Option<AppCheck>> {
        let (ask, answer) = Ask::new((client_id, hash), now);
        self.push(Question::Check(ask))?;
        self.wait(answer).await
    }

    pub(super) async fn find(&self, hash: TokenHash, now: Timestamp) -> Stored<TokenVerdict> {
        let (ask, answer) = Ask::new(hash, now);
        self.push(Question::Find(ask))?;
        self.wait(answer).await
    }

    /// A look-up of one statement, behind whatever is on the way on the same connection.
    pub(super) async fn look<I: Sync, T>(&self, input: &I, look: Look<I, T>) -> Stored<T> {
        let looking = tokio::time::timeout(self.options.patience, self.look_on(input, look));
        let found = looking.await.unwrap_or(Err(Failure::Late));
        Ok(found.inspect_err(|failure| self.complain(failure))?)
    }

    /// Lines that are connected, how many there are to be, and their round trips of checks.
    pub(super) fn load(&self) -> ((usize, usize), u64) {
        let sessions = self.sessions.borrow();
        let connected = sessions.iter().flatten().count();
        let trips = self.round_trips.load(Ordering::Relaxed);
        ((connected, sessions.len()), trips)
    }

    /// Nothing more is let in; what waits is told.
    pub(super) fn close(&self) {
        let waiting = {
            let mut queue = self.lock();
            queue.closed = true;
            std::mem::take(&mut queue.waiting)
        };
        Batch::from_iter(waiting).fail(&Failure::Closed);
        self.arrived.notify_waiters();
        self.sessions.send_modify(|sessions| sessions.fill(None));
    }

    /// Never waits: a full queue is the caller's answer.
    fn push(&self, question: Question) -> Result<(), Failure> {
        let mut queue = self.lock();
        if queue.closed {
            return Err(Failure::Closed);
        }
        if queue.waiting.len() >= self.options.queue {
            return Err(Failure::QueueFull);
        }
        queue.waiting.push_back(question);
        drop(queue);
        self.arrived.notify_one();
        Ok(())
    }

    async fn wait<T>(&self, answer: oneshot::Receiver<Stored<T>>) -> Stored<T> {
        match tokio::time::timeout(self.options.patience, answer).await {
            Ok(Ok(answer)) => answer,
            // Dropped with its batch, or nobody has taken it.
            Ok(Err(_)) | Err(_) => {
                self.complain(&Failure::Late);
                Err(Failure::Late.into())
            }
        }
    }

    async fn look_on<I: Sync, T>(&self, input: &I, look: Look<I, T>) -> Result<T, Failure> {
        let mut tries = 1;
        loop {
            let client = self.session().await?;
            let found: DbResult<T> = look(&Lent::new(&client), input).await;
            let error = match found {
                Ok(found) => return Ok(found),
                Err(error) => error,
            };
            match meaning(&error) {
                Meaning::StaleStatement => client.statement_cache.clear(),
                Meaning::Conflict => {}
                // Until its line has noticed.
                Meaning::Lost => tokio::task::yield_now().await,
                Meaning::Refused => tries = TRIES,
            }
            if tries == TRIES {
                return Err(error.into());
            }
            tries += 1;
        }
    }

    /// A connection that was not lost yet, as far as anybody knows; waits for one.
    async fn session(&self) -> Result<Arc<ClientWrapper>, Failure> {
        let alive = |session: &&Arc<ClientWrapper>| !session.is_closed();
        let mut changes = self.sessions.subscribe();
        loop {
            if self.lock().closed {
                return Err(Failure::Closed);
            }
            let sessions = changes.borrow_and_update().clone();
            let start = self.next.fetch_add(1, Ordering::Relaxed);
            let count = sessions.len();
            let turns = (0..count).filter_map(|turn| sessions[(start + turn) % count].as_ref());
            if let Some(session) = turns.into_iter().find(alive) {
                return Ok(Arc::clone(session));
            }
            changes.changed().await.map_err(|_| Failure::Closed)?;
        }
    }

    /// Keeps one line up.
    async fn keep(self: Arc<Self>, index: usize, connector: Arc<Connector>) {
        let mut pause = PAUSES.0;
        while !self.lock().closed {
            match connector.for_checks().await {
                Some(Ok((client, lost))) => {
                    pause = PAUSES.0;
                    let client = Arc::new(client);
                    self.publish(index, Some(Arc::clone(&client)));
                    self.serve(&client, lost).await;
                    self.publish(index, None);
                }
                failed => {
                    let error = failed.and_then(Result::err).map(DbError::from);
                    let error = error.as_ref().map_or("no answer in time".to_owned(), words);
                    self.quiet.warn(|unsaid| {
                        tracing::warn!(error, unsaid, "no connection to the database");
                    });
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSES.1);
                }
            }
        }
    }

    fn publish(&self, index: usize, session: Option<Arc<ClientWrapper>>) {
        let open = !self.lock().closed;
        self.sessions.send_modify(|sessions| {
            if let Some(place) = sessions.get_mut(index) {
                *place = session.filter(|_| open);
            }
        });
    }

    /// Answers batch after batch, until the connection is lost or the lines are closed.
    async fn serve(&self, client: &ClientWrapper, mut lost: oneshot::Receiver<()>) {
        loop {
            let batch = tokio::select! {
                biased;
                _ = &mut lost => return,
                batch = self.take() => batch,
            };
            let Some(batch) = batch else { return };
            if let Err(failure) = self.answer(batch, client).await {
                self.complain(&failure);
                return;
            }
        }
    }

    /// Everything that waits, up to a bound; `None` when the lines are closed.
    async fn take(&self) -> Option<Batch> {
        loop {
            let arrived = self.arrived.notified();
            if let Some(taken) = self.take_now() {
                return taken;
            }
            arrived.await;
        }
    }

    /// `None` when nothing waits.
    fn take_now(&self) -> Option<Option<Batch>> {
        let mut queue = self.lock();
        if queue.closed {
            return Some(None);
        }
        // Nobody waits any more: a dropped request costs nothing.
        queue.waiting.retain(Question::is_wanted);
        if queue.waiting.is_empty() {
            return None;
        }
        let count = queue.waiting.len().min(self.options.together.max(1));
        let batch = queue.waiting.drain(..count).collect();
        if !queue.waiting.is_empty() {
            self.arrived.notify_one();
        }
        Some(Some(batch))
    }

    /// `Err` when the connection is of no use any more. Then the batch waits for another one, as
    /// long as its callers do.
    async fn answer(&self, mut batch: Batch, client: &ClientWrapper) -> Result<(), Failure> {
        for _ in 0..TRIES {
            self.toll.add_statements(batch.statements());
            self.round_trips.fetch_add(1, Ordering::Relaxed);
            let answering = tokio::time::timeout(self.options.patience, batch.answer(client));
            let Ok(answered) = answering.await else {
                return Err(Failure::Late);
            };
            let Err((unanswered, error)) = answered else {
                return Ok(());
            };
            batch = unanswered;
            match meaning(&error) {
                Meaning::StaleStatement | Meaning::Conflict => {}
                Meaning::Refused => {
                    let failure = error.into();
                    self.complain(&failure);
                    batch.fail(&failure);
                    return Ok(());
                }
                Meaning::Lost => {
                    self.lock().waiting.extend(batch.into_questions());
                    self.arrived.notify_one();
                    return Err(error.into());
                }
            }
        }
        batch.fail(&Failure::Late);
        Ok(())
    }

    fn complain(&self, failure: &Failure) {
        self.quiet.warn(|unsaid| {
            tracing::warn!(error = %failure, unsaid, "a look-up of the store failed");
        });
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Nothing under the lock can panic halfway.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
