//! What somebody's request costs the store. Owns the sums and how they find
//! their way to whoever asked; must not know any engine, nor who reads the sums.
//!
//! A [`Bill`] goes with a future: while that future is polled it is the
//! thread's current bill, and what the store does meanwhile is added to it. No
//! trait of the store knows of it.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// A sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Statements that were run for the caller. One that answers many callers at once counts for each
    /// of them; what begins and ends transactions counts for nobody.
    pub statements: u32,
    /// How long the caller waited for the store: queue, statements and commit.
    pub time: Duration,
}

#[derive(Debug, Default)]
struct Sums {
    statements: AtomicU32,
    nanos: AtomicU64,
}

/// Where the costs of one caller are added up. Clones share the sums.
#[derive(Clone, Debug, Default)]
pub struct Bill(Arc<Sums>);

thread_local! {
    static CURRENT: RefCell<Option<Bill>> = const { RefCell::new(None) };
}

/// The bill that was current before, put back also after a panic.
struct Before(Option<Bill>);

impl Drop for Before {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

impl Bill {
    /// The bill of whoever is polled or runs on this thread.
    pub fn current() -> Option<Self> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Adds one statement to the current bill, if there is one.
    pub fn count_statement() {
        CURRENT.with_borrow(|current| {
            if let Some(bill) = current {
                bill.add(1, Duration::ZERO);
            }
        });
    }

    /// Adds to the sums.
    pub fn add(&self, statements: u32, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.0.statements.fetch_add(statements, Ordering::Relaxed);
        self.0.nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    /// What it has come to.
    pub fn total(&self) -> Cost {
        Cost {
            statements: self.0.statements.load(Ordering::Relaxed),
            time: Duration::from_nanos(self.0.nanos.load(Ordering::Relaxed)),
        }
    }

    /// Runs `work` on this bill.
    pub fn pays<T>(&self, work: impl FnOnce() -> T) -> T {
        let _before = Before(CURRENT.replace(Some(self.clone())));
        work()
    }

    /// Runs a future on this bill, on whichever threads it is polled. Tasks that it spawns are not on it.
    pub async fn pays_for<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|context| self.pays(|| future.as_mut().poll(context))).await
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// Pending once, so that its two halves are polled apart.
    async fn pause() {
        let mut polled = false;
        poll_fn(|_| match std::mem::replace(&mut polled, true) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
    }

    async fn three_statements() {
        Bill::count_statement();
        pause().await;
        Bill::count_statement();
        Bill::count_statement();
    }

    #[test]
    fn interleaved_futures_pay_for_themselves_alone() {
        let (one, other) = (Bill::default(), Bill::default());
        let mut first = pin!(one.pays_for(three_statements()));
        let mut second = pin!(other.pays_for(async {
            three_statements().await;
            three_statements().await;
        }));
        let mut context = Context::from_waker(Waker::noop());
        assert!(first.as_mut().poll(&mut context).is_pending());
        assert!(second.as_mut().poll(&mut context).is_pending());
        Bill::count_statement();
        assert!(second.as_mut().poll(&mut context).is_pending());
        assert!(first.as_mut().poll(&mut context).is_ready());
        assert!(second.as_mut().poll(&mut context).is_ready());
        assert_eq!((one.total().statements, other.total().statements), (3, 6));
        assert!(Bill::current().is_none());
    }

    #[test]
    fn a_bill_within_a_bill_is_its_own() {
        let (outer, inner) = (Bill::default(), Bill::default());
        outer.pays(|| {
            inner.pays(Bill::count_statement);
            Bill::count_statement();
            let cost = inner.total();
            outer.add(cost.statements, Duration::from_millis(5));
        });
        let cost = Cost {
            statements: 2,
            time: Duration::from_millis(5),
        };
        assert_eq!(outer.total(), cost);
    }

    #[test]
    fn a_panic_leaves_no_bill_behind() {
        let bill = Bill::default();
        let _ = catch_unwind(AssertUnwindSafe(|| bill.pays(|| panic!("halfway"))));
        assert!(Bill::current().is_none());
    }

    #[test]
    fn what_runs_on_another_thread_pays_when_it_is_told_to() {
        let bill = Bill::default();
        let carried = bill.pays(Bill::current).unwrap();
        let thread = std::thread::spawn(move || {
            Bill::count_statement();
            carried.pays(Bill::count_statement);
        });
        thread.join().unwrap();
        assert_eq!(bill.total().statements, 1);
    }
}
