//! Meters and counts. Owns that a meter is read and written under its row's
//! lock, in order of keys; the rules by which it moves are core's.

use async_trait::async_trait;
use futures_util::future::try_join_all;
use grantd_core::audit::Stamp;
use grantd_core::clock::Timestamp;
use grantd_core::ids::UserId;
use grantd_core::login::throttle::{Admission, Limit, Meter, MeterKey, Outcome};
use grantd_core::store::{Count, CounterStore, Settlement, Stored};

use super::change::{Change, Subject};
use super::{Engine, StoreOn, row};
use crate::db::{Columns, Db, DbError, DbResult, Lock, Params, Undo};
use crate::sql;

/// Rows may vanish between two looks: cleared, or reaped.
const TRIES: usize = 8;

#[async_trait]
impl<E: Engine> CounterStore for StoreOn<E> {
    async fn reserve(
        &self,
        mut places: Vec<(MeterKey, Limit)>,
        at: Timestamp,
    ) -> Stored<Admission> {
        places.sort_by_key(|(key, _)| *key);
        self.engine
            .write_lightly((places, at), |db, (places, at)| {
                Box::pin(reserve(db, places, *at))
            })
            .await
    }

    async fn settle(
        &self,
        mut settlements: Vec<Settlement>,
        user: Option<UserId>,
        stamp: Stamp,
    ) -> Stored<()> {
        settlements.sort_by_key(|one| one.key);
        self.engine
            .write_lightly(
                (settlements, user, stamp),
                |db, (settlements, user, stamp)| Box::pin(settle(db, settlements, *user, stamp)),
            )
            .await
    }

    async fn add_counts(&self, counts: Vec<Count>, now: Timestamp) -> Stored<Vec<Count>> {
        self.engine
            .write_lightly((counts, now), |db, (counts, now)| {
                Box::pin(async move {
                    // Sent without waiting for each, in the caller's order.
                    let totals = counts.iter().map(|count| add(db, count, *now));
                    Ok(try_join_all(totals).await?)
                })
            })
            .await
    }
}

async fn reserve(
    db: &dyn Db,
    places: &[(MeterKey, Limit)],
    at: Timestamp,
) -> Result<Admission, Undo<Admission>> {
    let mut admitted = Vec::new();
    for (key, limit) in places {
        let mut meter = hold_or_add(db, key, at).await?;
        match meter.admit(limit, at) {
            Admission::Reserved => admitted.push((key, meter, limit)),
            refusal => return Err(Undo::answer(refusal)),
        }
    }
    for (key, meter, limit) in &admitted {
        keep(db, key, meter, limit).await?;
    }
    Ok(Admission::Reserved)
}

async fn settle(
    db: &dyn Db,
    settlements: &[Settlement],
    user: Option<UserId>,
    stamp: &Stamp,
) -> Result<(), Undo<()>> {
    let change = Change::begin(db, stamp, None).await?;
    for one in settlements {
        let held = match one.outcome {
            Outcome::Failed => Some(hold_or_add(db, &one.key, stamp.at).await?),
            Outcome::Returned | Outcome::Cleared => hold(db, &one.key).await?,
        };
        let Some(before) = held else { continue };
        let mut meter = before.clone();
        let told = meter.settle(one.reserved, one.outcome, &one.limit, stamp.at);
        if meter != before {
            keep(db, &one.key, &meter, &one.limit).await?;
        }
        if let Some(action) = one.limit.row().filter(|_| told) {
            let subject = Subject {
                user,
                ..Subject::default()
            };
            change.audit(action, &subject).await?;
        }
    }
    Ok(())
}

async fn hold(db: &dyn Db, key: &MeterKey) -> DbResult<Option<Meter>> {
    let keys: Params<'_> = &[&&key.0[..]];
    let read = |r: &dyn Columns| row::meter(r, 0);
    let held = db.hold(Lock::Own, sql::counters::METER, keys, read).await?;
    Ok(held.flatten())
}

/// The meter, locked, whether it was there or not.
async fn hold_or_add(db: &dyn Db, key: &MeterKey, at: Timestamp) -> DbResult<Meter> {
    for _ in 0..TRIES {
        if let Some(meter) = hold(db, key).await? {
            return Ok(meter);
        }
        let values: Params<'_> = &[&&key.0[..], &at.0];
        if db.any(sql::counters::ADD_METER, values).await? {
            return Ok(Meter::default());
        }
    }
    Err(DbError::Missing)
}

async fn keep(db: &dyn Db, key: &MeterKey, meter: &Meter, limit: &Limit) -> DbResult<()> {
    let key = &key.0[..];
    let Some(expires_at) = meter.expires_at(limit) else {
        return db.run(sql::counters::DELETE_METER, &[&key]).await;
    };
    let values: Params<'_> = &[
        &meter.failures.to_stored(),
        &meter.reserved.to_stored(),
        &meter.locked_until.map(|until| until.0),
        &expires_at.0,
        &key,
    ];
    db.run(sql::counters::SET_METER, values).await
}

async fn add(db: &dyn Db, count: &Count, now: Timestamp) -> DbResult<Count> {
    let values: Params<'_> = &[&count.key, &count.used, &count.ends_at.0, &now.0];
    let total = db.one(sql::counters::ADD_COUNT, values, |r| {
        Ok(Count {
            key: count.key.clone(),
            used: r.get(0)?,
            ends_at: Timestamp(r.get(1)?),
        })
    });
    total.await?.ok_or(DbError::Missing)
}
