//! Bodies on their way out.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::vec;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::pace::{DirectionPace, PIECE, Paced};

/// A body of shared buffers: nothing is copied, and its length is known.
pub(crate) struct PacedBody {
    chunks: vec::IntoIter<Bytes>,
    current: Bytes,
    left: u64,
    progress: SentBytes,
    paced: Option<Paced>,
}

/// How much of a body has been handed to the connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct SentBytes(Arc<AtomicU64>);

impl SentBytes {
    /// The bytes so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl PacedBody {
    /// A body of these buffers.
    pub(crate) fn new(chunks: Vec<Bytes>) -> Self {
        let left = chunks.iter().map(|chunk| chunk.len() as u64).sum();
        let progress = SentBytes::default();
        Self { chunks: chunks.into_iter(), current: Bytes::new(), left, progress, paced: None }
    }

    /// The same at a pace, where there is one.
    pub(crate) fn paced(chunks: Vec<Bytes>, pace: Option<&Arc<DirectionPace>>) -> Self {
        Self { paced: pace.map(Paced::new), ..Self::new(chunks) }
    }

    /// What tells how far it is.
    pub(crate) fn progress(&self) -> SentBytes {
        self.progress.clone()
    }
}

impl Body for PacedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        while self.current.is_empty() {
            match self.chunks.next() {
                Some(chunk) => self.current = chunk,
                None => return Poll::Ready(None),
            }
        }
        // Between two pieces progress can be seen.
        let wanted = self.current.len().min(PIECE);
        let length = match &mut self.paced {
            Some(paced) => ready!(paced.poll_piece(context, wanted)),
            None => wanted,
        };
        let piece = self.current.split_to(length);
        self.left -= length as u64;
        self.progress.0.fetch_add(length as u64, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn a_body_is_its_buffers_in_pieces() {
        let large = Bytes::from(vec![7; PIECE + 1]);
        let mut body = PacedBody::new(vec![Bytes::new(), large, Bytes::from_static(b"end")]);
        let progress = body.progress();
        assert_eq!(body.size_hint().exact(), Some(PIECE as u64 + 4));

        let mut lengths = Vec::new();
        while let Some(frame) = body.frame().await {
            lengths.push(frame.unwrap().into_data().unwrap().len());
        }

        assert_eq!(lengths, [PIECE, 1, 3]);
        assert!(body.is_end_stream());
        assert_eq!(progress.bytes(), PIECE as u64 + 4);
    }
}
