//! A handler's answer, before the headers that every answer carries. Owns
//! which kinds of caching there are; what headers they become is
//! [`crate::finish`]'s business.

use grantd_core::clock::Timestamp;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

/// How long, and by whom, an answer may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cache {
    /// For the caller's own eyes, for a minute: answers to a password.
    Private,
    /// For the caller's own eyes, asked about every time: answers to a token.
    Revalidate,
    /// The same for everybody, for a minute.
    Public,
    /// The same for everybody, for ever: the path names the content.
    Immutable,
    /// Never: the answer holds a token in clear text, or says whether one is valid.
    NoStore,
    /// Nothing is said: refusals and empty answers.
    Unstated,
}

/// When a record last changed, and when what is shown with it did.
#[derive(Clone, Copy, Debug)]
pub struct Modified {
    /// The record's `updated_at`: the `Last-Modified` header.
    pub record: Timestamp,
    /// The latest change of anything else in the answer (the app, the owner).
    pub related: Timestamp,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// Compact JSON, or whatever `content_type` says; empty for none.
    pub body: Vec<u8>,
    /// What the body is.
    pub content_type: &'static str,
    /// Headers of this answer alone.
    pub headers: HeaderMap,
    /// How it may be kept.
    pub cache: Cache,
    /// Only on single records.
    pub modified: Option<Modified>,
}

/// The content type of every API answer with a body.
pub const JSON: &str = "application/json; charset=utf-8";

/// The content type of every page.
pub const HTML: &str = "text/html; charset=utf-8";

impl Reply {
    /// An answer of compact JSON.
    pub fn json(status: StatusCode, value: &impl Serialize, cache: Cache) -> Self {
        // One record with its app and owner fits.
        let mut body = Vec::with_capacity(2_048);
        // Our own types serialize: maps have string keys and no value fails.
        let _ = serde_json::to_writer(&mut body, value);
        Self::written(status, body, cache)
    }

    /// An answer of compact JSON that is written already.
    pub fn written(status: StatusCode, body: Vec<u8>, cache: Cache) -> Self {
        Self {
            status,
            body,
            content_type: JSON,
            headers: HeaderMap::new(),
            cache,
            modified: None,
        }
    }

    /// 200 with JSON.
    pub fn ok(value: &impl Serialize, cache: Cache) -> Self {
        Self::json(StatusCode::OK, value, cache)
    }

    /// A page.
    pub fn html(status: StatusCode, body: Vec<u8>, cache: Cache) -> Self {
        Self {
            body,
            content_type: HTML,
            cache,
            ..Self::empty(status)
        }
    }

    /// 303: the answer to a form, or the way to another page. `url` is one that this server made.
    pub fn see_other(url: &str) -> Self {
        Self {
            cache: Cache::NoStore,
            ..Self::empty(StatusCode::SEE_OTHER)
        }
        .at(url)
    }

    /// 204.
    pub fn no_content() -> Self {
        Self::empty(StatusCode::NO_CONTENT)
    }

    /// An answer whose headers say all.
    pub fn empty(status: StatusCode) -> Self {
        Self {
            status,
            body: Vec::new(),
            content_type: JSON,
            headers: HeaderMap::new(),
            cache: Cache::Unstated,
            modified: None,
        }
    }

    /// Adds a header whose value this server made itself; a value that cannot stand in a header is left out.
    pub fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.append(name, value);
        }
        self
    }

    /// Adds `Location`.
    pub fn at(self, url: &str) -> Self {
        self.with(header::LOCATION, url)
    }

    /// Adds what conditional requests are judged by.
    pub fn modified(mut self, record: Timestamp, related: Timestamp) -> Self {
        self.modified = Some(Modified { record, related });
        self
    }
}
