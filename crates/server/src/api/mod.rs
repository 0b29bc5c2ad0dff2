//! One file per resource of the REST API. Handlers parse, ask core, answer;
//! rules live in core, shapes in [`crate::wire`].

pub mod applications;
pub mod authorizations;
pub mod grants;
pub mod health;
pub mod meta;
pub mod users;
