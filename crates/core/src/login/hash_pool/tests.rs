//! Turns, bounds and panics.

use super::*;
use crate::login::testing::block_on;
use std::net::IpAddr;

fn turn(address: u8, login: &str) -> Turn {
    let address = Address::from(IpAddr::from([192, 0, 2, address]));
    Turn::of(address, LoginKey::of(login))
}

#[test]
fn work_runs_elsewhere_and_a_panic_harms_nobody_else() {
    let pool = HashPool::start(PoolLimits {
        threads: 1,
        queue: 4,
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

/// A pool whose one thread is held until something comes through the channel.
fn held(queue: usize) -> (HashPool, std::sync::mpsc::Sender<()>) {
    let limits = PoolLimits { threads: 1, queue };
    let pool = HashPool::start(limits).unwrap();
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let mut first = Box::pin(pool.run(turn(1, "first"), move || gate.recv().is_ok()));
    assert!(futures_util::poll_once(&mut first).is_none());
    while pool.load().queued > 0 {
        thread::yield_now();
    }
    drop(first);
    (pool, open)
}

#[test]
fn sec_s27_a_full_line_refuses_at_once_and_makes_room_for_who_has_less_of_it() {
    let (pool, open) = held(3);
    let mut crowd: Vec<_> = (0..3)
        .map(|_| Box::pin(pool.run(turn(1, "a"), || ())))
        .collect();
    for one in &mut crowd {
        assert!(futures_util::poll_once(one).is_none());
    }
    assert_eq!(block_on(pool.run(turn(1, "a"), || ())), Err(Busy));
    let mut other = Box::pin(pool.run(turn(2, "b"), || ()));
    assert!(
        futures_util::poll_once(&mut other).is_none(),
        "there is room"
    );
    let mut last = crowd.pop().unwrap();
    let lost = futures_util::poll_once(&mut last);
    assert_eq!(lost, Some(Err(Busy)), "the last of the crowd has lost it");
    let load = pool.load();
    assert_eq!((load.running, load.queued, load.refused), (1, 3, 2));
    open.send(()).unwrap();
    block_on(other).unwrap();
}

#[test]
fn sec_s27_who_is_known_goes_first_and_finds_room_in_any_flood() {
    let (pool, open) = held(2);
    let (told, order) = std::sync::mpsc::channel();
    let mut all: Vec<_> = [(1, false), (2, false), (3, true)]
        .map(|(from, known)| {
            let told = told.clone();
            let who = turn(from, "a").known(known);
            Box::pin(pool.run(who, move || told.send(from).unwrap()))
        })
        .into();
    for one in &mut all {
        assert!(futures_util::poll_once(one).is_none());
    }
    assert_eq!(block_on(pool.run(turn(4, "a"), || ())), Err(Busy));
    open.send(()).unwrap();
    for one in all {
        block_on(one).unwrap();
    }
    assert_eq!(order.try_iter().collect::<Vec<_>>(), [3, 1, 2]);
}

#[test]
fn a_place_that_was_lost_meanwhile_runs_nothing() {
    let (pool, _open) = held(2);
    let places: Vec<_> = (0..2)
        .map(|_| pool.enter(turn(1, "a")).ok().unwrap())
        .collect();
    let _other = pool.enter(turn(2, "b")).ok().unwrap();
    let ran = places
        .into_iter()
        .map(|place| block_on_now(place.run(|| ())));
    assert_eq!(ran.collect::<Vec<_>>(), [None, Some(Err(Busy))]);
}

#[test]
fn a_place_is_counted_until_it_is_dropped_or_its_work_begins() {
    let pool = HashPool::start(PoolLimits {
        threads: 1,
        queue: 1,
    })
    .unwrap();
    let place = pool.enter(turn(1, "a")).ok().unwrap();
    assert!(pool.enter(turn(2, "b")).is_err());
    assert_eq!(pool.load().queued, 1);
    drop(place);
    let place = pool.enter(turn(2, "b")).ok().unwrap();
    assert_eq!(block_on(place.run(|| 7)), Ok(7));
    assert!(pool.enter(turn(1, "a")).is_ok());
}

/// What a future says at once.
fn block_on_now<F: Future>(future: F) -> Option<F::Output> {
    futures_util::poll_once(&mut Box::pin(future))
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
