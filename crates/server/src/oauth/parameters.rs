//! The parameters of the endpoints that programs call in OAuth flows: from a
//! form, a JSON object or the query string, as GitHub takes them. Owns where
//! they may stand and which of two counts; must not know what they mean.

use bytes::Bytes;
use grantd_core::error::{Error, Malformed};
use grantd_core::secret::Secret;
use http::{HeaderMap, header};
use serde_json::Value;
use url::form_urlencoded;

use crate::body;
use crate::context::Context;
use crate::credentials::{self, Credentials};
use crate::error::Result;

/// The parameters of one request. All of them are kept as secrets: some are,
/// and none belongs into a log.
pub(crate) struct Parameters {
    /// The query's first, then the body's.
    given: Vec<(String, Secret)>,
    client: Client,
}

/// Who the `Authorization` header says that asks.
enum Client {
    /// Nobody: the parameters say it.
    InParameters,
    /// `client_id:client_secret`.
    Basic(String, Secret),
    /// The header cannot be read as that.
    Unreadable,
}

/// An app's credentials as they were presented; whether they are right is core's to say.
pub(crate) struct Presented {
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<Secret>,
}

impl Parameters {
    /// Takes them out of a request.
    ///
    /// # Errors
    /// The body's own; `Malformed` for a broken form with files and for what is
    /// not the JSON object that it is said to be.
    pub(crate) async fn of(context: &mut Context) -> Result<Self> {
        let mut parameters = Self::in_body_alone(context).await?;
        let mut given = pairs(context.query.as_bytes());
        given.append(&mut parameters.given);
        Ok(Self {
            given,
            ..parameters
        })
    }

    /// The same without the query, where GitHub's clients put no parameters and others must not.
    ///
    /// # Errors
    /// As [`Parameters::of`].
    pub(crate) async fn in_body_alone(context: &mut Context) -> Result<Self> {
        let body = context.take_body()?;
        Ok(Self {
            given: in_body(context.headers(), body).await?,
            client: client(context.headers()),
        })
    }

    /// A parameter; one that is empty is as good as absent. When it stands in several
    /// places, the body counts more than the query, and the last more than the first.
    pub(crate) fn secret(&self, name: &str) -> Option<Secret> {
        let (_, value) = self.given.iter().rev().find(|(key, _)| key == name)?;
        Some(value.clone()).filter(|value| !value.is_empty())
    }

    /// A parameter that is no secret.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        Some(self.secret(name)?.expose().to_owned())
    }

    /// The app that asks. None when the header and the parameters name different apps, when the
    /// header cannot be read, and when there is no client id anywhere.
    pub(crate) fn client(&self) -> Option<Presented> {
        let named = self.text("client_id");
        match &self.client {
            Client::Unreadable => None,
            Client::InParameters => Some(Presented {
                client_id: named?,
                client_secret: self.secret("client_secret"),
            }),
            Client::Basic(id, secret) => {
                let same = named.is_none_or(|named| named == *id);
                same.then(|| Presented {
                    client_id: id.clone(),
                    client_secret: Some(secret.clone()).filter(|secret| !secret.is_empty()),
                })
            }
        }
    }
}

fn client(headers: &HeaderMap) -> Client {
    let value = headers.get(header::AUTHORIZATION);
    match credentials::read(value.map(|value| value.as_bytes())) {
        // Some libraries send whatever token they have with every request; here it says nothing.
        Credentials::None | Credentials::Token(_) => Client::InParameters,
        Credentials::Basic { name, password } => Client::Basic(name, password),
        Credentials::Unreadable => Client::Unreadable,
    }
}

fn pairs(form: &[u8]) -> Vec<(String, Secret)> {
    form_urlencoded::parse(form)
        .map(|(key, value)| (key.into_owned(), Secret::new(value.into_owned())))
        .collect()
}

/// A body is JSON if it says so or begins like an object: clients send it under the name of a form,
/// and no parameter's name begins with a brace.
async fn in_body(headers: &HeaderMap, body: Bytes) -> Result<Vec<(String, Secret)>, Error> {
    let declared = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if let Ok(boundary) = multer::parse_boundary(declared) {
        return parts(body, boundary).await;
    }
    let media_type = declared.split(';').next().unwrap_or("").trim();
    let says_json = media_type.to_ascii_lowercase().ends_with("json");
    let begins_so = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    if !says_json && !begins_so {
        return Ok(pairs(&body));
    }
    let given = body::object(&body)?.into_iter();
    let given = given.filter_map(|(key, value)| match value {
        Value::String(text) => Some((key, Secret::new(text))),
        Value::Number(number) => Some((key, Secret::new(number.to_string()))),
        // No parameter is anything else.
        _ => None,
    });
    Ok(given.collect())
}

/// The fields of a form with files (RFC 7578), as some tools send every form.
async fn parts(body: Bytes, boundary: String) -> Result<Vec<(String, Secret)>, Error> {
    let malformed = |_: multer::Error| Error::Malformed(Malformed::Form);
    let whole = futures_util::stream::iter([Ok::<_, multer::Error>(body)]);
    let mut form = multer::Multipart::new(whole, boundary);
    let mut given = Vec::new();
    while let Some(field) = form.next_field().await.map_err(malformed)? {
        let Some(name) = field.name().map(str::to_owned) else {
            continue;
        };
        given.push((name, Secret::new(field.text().await.map_err(malformed)?)));
    }
    Ok(given)
}
