//! Several nodes on one store.

use std::sync::Arc;

use super::counting::Counting;
use super::server::Inner;
use super::{Setup, TestApp};

impl TestApp {
    /// Another node on the same store: same time, same key, a memory of its own. What a
    /// restart forgets, it does not know either.
    pub(crate) fn beside(&self, change: impl FnOnce(&mut Setup)) -> Self {
        let mut setup = Setup::default();
        change(&mut setup);
        let Inner {
            store,
            clock,
            entropy,
            key,
            engine,
            ..
        } = &**self;
        Self::node(
            store.clone(),
            clock.clone(),
            entropy.clone(),
            key.clone(),
            engine.clone(),
            setup,
        )
    }

    /// Another node with connections of its own, where the engine has any: nothing that the
    /// first one holds in memory is there.
    pub(crate) async fn far_beside(&self) -> Self {
        let store = Arc::new(Counting::new(self.engine.again().await));
        let Inner {
            clock,
            entropy,
            key,
            engine,
            ..
        } = &**self;
        Self::node(
            store,
            clock.clone(),
            entropy.clone(),
            key.clone(),
            engine.clone(),
            Setup::default(),
        )
    }
}
