//! Two nodes on one store, by a clock that stands still.

use std::net::IpAddr;
use std::sync::atomic::Ordering;

use super::*;
use crate::login::testing::{Counters, block_on};

const NOW: Timestamp = Timestamp(1_000_000);
const USER: Bucket = Bucket::User(UserId(1));

fn exchange(node: &Hourly, store: &Counters, now: Timestamp) {
    block_on(node.exchange(store, now)).unwrap();
}

/// Counts until refused; how many passed.
fn spend(node: &Hourly, limit: u32, now: Timestamp) -> u32 {
    let events = std::iter::repeat_with(|| node.count(USER, limit, now));
    let passed = events.take_while(|hour| !hour.exceeded).count();
    u32::try_from(passed).unwrap()
}

#[test]
fn one_node_is_exact() {
    let node = Hourly::default();
    assert_eq!(spend(&node, 5, NOW), 5);
    assert_eq!(node.look(USER, NOW).used, 5);
    assert_eq!(node.count(USER, 5, NOW).ends_at, NOW.plus(3_600));
    assert_eq!(
        spend(&node, 5, NOW.plus(3_600)),
        5,
        "in the hour after that"
    );
}

#[test]
fn an_event_taken_back_did_not_happen() {
    let (node, store) = (Hourly::default(), Counters::default());
    node.count(USER, 5, NOW);
    node.take_back(USER);
    assert_eq!(node.look(USER, NOW).used, 0);
    // Also after the store was told of it.
    node.count(USER, 5, NOW);
    exchange(&node, &store, NOW);
    node.take_back(USER);
    exchange(&node, &store, NOW);
    assert_eq!(node.look(USER, NOW).used, 0);
    assert_eq!(spend(&Hourly::default(), 5, NOW), 5);
}

#[test]
fn sec_s30_nodes_overstep_by_what_each_lets_in_between_two_exchanges() {
    let (nodes, store) = ([(); 3].map(|()| Hourly::default()), Counters::default());
    let (limit, per_exchange) = (100, 7);
    let (mut passed, mut seconds) = (0, 0);
    while passed < 1_000 {
        let before = passed;
        for node in &nodes {
            for _ in 0..per_exchange {
                let hour = node.count(USER, limit, NOW.plus(seconds));
                passed += u32::from(!hour.exceeded);
            }
        }
        for node in &nodes {
            exchange(node, &store, NOW.plus(seconds));
        }
        seconds += 1;
        if passed == before {
            break;
        }
    }
    assert!(passed >= limit, "{passed}");
    assert!(passed <= limit + 3 * per_exchange, "{passed}");
    // All have heard of the same hour.
    let hours = nodes.map(|node| node.look(USER, NOW.plus(seconds)).ends_at);
    assert_eq!(hours, [NOW.plus(3_600); 3]);
}

#[test]
fn sec_s30_a_restart_forgets_no_more_than_was_not_told() {
    let store = Counters::default();
    let node = Hourly::default();
    for _ in 0..60 {
        node.count(USER, 100, NOW);
    }
    exchange(&node, &store, NOW);
    drop(node);
    let node = Hourly::default();
    // Until the first exchange it knows nothing.
    for _ in 0..10 {
        assert!(!node.count(USER, 100, NOW.plus(60)).exceeded);
    }
    exchange(&node, &store, NOW.plus(61));
    let hour = node.look(USER, NOW.plus(61));
    assert_eq!((hour.used, hour.ends_at), (70, NOW.plus(3_600)));
    assert_eq!(spend(&node, 100, NOW.plus(61)), 30);
}

#[test]
fn a_store_that_is_away_is_told_later() {
    let (node, store) = (Hourly::default(), Counters::default());
    store.away.store(true, Ordering::Relaxed);
    for _ in 0..3 {
        node.count(USER, 100, NOW);
        assert!(block_on(node.exchange(&store, NOW)).is_err());
    }
    assert_eq!(node.look(USER, NOW).used, 3);
    store.away.store(false, Ordering::Relaxed);
    exchange(&node, &store, NOW);
    let told = store.counts.lock().unwrap()[&USER.to_string()].used;
    assert_eq!((told, node.look(USER, NOW).used), (3, 3));
}

#[test]
fn without_news_the_store_is_not_asked() {
    let (node, store) = (Hourly::default(), Counters::default());
    node.count(USER, 100, NOW);
    exchange(&node, &store, NOW);
    store.away.store(true, Ordering::Relaxed);
    exchange(&node, &store, NOW);
    // A refusal is no news.
    store.away.store(false, Ordering::Relaxed);
    spend(&node, 2, NOW);
    exchange(&node, &store, NOW);
    store.away.store(true, Ordering::Relaxed);
    assert!(node.count(USER, 2, NOW).exceeded);
    exchange(&node, &store, NOW);
}

#[test]
fn sec_s30_memory_is_bounded_under_a_million_addresses() {
    let node = Hourly::default();
    node.count(USER, 60, NOW);
    for number in 0..1_000_000u32 {
        let address = Address::from(IpAddr::from(number.to_be_bytes()));
        node.count(Bucket::Anonymous(address), 60, NOW);
    }
    assert!(node.lock().len() <= MOST_BUCKETS);
    assert_eq!(node.look(USER, NOW).used, 1, "known callers stay");
}
