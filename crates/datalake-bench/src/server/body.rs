//! Bodies of answers: a document, or a range of the pattern.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::pattern;

/// A body whose length is known.
pub(crate) enum Body {
    /// A document.
    Text(Bytes),
    /// So many bytes of the pattern from a place on.
    Content(u64, u64),
}

impl Body {
    pub(crate) fn empty() -> Self {
        Self::Text(Bytes::new())
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = match &mut *self {
            Self::Text(text) => std::mem::take(text),
            Self::Content(place, left) => {
                let piece = pattern::make_content(*place, *left);
                *place += piece.len() as u64;
                *left -= piece.len() as u64;
                piece
            }
        };
        Poll::Ready(if piece.is_empty() { None } else { Some(Ok(Frame::data(piece))) })
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Content(_, 0)) || matches!(self, Self::Text(text) if text.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Self::Text(text) => text.len() as u64,
            Self::Content(_, left) => *left,
        })
    }
}
