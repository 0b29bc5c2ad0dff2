//! What every engine must do: a case for each sentence of `grantd_core::store`.
//!
//! Owns how the promises are tried; `promises` lists them. Must not know an engine. Another
//! engine is another constructor:
//!
//! ```no_run
//! # async fn suite() {
//! use std::sync::Arc;
//! grantd_store::conformance::run(|| Arc::new(grantd_store::SqliteStore::temporary().unwrap())).await;
//! # }
//! ```

mod actors;
mod admin;
mod admin_actors;
mod apps;
mod audit;
mod authorizations;
mod chain;
#[cfg(unix)]
pub mod cluster;
mod counters;
pub mod database;
pub mod door;
mod edits;
pub mod fill;
mod flows;
mod grants;
mod import;
mod import_apps;
mod last_used;
mod leases;
mod life;
mod lists;
mod mint;
mod notices;
mod own_accounts;
mod passkeys;
mod personal_tokens;
mod promises;
mod races;
mod reaping;
mod rotation;
mod salted;
mod search;
mod session_limit;
mod sessions;
mod sign_in;
mod tickets;
mod tokens;
mod users;
mod watch;
pub mod wire;
mod world;

use std::future::Future;
use std::pin::Pin;

use grantd_core::store::SharedStore;

use self::promises::{BROWSER_CASES, CASES, FLOW_CASES, KEEPING_CASES, LIFE_CASES};
use self::world::World;

type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One promise.
pub struct Case {
    /// Module and sentence.
    pub name: &'static str,
    run: fn(World) -> Running,
}

impl Case {
    /// Tries a fresh, empty store.
    ///
    /// # Panics
    /// The store breaks the promise.
    pub async fn run(&self, store: SharedStore) {
        let world = World::new(store.clone());
        (self.run)(world).await;
        store.close().await;
    }
}

/// Tries every case on a store of its own.
///
/// # Panics
/// A promise is broken; the message names all that are.
pub async fn run(open: impl Fn() -> SharedStore) {
    let all = [CASES, FLOW_CASES, BROWSER_CASES, KEEPING_CASES, LIFE_CASES];
    run_all(&open, &all).await;
}

/// Tries every case but those of the flows and of browsers.
///
/// # Panics
/// As [`run`].
pub async fn run_without_flows(open: impl Fn() -> SharedStore) {
    run_all(&open, &[CASES]).await;
}

async fn run_all(open: &impl Fn() -> SharedStore, cases: &[&'static [Case]]) {
    // To try some: `GRANTD_CASES=watch` means those whose name holds the word.
    #[expect(
        clippy::disallowed_methods,
        reason = "a setting of the tests, not of the program"
    )]
    let only = std::env::var("GRANTD_CASES").unwrap_or_default();
    let (mut tried, mut broken) = (0, Vec::new());
    let cases = cases.iter().copied().flatten();
    for case in cases.filter(|case| case.name.contains(&only)) {
        tried += 1;
        if tokio::spawn(case.run(open())).await.is_err() {
            broken.push(case.name);
        }
    }
    assert!(tried > 0, "no promise is called `{only}`");
    assert!(broken.is_empty(), "broken promises: {broken:#?}");
}
