//! Bodies on their way in and out. Owns that what is read of a request is
//! copied for the journal, and how an answer breaks off.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

use super::journal::LONGEST_BODY;

/// Until what was sent of an answer has surely left.
const LEAVES_WITHIN: Duration = Duration::from_millis(30);

/// What was read of a body so far.
#[derive(Clone, Default)]
pub(super) struct Copy(Arc<Mutex<Vec<u8>>>);

impl Copy {
    /// All of it, as far as the journal wants it, and one byte more.
    pub(super) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, bytes: &[u8]) {
        let mut copy = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = (LONGEST_BODY + 1).saturating_sub(copy.len());
        copy.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

/// A request's body that leaves a copy behind.
pub(super) struct Copied<B> {
    body: B,
    copy: Copy,
}

impl<B> Copied<B> {
    /// The body, and where its copy will be.
    pub(super) fn new(body: B) -> (Self, Copy) {
        let copy = Copy::default();
        let copied = Self {
            body,
            copy: copy.clone(),
        };
        (copied, copy)
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Copied<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(bytes) = frame.data_ref()
        {
            self.copy.add(bytes);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer's body, whole or breaking off in its middle.
pub(super) struct Sent {
    /// What is still to be given.
    left: Option<Bytes>,
    /// What was announced.
    length: u64,
    breaks: Option<Pin<Box<Sleep>>>,
}

impl Sent {
    /// All of it.
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self {
            length: bytes.len() as u64,
            left: Some(bytes).filter(|bytes| !bytes.is_empty()),
            breaks: None,
        }
    }

    /// The first half of it, and then the connection ends.
    pub(super) fn half(bytes: &Bytes) -> Self {
        Self {
            length: bytes.len() as u64,
            left: Some(bytes.slice(..bytes.len() / 2)),
            breaks: Some(Box::pin(tokio::time::sleep(LEAVES_WITHIN))),
        }
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(bytes) = self.left.take().filter(|bytes| !bytes.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match &mut self.breaks {
            None => Poll::Ready(None),
            Some(sleep) => sleep
                .as_mut()
                .poll(cx)
                .map(|()| Some(Err(io::ErrorKind::ConnectionAborted.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_none() && self.breaks.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match &self.left {
            None if self.breaks.is_none() => 0,
            _ => self.length,
        })
    }
}
