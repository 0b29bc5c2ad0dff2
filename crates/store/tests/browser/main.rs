//! What people in browsers may do: core's rules over a real store.

mod admin;
mod explained;
mod keeping;
mod life;
mod links;
mod notices;
mod own_account;
mod place;
mod sessions;
mod sign_in;
