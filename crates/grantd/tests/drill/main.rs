//! Many clients, several nodes, and the promise about revocation: what was
//! done over HTTP is written down with its times and judged afterwards.

mod checker;
mod dice;
mod history;
