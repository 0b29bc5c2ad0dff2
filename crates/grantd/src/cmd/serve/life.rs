//! The life of tokens while the server runs: idle ones end, and people are told
//! of those that end soon. Owns from which settings that follows.

use std::sync::Arc;

use grantd_core::Authority;
use grantd_core::idle::LifeKeeper;
use grantd_core::notices::{Notifier, Post, Receiver};
use url::Url;

use super::background::webhook;
use crate::failure::Failure;
use crate::instance::Instance;
use crate::outbound::HttpOutbound;

/// Ends idle tokens, where that is wished.
pub(crate) fn keeper(instance: &Instance) -> Option<LifeKeeper> {
    let policy = instance.config.life_policy();
    policy.idle_days?;
    Some(LifeKeeper {
        store: Arc::clone(&instance.store),
        clock: instance.clock.clone(),
        policy,
    })
}

/// Tells of tokens that end soon, where there is anybody to tell.
///
/// # Errors
/// Webhooks cannot be sent at all.
pub(crate) fn notifier(
    instance: &Instance,
    authority: &Authority,
    public_url: &Url,
) -> Result<Option<Notifier>, Failure> {
    let config = &instance.config;
    let site = public_url.as_str().trim_end_matches('/').to_owned();
    let post = authority.mailer.clone().map(|mailer| Post {
        mailer,
        wording: grantd_server::notices::wording(site.clone()),
    });
    let receiver = receiver(instance, authority)?;
    let anybody = post.is_some() || receiver.is_some();
    Ok(anybody.then(|| Notifier {
        store: Arc::clone(&instance.store),
        clock: instance.clock.clone(),
        days: config
            .values
            .notice_days
            .iter()
            .map(|days| days.0)
            .collect(),
        site,
        receiver,
        post,
    }))
}

fn receiver(instance: &Instance, authority: &Authority) -> Result<Option<Receiver>, Failure> {
    let values = &instance.config.values;
    let Some(url) = &values.notice_webhook_url else {
        return Ok(None);
    };
    let secret = values.notice_webhook_secret.as_ref();
    Ok(Some(Receiver {
        webhook: webhook(url, secret, authority),
        outbound: Arc::new(HttpOutbound::new()?),
    }))
}
