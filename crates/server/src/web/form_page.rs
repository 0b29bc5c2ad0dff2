//! The simplest page: a heading, a few fields, a button. Most pages around
//! accounts are one.

use askama::Template;

use super::page::{Field, Page};

/// A page that is one form.
#[derive(Template)]
#[template(path = "form.html")]
pub(crate) struct FormPage {
    pub(crate) page: Page,
    pub(crate) lead: Option<String>,
    /// Where the form goes.
    pub(crate) action: String,
    pub(crate) fields: Vec<Field>,
    pub(crate) button: String,
}

/// A page that only says something.
#[derive(Template)]
#[template(path = "message.html")]
pub(crate) struct MessagePage {
    pub(crate) page: Page,
    pub(crate) sentence: String,
}
