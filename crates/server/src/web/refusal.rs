//! How refusals look to people: a page that says what happened and what to do
//! next. Must not decide anything.

use askama::Template;
use grantd_core::error::Error;
use http::{HeaderMap, StatusCode, header};

use super::csrf::Refused;
use super::form::Faults;
use super::page::Page;
use super::visit::{self, Visit};
use super::words::Words;
use crate::docs;
use crate::error::{self, Failure, Result};
use crate::reply::{Cache, Reply};
use crate::settings::{Profile, Settings};

#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage {
    page: Page,
    sentence: String,
    request_id: Option<String>,
}

/// The page for a failure, with the API's status and headers.
pub(crate) fn page(
    failure: &Failure,
    headers: &HeaderMap,
    settings: &Settings,
    request_id: &str,
) -> Reply {
    let plain = error::render(failure, docs::Page::Rest, Profile::P3);
    let words = Words::new(visit::accepted(headers, settings));
    let (title, sentence) = describe(failure, &words);
    let template = RefusalPage {
        page: frame(words, title),
        sentence,
        request_id: Some(words.t1("refusal-request", "id", request_id)),
    };
    let body = template.render().unwrap_or_default().into_bytes();
    let status = match plain.status {
        // A browser would ask for a password in a dialogue of its own.
        StatusCode::UNAUTHORIZED => StatusCode::FORBIDDEN,
        other => other,
    };
    let mut reply = Reply::html(status, body, Cache::NoStore);
    reply.headers = plain.headers;
    reply.with(header::CONTENT_SECURITY_POLICY, &visit::policy(""))
}

/// A page for somebody of whom nothing is known.
fn frame(words: Words, title: String) -> Page {
    Page {
        words,
        title,
        login: None,
        is_admin: false,
        csrf: String::new(),
        notice: None,
        section: None,
        faults: Faults::default(),
    }
}

/// The page for a form that was not taken.
pub(crate) fn of_form(visit: &Visit, why: Refused) -> Result<Reply> {
    let words = visit.words();
    let (title, sentence) = match why {
        Refused::Foreign => {
            let url = visit.settings().public_url.as_str();
            (
                words.t("refusal-foreign-title"),
                words.t1("refusal-foreign", "url", url),
            )
        }
        Refused::Token => (words.t("refusal-token-title"), words.t("refusal-token")),
    };
    let template = RefusalPage {
        page: visit.page(title),
        sentence,
        request_id: None,
    };
    visit.write(StatusCode::FORBIDDEN, &template, "")
}

/// What happened, and what to do next.
fn describe(failure: &Failure, words: &Words) -> (String, String) {
    match failure {
        Failure::Method(_) => (words.t("refusal-method-title"), words.t("refusal-method")),
        Failure::BodyTooLarge | Failure::HeadersTooLarge => {
            (words.t("refusal-large-title"), words.t("refusal-large"))
        }
        Failure::BodyTooSlow => (words.t("refusal-slow-title"), words.t("refusal-slow")),
        Failure::FreshProof | Failure::NotBelieved(_) => (
            words.t("refusal-forbidden-title"),
            words.t("refusal-forbidden"),
        ),
        Failure::Panic => (words.t("refusal-broken-title"), words.t("refusal-broken")),
        Failure::Rule(error) => of_rule(error, words),
    }
}

fn of_rule(error: &Error, words: &Words) -> (String, String) {
    match error {
        Error::NotFound | Error::Gone => (
            words.t("refusal-not-found-title"),
            words.t("refusal-not-found"),
        ),
        Error::Throttled { retry_after, .. } => (
            words.t("refusal-busy-title"),
            words.t1("refusal-busy", "seconds", *retry_after),
        ),
        Error::Unavailable(_) => (words.t("refusal-away-title"), words.t("refusal-away")),
        Error::BadCredentials
        | Error::AuthenticationRequired
        | Error::OtpRequired
        | Error::Forbidden(_)
        | Error::InvalidApp => (
            words.t("refusal-forbidden-title"),
            words.t("refusal-forbidden"),
        ),
        Error::Malformed(_) | Error::Schema(_) | Error::Invalid(_) => {
            (words.t("refusal-invalid-title"), words.t("refusal-invalid"))
        }
    }
}
