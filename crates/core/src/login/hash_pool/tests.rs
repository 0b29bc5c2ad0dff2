//! Turns, bounds and panics.

use super::*;
use crate::login::testing::block_on;
use std::net::IpAddr;

fn turn(address: u8, login: &str) -> Turn {
    (
        Address::from(IpAddr::from([192, 0, 2, address])),
        LoginKey::of(login),
    )
}

#[test]
fn turns_go_round_between_addresses_and_logins() {
    let (done, order) = std::sync::mpsc::channel();
    let mut queue = Queue::default();
    for (address, login, name) in [
        (1, "a", "a1"),
        (1, "a", "a2"),
        (1, "a", "a3"),
        (2, "b", "b1"),
    ] {
        let (done, turn) = (done.clone(), turn(address, login));
        queue.enter(turn.0);
        queue.push(turn, Box::new(move || done.send(name).unwrap()));
    }
    while let Some(work) = queue.pop() {
        work();
    }
    drop(done);
    assert_eq!(order.iter().collect::<Vec<_>>(), ["a1", "b1", "a2", "a3"]);
    assert!(queue.per_address.is_empty() && queue.waiting.is_empty() && queue.length == 0);
}

#[test]
fn work_runs_elsewhere_and_a_panic_harms_nobody_else() {
    let pool = HashPool::start(PoolLimits {
        threads: 1,
        queue: 4,
        queue_per_address: 4,
    })
    .unwrap();
    let here = thread::current().id();
    assert_ne!(
        block_on(pool.run(turn(1, "a"), || thread::current().id())),
        Ok(here)
    );
    assert_eq!(
        block_on(pool.run(turn(1, "a"), || -> u8 { panic!("in a job") })),
        Err(Busy)
    );
    assert_eq!(block_on(pool.run(turn(1, "a"), || 7)), Ok(7));
}

#[test]
fn a_full_queue_or_share_is_refused_at_once() {
    let pool = HashPool::start(PoolLimits {
        threads: 1,
        queue: 3,
        queue_per_address: 2,
    })
    .unwrap();
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let mut waiting: Vec<_> = vec![Box::pin(
        pool.run(turn(1, "a"), move || gate.recv().is_ok()),
    )];
    assert!(futures_util::poll_once(&mut waiting[0]).is_none());
    while pool.shared.lock().length > 0 {
        thread::yield_now();
    }
    let mut more: Vec<_> = (0..2)
        .map(|_| Box::pin(pool.run(turn(1, "a"), || ())))
        .collect();
    for one in &mut more {
        assert!(futures_util::poll_once(one).is_none());
    }
    assert_eq!(
        block_on(pool.run(turn(1, "z"), || ())),
        Err(Busy),
        "the address has its share"
    );
    let mut other = Box::pin(pool.run(turn(2, "b"), || ()));
    assert!(
        futures_util::poll_once(&mut other).is_none(),
        "another address finds room"
    );
    assert_eq!(
        block_on(pool.run(turn(3, "c"), || ())),
        Err(Busy),
        "the queue is full"
    );
    let load = pool.load();
    assert_eq!((load.running, load.queued, load.refused), (1, 3, 2));
    open.send(()).unwrap();
    block_on(other).unwrap();
}

#[test]
fn a_place_is_counted_until_it_is_dropped_or_its_work_begins() {
    let pool = HashPool::start(PoolLimits {
        threads: 1,
        queue: 1,
        queue_per_address: 1,
    })
    .unwrap();
    let place = pool.enter(turn(1, "a")).ok().unwrap();
    assert!(pool.enter(turn(2, "b")).is_err());
    drop(place);
    let place = pool.enter(turn(2, "b")).ok().unwrap();
    assert_eq!(block_on(place.run(|| 7)), Ok(7));
    assert!(pool.enter(turn(1, "a")).is_ok());
}

/// Polls a future once without a runtime.
mod futures_util {
    use std::future::Future;
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    pub(super) fn poll_once<F: Future>(future: &mut Pin<Box<F>>) -> Option<F::Output> {
        match future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }
}
