//! Many clients, several nodes, and the promise about revocation: what was
//! done over HTTP is written down with its times, and judged afterwards.
//!
//! - [`history`]: what an operation is; [`checker`]: what a history breaks
//! - [`record`], [`client`], [`line`], [`world`], [`load`]: clients at work
//! - [`server`]: the real program; [`front`]: one that is wrong on purpose
//! - [`audit`], [`outages`], [`report`]: what is left, and what is told
//! - [`short`]: the ordinary runs; [`stage`], [`long`]: a database that fails over

mod audit;
mod checker;
mod client;
mod dice;
mod front;
mod history;
mod line;
mod load;
mod long;
mod outages;
mod record;
mod report;
mod server;
mod short;
mod stage;
mod world;
