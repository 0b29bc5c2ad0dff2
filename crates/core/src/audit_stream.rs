//! The chain on its way out: page by page into a file, batch by batch to a
//! webhook. Owns the order of lines, that none is left out, and when a delivery
//! is tried again; must not know how it travels.
//!
//! Nothing leaves before a checkpoint signs it. So what a receiver has, one
//! batch after the other, is at any time an export that verifies.

use std::sync::Arc;
use std::time::Duration;

use crate::audit::chain::{Broken, Head, Wrong};
use crate::audit::export;
use crate::clock::{Clock, Timer};
use crate::entropy::{self, Entropy};
use crate::outbound::{Event, Outbound, OutboundError, Webhook};
use crate::store::{ChainStore, Lease, SharedStore, StoreError, Stored};

/// Under which lease and cursor are kept.
const LEASE: &str = "audit_webhook";
/// Rows of a batch: some ten kilobytes.
const BATCH: u32 = 100;
/// Seconds for which nobody else delivers: longer than a receiver is waited for.
const LEASE_SECONDS: i64 = 30;
/// Between two looks when there was nothing to deliver.
const IDLE: Duration = Duration::from_secs(2);
/// After a failure: first and longest.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));

/// Some lines of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    /// In order, without their ends.
    pub lines: Vec<String>,
    /// The number of the last row.
    pub last: i64,
}

/// Why there are no lines.
#[derive(Debug, thiserror::Error)]
pub enum NoLines {
    /// The store is away.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The chain is broken: `grantd audit verify` says more.
    #[error("the audit chain is broken at {0}")]
    Broken(#[from] Broken),
    /// The receiver has not taken them.
    #[error(transparent)]
    Refused(#[from] OutboundError),
}

/// The number up to which checkpoints sign.
///
/// # Errors
/// The store is away.
pub async fn signed(store: &dyn ChainStore) -> Stored<i64> {
    let newest = store.find_checkpoint(i64::MAX).await?;
    Ok(newest.map_or(0, |newest| newest.seq))
}

/// The line before those that come after row `after`.
///
/// # Errors
/// The store is away, or there is no such row.
pub async fn begin(store: &dyn ChainStore, after: i64) -> Result<String, NoLines> {
    if after == 0 {
        return Ok(export::begin_line(&Head::default(), 0));
    }
    let found = store.list_sealed(after - 1, 1).await?.pop();
    let chain = found.filter(|found| found.seq == after);
    let chain = chain.and_then(|found| found.chain);
    let chain = chain.ok_or_else(|| Broken::at(after, Wrong::RowGone))?;
    let before = store.find_checkpoint(after).await?;
    let head = Head { seq: after, chain };
    Ok(export::begin_line(&head, before.map_or(0, |one| one.seq)))
}

/// The lines of at most `limit` rows above `after` up to `to`, with their checkpoints.
///
/// # Errors
/// The store is away, or a row cannot be read.
pub async fn lines(
    store: &dyn ChainStore,
    after: i64,
    to: i64,
    limit: u32,
) -> Result<Lines, NoLines> {
    let mut rows = store.list_sealed(after, limit).await?;
    rows.retain(|row| row.seq <= to);
    let mut checkpoints = store.list_checkpoints(after, limit).await?.into_iter();
    let mut checkpoint = checkpoints.next();
    let (mut lines, mut last) = (Vec::new(), after);
    for found in rows {
        let seq = found.seq;
        let (Some(row), Some(chain)) = (found.row, found.chain) else {
            return Err(Broken::at(seq, Wrong::RowGone).into());
        };
        lines.push(export::row_line(seq, &chain, &row.line()));
        last = seq;
        while let Some(here) = checkpoint.take_if(|one| one.seq <= seq) {
            lines.push(export::checkpoint_line(&here, &chain));
            checkpoint = checkpoints.next();
        }
    }
    Ok(Lines { lines, last })
}

/// Delivers the chain to a webhook.
pub struct AuditStream {
    store: SharedStore,
    clock: Arc<dyn Clock>,
    outbound: Arc<dyn Outbound>,
    webhook: Webhook,
    holder: String,
}

/// What a try came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// Everything up to this row has arrived.
    UpTo(i64),
    /// There was nothing to deliver.
    Nothing,
    /// Another node does it.
    Others,
}

impl AuditStream {
    /// One that nobody else is.
    pub fn new(
        store: SharedStore,
        clock: Arc<dyn Clock>,
        outbound: Arc<dyn Outbound>,
        webhook: Webhook,
        entropy: &dyn Entropy,
    ) -> Self {
        Self {
            store,
            clock,
            outbound,
            webhook,
            holder: entropy::hex::<8>(entropy),
        }
    }

    /// Goes on until dropped.
    pub async fn run(self, timer: &dyn Timer) {
        let mut pause = PAUSES.0;
        loop {
            match self.deliver().await {
                Ok(Delivered::UpTo(_)) => pause = PAUSES.0,
                Ok(Delivered::Nothing | Delivered::Others) => timer.sleep(IDLE).await,
                Err(why) => {
                    let seconds = pause.as_secs();
                    tracing::warn!(error = %why, seconds, "the audit webhook is tried again later");
                    timer.sleep(pause).await;
                    pause = (pause * 2).min(PAUSES.1);
                }
            }
        }
    }

    /// Delivers one batch, if there is one and nobody else does.
    ///
    /// # Errors
    /// Nothing was delivered, or it is unknown whether: the same rows come again.
    pub async fn deliver(&self) -> Result<Delivered, NoLines> {
        let (to, now) = (signed(&*self.store).await?, self.clock.now());
        let found = self.store.find_lease(LEASE).await?;
        let done = found.as_ref().map_or(0, |(_, position)| *position);
        if to <= done {
            return Ok(Delivered::Nothing);
        }
        let others = |lease: &Lease| lease.holder != self.holder && lease.expires_at > now;
        if found.is_some_and(|(lease, _)| others(&lease)) {
            return Ok(Delivered::Others);
        }
        let Some(after) = self.store.hold_lease(self.lease(), now).await? else {
            return Ok(Delivered::Others);
        };
        let batch = lines(&*self.store, after, to, BATCH).await?;
        let mut all = Vec::new();
        if after == 0 {
            all.push(begin(&*self.store, 0).await?);
        }
        all.extend(batch.lines);
        let body = format!("[{}]", all.join(",\n")).into_bytes();
        let delivery = format!("audit-{}-{}", after + 1, batch.last);
        self.webhook
            .post(&*self.outbound, Event::Audit, delivery, body)
            .await?;
        self.store.advance_lease(self.lease(), batch.last).await?;
        Ok(Delivered::UpTo(batch.last))
    }

    fn lease(&self) -> Lease {
        Lease {
            name: LEASE,
            holder: self.holder.clone(),
            expires_at: self.clock.now().plus(LEASE_SECONDS),
        }
    }
}
