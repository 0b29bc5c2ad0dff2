//! What a person typed: a form's fields, and what is wrong with them. Owns the
//! parsing; must not know what any field means. Values are wiped from memory.

use std::convert::Infallible;

use bytes::Bytes;
use grantd_core::secret::Secret;
use http::header::{self, HeaderMap};

/// More fields than this are cut off.
const MOST_FIELDS: usize = 500;

/// The fields of a form, in order, and its files.
#[derive(Default)]
pub(crate) struct Form {
    fields: Vec<(String, Secret)>,
    files: Vec<(String, Bytes)>,
}

impl Form {
    /// Reads an urlencoded body, or one with files. A body of another kind has no fields, and so no
    /// CSRF token either.
    pub(crate) async fn read(headers: &HeaderMap, body: &Bytes) -> Self {
        let kind = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let name = kind.split(';').next().unwrap_or(kind).trim();
        if name.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Self::of_pairs(body);
        }
        match multer::parse_boundary(kind) {
            // What is broken in the middle is as good as nothing: half a form says something else.
            Ok(boundary) => Self::of_parts(body, boundary).await.unwrap_or_default(),
            Err(_) => Self::default(),
        }
    }

    async fn of_parts(body: &Bytes, boundary: String) -> Result<Self, multer::Error> {
        let whole = futures_util::stream::iter([Ok::<_, Infallible>(body.clone())]);
        let mut parts = multer::Multipart::new(whole, boundary);
        let mut form = Self::default();
        for _ in 0..MOST_FIELDS {
            let Some(part) = parts.next_field().await? else {
                break;
            };
            let name = part.name().unwrap_or_default().to_owned();
            match part.file_name() {
                Some(_) => form.files.push((name, part.bytes().await?)),
                None => form.fields.push((name, Secret::new(part.text().await?))),
            }
        }
        Ok(form)
    }

    /// Reads a query string or an urlencoded body.
    pub(crate) fn of_pairs(encoded: &[u8]) -> Self {
        let fields = url::form_urlencoded::parse(encoded)
            .take(MOST_FIELDS)
            .map(|(name, value)| (name.into_owned(), Secret::new(value.into_owned())))
            .collect();
        Self {
            fields,
            files: Vec::new(),
        }
    }

    /// A file's bytes; none when none was chosen.
    pub(crate) fn file(&self, name: &str) -> &[u8] {
        let found = self.files.iter().find(|(found, _)| found == name);
        found.map(|(_, bytes)| bytes.as_ref()).unwrap_or_default()
    }

    /// A field's text; `""` when it did not come.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    fn find(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(found, _)| found == name);
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
        self.fields
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

    async fn read(kind: &str, body: &'static [u8]) -> Form {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
        Form::read(&headers, &Bytes::from_static(body)).await
    }

    #[tokio::test]
    async fn only_forms_have_fields() {
        let parse = async |kind: &str| {
            let form = read(kind, b"a=1&b=%C3%A9+x&a=2&c").await;
            (
                form.text("a").to_owned(),
                form.text("b").to_owned(),
                form.all("a").count(),
                form.has("c"),
            )
        };
        let all = ("1".to_owned(), "é x".to_owned(), 2, true);
        let kind = "application/x-www-form-urlencoded; charset=utf-8";
        assert_eq!(parse(kind).await, all);
        let none = (String::new(), String::new(), 0, false);
        assert_eq!(parse("text/plain").await, none);
        assert_eq!(parse("multipart/form-data; boundary=x").await, none);
        assert_eq!(parse("multipart/form-data").await, none);
    }

    #[tokio::test]
    async fn a_form_with_a_file_is_read_whole_or_not_at_all() {
        let body = b"--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\ntoken\r\n\
            --x\r\nContent-Disposition: form-data; name=\"logo\"; filename=\"a.gif\"\r\n\r\nGIF89a\r\n--x--\r\n";
        let form = read("multipart/form-data; boundary=x", body).await;
        assert_eq!(form.text("csrf"), "token");
        assert_eq!(form.file("logo"), b"GIF89a");
        assert_eq!(form.file("csrf"), b"");
        let cut = body.get(..body.len() - 12).unwrap();
        let form = read("multipart/form-data; boundary=x", cut).await;
        assert!(!form.has("csrf"));
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
