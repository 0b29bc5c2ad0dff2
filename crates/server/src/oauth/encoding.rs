//! The three encodings in which GitHub's token and device endpoints answer:
//! form, JSON and XML. Owns which one `Accept` asks for and the order of keys
//! in each; must not know what an answer means.

use http::StatusCode;
use serde::ser::{SerializeMap as _, Serializer as _};
use url::form_urlencoded;

use crate::reply::{Cache, JSON, Reply};

const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
const XML: &str = "application/xml; charset=utf-8";

/// How an answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// As a query string: what GitHub says to whoever asks for nothing else.
    #[default]
    Form,
    /// One object.
    Json,
    /// Elements in an `OAuth` element.
    Xml,
}

impl Encoding {
    /// What an `Accept` header asks for: the highest weight, and of equal ones the first.
    pub(crate) fn of(accept: &str) -> Self {
        let mut best = (0.0, Self::Form);
        for range in accept.split(',') {
            let (name, parameters) = range.split_once(';').unwrap_or((range, ""));
            let Some(encoding) = Self::named(&name.trim().to_ascii_lowercase()) else {
                continue;
            };
            let weight = weight(parameters);
            if weight > best.0 {
                best = (weight, encoding);
            }
        }
        best.1
    }

    fn named(media_type: &str) -> Option<Self> {
        match media_type {
            "application/json" | "text/json" => Some(Self::Json),
            "application/xml" | "text/xml" => Some(Self::Xml),
            "application/x-www-form-urlencoded" | "*/*" | "application/*" => Some(Self::Form),
            // `application/vnd.github+json` and its like.
            vendor if vendor.starts_with("application/vnd.") && vendor.ends_with("+json") => {
                Some(Self::Json)
            }
            _ => None,
        }
    }
}

/// The `q` among a media range's parameters; 1 if there is none that can be read.
fn weight(parameters: &str) -> f32 {
    parameters
        .split(';')
        .find_map(|parameter| parameter.trim().strip_prefix("q="))
        .and_then(|q| q.trim().parse().ok())
        .unwrap_or(1.0)
}

/// What a key is set to.
#[derive(Clone)]
pub(crate) enum Value {
    /// A string.
    Text(String),
    /// A number of seconds.
    Number(u32),
}

impl Value {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// An answer as keys and values, in the order in which JSON has them.
#[derive(Clone, Default)]
pub(crate) struct Fields {
    fields: Vec<(&'static str, Value)>,
    /// Of the keys that XML has in another order, that order; the rest follows as in JSON.
    first_in_xml: &'static [&'static str],
}

impl Fields {
    /// These keys, in the order of JSON.
    pub(crate) fn new(fields: Vec<(&'static str, Value)>) -> Self {
        Self {
            fields,
            first_in_xml: &[],
        }
    }

    /// With these keys first in XML, in their order.
    pub(crate) fn first_in_xml(mut self, keys: &'static [&'static str]) -> Self {
        self.first_in_xml = keys;
        self
    }

    /// One key more.
    pub(crate) fn push(&mut self, key: &'static str, value: Value) {
        self.fields.push((key, value));
    }

    /// The answer in an encoding. Nobody may keep it (RFC 6749 section 5.1), in either generation of caches.
    pub(crate) fn reply(&self, status: StatusCode, encoding: Encoding) -> Reply {
        let (body, content_type) = match encoding {
            Encoding::Form => (self.form(), FORM),
            Encoding::Json => (self.json(), JSON),
            Encoding::Xml => (self.xml(), XML),
        };
        let mut reply = Reply::json(status, &(), Cache::NoStore)
            .with(http::header::PRAGMA, "no-cache")
            .with(http::header::VARY, "Accept");
        reply.body = body;
        reply.content_type = content_type;
        reply
    }

    fn form(&self) -> Vec<u8> {
        let mut sorted: Vec<_> = self.fields.iter().collect();
        sorted.sort_by_key(|(key, _)| *key);
        let mut form = form_urlencoded::Serializer::new(String::new());
        for (key, value) in sorted {
            form.append_pair(key, &value.text());
        }
        form.finish().into_bytes()
    }

    fn json(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = serde_json::Serializer::new(&mut bytes);
        // Writing strings and numbers to memory does not fail.
        let _ = writer
            .serialize_map(Some(self.fields.len()))
            .and_then(|mut map| {
                for (key, value) in &self.fields {
                    match value {
                        Value::Text(text) => map.serialize_entry(key, text)?,
                        Value::Number(number) => map.serialize_entry(key, number)?,
                    }
                }
                map.end()
            });
        bytes
    }

    fn xml(&self) -> Vec<u8> {
        let place = |key: &str| self.first_in_xml.iter().position(|first| *first == key);
        let mut ordered: Vec<_> = self.fields.iter().collect();
        // Stable: what has no place of its own stays in the order of JSON.
        ordered.sort_by_key(|(key, _)| place(key).unwrap_or(usize::MAX));
        let mut xml = String::from("<OAuth>");
        for (key, value) in ordered {
            xml.push_str(&format!("<{key}>{}</{key}>", escaped(&value.text())));
        }
        xml.push_str("</OAuth>");
        xml.into_bytes()
    }
}

/// Text as it may stand between tags; what no XML document can hold is left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\t' | '\n' | '\r' => out.push(c),
            c if c < ' ' || c == '\u{fffe}' || c == '\u{ffff}' => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_chooses_the_encoding_and_nothing_means_form() {
        for (accept, expected) in [
            ("", Encoding::Form),
            ("*/*", Encoding::Form),
            ("text/html", Encoding::Form),
            ("application/x-www-form-urlencoded", Encoding::Form),
            ("application/json", Encoding::Json),
            ("Application/JSON; charset=utf-8", Encoding::Json),
            ("application/vnd.github+json", Encoding::Json),
            ("application/vnd.github.v3+json", Encoding::Json),
            ("application/xml", Encoding::Xml),
            ("text/xml", Encoding::Xml),
            ("application/xml;q=0.5, application/json", Encoding::Json),
            (
                "application/json;q=0.1, application/xml;q=0.2",
                Encoding::Xml,
            ),
            ("application/json, text/plain, */*", Encoding::Json),
            ("*/*;q=0.1, application/json", Encoding::Json),
            ("application/json;q=0", Encoding::Form),
            ("application/json;q=nonsense", Encoding::Json),
            (",;,application/jsonx", Encoding::Form),
        ] {
            assert_eq!(Encoding::of(accept), expected, "{accept}");
        }
    }

    fn written(fields: &Fields, encoding: Encoding) -> String {
        String::from_utf8(fields.reply(StatusCode::OK, encoding).body).unwrap()
    }

    #[test]
    fn keys_stand_in_the_order_of_their_encoding() {
        let fields = Fields::new(vec![
            ("access_token", "t".into()),
            ("token_type", "bearer".into()),
            ("scope", "repo,gist".into()),
            ("expires_in", Value::Number(28_800)),
        ])
        .first_in_xml(&["token_type", "scope", "access_token"]);
        assert_eq!(
            written(&fields, Encoding::Form),
            "access_token=t&expires_in=28800&scope=repo%2Cgist&token_type=bearer"
        );
        assert_eq!(
            written(&fields, Encoding::Json),
            r#"{"access_token":"t","token_type":"bearer","scope":"repo,gist","expires_in":28800}"#
        );
        assert_eq!(
            written(&fields, Encoding::Xml),
            "<OAuth><token_type>bearer</token_type><scope>repo,gist</scope><access_token>t</access_token><expires_in>28800</expires_in></OAuth>"
        );
    }

    #[test]
    fn no_value_breaks_out_of_its_place() {
        let fields = Fields::new(vec![("error", "a&b=c</error>\"\u{1} é".into())]);
        assert_eq!(
            written(&fields, Encoding::Form),
            "error=a%26b%3Dc%3C%2Ferror%3E%22%01+%C3%A9"
        );
        assert_eq!(
            written(&fields, Encoding::Json),
            r#"{"error":"a&b=c</error>\"\u0001 é"}"#
        );
        assert_eq!(
            written(&fields, Encoding::Xml),
            "<OAuth><error>a&amp;b=c&lt;/error&gt;\" é</error></OAuth>"
        );
    }
}
