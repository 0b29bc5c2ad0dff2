//! One file per resource of the REST API. Handlers parse, ask core, answer;
//! rules live in core, shapes in [`crate::wire`].

pub(crate) mod admin;
pub(crate) mod applications;
pub(crate) mod authorizations;
pub(crate) mod grants;
pub(crate) mod graphql;
pub(crate) mod health;
pub(crate) mod leaks;
pub(crate) mod meta;
pub(crate) mod users;
