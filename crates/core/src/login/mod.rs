//! Signing in with a password and a one-time code.
mod address;
pub use address::Address;
