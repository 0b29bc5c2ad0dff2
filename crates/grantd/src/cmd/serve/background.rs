//! What goes on beside answering requests. Owns that each starts with the
//! server and ends with it; must not know what any of them does.

use std::future::Future;
use std::sync::Arc;

use grantd_core::Authority;
use grantd_core::audit_stream::AuditStream;
use grantd_core::outbound::Webhook;
use grantd_core::reaper::Reaper;
use grantd_core::sealer::Sealer;
use tokio::task::JoinSet;
use url::Url;

use super::{TokioTimer, life};
use crate::config::values::{HiddenText, WebhookUrl};
use crate::failure::Failure;
use crate::instance::Instance;
use crate::outbound::HttpOutbound;

/// Runs until it is dropped. A batch in flight is a step of the store, which ends by itself.
pub(crate) struct Background {
    tasks: JoinSet<()>,
}

impl Background {
    /// Starts all there is.
    pub(crate) fn start(
        instance: &Instance,
        authority: &Arc<Authority>,
        public_url: &Url,
    ) -> Result<Self, Failure> {
        let mut background = Self {
            tasks: JoinSet::new(),
        };
        let reaper = reaper(instance, authority);
        background.run(async move { reaper.run(&TokioTimer).await });
        let sealer = sealer(instance);
        background.run(async move { sealer.run(&TokioTimer).await });
        if let Some(stream) = audit_stream(instance, authority)? {
            background.run(async move { stream.run(&TokioTimer).await });
        }
        if let Some(keeper) = life::keeper(instance) {
            background.run(async move { keeper.run(&TokioTimer).await });
        }
        if let Some(notifier) = life::notifier(instance, authority, public_url)? {
            background.run(async move { notifier.run(&TokioTimer).await });
        }
        Ok(background)
    }

    fn run(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }
}

/// Deletes what is of no use any more.
pub(crate) fn reaper(instance: &Instance, authority: &Authority) -> Reaper {
    Reaper {
        store: Arc::clone(&instance.store),
        clock: instance.clock.clone(),
        token_retention_days: instance.config.values.expired_token_retention_days.0,
        counts: Arc::clone(&authority.counts),
    }
}

/// Links and signs the audit trail.
fn sealer(instance: &Instance) -> Sealer {
    Sealer::new(
        Arc::clone(&instance.store),
        instance.clock.clone(),
        &instance.key,
        &*instance.entropy,
    )
}

/// Sends the audit trail on, if somebody wants it.
fn audit_stream(
    instance: &Instance,
    authority: &Authority,
) -> Result<Option<AuditStream>, Failure> {
    let values = &instance.config.values;
    let Some(url) = &values.audit_webhook_url else {
        return Ok(None);
    };
    let secret = values.audit_webhook_secret.as_ref();
    let webhook = webhook(url, secret, authority);
    Ok(Some(AuditStream::new(
        Arc::clone(&instance.store),
        instance.clock.clone(),
        Arc::new(HttpOutbound::new()?),
        webhook,
        &*instance.entropy,
    )))
}

/// The receiver of two settings.
pub(super) fn webhook(
    url: &WebhookUrl,
    secret: Option<&HiddenText>,
    authority: &Authority,
) -> Webhook {
    Webhook {
        url: url.0.to_string(),
        secret: secret.map(|secret| secret.0.clone()),
        counts: Arc::clone(&authority.counts),
    }
}
