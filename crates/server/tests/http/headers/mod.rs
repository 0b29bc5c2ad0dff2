//! Headers, and how bodies are laid out.

mod caching;
mod methods;
mod pages;
mod rate;
mod sets;
mod text;
