//! What a person typed: a form's fields, and what is wrong with them. Owns the
//! parsing; must not know what any field means. Values are wiped from memory.

use bytes::Bytes;
use grantd_core::secret::Secret;
use http::header::{self, HeaderMap};

/// More fields than this are cut off.
const MOST_FIELDS: usize = 500;

/// The fields of a form, in order.
#[derive(Default)]
pub(crate) struct Form(Vec<(String, Secret)>);

impl Form {
    /// Reads an urlencoded body. A body of another kind has no fields, and so no CSRF token either.
    pub(crate) fn parse(headers: &HeaderMap, body: &Bytes) -> Self {
        let kind = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .map(|value| value.split(';').next().unwrap_or(value).trim());
        if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("application/x-www-form-urlencoded"))
        {
            return Self::default();
        }
        Self::of_pairs(body)
    }

    /// Reads a query string or an urlencoded body.
    pub(crate) fn of_pairs(encoded: &[u8]) -> Self {
        let fields = url::form_urlencoded::parse(encoded)
            .take(MOST_FIELDS)
            .map(|(name, value)| (name.into_owned(), Secret::new(value.into_owned())))
            .collect();
        Self(fields)
    }

    /// A field's text; `""` when it did not come.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    fn find(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.expose())
    }

    /// A field's text without the white space around it.
    pub(crate) fn trimmed(&self, name: &str) -> &str {
        self.text(name).trim()
    }

    /// A field that is not to be shown again.
    pub(crate) fn secret(&self, name: &str) -> Secret {
        Secret::new(self.text(name).to_owned())
    }

    /// Whether a box is ticked or a button was pressed.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// All values of a field that may come several times.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(found, _)| found == name)
            .map(|(_, value)| value.expose())
    }
}

/// What is wrong with a form: which field, and a sentence that says what to do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(Vec<(&'static str, String)>);

impl Faults {
    /// Notes a fault of a field; of several the first is shown.
    pub(crate) fn add(&mut self, field: &'static str, sentence: String) {
        if self.of(field).is_none() {
            self.0.push((field, sentence));
        }
    }

    /// One fault alone.
    pub(crate) fn one(field: &'static str, sentence: String) -> Self {
        Self(vec![(field, sentence)])
    }

    /// The sentence about a field.
    pub(crate) fn of(&self, field: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(found, _)| *found == field)
            .map(|(_, sentence)| sentence.as_str())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(&'static str, String)> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_urlencoded_bodies_have_fields() {
        let parse = |kind: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
            let form = Form::parse(&headers, &Bytes::from_static(b"a=1&b=%C3%A9+x&a=2&c"));
            (
                form.text("a").to_owned(),
                form.text("b").to_owned(),
                form.all("a").count(),
                form.has("c"),
            )
        };
        let read = ("1".to_owned(), "é x".to_owned(), 2, true);
        assert_eq!(
            parse("application/x-www-form-urlencoded; charset=utf-8"),
            read
        );
        let none = (String::new(), String::new(), 0, false);
        assert_eq!(parse("text/plain"), none);
        assert_eq!(parse("multipart/form-data; boundary=x"), none);
    }

    #[test]
    fn the_first_fault_of_a_field_is_shown() {
        let mut faults = Faults::default();
        faults.add("a", "one".to_owned());
        faults.add("a", "two".to_owned());
        assert_eq!(faults.of("a"), Some("one"));
        assert_eq!(faults.iter().count(), 1);
    }
}
