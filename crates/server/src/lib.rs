//! grantd over HTTP, and nothing but HTTP: parse, ask core, answer. Must not
//! know which engine remembers things.
//!
//! A request's way: [`serve`] (socket), on `workers` → [`app`] (order of judgement) →
//! [`request`] (taken apart) → [`auth`] (who) → [`routes`] (what) → `api` (one
//! handler) → [`wire`] (JSON) or [`error`] (refusal) → [`finish`] (headers).
//! Told of it: [`access`] (log, [`metrics`], span).
//! Outside the API: `web::visit` (who, is the form ours) → `web` (one handler).

mod about;
pub mod access;
mod api;
pub mod app;
mod arrival;
pub mod auth;
pub mod body;
pub mod context;
pub mod credentials;
pub mod docs;
pub mod error;
pub mod finish;
mod json;
pub mod lifecycle;
pub mod media;
pub mod metrics;
pub mod notices;
mod oauth;
mod outage;
pub mod page;
mod patience;
mod polite;
pub mod pretty;
pub mod rate;
pub mod reference;
pub mod reply;
pub mod request;
pub mod routes;
pub mod serve;
pub mod settings;
pub mod trace;
pub mod usage;
mod web;
pub mod wire;
mod workers;
