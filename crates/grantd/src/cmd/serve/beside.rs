//! What a server has beside its requests: the archive of the trail, the fence
//! of a restored store, the control socket. Owns that each is right before the
//! first request is answered; must not know what any of them does.

use std::time::Duration;

use grantd_core::store::{SharedStore, Stored};
use grantd_store::{Archive, DatabaseUrl, Gate, standing};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::control;
use crate::failure::Failure;
use crate::instance::Instance;
use crate::output;

/// Between two looks whether the fence still stands.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Runs until it is dropped.
pub(super) struct Beside {
    tasks: JoinSet<()>,
}

impl Beside {
    /// Brings the archive up to date, and shuts the gate if the fence stands.
    pub(super) async fn start(
        instance: &Instance,
        reload: &watch::Receiver<()>,
    ) -> Result<Self, Failure> {
        let mut tasks = JoinSet::new();
        if let Some(archive) = instance.outside.archive.clone() {
            catch_up(&archive, &instance.store).await?;
            let mut reload = reload.clone();
            tasks.spawn(async move {
                while reload.changed().await.is_ok() {
                    // A failure is in the log already, and `/readyz` says it.
                    let _ = archive.reopen().await;
                }
            });
        }
        if instance.fenced {
            let (gate, url) = (instance.outside.gate.clone(), instance.config.database());
            gate.shut();
            output::note(
                "THE FENCE OF A RESTORE STANDS: every request is answered 503; `grantd restore status` says why, \
                 `grantd restore lift` ends it",
            );
            let (archive, store) = (instance.outside.archive.clone(), instance.store.clone());
            tasks.spawn(async move {
                open_when_lifted(gate, url).await;
                // Who lifted it has left a row beside all archives.
                if let Some(archive) = archive
                    && let Err(error) = catch_up(&archive, &store).await
                {
                    tracing::warn!(%error, "the audit archive lacks the row of the lifted fence until the next start");
                }
            });
        }
        Ok(Self { tasks })
    }

    /// Answers the command line from now on; a server that could not listen for others does not.
    pub(super) fn answer_commands(&mut self, instance: &Instance) {
        let Some(sqlite) = instance.sqlite.clone() else {
            return;
        };
        match control::listen(&instance.config.values.data, sqlite) {
            Ok(server) => drop(self.tasks.spawn(server.run())),
            Err(why) => output::note(format!(
                "warning: {why}; `grantd backup` works only while this server does not run"
            )),
        }
    }
}

async fn catch_up(archive: &Archive, store: &SharedStore) -> Stored<()> {
    let added = archive.catch_up(&**store).await?;
    if added > 0 {
        tracing::warn!(
            rows = added,
            archive = %archive.path().display(),
            "the audit archive lacked rows of the trail"
        );
    }
    Ok(())
}

async fn open_when_lifted(gate: Gate, url: DatabaseUrl) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        // Whoever cannot look does not know that it is lifted.
        let lifted = match standing(&url).await {
            Ok(Some(fence)) => fence.lifted_at.is_some(),
            Ok(None) => false,
            Err(error) => {
                tracing::warn!(%error, "cannot look whether the fence stands");
                false
            }
        };
        if lifted {
            gate.open();
            tracing::warn!("the fence is lifted: requests are served");
            return;
        }
    }
}
