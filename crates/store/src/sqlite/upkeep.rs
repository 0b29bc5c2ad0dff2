//! The trail, the instance key's name, and the end.

use async_trait::async_trait;
use grantd_core::audit::{Action, AuditRow, Stamp};
use grantd_core::ids::UserId;
use grantd_core::store::{Stored, Upkeep};

use super::change::Subject;
use super::query::Query;
use super::{SqliteStore, audit};
use crate::sql;

const INSTANCE_KEY: &str = "instance_key_fingerprint";
const PING: &str = "ping";

#[async_trait]
impl Upkeep for SqliteStore {
    async fn record(&self, action: Action, user: Option<UserId>, stamp: Stamp) -> Stored<()> {
        let subject = Subject {
            user,
            ..Subject::default()
        };
        self.change(stamp, move |tx| Ok(tx.audit(action, &subject)?))
            .await
    }

    async fn list_audit(&self, after: i64, limit: u32) -> Stored<Vec<AuditRow>> {
        self.read(move |conn| audit::list(conn, after, limit)).await
    }

    async fn claim_instance_key(&self, fingerprint: &str) -> Stored<String> {
        let fingerprint = fingerprint.to_owned();
        self.write(move |conn| {
            conn.run(sql::audit::CLAIM_META, [INSTANCE_KEY, &fingerprint])?;
            let kept = conn.one(sql::audit::GET_META, [INSTANCE_KEY], |row| row.get(0))?;
            Ok(kept.unwrap_or(fingerprint))
        })
        .await
    }

    async fn ping(&self) -> Stored<()> {
        self.read(|conn| conn.any(sql::audit::GET_META, [PING]))
            .await?;
        self.write(|conn| Ok(conn.run(sql::audit::TOUCH_META, [PING])?))
            .await
    }

    async fn close(&self) {
        // Joining waits, so not on a thread of the runtime.
        let _ = tokio::task::spawn_blocking(self.ending()).await;
    }
}
