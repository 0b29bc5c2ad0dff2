//! The pages, called as browsers call them.

mod accounts;
mod admin;
mod consent;
mod developers;
mod device;
mod joining;
mod people;
mod sign_in;
mod site;
mod sudo;
mod targets;
