//! What goes on beside answering requests. Owns that each starts with the
//! server and ends with it; must not know what any of them does.

use std::future::Future;
use std::sync::Arc;

use grantd_core::Authority;
use grantd_core::reaper::Reaper;
use tokio::task::JoinSet;

use super::TokioTimer;
use crate::instance::Instance;

/// Runs until it is dropped. A batch in flight is a step of the store, which ends by itself.
pub(super) struct Background {
    tasks: JoinSet<()>,
}

impl Background {
    /// Starts all there is.
    pub(super) fn start(instance: &Instance, authority: &Arc<Authority>) -> Self {
        let mut background = Self {
            tasks: JoinSet::new(),
        };
        let reaper = reaper(instance, authority);
        background.run(async move { reaper.run(&TokioTimer).await });
        background
    }

    fn run(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }
}

/// Deletes what is of no use any more.
fn reaper(instance: &Instance, authority: &Authority) -> Reaper {
    Reaper {
        store: Arc::clone(&instance.store),
        clock: instance.clock.clone(),
        token_retention_days: instance.config.values.expired_token_retention_days.0,
        counts: Arc::clone(&authority.counts),
    }
}
