//! Request bodies: read within limits, parsed, held to GitHub's schema. Owns
//! the schema's sentences; must not know what the values mean. The request's
//! `Content-Type` is ignored: clients post JSON under any name.

use std::time::Duration;

use bytes::Bytes;
use grantd_core::error::{Error, Malformed};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Map, Value};

use crate::error::{Failure, Result};

/// Longer bodies are refused.
pub const LONGEST_BODY: usize = 64 * 1024;
/// Deeper JSON is refused.
const DEEPEST: usize = 32;
/// So much of a refused body is read and thrown away, so that the client gets to the answer.
const MOST_DRAINED: usize = 8 * 1024 * 1024;
/// Values longer than this are cut where a sentence quotes them.
const LONGEST_QUOTE: usize = 500;

/// Reads a body to its end. A declared length allocates nothing.
///
/// # Errors
/// `BodyTooLarge`, `BodyTooSlow`, or `Malformed` when the connection broke.
pub async fn read<B>(body: B, patience: Duration) -> Result<Bytes>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    // Apart, as in `drain`: most requests have none, and carry none of this along.
    Box::pin(read_on(body, patience)).await
}

async fn read_on<B>(mut body: B, patience: Duration) -> Result<Bytes>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    if body.size_hint().lower() > LONGEST_BODY as u64 {
        drain(body).await;
        return Err(Failure::BodyTooLarge);
    }
    let reading = tokio::time::timeout(patience, Limited::new(&mut body, LONGEST_BODY).collect());
    match reading.await {
        Err(_) => Err(Failure::BodyTooSlow),
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            drain(body).await;
            Err(Failure::BodyTooLarge)
        }
        Ok(Err(_)) => Err(Error::Malformed(Malformed::Json).into()),
    }
}

/// Reads on and forgets, up to a limit and for a second: who is still sending shall read an answer.
pub async fn drain<B>(body: B)
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    if body.is_end_stream() {
        return;
    }
    let throw_away = async {
        let mut rest = std::pin::pin!(Limited::new(body, MOST_DRAINED));
        while let Some(Ok(_)) = rest.frame().await {}
    };
    let _ = Box::pin(tokio::time::timeout(Duration::from_secs(1), throw_away)).await;
}

/// Parses a body into a JSON object; an empty body is an empty object.
///
/// # Errors
/// `Malformed`.
pub fn object(bytes: &[u8]) -> Result<Map<String, Value>, Error> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    if depth(bytes) > DEEPEST {
        return Err(Error::Malformed(Malformed::Json));
    }
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(Error::Malformed(Malformed::NotAnObject)),
        Err(_) => Err(Error::Malformed(Malformed::Json)),
    }
}

/// How deep arrays and objects nest, without building anything.
fn depth(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0usize, 0, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Reads fields out of an object and gathers what the schema finds wrong.
pub struct Schema {
    map: Map<String, Value>,
    lines: Vec<String>,
    /// In P2 a bare string is taken for a list of one.
    lists_may_be_strings: bool,
}

impl Schema {
    /// Starts on an object.
    pub fn new(map: Map<String, Value>, lists_may_be_strings: bool) -> Self {
        Self {
            map,
            lines: Vec::new(),
            lists_may_be_strings,
        }
    }

    /// A string, or null: `Some(None)`. Absent: `None`.
    pub fn text(&mut self, field: &str) -> Option<Option<String>> {
        match self.map.get(field)? {
            Value::Null => Some(None),
            Value::String(text) => Some(Some(text.clone())),
            other => {
                let shown = shown(field, other);
                self.lines.push(format!(
                    "For 'properties/{field}', {shown} is not a string."
                ));
                None
            }
        }
    }

    /// A string where null is as good as absent.
    pub fn optional_text(&mut self, field: &str) -> Option<String> {
        self.text(field).flatten()
    }

    /// A list of strings, or null: `Some(None)`. Absent: `None`.
    pub fn list(&mut self, field: &str) -> Option<Option<Vec<String>>> {
        let wrong = |value: &Value, path: &str, kind: &str| {
            let shown = shown(field, value);
            format!("For 'properties/{path}', {shown} is not {kind}.")
        };
        match self.map.get(field)? {
            Value::Null => Some(None),
            Value::String(text) if self.lists_may_be_strings => Some(Some(vec![text.clone()])),
            Value::Array(values) => {
                let items = format!("{field}/items");
                let bad: Vec<String> = values
                    .iter()
                    .filter(|value| !value.is_string())
                    .map(|value| wrong(value, &items, "a string"))
                    .collect();
                self.lines.extend(bad);
                Some(Some(
                    values
                        .iter()
                        .filter_map(|value| value.as_str().map(str::to_owned))
                        .collect(),
                ))
            }
            other => {
                self.lines.push(wrong(other, field, "an array"));
                None
            }
        }
    }

    /// A truth value; null is as good as absent.
    pub fn flag(&mut self, field: &str) -> Option<bool> {
        match self.map.get(field)? {
            Value::Null => None,
            Value::Bool(flag) => Some(*flag),
            other => {
                self.lines.push(format!(
                    "For 'properties/{field}', {} is not a boolean.",
                    inspect(other)
                ));
                None
            }
        }
    }

    /// Keys without which there is no request.
    pub fn require(&mut self, fields: &[&str]) {
        let missing: Vec<String> = fields
            .iter()
            .filter(|field| self.map.get(**field).is_none_or(Value::is_null))
            .map(|field| format!("\"{field}\""))
            .collect();
        match missing.as_slice() {
            [] => {}
            [one] => self.lines.push(format!("{one} wasn't supplied.")),
            several => self
                .lines
                .push(format!("{} weren't supplied.", several.join(", "))),
        }
    }

    /// Refuses every other key.
    pub fn permit_only(&mut self, fields: &[&str]) {
        let strangers: Vec<String> = self
            .map
            .keys()
            .filter(|key| !fields.contains(&key.as_str()))
            .map(|key| quote(key))
            .collect();
        match strangers.as_slice() {
            [] => {}
            [one] => self.lines.push(format!("{one} is not a permitted key.")),
            several => self.lines.push(cut(format!(
                "{} are not permitted keys.",
                several.join(", ")
            ))),
        }
    }

    /// # Errors
    /// `Schema` with all the sentences.
    pub fn finish(self) -> Result<(), Error> {
        if self.lines.is_empty() {
            Ok(())
        } else {
            Err(Error::Schema(self.lines))
        }
    }
}

/// A value as a sentence quotes it. What was meant as a secret is not told back.
fn shown(field: &str, value: &Value) -> String {
    match field {
        "client_secret" | "access_token" | "credentials" => "[FILTERED]".to_owned(),
        _ => inspect(value),
    }
}

/// A value as Ruby's `inspect` shows it, which is how GitHub's schema quotes it.
fn inspect(value: &Value) -> String {
    cut(match value {
        Value::Null => "nil".to_owned(),
        Value::String(text) => quote(text),
        Value::Array(values) => format!(
            "[{}]",
            values.iter().map(inspect).collect::<Vec<_>>().join(", ")
        ),
        Value::Object(map) => {
            let pairs: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{}=>{}", quote(key), inspect(value)))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
        other => other.to_string(),
    })
}

fn quote(text: &str) -> String {
    cut(Value::from(text).to_string())
}

fn cut(mut text: String) -> String {
    if text.len() > LONGEST_QUOTE {
        let end = (0..=LONGEST_QUOTE)
            .rev()
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(text: &str) -> Schema {
        Schema::new(object(text.as_bytes()).unwrap(), false)
    }

    fn lines(schema: Schema) -> Vec<String> {
        match schema.finish() {
            Err(Error::Schema(lines)) => lines,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn empty_is_an_empty_object_and_other_shapes_are_refused() {
        assert!(object(b"").unwrap().is_empty());
        assert!(object(b" \n").unwrap().is_empty());
        for text in ["[]", "\"x\"", "1", "null", "true"] {
            assert!(
                matches!(
                    object(text.as_bytes()),
                    Err(Error::Malformed(Malformed::NotAnObject))
                ),
                "{text}"
            );
        }
        for text in [
            &b"{"[..],
            b"{\"a\":}",
            b"\xff\xfe",
            b"{\"a\":\"\xff\"}",
            b"nope",
            b"{\"a\":1e999}",
        ] {
            assert!(
                matches!(object(text), Err(Error::Malformed(Malformed::Json))),
                "{text:?}"
            );
        }
    }

    #[test]
    fn sec_s28_deep_json_is_refused_before_it_is_built() {
        let nested =
            |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        assert!(object(nested(31).as_bytes()).is_ok());
        assert!(object(nested(32).as_bytes()).is_err());
        assert!(object("[".repeat(60_000).as_bytes()).is_err());
        assert!(
            object(br#"{"a":"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"["}"#).is_ok(),
            "brackets in strings do not nest"
        );
    }

    #[test]
    fn sentences_equal_the_recorded_ones() {
        let mut one = schema(r#"{"client_secret":"x","client_id":"y"}"#);
        one.permit_only(&["client_secret", "scopes"]);
        assert_eq!(lines(one), [r#""client_id" is not a permitted key."#]);
        let mut two = schema(r#"{"a":1,"b":2}"#);
        two.permit_only(&[]);
        assert_eq!(lines(two), [r#""a", "b" are not permitted keys."#]);
        let mut missing = schema("{}");
        missing.require(&["access_token"]);
        assert_eq!(lines(missing), [r#""access_token" wasn't supplied."#]);
        let mut both = schema("{}");
        both.require(&["a", "b"]);
        assert_eq!(lines(both), [r#""a", "b" weren't supplied."#]);
    }

    #[test]
    fn wrong_types_are_quoted_as_ruby_shows_them() {
        for (value, shown) in [
            ("\"repo\"", "\"repo\""),
            ("{\"a\":1}", "{\"a\"=>1}"),
            ("1.5", "1.5"),
            ("true", "true"),
        ] {
            let mut schema = schema(&format!("{{\"scopes\":{value}}}"));
            assert_eq!(schema.list("scopes"), None);
            assert_eq!(
                lines(schema),
                [format!("For 'properties/scopes', {shown} is not an array.")]
            );
        }
        let mut note = schema(r#"{"note":[null]}"#);
        assert_eq!(note.text("note"), None);
        assert_eq!(
            lines(note),
            ["For 'properties/note', [nil] is not a string."]
        );
        let mut items = schema(r#"{"scopes":["repo",1]}"#);
        items.list("scopes");
        assert_eq!(
            lines(items),
            ["For 'properties/scopes/items', 1 is not a string."]
        );
    }

    #[test]
    fn a_bare_string_is_a_list_of_one_where_that_is_allowed() {
        let mut schema = Schema::new(object(br#"{"scopes":"gist"}"#).unwrap(), true);
        assert_eq!(schema.list("scopes"), Some(Some(vec!["gist".to_owned()])));
        assert!(schema.finish().is_ok());
    }

    #[test]
    fn quotes_are_cut_at_a_character() {
        let long = cut("é".repeat(600));
        assert!(long.ends_with('…') && long.len() < 510);
    }
}
