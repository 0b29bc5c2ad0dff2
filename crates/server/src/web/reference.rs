//! `/docs`: the API's reference, for browsers. Shows [`crate::reference`]; what it
//! says of an operation is data in English, everything around it is translated.

use askama::Template;
use grantd_core::error::Error;

use super::page::Page;
use super::visit::Visit;
use crate::error::Result;
use crate::reference::{Caller, Field, Operation, REFERENCE, Reference};
use crate::reply::Reply;

#[derive(Template)]
#[template(path = "reference/index.html")]
struct Index {
    page: Page,
    api: String,
    reference: &'static Reference,
}

#[derive(Template)]
#[template(path = "reference/operation.html")]
struct OperationPage {
    page: Page,
    one: &'static Operation,
    /// The keys of the words for who may call.
    callers: Vec<&'static str>,
    /// What stands before its path.
    base: String,
    curl: String,
}

/// Every operation, in groups.
pub(crate) async fn index(visit: Visit) -> Result<Reply> {
    visit.show(&Index {
        page: visit.page(visit.words().t("reference-title")),
        api: visit.context().wire().api.clone(),
        reference: &REFERENCE,
    })
}

/// One operation.
pub(crate) async fn operation(visit: Visit) -> Result<Reply> {
    let context = visit.context();
    let id = format!("{}/{}", context.param("tag")?, context.param("operation")?);
    let one = REFERENCE.find(&id).ok_or(Error::NotFound)?;
    let api = &context.wire().api;
    let root = visit.settings().public_url.as_str().trim_end_matches('/');
    let title = visit
        .words()
        .t1("reference-of", "operation", one.summary.as_str());
    visit.show(&OperationPage {
        page: visit.page(title),
        base: if one.at_root { root } else { api }.to_owned(),
        curl: one.curl(api, root),
        callers: one.callers.iter().map(|who| words_of(*who)).collect(),
        one,
    })
}

/// The key of the words for a caller.
fn words_of(caller: Caller) -> &'static str {
    match caller {
        Caller::Anybody => "reference-caller-anybody",
        Caller::Password => "reference-caller-password",
        Caller::App => "reference-caller-app",
        Caller::Token => "reference-caller-token",
        Caller::SiteAdmin => "reference-caller-admin",
    }
}

/// The key of the words for where a parameter stands; the template calls it.
fn place(field: &Field) -> &'static str {
    match field.place.as_str() {
        "path" => "reference-place-path",
        "query" => "reference-place-query",
        _ => "reference-place-header",
    }
}
