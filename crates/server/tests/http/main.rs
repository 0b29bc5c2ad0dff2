//! The HTTP surface, called as clients call it. One module per route or rule;
//! each answer that a test receives was held to `api/openapi.json` on its way.

mod audit_rows;
mod away;
mod canary;
mod document;
mod examples;
mod grants;
mod graphql;
mod headers;
mod hostile;
mod isolation;
mod leak_reports;
mod leaks;
mod life;
mod lifecycle;
mod metrics;
mod oauth;
mod races;
mod refusals;
mod scopes;
mod sign_in;
mod site_admin;
mod sockets;
mod successors;
mod support;
mod vectors;
mod web;
