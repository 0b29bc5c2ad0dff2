//! The pages, called as browsers call them.

mod accounts;
mod admin;
mod applications;
mod consent;
mod developers;
mod device;
mod every_page;
mod joining;
mod passkeys;
mod people;
mod reference;
mod safe_methods;
mod sign_in;
mod sign_up;
mod site;
mod sudo;
mod targets;
mod tokens;
mod words;
