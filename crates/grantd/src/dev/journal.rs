//! What came and what was answered, for tests to look at. Owns how much is
//! kept and how it is written down. Nothing is masked: every secret here is a
//! throw-away, the journal is in memory only, and only this machine can ask.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::{Mutex, MutexGuard, PoisonError};

use data_encoding::BASE64;
use flate2::read::GzDecoder;
use grantd_core::clock::Timestamp;
use http::{HeaderMap, header};
use serde::Serialize;
use serde_json::{Map, Value};

use super::faults::is_like;

/// More are forgotten, the oldest first.
const MOST: usize = 10_000;
/// So many bytes of bodies in all, about.
const MOST_BYTES: usize = 64 << 20;
/// So much is kept of one body.
pub(super) const LONGEST_BODY: usize = 256 << 10;

/// A request and its answer.
#[derive(Clone, Serialize)]
pub(super) struct Entry {
    /// Counts from 1 since the start or the last reset.
    id: u64,
    /// By the dev clock, when it came.
    at: Timestamp,
    /// Milliseconds of real time until the answer.
    took_ms: u64,
    /// What came.
    request: Asked,
    /// What was answered; nothing where a connection was cut before.
    response: Option<Answered>,
    /// The fault that it met.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<u64>,
}

/// What came.
#[derive(Clone, Serialize)]
pub(super) struct Asked {
    /// As sent.
    pub(super) method: String,
    /// As sent, without the query.
    pub(super) path: String,
    /// As sent, without its question mark.
    pub(super) query: String,
    headers: Map<String, Value>,
    #[serde(flatten)]
    body: Body,
}

/// What was answered.
#[derive(Clone, Serialize)]
pub(super) struct Answered {
    status: u16,
    headers: Map<String, Value>,
    #[serde(flatten)]
    body: Body,
}

/// A body, as text if it is any.
#[derive(Clone, Serialize)]
struct Body {
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    truncated: bool,
}

impl Asked {
    /// A request, with as much of its body as was read.
    pub(super) fn new(parts: &http::request::Parts, body: &[u8]) -> Self {
        Self {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: written(&parts.headers),
            body: Body::new(body),
        }
    }
}

impl Answered {
    /// An answer; its body without compression.
    pub(super) fn new(parts: &http::response::Parts, body: &[u8]) -> Self {
        let gzip = parts
            .headers
            .get(header::CONTENT_ENCODING)
            .is_some_and(|coding| coding == "gzip");
        let mut plain = Vec::new();
        let unpacked = gzip
            && GzDecoder::new(body)
                .take(LONGEST_BODY as u64 + 1)
                .read_to_end(&mut plain)
                .is_ok();
        Self {
            status: parts.status.as_u16(),
            headers: written(&parts.headers),
            body: Body::new(if unpacked { &plain } else { body }),
        }
    }
}

impl Body {
    fn new(bytes: &[u8]) -> Self {
        let kept = &bytes[..bytes.len().min(LONGEST_BODY)];
        let text = std::str::from_utf8(kept).ok().map(str::to_owned);
        Self {
            body_base64: text.is_none().then(|| BASE64.encode(kept)),
            body: text,
            truncated: kept.len() < bytes.len(),
        }
    }

    fn size(&self) -> usize {
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        length(&self.body) + length(&self.body_base64)
    }
}

/// Headers by their names; several of one name in one line each.
fn written(headers: &HeaderMap) -> Map<String, Value> {
    let mut map = Map::new();
    for name in headers.keys() {
        let lines = headers.get_all(name).iter();
        let lines: Vec<_> = lines
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        map.insert(name.as_str().to_owned(), lines.join("\n").into());
    }
    map
}

/// Which entries are wanted.
#[derive(Default)]
pub(super) struct Wanted {
    /// With a greater number.
    pub(super) after: u64,
    /// By this method.
    pub(super) method: Option<String>,
    /// Like this path, as for faults.
    pub(super) path: Option<String>,
}

/// A page of the journal.
#[derive(Serialize)]
pub(super) struct Seen {
    entries: Vec<Entry>,
    /// How many were forgotten for want of room.
    forgotten: u64,
}

/// All entries, in the order of their answers.
#[derive(Default)]
pub(super) struct Journal(Mutex<State>);

#[derive(Default)]
struct State {
    last_id: u64,
    forgotten: u64,
    bytes: usize,
    entries: VecDeque<Entry>,
}

impl Journal {
    /// Writes one down.
    pub(super) fn add(
        &self,
        at: Timestamp,
        took_ms: u64,
        request: Asked,
        response: Option<Answered>,
        fault: Option<u64>,
    ) {
        let mut state = self.lock();
        state.last_id += 1;
        let entry = Entry {
            id: state.last_id,
            at,
            took_ms,
            request,
            response,
            fault,
        };
        state.bytes += entry.size();
        state.entries.push_back(entry);
        while state.entries.len() > MOST || state.bytes > MOST_BYTES {
            let Some(oldest) = state.entries.pop_front() else {
                break;
            };
            state.bytes -= oldest.size();
            state.forgotten += 1;
        }
    }

    /// What is wanted of it.
    pub(super) fn read(&self, wanted: &Wanted) -> Seen {
        let state = self.lock();
        let fits = |entry: &&Entry| {
            let method = wanted.method.as_ref();
            let path = wanted.path.as_ref();
            entry.id > wanted.after
                && method.is_none_or(|method| method.eq_ignore_ascii_case(&entry.request.method))
                && path.is_none_or(|path| is_like(path, &entry.request.path))
        };
        Seen {
            entries: state.entries.iter().filter(fits).cloned().collect(),
            forgotten: state.forgotten,
        }
    }

    /// Forgets everything, and counts from 1 again.
    pub(super) fn clear(&self) {
        *self.lock() = State::default();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under the lock can panic halfway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn size(&self) -> usize {
        let answered = self.response.as_ref();
        self.request.body.size() + answered.map_or(0, |answered| answered.body.size())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &str, uri: &str, body: &[u8]) -> Asked {
        let request = http::Request::builder()
            .method(method)
            .uri(uri)
            .header("x-twice", "one")
            .header("x-twice", "two");
        Asked::new(&request.body(()).unwrap().into_parts().0, body)
    }

    fn numbers(journal: &Journal, wanted: Wanted) -> Vec<u64> {
        let seen = journal.read(&wanted);
        seen.entries.iter().map(|entry| entry.id).collect()
    }

    #[test]
    fn entries_are_found_by_number_method_and_path() {
        let journal = Journal::default();
        for (method, uri) in [
            ("GET", "/api/v3/user?a=b"),
            ("POST", "/authorizations"),
            ("GET", "/authorizations/1"),
        ] {
            journal.add(Timestamp(1), 0, asked(method, uri, b""), None, None);
        }
        assert_eq!(numbers(&journal, Wanted::default()), [1, 2, 3]);
        let by_method = Wanted {
            method: Some("get".into()),
            ..Wanted::default()
        };
        assert_eq!(numbers(&journal, by_method), [1, 3]);
        let by_path = Wanted {
            path: Some("/authorizations*".into()),
            after: 2,
            ..Wanted::default()
        };
        assert_eq!(numbers(&journal, by_path), [3]);
        let first = serde_json::to_value(journal.read(&Wanted::default())).unwrap();
        let request = &first["entries"][0]["request"];
        assert_eq!(
            (
                request["query"].as_str(),
                request["headers"]["x-twice"].as_str()
            ),
            (Some("a=b"), Some("one\ntwo"))
        );
        journal.clear();
        assert!(numbers(&journal, Wanted::default()).is_empty());
    }

    #[test]
    fn bodies_are_text_or_base64_and_cut_where_they_are_long() {
        let body = |bytes: &[u8]| serde_json::to_value(Body::new(bytes)).unwrap();
        assert_eq!(body(b"{}"), serde_json::json!({"body": "{}"}));
        assert_eq!(body(&[0xff]), serde_json::json!({"body_base64": "/w=="}));
        let long = body(&vec![b'x'; LONGEST_BODY + 1]);
        assert_eq!(long["truncated"], true);
        assert_eq!(long["body"].as_str().map(str::len), Some(LONGEST_BODY));
    }

    #[test]
    fn it_stays_within_its_room() {
        let journal = Journal::default();
        let body = vec![b'x'; LONGEST_BODY];
        for _ in 0..300 {
            journal.add(Timestamp(1), 0, asked("POST", "/", &body), None, None);
        }
        let seen = journal.read(&Wanted::default());
        assert_eq!(seen.entries.len(), MOST_BYTES / LONGEST_BODY);
        assert_eq!(seen.forgotten as usize + seen.entries.len(), 300);
    }
}
