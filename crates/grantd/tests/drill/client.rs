//! One keep-alive connection to one node. Owns when a request counts as sent
//! and how long it is waited for; must not know what is asked.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::history::Moment;
use super::record::Record;

pub(crate) struct Client {
    address: SocketAddr,
    patience: Duration,
    sender: Option<SendRequest<Full<Bytes>>>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
}

/// A request that was sent: when, and what came back, if anything did.
pub(crate) struct Sent {
    pub(crate) invoked: Moment,
    pub(crate) completed: Moment,
    pub(crate) answer: Option<Answer>,
}

impl Client {
    pub(crate) fn to(address: SocketAddr, patience: Duration) -> Self {
        Self {
            address,
            patience,
            sender: None,
        }
    }

    /// `None` when there was nobody to send it to.
    pub(crate) async fn send(
        &mut self,
        record: &Record,
        request: Request<Full<Bytes>>,
    ) -> Option<Sent> {
        let mut sender = self.ready().await?;
        let invoked = record.now();
        let answer = tokio::time::timeout(self.patience, answer(&mut sender, request)).await;
        let answer = answer.ok().flatten();
        let completed = record.now();
        // After a cut or a delay the connection would carry somebody else's answer.
        self.sender = answer.is_some().then_some(sender);
        Some(Sent {
            invoked,
            completed,
            answer,
        })
    }

    async fn ready(&mut self) -> Option<SendRequest<Full<Bytes>>> {
        if let Some(mut sender) = self.sender.take()
            && sender.ready().await.is_ok()
        {
            return Some(sender);
        }
        let connecting = TcpStream::connect(self.address);
        let stream = tokio::time::timeout(self.patience, connecting).await;
        let stream = stream.ok()?.ok()?;
        stream.set_nodelay(true).ok()?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
        tokio::spawn(connection);
        Some(sender)
    }
}

async fn answer(
    sender: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> Option<Answer> {
    let response = sender.send_request(request).await.ok()?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.ok()?.to_bytes();
    Some(Answer { status, body })
}

/// A request as every client of this API sends it.
pub(crate) fn request(
    method: Method,
    path: &str,
    authorization: &str,
    body: String,
) -> Request<Full<Bytes>> {
    let request = Request::builder().method(method).uri(path);
    let request = request.header("host", "grantd.test");
    let request = request.header("user-agent", "drill");
    let request = request.header("authorization", authorization);
    let body = Full::new(Bytes::from(body));
    request.body(body).expect("a request")
}
