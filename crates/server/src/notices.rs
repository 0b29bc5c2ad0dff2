//! The words of mails that no request causes. Must not know when they are sent.

use std::sync::Arc;

use grantd_core::notices::Wording;

use crate::web::letters;

/// The words in which owners are told that a token ends, at the site with this base URL.
pub fn wording(site: String) -> Wording {
    Arc::new(move |notice| letters::expiring(&site, notice))
}
