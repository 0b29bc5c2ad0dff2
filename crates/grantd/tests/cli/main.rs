//! The command line as scripts meet it: names, JSON, streams and exit codes of
//! the real binary. Others rely on every one of them.

mod app;
mod audit;
mod backup;
mod bench;
mod copy;
mod demo;
mod dev;
mod import;
mod import_tables;
mod instance;
mod key;
mod life;
mod migrate;
mod place;
mod postgres;
mod restore;
mod serve;
mod settings;
mod sql;
mod threads;
mod token;
mod user;
mod watching;
mod web;
