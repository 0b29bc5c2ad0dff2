//! The threads that hash passwords. Owns that hashing stays off the runtime,
//! within a memory budget, and in a bounded queue that is fair between
//! (address, login) pairs; must not know why something is hashed.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};

use futures_channel::oneshot;

use super::Address;
use crate::user::LoginKey;

/// Whose work it is; the queue takes turns between these.
pub type Turn = (Address, LoginKey);

/// The queue is full; try again shortly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// How much may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolLimits {
    /// Threads, and so hashes at one time.
    pub threads: usize,
    /// Waiting in all.
    pub queue: usize,
    /// Waiting from one address, so that the others find room.
    pub queue_per_address: usize,
}

impl PoolLimits {
    /// As many threads as the machine can spare (all cores but one) and `memory_kib` can hold at `hash_kib` each.
    pub fn within(cores: usize, memory_kib: u32, hash_kib: u32) -> Self {
        let by_memory = (memory_kib / hash_kib.max(1)) as usize;
        Self {
            threads: cores.saturating_sub(1).min(by_memory).max(1),
            queue: 256,
            queue_per_address: 192,
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
    /// Places that are taken in the queue.
    pub queued: usize,
    /// Callers who found it full, since the start.
    pub refused: u64,
}

type Work = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Queue {
    waiting: HashMap<Turn, VecDeque<Work>>,
    turns: VecDeque<Turn>,
    length: usize,
    per_address: HashMap<Address, usize>,
    closing: bool,
    running: usize,
    refused: u64,
}

impl Queue {
    /// Takes a place, before it is known whether there will be work for it.
    fn enter(&mut self, address: Address) {
        self.length += 1;
        *self.per_address.entry(address).or_default() += 1;
    }

    fn leave(&mut self, address: Address) {
        self.length -= 1;
        if let Some(count) = self.per_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                self.per_address.remove(&address);
            }
        }
    }

    /// Work for a place that was taken.
    fn push(&mut self, turn: Turn, work: Work) {
        let line = self.waiting.entry(turn.clone()).or_default();
        if line.is_empty() {
            self.turns.push_back(turn);
        }
        line.push_back(work);
    }

    /// The next piece of work: each (address, login) in turn gives one.
    fn pop(&mut self) -> Option<Work> {
        let turn = self.turns.pop_front()?;
        let line = self.waiting.get_mut(&turn)?;
        let work = line.pop_front();
        let address = turn.0;
        if line.is_empty() {
            self.waiting.remove(&turn);
        } else {
            self.turns.push_back(turn);
        }
        self.leave(address);
        work
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

    /// Takes a place in the queue. Whoever has one may still do something else first.
    ///
    /// # Errors
    /// [`Busy`] when the queue or the address's share of it is full.
    pub fn enter(&self, turn: Turn) -> Result<Place, Busy> {
        let mut queue = self.shared.lock();
        let of_address = queue.per_address.get(&turn.0).copied().unwrap_or_default();
        let limits = &self.shared.limits;
        if queue.closing || queue.length >= limits.queue || of_address >= limits.queue_per_address {
            queue.refused += 1;
            return Err(Busy);
        }
        queue.enter(turn.0);
        Ok(Place {
            shared: Arc::clone(&self.shared),
            turn: Some(turn),
        })
    }

    /// How busy it is.
    pub fn load(&self) -> PoolLoad {
        let queue = self.shared.lock();
        PoolLoad {
            limits: self.shared.limits,
            running: queue.running,
            queued: queue.length,
            refused: queue.refused,
        }
    }

    /// Runs `work` on a hashing thread when its turn comes. Work whose caller has gone is skipped.
    ///
    /// # Errors
    /// [`Busy`], at once, when the queue or the address's share of it is full.
    pub async fn run<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        self.enter(turn)?.run(work).await
    }
}

/// A place in the queue; dropped without work, it is free again.
pub struct Place {
    shared: Arc<Shared>,
    turn: Option<Turn>,
}

impl Place {
    /// As [`HashPool::run`], without the risk of a full queue.
    ///
    /// # Errors
    /// [`Busy`] when the pool ends or the work panics.
    pub async fn run<T: Send + 'static>(
        mut self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let (reply, answer) = oneshot::channel();
        {
            let mut queue = self.shared.lock();
            if queue.closing {
                return Err(Busy);
            }
            let Some(turn) = self.turn.take() else {
                return Err(Busy);
            };
            queue.push(
                turn,
                Box::new(move || {
                    if !reply.is_canceled() {
                        let _ = reply.send(work());
                    }
                }),
            );
        }
        self.shared.arrived.notify_one();
        answer.await.map_err(|_| Busy)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((address, _)) = self.turn.take() {
            self.shared.lock().leave(address);
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
