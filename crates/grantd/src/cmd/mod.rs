//! The commands, one file per group. Each says what it takes and does it:
//! parse, ask core, print.

pub(crate) mod app;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod bench;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod key;
mod logging;
pub(crate) mod man;
pub(crate) mod migrate;
pub(crate) mod policy;
pub(crate) mod reference;
pub(crate) mod restore;
pub(crate) mod serve;
pub(crate) mod sql;
pub(crate) mod stackql_provider;
pub(crate) mod store;
pub(crate) mod token;
pub(crate) mod token_shape;
pub(crate) mod user;
