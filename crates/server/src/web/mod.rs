//! The pages, for people in browsers: parse, ask core, show. A request's way:
//! [`visit`] (who, which language, is the form ours) → a handler → a template
//! (`crates/server/templates`) in the frame of [`page`]. Must not decide who
//! may do what: that is core's.

pub(crate) mod admin;
pub(crate) mod assets;
mod browser_name;
pub(crate) mod ceremonies;
pub(crate) mod consent;
mod cookies;
mod csrf;
pub(crate) mod developers;
pub(crate) mod device;
mod form;
mod form_page;
pub(crate) mod front;
pub(crate) mod letters;
pub(crate) mod login;
mod new_password;
mod notice;
mod page;
mod pager;
pub(crate) mod reference;
pub(crate) mod refusal;
mod scope_tree;
mod session;
pub(crate) mod settings;
mod target;
mod told;
pub(crate) mod visit;
mod words;
