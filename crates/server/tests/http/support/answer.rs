//! An answer, read to its end.

use std::io::Read as _;

use http::{HeaderMap, Method, Uri};
use serde_json::Value;

use super::document::DOCUMENT;

/// What came back.
#[must_use = "an answer that nobody looks at proves nothing"]
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// What was asked, for messages.
    pub(crate) asked: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// As sent, perhaps compressed.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Holds it to the document.
    #[track_caller]
    pub(crate) fn judge(&self, method: &Method, path: &str) {
        let uri: Uri = path.parse().expect("a path that was sent");
        DOCUMENT.judge(method, uri.path(), self);
    }

    /// Holds the status to what was expected.
    #[track_caller]
    pub(crate) fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}: {}", self.asked, self.text());
        self
    }

    /// A refusal of this status with this message.
    #[track_caller]
    pub(crate) fn refuses(&self, status: u16, message: &str) -> &Self {
        assert_eq!(self.is(status).json()["message"], message, "{}", self.asked);
        self
    }

    /// The only error of a 422 as `code/field`.
    #[track_caller]
    pub(crate) fn invalid(&self, error: &str) -> &Self {
        let json = self.refuses(422, "Validation Failed").json();
        let found: Vec<String> = json["errors"]
            .as_array()
            .expect("errors")
            .iter()
            .map(|e| {
                format!(
                    "{}/{}",
                    e["code"].as_str().unwrap(),
                    e["field"].as_str().unwrap()
                )
            })
            .collect();
        assert_eq!(found, [error], "{}", self.asked);
        assert_eq!(json["errors"][0]["resource"], "OauthAccess");
        self
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(name)
            .map(|value| value.to_str().expect("headers are ASCII"))
    }

    /// All header names, sorted, each as often as it came.
    pub(crate) fn header_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// The body, decompressed.
    pub(crate) fn text(&self) -> String {
        let mut bytes = self.body.clone();
        if self.header("content-encoding") == Some("gzip") {
            bytes = Vec::new();
            flate2::read::GzDecoder::new(self.body.as_slice())
                .read_to_end(&mut bytes)
                .expect("gzip");
        }
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text())
            .unwrap_or_else(|error| panic!("{}: {error}: {}", self.asked, self.text()))
    }

    #[track_caller]
    pub(crate) fn id(&self) -> i64 {
        self.json()["id"].as_i64().expect("an id")
    }

    #[track_caller]
    pub(crate) fn token(&self) -> String {
        self.json()["token"].as_str().expect("a token").to_owned()
    }

    /// Everything a client could tell two answers apart by, but for the request's id.
    pub(crate) fn as_seen(&self) -> (u16, Vec<(String, String)>, Vec<u8>) {
        let mut headers: Vec<(String, String)> = self
            .headers
            .iter()
            .filter(|(name, _)| {
                ![
                    "x-github-request-id",
                    "x-request-id",
                    "x-ratelimit-remaining",
                ]
                .contains(&name.as_str())
            })
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        headers.sort();
        (self.status, headers, self.body.clone())
    }
}
