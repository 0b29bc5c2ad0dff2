//! `/settings`: what people see and change of their own accounts. Owns the two
//! shapes that several sections share.

pub(crate) mod applications;
pub(crate) mod passkeys;
pub(crate) mod password;
pub(crate) mod profile;
pub(crate) mod security_log;
pub(crate) mod sessions;
pub(crate) mod tokens;
pub(crate) mod two_factor;

use askama::Template;

use super::page::{Field, Page};

/// A section's page that is one form.
#[derive(Template)]
#[template(path = "settings/form.html")]
struct SettingsForm {
    page: Page,
    lead: Option<String>,
    /// Where the form goes.
    action: String,
    fields: Vec<Field>,
    button: String,
    /// Where whoever changes their mind goes.
    back: &'static str,
}

/// The question before something that cannot be undone.
#[derive(Template)]
#[template(path = "settings/confirm.html")]
struct ConfirmPage {
    page: Page,
    sentence: String,
    /// Where the form goes.
    action: String,
    button: String,
    /// Where whoever changes their mind goes.
    back: &'static str,
}
