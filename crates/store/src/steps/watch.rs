//! What an operator watches.

use async_trait::async_trait;
use grantd_core::clock::Timestamp;
use grantd_core::store::{Stock, StoreLoad, Stored, WatchStore};

use super::{Engine, StoreOn};
use crate::db::{Db, DbResult, Params};
use crate::sql::watch;

/// Within which expiring tokens are counted, in days.
const SOON: [i64; 3] = [30, 7, 1];
const SECONDS_OF_A_DAY: i64 = 86_400;

#[async_trait]
impl<E: Engine> WatchStore for StoreOn<E> {
    fn load(&self) -> StoreLoad {
        self.engine.load()
    }

    async fn take_stock(&self, now: Timestamp, most: u32) -> Stored<Stock> {
        self.engine
            .read_at_once((now, i64::from(most)), |db, (now, most)| {
                Box::pin(take_stock(db, *now, *most))
            })
            .await
    }
}

async fn take_stock(db: &dyn Db, now: Timestamp, most: i64) -> DbResult<Stock> {
    let all = count(db, watch::TOKENS, &[&most]).await?;
    let expired = count(db, watch::EXPIRED_TOKENS, &[&now.0, &most]).await?;
    let mut expiring = [0; SOON.len()];
    for (days, expiring) in SOON.into_iter().zip(&mut expiring) {
        let until = now.plus(days * SECONDS_OF_A_DAY);
        *expiring = count(db, watch::EXPIRING_TOKENS, &[&now.0, &until.0, &most]).await?;
    }
    Ok(Stock {
        tokens: all.saturating_sub(expired),
        expiring,
        sessions: count(db, watch::SESSIONS, &[&now.0, &most]).await?,
    })
}

async fn count(db: &dyn Db, sql: &str, params: Params<'_>) -> DbResult<u64> {
    let found = db.one(sql, params, |r| r.get::<i64>(0)).await?;
    Ok(found.and_then(|count| count.try_into().ok()).unwrap_or(0))
}
