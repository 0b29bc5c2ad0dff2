//! How long hyper waits for a request's head, by one timer per connection. Owns
//! that timer; must not know how long that is.
//!
//! hyper makes a timer for each request and drops it a moment later, which costs two turns of the
//! runtime's wheel. Here the connection's only timer is moved on instead: that costs a comparison.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};

type Shared = Arc<Mutex<Pin<Box<tokio::time::Sleep>>>>;

/// The timer of one connection. hyper waits for one thing at a time: the last deadline counts.
pub(crate) struct Patience(Shared);

/// Waits for the deadline that was set last.
struct Waiting(Shared);

impl Patience {
    /// For a connection of the current runtime.
    pub(crate) fn new() -> Self {
        let far = tokio::time::sleep(Duration::from_secs(1));
        Self(Arc::new(Mutex::new(Box::pin(far))))
    }
}

impl Timer for Patience {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        let mut sleep = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sleep.as_mut().reset(deadline.into());
        drop(sleep);
        Box::pin(Waiting(Arc::clone(&self.0)))
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into()
    }
}

impl Future for Waiting {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut sleep = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sleep.as_mut().poll(context)
    }
}

impl Sleep for Waiting {}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_deadline_counts_also_after_others_were_dropped() {
        let patience = Patience::new();
        let begun = Instant::now();
        for millis in [5, 10, 15] {
            drop(patience.sleep(Duration::from_millis(millis)));
        }
        patience.sleep(Duration::from_millis(60)).await;
        assert!(begun.elapsed() >= Duration::from_millis(60));
        let begun = Instant::now();
        patience.sleep(Duration::from_millis(20)).await;
        let took = begun.elapsed();
        assert!(took >= Duration::from_millis(20) && took < Duration::from_secs(10));
    }
}
