//! How refusals look to people: a page. Must not decide anything.

use http::StatusCode;

use crate::docs::Page;
use crate::error::{self, Failure};
use crate::reply::{Cache, Reply};
use crate::settings::Profile;

/// The page for a failure, with the API's status and headers.
pub(crate) fn page(failure: &Failure) -> Reply {
    let plain = error::render(failure, Page::Rest, Profile::P3);
    let title = plain.status.canonical_reason().unwrap_or("Error");
    let body = format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title><h1>{title}</h1>"
    );
    let mut reply = Reply::html(status(plain.status), body.into_bytes(), Cache::NoStore);
    reply.headers = plain.headers;
    reply
}

/// A browser would show its own dialogue for 401.
fn status(status: StatusCode) -> StatusCode {
    match status {
        StatusCode::UNAUTHORIZED => StatusCode::FORBIDDEN,
        other => other,
    }
}
