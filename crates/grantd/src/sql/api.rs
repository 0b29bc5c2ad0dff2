//! Calls to the API over HTTP: who calls, pages, second factors, refusals.
//! Owns what goes over the wire; must not know SQL.

mod request;

use std::io::{self, IsTerminal};

use grantd_core::secret::Secret;
use reqwest::header::{AUTHORIZATION, HeaderMap, LINK};
use reqwest::{Client, Response};
use rusqlite::types::Value as Cell;
use serde_json::{Map, Value};
use url::Url;

use self::request::Request;
pub(crate) use self::request::base;
use super::catalog::{Input, Method};
use crate::failure::Failure;
use crate::progress::Count;
use crate::{outbound, output, secret_input};

/// How many rows are asked for at once; the most that the API gives.
pub(super) const PAGE: u32 = 100;

/// Who calls.
pub(crate) enum Credentials {
    Nobody,
    /// By Basic authentication: a user, or an app.
    Pair {
        name: String,
        secret: Secret,
    },
    Token(Secret),
}

/// A row of an answer.
pub(crate) type Row = Map<String, Value>;

/// Why a call brought nothing.
pub(crate) enum CallError {
    /// There is no such thing: 404.
    Missing(String),
    Failed(Failure),
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Missing(words) => Self::new(words),
            CallError::Failed(failure) => failure,
        }
    }
}

impl From<Failure> for CallError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// The API of one server, for one caller.
pub(crate) struct Api {
    client: Client,
    base: Url,
    credentials: Credentials,
    otp: Option<String>,
    progress: bool,
}

impl Api {
    /// # Errors
    /// TLS cannot be set up.
    pub(crate) fn new(
        base: Url,
        credentials: Credentials,
        otp: Option<String>,
        progress: bool,
    ) -> Result<Self, Failure> {
        let loopback = matches!(base.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if base.scheme() == "http" && !loopback && !matches!(credentials, Credentials::Nobody) {
            output::note(
                "warning: the password or token goes over plain HTTP, which others can read",
            );
        }
        Ok(Self {
            client: outbound::client()?,
            base,
            credentials,
            otp,
            progress: progress || io::stderr().is_terminal(),
        })
    }

    /// Calls a method, turns its pages, and returns its rows: none where the
    /// answer has no body.
    ///
    /// # Errors
    /// The server refused, or cannot be reached.
    pub(crate) async fn call(
        &mut self,
        method: &Method,
        given: &[(&Input, Cell)],
        body: Option<&Row>,
    ) -> Result<Vec<Row>, CallError> {
        let mut request = Request::new(&self.base, method, given, body)?;
        let mut rows = Vec::new();
        let mut count: Option<Count> = None;
        loop {
            let answer = self.send(&request).await?;
            let next = next_page(answer.headers(), request.page);
            let bytes = answer.bytes().await.map_err(|why| broke_off(&why))?;
            rows.extend(rows_of(method, &bytes)?);
            match next {
                Some(Next { page, last }) => {
                    let about = u64::from(last.unwrap_or(page)) * u64::from(PAGE);
                    if self.progress {
                        let count =
                            count.get_or_insert_with(|| Count::begin(method.name, 0, about));
                        count.at(rows.len() as u64);
                    }
                    request.page = page;
                }
                None => break,
            }
        }
        if let Some(count) = count {
            count.end(rows.len() as u64);
        }
        Ok(rows)
    }

    /// One request; a second factor is asked for where somebody can answer.
    async fn send(&mut self, request: &Request<'_>) -> Result<Response, CallError> {
        loop {
            let sent = self.signed(request)?.send().await;
            let answer = sent.map_err(|why| unreachable_server(&self.base, &why))?;
            let status = answer.status();
            if status.is_success() {
                return Ok(answer);
            }
            let challenged = answer.headers().contains_key("x-github-otp");
            if challenged && io::stdin().is_terminal() {
                let code = secret_input::typed("Authentication code: ", "give it with --otp CODE")?;
                self.otp = Some(code.expose().trim().to_owned());
                continue;
            }
            let bytes = answer.bytes().await.unwrap_or_default();
            let mut words = request::refusal(request.method, status, &bytes);
            if challenged {
                words.push_str("; give the code with --otp CODE");
            }
            return Err(if status == 404 {
                CallError::Missing(words)
            } else {
                CallError::Failed(Failure::new(words))
            });
        }
    }

    fn signed(&self, request: &Request<'_>) -> Result<reqwest::RequestBuilder, Failure> {
        let verb = reqwest::Method::from_bytes(request.method.verb.as_bytes());
        let verb = verb.map_err(|why| Failure::new(why.to_string()))?;
        let mut built = self.client.request(verb, request.url());
        built = built.header("Accept", "application/vnd.github.v3+json");
        built = match &self.credentials {
            Credentials::Nobody => built,
            Credentials::Pair { name, secret } => built.basic_auth(name, Some(secret.expose())),
            Credentials::Token(token) => {
                built.header(AUTHORIZATION, format!("token {}", token.expose()))
            }
        };
        if let Some(code) = &self.otp {
            built = built.header("X-GitHub-OTP", code);
        }
        Ok(match &request.body {
            Some(body) => built
                .header("Content-Type", "application/json")
                .body(body.clone()),
            None => built,
        })
    }
}

fn rows_of(method: &Method, bytes: &[u8]) -> Result<Vec<Row>, Failure> {
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let values = match serde_json::from_slice(bytes) {
        Ok(Value::Array(values)) => values,
        Ok(value) => vec![value],
        Err(_) => Vec::new(),
    };
    let rows: Vec<Row> = values
        .into_iter()
        .filter_map(|value| match value {
            Value::Object(row) => Some(row),
            _ => None,
        })
        .collect();
    if rows.is_empty() && bytes.trim_ascii() != b"[]" {
        let (verb, path) = (&method.verb, &method.path);
        return Err(Failure::new(format!(
            "{verb} {path} was not answered in JSON; is --url the API's address?"
        )));
    }
    Ok(rows)
}

/// Where a list goes on.
struct Next {
    page: u32,
    last: Option<u32>,
}

/// The next page by the `Link` header: its number alone, since its address may
/// name another host than the one that was called, and the credentials stay here.
fn next_page(headers: &HeaderMap, now: u32) -> Option<Next> {
    let links = headers.get(LINK)?.to_str().ok()?;
    let page = |relation: &str| {
        let wanted = format!("rel=\"{relation}\"");
        let link = links.split(',').find(|link| link.contains(&wanted))?;
        let address = link.trim().strip_prefix('<')?.split('>').next()?;
        let url = Url::parse(address).ok()?;
        let number = url
            .query_pairs()
            .find(|(name, _)| name == "page")?
            .1
            .parse();
        number.ok()
    };
    let next = page("next").filter(|next| *next > now)?;
    Some(Next {
        page: next,
        last: page("last"),
    })
}

/// The library's words may hold the address, and an address may hold a secret.
fn unreachable_server(base: &Url, why: &reqwest::Error) -> Failure {
    let at = base.origin().ascii_serialization();
    Failure::new(match () {
        () if why.is_timeout() => format!("{at} did not answer in time; try again"),
        () if why.is_connect() => {
            format!("{at} cannot be reached; is --url right, and the server up?")
        }
        () if why.is_builder() => "the credentials hold characters that HTTP cannot carry".into(),
        () => format!("the answer of {at} broke off; try again"),
    })
}

fn broke_off(_: &reqwest::Error) -> Failure {
    Failure::new("the answer broke off; try again")
}
