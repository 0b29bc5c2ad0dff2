//! One request as it goes out, and one refusal as it is told. Owns that a value
//! never becomes anything but a value: one segment of the path, one value of
//! the query, one string of the body.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::StatusCode;
use rusqlite::types::Value as Cell;
use serde_json::Value;
use url::Url;

use super::{PAGE, Row};
use crate::failure::Failure;
use crate::sql::catalog::{Input, Method, Place};
use crate::sql::value;

/// All but what RFC 3986 calls unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A request to a method.
pub(super) struct Request<'a> {
    pub(super) method: &'a Method,
    url: Url,
    pub(super) page: u32,
    pub(super) body: Option<String>,
}

/// The address that paths are put after.
///
/// # Errors
/// It is no address of an API.
pub(crate) fn base(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|why| format!("that is no address: {why}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err("the address begins with http:// or https://".into());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "no credentials in the address; give them with --login or --token-stdin".into(),
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("the address ends with a path, without ? and #".into());
    }
    Ok(url)
}

impl<'a> Request<'a> {
    /// # Errors
    /// A value cannot stand where its parameter stands.
    pub(super) fn new(
        base: &Url,
        method: &'a Method,
        given: &[(&Input, Cell)],
        body: Option<&Row>,
    ) -> Result<Self, Failure> {
        let mut url = base.clone();
        let mut path = base.path().trim_end_matches('/').to_owned();
        for segment in method.path.trim_start_matches('/').split('/') {
            let name = segment
                .strip_prefix('{')
                .and_then(|name| name.strip_suffix('}'));
            path.push('/');
            match name {
                None => path.push_str(segment),
                Some(name) => path.extend(path_value(name, given)?),
            }
        }
        url.set_path(&path);
        let query = given
            .iter()
            .filter(|(input, _)| input.place == Place::Query);
        for (input, cell) in query {
            let value = value::words(cell).unwrap_or_default();
            url.query_pairs_mut().append_pair(input.key(), &value);
        }
        Ok(Self {
            method,
            url,
            page: 1,
            body: body_of(method, given, body)?,
        })
    }

    /// The address of the page.
    pub(super) fn url(&self) -> Url {
        let mut url = self.url.clone();
        if self.method.pages {
            let mut query = url.query_pairs_mut();
            query.append_pair("per_page", &PAGE.to_string());
            if self.page > 1 {
                query.append_pair("page", &self.page.to_string());
            }
        }
        url
    }
}

/// A value of the path, every character that could mean something encoded.
/// Dots that would climb, and nothing at all, cannot be.
fn path_value(name: &str, given: &[(&Input, Cell)]) -> Result<Vec<String>, Failure> {
    let given = given.iter().find(|(input, _)| input.name == name);
    let value = given
        .and_then(|(_, cell)| value::words(cell))
        .unwrap_or_default();
    if matches!(value.as_str(), "" | "." | "..") {
        return Err(Failure::new(format!("{name} cannot be {value:?}")));
    }
    Ok(utf8_percent_encode(&value, ENCODED)
        .map(str::to_owned)
        .collect())
}

fn body_of(
    method: &Method,
    given: &[(&Input, Cell)],
    body: Option<&Row>,
) -> Result<Option<String>, Failure> {
    let mut keys = body.cloned().unwrap_or_default();
    for (input, cell) in given.iter().filter(|(input, _)| input.place == Place::Body) {
        let value = value::json(cell, input.kind)
            .map_err(|should| Failure::new(format!("{} is {should}", input.name)))?;
        if !value.is_null() {
            keys.insert(input.key().to_owned(), value);
        }
    }
    let takes_body = matches!(method.verb.as_str(), "POST" | "PUT" | "PATCH");
    Ok((takes_body || !keys.is_empty()).then(|| Value::Object(keys).to_string()))
}

/// What the server said, in its own words.
pub(super) fn refusal(method: &Method, status: StatusCode, bytes: &[u8]) -> String {
    let answer: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let said = answer["message"].as_str().map(plain);
    let errors = answer["errors"].as_array().into_iter().flatten();
    let errors: Vec<String> = errors
        .filter_map(|error| {
            let part = |name: &str| error[name].as_str().map(plain);
            part("message").or_else(|| Some(format!("{}: {}", part("field")?, part("code")?)))
        })
        .collect();
    let details = match errors.as_slice() {
        [] => String::new(),
        some => format!(" ({})", some.join("; ")),
    };
    let (verb, path) = (&method.verb, &method.path);
    let said = said.map_or_else(String::new, |said| format!(": {said}"));
    format!("{verb} {path} was answered {status}{said}{details}")
}

/// Another server's words, on one line and without what a terminal would obey.
fn plain(words: &str) -> String {
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::catalog::{self, Access};

    fn request(
        resource: &[&str],
        method: &str,
        given: &[(&str, &str)],
    ) -> Result<(String, String), String> {
        let method = catalog::find(resource).unwrap().method(method).unwrap();
        let given: Vec<(&Input, Cell)> = given
            .iter()
            .map(|(name, value)| (method.input(name).unwrap(), Cell::Text((*value).into())))
            .collect();
        let base = base("https://example.com/api/v3").unwrap();
        let request = Request::new(&base, method, &given, None).map_err(|why| why.to_string())?;
        Ok((request.url().to_string(), request.body.unwrap_or_default()))
    }

    const AUTHORIZATIONS: &[&str] = &["github", "oauth_authorizations", "authorizations"];

    #[test]
    fn values_stay_values_wherever_they_go() {
        let hostile = "a/../b?x=1#\"},{\"é%2f\r\n";
        let given = [
            ("client_id", hostile),
            ("fingerprint", "x/y"),
            ("data__client_secret", hostile),
        ];
        let method = "get_or_create_authorization_for_app_and_fingerprint";
        let (url, body) = request(AUTHORIZATIONS, method, &given).unwrap();
        let url = Url::parse(&url).unwrap();
        let segments: Vec<&str> = url.path_segments().unwrap().collect();
        assert_eq!(segments.len(), 6, "{url}");
        assert_eq!(segments[5], "x%2Fy");
        assert_eq!(
            (url.query(), url.fragment(), url.host_str()),
            (None, None, Some("example.com"))
        );
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body, serde_json::json!({ "client_secret": hostile }));
        let (url, _) = request(
            AUTHORIZATIONS,
            "list_authorizations",
            &[("client_id", "a&page=9")],
        )
        .unwrap();
        assert!(
            url.ends_with("/authorizations?client_id=a%26page%3D9&per_page=100"),
            "{url}"
        );
    }

    #[test]
    fn a_path_is_not_climbed() {
        for value in ["", ".", ".."] {
            let refused = request(
                AUTHORIZATIONS,
                "get_authorization",
                &[("authorization_id", value)],
            );
            assert!(
                refused.unwrap_err().contains("authorization_id cannot be"),
                "{value}"
            );
        }
        let (url, _) = request(
            AUTHORIZATIONS,
            "get_authorization",
            &[("authorization_id", "%2e%2E\n")],
        )
        .unwrap();
        assert_eq!(
            url,
            "https://example.com/api/v3/authorizations/%252e%252E%0A"
        );
    }

    #[test]
    fn an_address_is_an_address_and_holds_no_secret() {
        assert!(base("http://127.0.0.1:8370/api/v3").is_ok());
        for wrong in [
            "nonsense",
            "file:///etc",
            "http://a:b@c/",
            "http://c/?x",
            "http://c/#x",
        ] {
            assert!(base(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn refusals_are_told_in_the_servers_words() {
        let resource = catalog::find(AUTHORIZATIONS).unwrap();
        let method = resource.by(Access::Insert).next().unwrap();
        let body = br#"{"message":"Validation Failed","errors":[{"resource":"OauthAccess","code":"already_exists","field":"description"},{"message":"odd\u001b[31m"}]}"#;
        let told = refusal(method, StatusCode::UNPROCESSABLE_ENTITY, body);
        assert_eq!(
            told,
            "POST /authorizations was answered 422 Unprocessable Entity: Validation Failed (description: already_exists; odd[31m)"
        );
        let told = refusal(method, StatusCode::BAD_GATEWAY, b"<html>");
        assert_eq!(told, "POST /authorizations was answered 502 Bad Gateway");
    }
}
