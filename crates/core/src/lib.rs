//! The rules of grantd, and nothing else.
//!
//! This crate owns what is true of tokens, scopes, sign-in, authorizations,
//! apps and grants, and the [`store`] traits that say what must be remembered.
//! It must not know HTTP, SQL or an async runtime: time, chance and storage
//! are passed in, so that every rule is tested without any of them.

pub mod accounts;
pub mod admin;
pub mod app;
pub mod applications;
pub mod audit;
pub mod audit_stream;
pub mod audit_verify;
pub mod authority;
pub mod authorization;
pub mod authorizations;
pub mod clock;
pub mod code_exchange;
pub mod consent;
pub mod cost;
pub mod counts;
pub mod developer;
pub mod device_flow;
pub mod entropy;
pub mod error;
pub mod events;
pub mod explain;
pub mod fingerprint;
pub mod flow;
pub mod grant;
pub mod grants;
pub mod hourly;
pub mod idle;
pub mod ids;
pub mod import;
pub mod last_used;
pub mod leaks;
pub mod life;
pub mod login;
pub mod logo;
pub mod mail;
pub mod note;
pub mod notices;
pub mod onboarding;
pub mod outbound;
pub mod own_account;
pub mod own_grants;
pub mod passkey;
pub mod personal_tokens;
pub mod pkce;
pub mod reaper;
pub mod redirect_uri;
pub mod refresh;
pub mod resource;
pub mod rotation;
pub mod scope;
pub mod sealer;
pub mod secret;
pub mod secret_scanning;
pub mod session;
pub mod sign_up;
pub mod site_admin;
pub mod store;
pub mod ticket;
pub mod token;
pub mod upgrade;
pub mod user;

pub use authority::Authority;
pub use error::{Error, FieldError, Result};
