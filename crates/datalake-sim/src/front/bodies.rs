//! Bodies that are counted, and bodies that end too early.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use s3s::Body;
use tokio::time::Sleep;

use super::Dropped;

/// The body of a request, whose bytes are counted as they come.
#[derive(Debug)]
pub(super) struct CountedBody {
    body: Incoming,
    received: Arc<AtomicU64>,
}

impl CountedBody {
    pub(super) fn new(body: Incoming, received: Arc<AtomicU64>) -> Self {
        Self { body, received }
    }
}

impl http_body::Body for CountedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(context));
        let data = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref());
        let length = u64::try_from(data.map_or(0, Bytes::len)).unwrap_or_default();
        self.received.fetch_add(length, Ordering::Relaxed);
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Reads up to `bytes` of a body and throws them away.
pub(super) async fn swallow_body(mut body: CountedBody, bytes: u64) {
    let mut left = bytes;
    while left > 0
        && let Some(Ok(frame)) = body.frame().await
    {
        let length = frame.data_ref().map_or(0, Bytes::len);
        left = left.saturating_sub(u64::try_from(length).unwrap_or(u64::MAX));
    }
}

/// Changes the first byte of a body.
pub(super) fn alter_body(body: Body) -> Body {
    Body::http_body_unsync(Altered { body, done: false })
}

struct Altered {
    body: Body,
    done: bool,
}

impl http_body::Body for Altered {
    type Data = Bytes;
    type Error = s3s::StdError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(context));
        let Some(Ok(frame)) = frame else { return Poll::Ready(frame) };
        let Ok(data) = frame.into_data() else { return Poll::Ready(None) };
        let mut bytes = data.to_vec();
        if let Some(first) = bytes.first_mut().filter(|_| !self.done) {
            *first ^= 1;
            self.done = true;
        }
        Poll::Ready(Some(Ok(Frame::data(bytes.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Ends a body after `bytes` with an error, which ends the connection.
pub(super) fn cut_body(body: Body, bytes: u64) -> Body {
    Body::http_body_unsync(CutBody { body, left: bytes, pause: None })
}

/// How long the last bytes have to reach the client before the end.
const PAUSE: Duration = Duration::from_millis(20);

struct CutBody {
    body: Body,
    left: u64,
    /// Runs between the last bytes and the end.
    pause: Option<Pin<Box<Sleep>>>,
}

impl http_body::Body for CutBody {
    type Data = Bytes;
    type Error = s3s::StdError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.left == 0 {
            let pause = self.pause.get_or_insert_with(|| Box::pin(tokio::time::sleep(PAUSE)));
            return pause.as_mut().poll(context).map(|()| Some(Err(Dropped.into())));
        }
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(context));
        let Some(Ok(frame)) = frame else { return Poll::Ready(frame) };
        let Ok(mut data) = frame.into_data() else { return Poll::Ready(None) };
        data.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.left -= u64::try_from(data.len()).unwrap_or(self.left);
        Poll::Ready(Some(Ok(Frame::data(data))))
    }
}
