//! The pages, called as browsers call them.

mod site;
