//! JSON written by hand, where an answer is made so often that it pays. Owns what a text looks like within
//! quotation marks: as serde_json writes it, byte for byte; must not know any object.

use std::borrow::Cow;

/// A piece of JSON on its way.
pub(crate) struct Json(Vec<u8>);

impl Json {
    /// With room for so many bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// What was written.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// What is JSON already.
    pub(crate) fn raw(&mut self, json: &str) -> &mut Self {
        self.0.extend_from_slice(json.as_bytes());
        self
    }

    /// A text in quotation marks.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.0.push(b'"');
        self.0.extend_from_slice(within(text).as_bytes());
        self.0.push(b'"');
        self
    }

    /// A text, or null.
    pub(crate) fn maybe(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.text(text),
            None => self.raw("null"),
        }
    }

    /// A number.
    pub(crate) fn number(&mut self, number: i64) -> &mut Self {
        // Writing a number to memory does not fail.
        let _ = serde_json::to_writer(&mut self.0, &number);
        self
    }

    /// A list of what `write` writes.
    pub(crate) fn list<T>(
        &mut self,
        items: impl Iterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        self.raw("[");
        for (at, item) in items.enumerate() {
            if at > 0 {
                self.raw(",");
            }
            write(self, item);
        }
        self.raw("]");
    }
}

/// A text as it stands between quotation marks. Most are what they are: all bytes are looked at at once.
pub(crate) fn within(text: &str) -> Cow<'_, str> {
    let is_escaped = |byte: u8| (byte < 0x20) | (byte == b'"') | (byte == b'\\');
    let any = text.bytes().fold(false, |any, byte| any | is_escaped(byte));
    if !any {
        return Cow::Borrowed(text);
    }
    // A text can always be written.
    let quoted = serde_json::to_string(text).unwrap_or_default();
    Cow::Owned(
        quoted
            .get(1..quoted.len() - 1)
            .unwrap_or_default()
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_written_as_serde_json_writes_it() {
        let mut texts: Vec<String> = (0..0x3000)
            .filter_map(char::from_u32)
            .map(String::from)
            .collect();
        texts.extend(["", "plain", "a\"b\\c\nd/e\u{7f}ü\u{2028}😀", "\"", "\\"].map(str::to_owned));
        for text in texts {
            let mut json = Json::with_capacity(0);
            json.text(&text);
            assert_eq!(
                json.into_bytes(),
                serde_json::to_vec(&text).unwrap(),
                "{text:?}"
            );
        }
    }

    #[test]
    fn lists_numbers_and_nulls() {
        let mut json = Json::with_capacity(0);
        json.list([i64::MIN, 0, i64::MAX].into_iter(), |json, number| {
            json.number(number).raw(":").maybe(None);
        });
        let expected = "[-9223372036854775808:null,0:null,9223372036854775807:null]";
        assert_eq!(json.into_bytes(), expected.as_bytes());
        let mut json = Json::with_capacity(0);
        json.list(std::iter::empty(), |_, ()| {});
        assert_eq!(json.into_bytes(), b"[]");
    }
}
