//! The threads that hash passwords. Owns that hashing stays off the runtime,
//! within a memory budget, and behind a bounded line; must not know why something is hashed.
//!
//! There are two lines of the same length. Whoever signs in from an address that is known for the login goes
//! first, and loses no place to anybody else: their number is bounded, since ten wrong passwords lock the
//! pair. All others share the second one; see [`line`].

mod line;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};

use futures_channel::oneshot;

use self::line::{Branch, path};
use super::Address;
use crate::user::LoginKey;

/// Whose work it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    address: Address,
    login: LoginKey,
    known: bool,
}

impl Turn {
    /// Somebody of whom nothing is known.
    pub fn of(address: Address, login: LoginKey) -> Self {
        Self {
            address,
            login,
            known: false,
        }
    }

    /// The same, if they have proved lately that they are who they say.
    pub fn known(self, known: bool) -> Self {
        Self { known, ..self }
    }
}

/// The queue is full; try again shortly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// How much may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolLimits {
    /// Threads, and so hashes at one time.
    pub threads: usize,
    /// Waiting in each of the two lines.
    pub queue: usize,
}

impl PoolLimits {
    /// As many threads as the machine can spare (all cores but one) and `memory_kib` can hold at `hash_kib` each.
    pub fn within(cores: usize, memory_kib: u32, hash_kib: u32) -> Self {
        let by_memory = (memory_kib / hash_kib.max(1)) as usize;
        Self {
            threads: cores.saturating_sub(1).min(by_memory).max(1),
            queue: 256,
        }
    }
}

/// How busy a pool is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolLoad {
    /// What it may use.
    pub limits: PoolLimits,
    /// Hashes that are being made.
    pub running: usize,
    /// Places that are taken in both lines.
    pub queued: usize,
    /// Those in the fuller one.
    pub fuller: usize,
    /// Callers who found no place or lost it, since the start.
    pub refused: u64,
}

type Work = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Queue {
    known: Branch<Work>,
    others: Branch<Work>,
    last_place: u64,
    closing: bool,
    running: usize,
    refused: u64,
}

impl Queue {
    fn line(&mut self, turn: &Turn) -> &mut Branch<Work> {
        if turn.known {
            &mut self.known
        } else {
            &mut self.others
        }
    }

    fn pop(&mut self) -> Option<Work> {
        self.known.pop().or_else(|| self.others.pop())
    }
}

struct Shared {
    limits: PoolLimits,
    queue: Mutex<Queue>,
    arrived: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn work_until_closed(&self) {
        loop {
            let mut queue = self.lock();
            let work = loop {
                if let Some(work) = queue.pop() {
                    queue.running += 1;
                    break work;
                }
                if queue.closing {
                    return;
                }
                queue = self
                    .arrived
                    .wait(queue)
                    .unwrap_or_else(|poisoned| poisoned.into_inner());
            };
            drop(queue);
            // A panic drops the work's reply channel, which its caller sees as `Busy`.
            let _ = catch_unwind(AssertUnwindSafe(work));
            self.lock().running -= 1;
        }
    }
}

/// A fixed set of hashing threads.
pub struct HashPool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl HashPool {
    /// Starts the threads.
    ///
    /// # Errors
    /// The operating system starts no thread.
    pub fn start(limits: PoolLimits) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            limits,
            queue: Mutex::default(),
            arrived: Condvar::new(),
        });
        let threads = (0..limits.threads)
            .map(|number| {
                let shared = Arc::clone(&shared);
                thread::Builder::new()
                    .name(format!("hash-{number}"))
                    .spawn(move || shared.work_until_closed())
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { shared, threads })
    }

    /// Takes a place. Whoever has one may still do something else first.
    ///
    /// # Errors
    /// [`Busy`] when the line is full and nobody in it holds more of it.
    pub fn enter(&self, turn: Turn) -> Result<Place, Busy> {
        let path = path(&turn);
        // Dropped after the lock: whoever loses a place is told so.
        let displaced;
        let mut queue = self.shared.lock();
        let is_full = queue.line(&turn).places() >= self.shared.limits.queue;
        if is_full {
            displaced = queue.line(&turn).displace(&path);
            queue.refused += 1;
            if displaced.is_none() {
                return Err(Busy);
            }
        }
        queue.last_place += 1;
        let number = queue.last_place;
        queue.line(&turn).enter(&path, number);
        drop(queue);
        Ok(Place {
            shared: Arc::clone(&self.shared),
            held: Some((turn, number)),
        })
    }

    /// How busy it is.
    pub fn load(&self) -> PoolLoad {
        let queue = self.shared.lock();
        let lines = [queue.known.places(), queue.others.places()];
        PoolLoad {
            limits: self.shared.limits,
            running: queue.running,
            queued: lines.iter().sum(),
            fuller: lines.into_iter().max().unwrap_or(0),
            refused: queue.refused,
        }
    }

    /// Runs `work` on a hashing thread when its turn comes. Work whose caller has gone is skipped.
    ///
    /// # Errors
    /// [`Busy`], when there is no place or it is lost to somebody else.
    pub async fn run<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        self.enter(turn)?.run(work).await
    }
}

/// A place in a line; dropped without work, it is free again.
pub struct Place {
    shared: Arc<Shared>,
    held: Option<(Turn, u64)>,
}

impl Place {
    /// As [`HashPool::run`].
    ///
    /// # Errors
    /// [`Busy`] when the place is lost, the pool ends or the work panics.
    pub async fn run<T: Send + 'static>(
        mut self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let (turn, number) = self.held.take().ok_or(Busy)?;
        let (reply, answer) = oneshot::channel();
        let work: Work = Box::new(move || {
            if !reply.is_canceled() {
                let _ = reply.send(work());
            }
        });
        let lost = {
            let mut queue = self.shared.lock();
            if queue.closing {
                return Err(Busy);
            }
            queue.line(&turn).fill(&path(&turn), number, work)
        };
        if lost.is_some() {
            return Err(Busy);
        }
        self.shared.arrived.notify_one();
        answer.await.map_err(|_| Busy)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((turn, number)) = self.held.take() {
            self.shared.lock().line(&turn).leave(&path(&turn), number);
        }
    }
}

impl Drop for HashPool {
    fn drop(&mut self) {
        self.shared.lock().closing = true;
        self.shared.arrived.notify_all();
        for thread in self.threads.drain(..) {
            // The pool may be dropped by one of its own threads, with the last reply.
            if thread.thread().id() != thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

#[cfg(test)]
mod tests;
