//! What PostgreSQL adds to the promises: several nodes on one database, and a
//! database that is away.

mod away;
mod cast;
mod counters;
mod together;
