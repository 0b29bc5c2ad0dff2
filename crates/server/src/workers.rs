//! The threads that answer: one for each core, each with a runtime of its own.
//! Owns which thread a connection is served on; must not know what a connection is.
//!
//! A connection stays on its thread. Nothing is stolen between threads, so none wakes another for
//! a request that is answered from memory.

use std::io;
use std::num::NonZero;
use std::thread::{JoinHandle, available_parallelism};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// Threads that serve until they are ended.
pub(crate) struct Workers {
    workers: Vec<Worker>,
    next: usize,
}

struct Worker {
    handle: Handle,
    end: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Workers {
    /// Starts one for each core.
    ///
    /// # Errors
    /// There are no threads to be had.
    pub(crate) fn start() -> io::Result<Self> {
        let count = available_parallelism().map_or(1, NonZero::get);
        let workers = (0..count).map(|_| Worker::start());
        Ok(Self {
            workers: workers.collect::<io::Result<_>>()?,
            next: 0,
        })
    }

    /// Where the next connection is to be served: each thread in turn.
    pub(crate) fn next(&mut self) -> &Handle {
        self.next = (self.next + 1) % self.workers.len();
        &self.workers[self.next].handle
    }

    /// Ends them, with whatever they still do.
    pub(crate) async fn end(self) {
        let threads = self.workers.into_iter().map(|worker| {
            // A thread that has panicked hears nothing.
            let _ = worker.end.send(());
            worker.thread
        });
        let threads: Vec<_> = threads.collect();
        let joining = move || threads.into_iter().for_each(|thread| drop(thread.join()));
        // Joining waits, so not on a thread of a runtime.
        let _ = tokio::task::spawn_blocking(joining).await;
    }
}

impl Worker {
    fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("http".to_owned())
            .spawn(move || {
                // Dropped unsent, it ends the thread, too.
                let _ = runtime.block_on(ended);
            })?;
        Ok(Self {
            handle,
            end,
            thread,
        })
    }
}
