//! The command line as scripts meet it: names, JSON, streams and exit codes of
//! the real binary. Others rely on every one of them.

mod app;
mod audit;
mod backup;
mod copy;
mod demo;
mod dev;
mod instance;
mod key;
mod life;
mod migrate;
mod place;
mod postgres;
mod restore;
mod serve;
mod settings;
mod token;
mod user;
mod watching;
mod web;
