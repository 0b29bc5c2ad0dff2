//! The flows as the authority carries them out, over both engines: what the
//! rules of core and the promises of the store come to together.

mod device;
mod owners;
mod refresh;
mod resting;
mod scopes;
mod stage;
mod web;
