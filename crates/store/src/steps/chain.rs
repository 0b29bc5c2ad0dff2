//! The chain of the trail, and leases. Owns that seals are added by whoever
//! holds the lease, all at once or not at all; what a link is, is core's.

use async_trait::async_trait;
use futures_util::future::try_join_all;
use grantd_core::audit::Checkpoint;
use grantd_core::audit::chain::{Chain, Head, Seal, SealedRow};
use grantd_core::clock::Timestamp;
use grantd_core::store::{ChainStore, Lease, LeaseStore, Stored, Strays, Waiting};

use super::{Engine, StoreOn, audit};
use crate::db::{Columns, Db, DbResult, Params, Undo};
use crate::sql;

/// Below all ids, also those that nobody gave out.
const FROM_THE_FIRST: i64 = i64::MIN;

#[async_trait]
impl<E: Engine> ChainStore for StoreOn<E> {
    async fn waiting(&self, limit: u32) -> Stored<Waiting> {
        self.engine
            .read_at_once(limit, |db, limit| Box::pin(waiting(db, *limit)))
            .await
    }

    async fn seal(
        &self,
        lease: Lease,
        now: Timestamp,
        seals: Vec<Seal>,
        checkpoint: Option<Checkpoint>,
    ) -> Stored<bool> {
        let of = (lease, now, seals, checkpoint);
        self.engine
            .write(of, |db, (lease, now, seals, checkpoint)| {
                Box::pin(async move {
                    if hold(db, lease, *now).await?.is_none()
                        || !add(db, seals, checkpoint.as_ref()).await?
                    {
                        return Err(Undo::answer(false));
                    }
                    Ok(true)
                })
            })
            .await
    }

    async fn list_sealed(&self, after: i64, limit: u32) -> Stored<Vec<SealedRow>> {
        self.engine
            .read_at_once((after, i64::from(limit)), |db, (after, limit)| {
                Box::pin(async move {
                    let keys: Params<'_> = &[after, limit];
                    db.all(sql::chain::LIST_SEALED, keys, sealed_row).await
                })
            })
            .await
    }

    async fn list_checkpoints(&self, after: i64, limit: u32) -> Stored<Vec<Checkpoint>> {
        self.engine
            .read_at_once((after, i64::from(limit)), |db, (after, limit)| {
                Box::pin(async move {
                    let keys: Params<'_> = &[after, limit];
                    db.all(sql::chain::LIST_CHECKPOINTS, keys, checkpoint).await
                })
            })
            .await
    }

    async fn find_checkpoint(&self, seq: i64) -> Stored<Option<Checkpoint>> {
        self.engine
            .read(seq, |db, seq| {
                Box::pin(async move {
                    db.one(sql::chain::FIND_CHECKPOINT, &[seq], checkpoint)
                        .await
                })
            })
            .await
    }

    async fn find_seal(&self, audit_id: i64) -> Stored<Option<Seal>> {
        self.engine
            .read(audit_id, |db, audit_id| {
                Box::pin(async move { db.one(sql::chain::FIND_SEAL, &[audit_id], seal).await })
            })
            .await
    }

    async fn find_strays(&self, after: i64, limit: u32) -> Stored<Strays> {
        self.engine
            .read_at_once((after, i64::from(limit)), |db, (after, limit)| {
                Box::pin(strays(db, *after, *limit))
            })
            .await
    }
}

#[async_trait]
impl<E: Engine> LeaseStore for StoreOn<E> {
    async fn find_lease(&self, name: &'static str) -> Stored<Option<(Lease, i64)>> {
        self.engine
            .read(name, |db, name| {
                Box::pin(async move {
                    db.one(sql::chain::FIND_LEASE, &[name], |row| {
                        let lease = Lease {
                            name,
                            holder: row.get(0)?,
                            expires_at: Timestamp(row.get(1)?),
                        };
                        Ok((lease, row.get(2)?))
                    })
                    .await
                })
            })
            .await
    }

    async fn hold_lease(&self, lease: Lease, now: Timestamp) -> Stored<Option<i64>> {
        self.engine
            .write((lease, now), |db, (lease, now)| {
                Box::pin(async move { Ok(hold(db, lease, *now).await?) })
            })
            .await
    }

    async fn advance_lease(&self, lease: Lease, position: i64) -> Stored<bool> {
        self.engine
            .write((lease, position), |db, (lease, position)| {
                Box::pin(async move {
                    let values: Params<'_> =
                        &[position, &lease.expires_at.0, &lease.name, &lease.holder];
                    Ok(db.any(sql::chain::ADVANCE_LEASE, values).await?)
                })
            })
            .await
    }
}

async fn hold(db: &dyn Db, lease: &Lease, now: Timestamp) -> DbResult<Option<i64>> {
    let values: Params<'_> = &[&lease.name, &lease.holder, &lease.expires_at.0, &now.0];
    db.one(sql::chain::HOLD_LEASE, values, |row| row.get(0))
        .await
}

/// False when a number, a row or a place is taken: then nothing may be kept.
async fn add(db: &dyn Db, seals: &[Seal], checkpoint: Option<&Checkpoint>) -> DbResult<bool> {
    let added = seals.iter().map(async |seal| {
        let values: Params<'_> = &[&seal.seq, &seal.audit_id, &&seal.chain[..]];
        db.any(sql::chain::SEAL, values).await
    });
    if !try_join_all(added).await?.into_iter().all(|added| added) {
        return Ok(false);
    }
    let Some(checkpoint) = checkpoint else {
        return Ok(true);
    };
    let values: Params<'_> = &[
        &checkpoint.seq,
        &checkpoint.previous,
        &checkpoint.at.0,
        &checkpoint.key_id,
        &checkpoint.signature,
    ];
    db.any(sql::chain::SIGN, values).await
}

async fn waiting(db: &dyn Db, limit: u32) -> DbResult<Waiting> {
    let head = db.one(sql::chain::HEAD, &[], |row| {
        Ok(Head {
            seq: row.get(0)?,
            chain: row.get(1)?,
        })
    });
    let head = head.await?.unwrap_or_default();
    let newest = db.one(sql::chain::FIND_CHECKPOINT, &[&i64::MAX], checkpoint);
    let newest = newest.await?;
    let keys: Params<'_> = &[&FROM_THE_FIRST, &i64::from(limit)];
    Ok(Waiting {
        head,
        checkpoint: newest,
        rows: db.all(sql::chain::WAITING, keys, audit::audit_row).await?,
    })
}

async fn strays(db: &dyn Db, after: i64, limit: i64) -> DbResult<Strays> {
    let mut found = Strays::default();
    let keys: Params<'_> = &[&after, &limit];
    db.rows(sql::chain::PLACES, keys, &mut |row| {
        let (id, sealed, waits): (i64, bool, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
        found.last = Some(id);
        found.waiting += u64::from(waits && !sealed);
        if !sealed && !waits && found.stray.is_none() {
            found.stray = Some(id);
        }
        Ok(())
    })
    .await?;
    // Behind the last row there may still be one that waits and is gone.
    let keys: Params<'_> = &[&after, &found.last.unwrap_or(i64::MAX)];
    found.gone = db
        .one(sql::chain::WAITING_GONE, keys, |row| row.get(0))
        .await?;
    Ok(found)
}

fn checkpoint(row: &dyn Columns) -> DbResult<Checkpoint> {
    Ok(Checkpoint {
        seq: row.get(0)?,
        previous: row.get(1)?,
        at: Timestamp(row.get(2)?),
        key_id: row.get(3)?,
        signature: row.get(4)?,
    })
}

fn seal(row: &dyn Columns) -> DbResult<Seal> {
    Ok(Seal {
        seq: row.get(0)?,
        audit_id: row.get(1)?,
        chain: row.get(2)?,
    })
}

/// What somebody made unreadable is none.
fn sealed_row(row: &dyn Columns) -> DbResult<SealedRow> {
    const SEQ: usize = audit::COLUMNS;
    Ok(SealedRow {
        seq: row.get(SEQ)?,
        chain: row.get::<Chain>(SEQ + 1).ok(),
        row: audit::audit_row(row).ok(),
    })
}
