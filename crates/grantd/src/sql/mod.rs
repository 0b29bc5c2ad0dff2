//! SQL over the API: statements are planned from their text ([`plan`]), what
//! they read is fetched over HTTP ([`api`]) into tables of an SQLite in memory
//! ([`engine`]), which executes them. Owns the dialect; must not know the store
//! or the rules behind the API: any server with this API will do.

pub(crate) mod api;
mod bind;
pub(crate) mod catalog;
mod choice;
mod engine;
mod exec;
mod meta;
pub(crate) mod params;
mod plan;
pub(crate) mod print;
pub(crate) mod provider;
mod rewrite;
pub(crate) mod session;
pub(crate) mod shell;
mod terms;
pub(crate) mod text;
mod value;
mod write;

#[cfg(test)]
mod tests;
