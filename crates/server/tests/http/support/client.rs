//! Somebody who sends requests.

use std::net::IpAddr;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request};
use http_body::Body;
use http_body_util::{BodyExt, Full};

use super::document::DOCUMENT;
use super::{Answer, TestApp, basic};

/// The address that requests come from unless a test says otherwise.
const USUAL: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

/// Headers and an address; every request goes out with them.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) t: TestApp,
    peer: IpAddr,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// What a body may be written as.
pub(crate) trait IntoBody {
    fn into_body(self) -> Bytes;
}

impl IntoBody for serde_json::Value {
    fn into_body(self) -> Bytes {
        self.to_string().into()
    }
}

impl IntoBody for &str {
    fn into_body(self) -> Bytes {
        self.to_owned().into()
    }
}

impl IntoBody for Vec<u8> {
    fn into_body(self) -> Bytes {
        self.into()
    }
}

impl Client {
    pub(crate) fn new(t: TestApp) -> Self {
        Self {
            t,
            peer: USUAL,
            headers: Vec::new(),
        }
        .with("user-agent", "tests")
    }

    /// The same with one header more, or another value for it; the empty value takes it away.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        self.with_bytes(name, value.as_bytes())
    }

    pub(crate) fn with_bytes(&self, name: &str, value: &[u8]) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
        let mut client = self.clone();
        client.headers.retain(|(found, _)| *found != name);
        if !value.is_empty() {
            let value = HeaderValue::from_bytes(value).expect("a header value");
            client.headers.push((name, value));
        }
        client
    }

    /// One more header beside those of the same name.
    pub(crate) fn and(&self, name: &'static str, value: &str) -> Self {
        let mut client = self.clone();
        let value = HeaderValue::from_str(value).expect("a header value");
        client.headers.push((HeaderName::from_static(name), value));
        client
    }

    pub(crate) fn without(&self, name: &str) -> Self {
        self.with(name, "")
    }

    pub(crate) fn with_basic(&self, name: &str, password: &str) -> Self {
        self.with("authorization", &basic(name, password))
    }

    pub(crate) fn with_token(&self, token: &str) -> Self {
        self.with("authorization", &format!("token {token}"))
    }

    pub(crate) fn with_otp(&self, code: &str) -> Self {
        self.with("x-github-otp", code)
    }

    /// The same, talking to another node.
    pub(crate) fn at(&self, node: &TestApp) -> Self {
        Self {
            t: node.clone(),
            ..self.clone()
        }
    }

    /// The same from another address.
    pub(crate) fn from(&self, address: &str) -> Self {
        let mut client = self.clone();
        client.peer = address.parse().expect("an address");
        client
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "").await
    }

    pub(crate) async fn head(&self, path: &str) -> Answer {
        self.send(Method::HEAD, path, "").await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, "").await
    }

    pub(crate) async fn post(&self, path: &str, body: impl IntoBody) -> Answer {
        self.send(Method::POST, path, body).await
    }

    pub(crate) async fn put(&self, path: &str, body: impl IntoBody) -> Answer {
        self.send(Method::PUT, path, body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: impl IntoBody) -> Answer {
        self.send(Method::PATCH, path, body).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: impl IntoBody) -> Answer {
        self.send_body(method, path, Full::new(body.into_body()))
            .await
    }

    /// Sends any kind of body, and holds the answer to the document.
    pub(crate) async fn send_body<B>(&self, method: Method, path: &str, body: B) -> Answer
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let mut request = Request::builder().method(method.clone()).uri(path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(body).expect("a request");
        let route = request.uri().path().to_owned();
        let response = self.t.server.respond(request, self.peer).await;
        let (parts, body) = response.into_parts();
        let answer = Answer {
            asked: format!("{method} {path}"),
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: body_of(body).await,
        };
        DOCUMENT.judge(&method, &route, &answer);
        answer
    }
}

/// A body's bytes.
async fn body_of(body: Full<Bytes>) -> Vec<u8> {
    let Ok(collected) = body.collect().await;
    collected.to_bytes().to_vec()
}
