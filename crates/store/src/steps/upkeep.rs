//! The trail, the instance key's name, and the end.

use async_trait::async_trait;
use grantd_core::audit::{Action, AuditRow, Stamp};
use grantd_core::clock::Timestamp;
use grantd_core::hourly::Bucket;
use grantd_core::ids::UserId;
use grantd_core::store::{Reaped, Stored, Upkeep};

use super::change::Subject;
use super::{Engine, StoreOn, audit, reap};
use crate::sql;

/// Under which the fingerprint of the instance key is kept.
pub(crate) const INSTANCE_KEY: &str = "instance_key_fingerprint";
/// What is written to see whether anything can be.
pub(crate) const PING: &str = "ping";

#[async_trait]
impl<E: Engine> Upkeep for StoreOn<E> {
    async fn record(&self, action: Action, user: Option<UserId>, stamp: Stamp) -> Stored<()> {
        self.engine
            .change(stamp, (action, user), |tx, &(action, user)| {
                Box::pin(async move {
                    let subject = Subject {
                        user,
                        ..Subject::default()
                    };
                    Ok(tx.audit(action, &subject).await?)
                })
            })
            .await
    }

    async fn record_refusals(&self, refused: Vec<Bucket>, stamp: Stamp) -> Stored<()> {
        self.engine
            .change(stamp, refused, |tx, refused| {
                Box::pin(async move {
                    for bucket in refused {
                        let subject = Subject {
                            user: bucket.user(),
                            app: bucket.app(),
                            details: Some(bucket.to_string()),
                            ..Subject::default()
                        };
                        tx.audit(Action::LimitExceeded, &subject).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn list_audit(&self, after: i64, limit: u32) -> Stored<Vec<AuditRow>> {
        self.engine
            .read_at_once((after, limit), |db, (after, limit)| {
                Box::pin(audit::list(db, *after, *limit))
            })
            .await
    }

    async fn claim_instance_key(&self, fingerprint: &str) -> Stored<String> {
        self.engine
            .write(fingerprint.to_owned(), |db, fingerprint| {
                Box::pin(async move {
                    db.run(sql::audit::CLAIM_META, &[&INSTANCE_KEY, fingerprint])
                        .await?;
                    let kept = db.one(sql::audit::GET_META, &[&INSTANCE_KEY], |r| r.get(0));
                    Ok(kept.await?.unwrap_or_else(|| fingerprint.clone()))
                })
            })
            .await
    }

    async fn reap(&self, tokens_before: Timestamp, limit: u32, stamp: Stamp) -> Stored<Reaped> {
        let (now, limit) = (stamp.at, i64::from(limit));
        let tokens = self
            .engine
            .change(stamp, (tokens_before, limit), |tx, &(before, limit)| {
                Box::pin(async move { Ok(reap::tokens(tx, before, limit).await?) })
            })
            .await?;
        let counters = self
            .engine
            .write_lightly((now, limit), |db, &(now, limit)| {
                Box::pin(async move { Ok(reap::counters(db, now, limit).await?) })
            })
            .await?;
        let codes = self
            .engine
            .write_lightly((now, limit), |db, &(now, limit)| {
                Box::pin(async move { Ok(reap::codes(db, now, limit).await?) })
            })
            .await?;
        let sessions = self
            .engine
            .write_lightly((now, limit), |db, &(now, limit)| {
                Box::pin(async move { Ok(reap::sessions(db, now, limit).await?) })
            })
            .await?;
        Ok(Reaped {
            tokens,
            counters,
            codes,
            sessions,
        })
    }

    async fn ping(&self) -> Stored<()> {
        self.engine
            .read((), |db, ()| {
                Box::pin(db.any(sql::audit::GET_META, &[&PING]))
            })
            .await?;
        self.engine.is_fit().await?;
        self.engine
            .write((), |db, ()| {
                Box::pin(async move { Ok(db.run(sql::audit::TOUCH_META, &[&PING]).await?) })
            })
            .await
    }

    async fn close(&self) {
        self.engine.close().await;
    }
}
