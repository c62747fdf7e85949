//! Bodies on their way out.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::vec;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// How much is handed to the connection at once; between two pieces progress can be seen.
const PIECE: usize = 128 * 1024;

/// A body of shared buffers: nothing is copied, and its length is known.
pub(crate) struct Sending {
    chunks: vec::IntoIter<Bytes>,
    current: Bytes,
    left: u64,
    progress: Progress,
}

/// How much of a body has been handed to the connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress(Arc<AtomicU64>);

impl Progress {
    /// The bytes so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Sending {
    /// A body of these buffers.
    pub(crate) fn new(chunks: Vec<Bytes>) -> Self {
        let left = chunks.iter().map(|chunk| chunk.len() as u64).sum();
        let progress = Progress::default();
        Self { chunks: chunks.into_iter(), current: Bytes::new(), left, progress }
    }

    /// What tells how far it is.
    pub(crate) fn progress(&self) -> Progress {
        self.progress.clone()
    }
}

impl Body for Sending {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        while self.current.is_empty() {
            match self.chunks.next() {
                Some(chunk) => self.current = chunk,
                None => return Poll::Ready(None),
            }
        }
        let length = self.current.len().min(PIECE);
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
        let mut body = Sending::new(vec![Bytes::new(), large, Bytes::from_static(b"end")]);
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
