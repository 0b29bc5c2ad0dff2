//! grantd over HTTP, and nothing but HTTP: parse, ask core, answer. Must not
//! know which engine remembers things.

pub mod app;
pub mod serve;
pub mod settings;
