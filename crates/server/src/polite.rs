//! Refusals of what is not even HTTP. hyper answers those itself, below
//! anything it could be told, with an empty body. This wrapper of the socket
//! puts GitHub's JSON in place of that emptiness; it must not know requests.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A socket whose bare refusals gain a body.
pub(crate) struct Polite<S> {
    socket: S,
    documentation_url: String,
    /// A refusal on its way out, and how much of it is written.
    refusal: Option<(Vec<u8>, usize)>,
}

impl<S> Polite<S> {
    pub(crate) fn new(socket: S, documentation_url: String) -> Self {
        Self {
            socket,
            documentation_url,
            refusal: None,
        }
    }

    /// hyper's own refusals are the only answers of these statuses without a body:
    /// this server's carry one always, and for HEAD its length.
    fn in_place_of(&self, answer: &[u8]) -> Option<Vec<u8>> {
        let status_line = answer.split(|byte| *byte == b'\r').next()?;
        let (status, message) = match status_line {
            b"HTTP/1.1 400 Bad Request" => ("400 Bad Request", "Problems parsing the request"),
            b"HTTP/1.1 414 URI Too Long" => ("414 URI Too Long", "Request URI is too long"),
            b"HTTP/1.1 431 Request Header Fields Too Large" => (
                "431 Request Header Fields Too Large",
                "Request headers are too large",
            ),
            _ => return None,
        };
        let is_bare = answer
            .windows(19)
            .any(|line| line.eq_ignore_ascii_case(b"content-length: 0\r\n"));
        if !is_bare {
            return None;
        }
        let body = format!(
            r#"{{"message":"{message}","documentation_url":"{}"}}"#,
            self.documentation_url
        );
        let head = format!(
            "HTTP/1.1 {status}\r\nserver: grantd\r\nstatus: {status}\r\nconnection: close\r\n\
             content-type: application/json; charset=utf-8\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        Some((head + &body).into_bytes())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Polite<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

// Not vectored, so that an answer's head always arrives in one piece.
impl<S: AsyncWrite + Unpin> AsyncWrite for Polite<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.refusal.is_none() {
            let Some(refusal) = this.in_place_of(buf) else {
                return Pin::new(&mut this.socket).poll_write(cx, buf);
            };
            this.refusal = Some((refusal, 0));
        }
        if let Some((refusal, written)) = &mut this.refusal {
            while *written < refusal.len() {
                match ready!(Pin::new(&mut this.socket).poll_write(cx, &refusal[*written..]))? {
                    0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                    more => *written += more,
                }
            }
        }
        this.refusal = None;
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    async fn sent(answer: &[u8]) -> String {
        let (ours, mut theirs) = tokio::io::duplex(64);
        let mut polite = Polite::new(ours, "https://docs".to_owned());
        let writing = async {
            polite.write_all(answer).await.unwrap();
            polite.shutdown().await.unwrap();
        };
        let mut text = String::new();
        let reading = async { theirs.read_to_string(&mut text).await.unwrap() };
        tokio::join!(writing, reading);
        text
    }

    #[tokio::test]
    async fn a_bare_refusal_gains_githubs_body() {
        let text = sent(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\ndate: x\r\n\r\n").await;
        assert!(text.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{text}");
        let body =
            r#"{"message":"Problems parsing the request","documentation_url":"https://docs"}"#;
        assert!(
            text.ends_with(&format!("content-length: {}\r\n\r\n{body}", body.len())),
            "{text}"
        );
    }

    #[tokio::test]
    async fn every_other_answer_passes_unchanged() {
        for answer in [
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}",
            "HTTP/1.1 204 No Content\r\nserver: grantd\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        ] {
            assert_eq!(sent(answer.as_bytes()).await, answer);
        }
    }
}
