//! The server as a whole.

use std::sync::Arc;

use grantd_core::Authority;

use crate::settings::Settings;

/// What every request shares.
pub struct App {
    _authority: Arc<Authority>,
    _settings: Settings,
}

impl App {
    /// Joins the rules with the surface's settings.
    pub fn new(authority: Arc<Authority>, settings: Settings) -> Self {
        Self {
            _authority: authority,
            _settings: settings,
        }
    }
}
