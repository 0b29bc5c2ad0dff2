//! Where steps wait for their thread. Owns the bound and the end; must not
//! know what a step is.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::failure::Failure;

/// A bounded queue whose consumers take what is there at once.
pub(super) struct Queue<J> {
    state: Mutex<State<J>>,
    arrived: Condvar,
    capacity: usize,
}

struct State<J> {
    waiting: VecDeque<J>,
    /// Consumers asleep; only then is waking one worth a system call.
    idle: usize,
    /// One was told to wake up and has not come yet. It takes all that arrives until then, so that
    /// a crowd costs one system call and not one each.
    waking: bool,
    closed: bool,
}

impl<J> Queue<J> {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                idle: 0,
                waking: false,
                closed: false,
            }),
            arrived: Condvar::new(),
            capacity,
        }
    }

    /// Never waits: a full queue is the caller's answer.
    pub(super) fn push(&self, job: J) -> Result<(), Failure> {
        let mut state = self.lock();
        if state.closed {
            return Err(Failure::Closed);
        }
        if state.waiting.len() >= self.capacity {
            return Err(Failure::QueueFull);
        }
        state.waiting.push_back(job);
        self.wake_one(state);
        Ok(())
    }

    /// Waits until something is there and takes at most `most` of it: a closed
    /// batch. `None` when the queue is closed and empty.
    pub(super) fn take(&self, most: usize) -> Option<Vec<J>> {
        let mut state = self.lock();
        while state.waiting.is_empty() {
            if state.closed {
                return None;
            }
            state.idle += 1;
            state = self
                .arrived
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
            state.waking = false;
        }
        let count = most.min(state.waiting.len());
        let taken = state.waiting.drain(..count).collect();
        self.wake_one(state);
        Some(taken)
    }

    /// For what waits, unless somebody is on the way.
    fn wake_one(&self, mut state: MutexGuard<'_, State<J>>) {
        if state.idle > 0 && !state.waking && !state.waiting.is_empty() {
            state.waking = true;
            drop(state);
            self.arrived.notify_one();
        }
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Nothing more is let in; what waits is still done.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<J>> {
        // Nothing under the lock can panic halfway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
