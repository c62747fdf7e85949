//! Bodies on their way in.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use futures::{Stream, StreamExt as _};
use http_body::Body as _;
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep};

use crate::transport::{broken_off, stalled};

/// The body of an answer as a stream that never ends too early or too late without a fault.
pub(crate) struct Receiving {
    body: Incoming,
    /// The bytes that are to come; `None` where the service did not say.
    left: Option<u64>,
    stall: Duration,
    // Set only while nothing comes: a body that flows costs no timer.
    timer: Pin<Box<Sleep>>,
    waiting: bool,
    ended: bool,
}

impl Receiving {
    /// Takes over a body that has to keep moving.
    pub(crate) fn new(body: Incoming, stall: Duration) -> Self {
        let (left, timer) = (body.size_hint().exact(), Box::pin(sleep(stall)));
        Self { body, left, stall, timer, waiting: false, ended: false }
    }

    /// The length of the body, where the service has told it.
    pub(crate) fn length(&self) -> Option<u64> {
        self.left
    }

    /// All of the body, up to `limit` bytes; `None` where there is more.
    pub(crate) async fn collect(&mut self, limit: usize) -> Result<Option<Bytes>, Fault> {
        let mut whole = Vec::new();
        while let Some(chunk) = self.next().await.transpose()? {
            // Most answers are one piece, which need not be copied.
            if self.left == Some(0) && whole.is_empty() && chunk.len() <= limit {
                return Ok(Some(chunk));
            }
            if chunk.len() > limit - whole.len() {
                return Ok(None);
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(Some(whole.into()))
    }

    /// The beginning of the body, as far as it can be had.
    pub(crate) async fn beginning(&mut self, limit: usize) -> Result<Bytes, Fault> {
        let mut beginning = Vec::new();
        while let Some(chunk) = self.next().await.transpose()? {
            let room = limit - beginning.len();
            beginning.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
            if beginning.len() == limit {
                break;
            }
        }
        Ok(beginning.into())
    }

    fn came(&mut self, chunk: &Bytes) -> Result<(), Fault> {
        if let Some(left) = &mut self.left {
            let less = left.checked_sub(chunk.len() as u64);
            *left = less.ok_or_else(|| unreadable("the answer is longer than it said"))?;
        }
        Ok(())
    }

    fn end(&mut self) -> Option<Result<Bytes, Fault>> {
        self.ended = true;
        let cut = self.left.is_some_and(|left| left > 0);
        cut.then(|| Err(Fault::new(FaultKind::Unreachable, "the answer broke off")))
    }
}

impl Stream for Receiving {
    type Item = Result<Bytes, Fault>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        loop {
            let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) else {
                break;
            };
            self.waiting = false;
            let item = match frame {
                None => self.end(),
                Some(Err(error)) => Some(Err(broken_off(&error))),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(chunk) => Some(self.came(&chunk).map(|()| chunk)),
                    // Trailers are of no use here.
                    Err(_) => continue,
                },
            };
            self.ended |= matches!(item, Some(Err(_)));
            return Poll::Ready(item);
        }
        if !self.waiting {
            let until = Instant::now() + self.stall;
            self.timer.as_mut().reset(until);
            self.waiting = true;
        }
        ready!(self.timer.as_mut().poll(context));
        self.ended = true;
        Poll::Ready(Some(Err(stalled(self.stall))))
    }
}

fn unreadable(cause: &str) -> Fault {
    Fault::new(FaultKind::Unreadable, cause)
}
