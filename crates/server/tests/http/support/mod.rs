//! What every test stands on: a server in this process ([`TestApp`]), people
//! and apps that call it ([`User`], [`OAuthApp`], [`Client`]), and answers that
//! were held to `api/openapi.json` before a test sees them ([`Answer`]).

mod answer;
pub(crate) mod authenticator;
mod browser;
mod client;
mod counting;
pub(crate) mod document;
mod engine;
pub(crate) mod html;
mod log;
pub(crate) mod mail;
mod nodes;
mod people;
mod server;

pub(crate) use answer::Answer;
pub(crate) use browser::Browser;
pub(crate) use client::Client;
pub(crate) use engine::Engine;
pub(crate) use log::Log;
pub(crate) use mail::Mails;
pub(crate) use people::{OAuthApp, User};
pub(crate) use server::{Setup, TestApp};

/// `Basic …` for these two.
pub(crate) fn basic(name: &str, password: &str) -> String {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
    format!("Basic {encoded}")
}

/// An object's keys in their order.
pub(crate) fn keys(value: &serde_json::Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap_or_else(|| panic!("no object: {value}"))
        .keys()
        .map(String::as_str)
        .collect()
}
