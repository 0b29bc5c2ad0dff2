//! What people in browsers may do: core's rules over a real store.

mod admin;
mod keeping;
mod life;
mod links;
mod own_account;
mod place;
mod sessions;
mod sign_in;
