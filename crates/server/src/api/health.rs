//! `/healthz`, `/readyz`, `/livez`: for machines that watch this one.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use crate::context::Context;
use crate::error::Result;
use crate::reply::{Cache, Reply};

/// Longer than this, and the store counts as away.
const PATIENCE: Duration = Duration::from_millis(800);

/// 200 when requests can be served; else 503 and why.
pub(crate) async fn ready(context: Context) -> Result<Reply> {
    let ping = tokio::time::timeout(PATIENCE, context.authority().store.ping()).await;
    let reason = match ping {
        Ok(Ok(())) => return Ok(Reply::ok(&json!({ "status": "ok" }), Cache::NoStore)),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the store does not answer a health check");
            "the store does not answer"
        }
        Err(_) => "the store does not answer in time",
    };
    Ok(Reply::json(
        StatusCode::SERVICE_UNAVAILABLE,
        &json!({ "status": "unavailable", "reason": reason }),
        Cache::NoStore,
    ))
}

/// 200 while the process answers.
pub(crate) async fn live(_context: Context) -> Result<Reply> {
    Ok(Reply::ok(&json!({ "status": "ok" }), Cache::NoStore))
}
