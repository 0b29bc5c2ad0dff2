//! The listener for metrics. Owns that there is none without the setting
//! `metrics_listen`, and that it ends with the server.

use std::sync::Arc;

use grantd_server::app::App;
use tokio::task::JoinSet;

use crate::config::Config;
use crate::failure::Failure;
use crate::output;

/// Serves metrics until dropped, if that is wanted at all.
pub(super) async fn start(config: &Config, app: &Arc<App>) -> Result<JoinSet<()>, Failure> {
    let mut serving = JoinSet::new();
    if let Some(address) = &config.values.metrics_listen {
        let (listener, listening) = super::listen(address.0, "metrics_listen").await?;
        output::note(format!("metrics are on http://{listening}/metrics"));
        serving.spawn(grantd_server::metrics::listener::serve(
            listener,
            Arc::clone(app),
        ));
    }
    Ok(serving)
}
