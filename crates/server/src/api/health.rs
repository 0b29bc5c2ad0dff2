//! `/healthz`, `/readyz`, `/livez`: for machines that watch this one.

use std::time::Duration;

use grantd_core::store::StoreError;
use http::{StatusCode, header};
use serde_json::json;

use crate::context::Context;
use crate::error::Result;
use crate::reply::{Cache, Reply};

/// Longer than this, and the store counts as away.
const PATIENCE: Duration = Duration::from_millis(800);

/// 200 when requests can be served; else 503 and why.
pub(crate) async fn ready(context: Context) -> Result<Reply> {
    let app = context.app();
    let ping = tokio::time::timeout(PATIENCE, app.authority.store.ping()).await;
    let why = match ping {
        Ok(Ok(())) => {
            app.outage.tell_served(app.authority.clock.now());
            return Ok(Reply::ok(&json!({ "status": "ok" }), Cache::NoStore));
        }
        Ok(Err(error)) => error,
        Err(late) => StoreError::Unavailable(late.into()),
    };
    app.outage.tell_refused(&why, app.authority.clock.now());
    let reason = match why {
        StoreError::ClockOff { .. } => why.to_string(),
        // What the engine says is for the log.
        StoreError::Unavailable(_) | StoreError::StaleActor => {
            "the database does not answer".to_owned()
        }
    };
    Ok(Reply::json(
        StatusCode::SERVICE_UNAVAILABLE,
        &json!({ "status": "unavailable", "reason": reason }),
        Cache::NoStore,
    )
    .with(header::RETRY_AFTER, "1"))
}

/// 200 while the process answers.
pub(crate) async fn live(_context: Context) -> Result<Reply> {
    Ok(Reply::ok(&json!({ "status": "ok" }), Cache::NoStore))
}
