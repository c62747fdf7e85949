//! A content of unknown length, cut into parts.

use bytes::Bytes;
use datalake_core::fault::Fault;
use datalake_core::size::ByteSize;
use futures::StreamExt as _;

use super::ByteStream;
use crate::transfer::{Hashes, Hashing, ReadFile};

/// Cuts a content into parts of one size, the last one as long as is left. It holds one of them.
pub(super) struct ContentPieces<'c> {
    content: ByteStream<'c>,
    /// Has come and is in no part yet.
    rest: Bytes,
    part_size: u64,
    hashing: Hashing,
}

impl<'c> ContentPieces<'c> {
    pub(super) fn new(content: ByteStream<'c>, part_size: ByteSize, hashing: Hashing) -> Self {
        Self { content, rest: Bytes::new(), part_size: part_size.0, hashing }
    }

    /// The next part; an empty one where nothing is left.
    pub(super) async fn next(&mut self) -> Result<ReadFile, Fault> {
        let (mut chunks, mut hashes) = (Vec::new(), Hashes::begin(self.hashing));
        let mut room = self.part_size;
        while room > 0 && !self.is_over().await? {
            let most = usize::try_from(room).unwrap_or(usize::MAX).min(self.rest.len());
            let chunk = self.rest.split_to(most);
            hashes.update(&chunk);
            room -= chunk.len() as u64;
            chunks.push(chunk);
        }
        Ok(ReadFile::new(chunks, &hashes, true))
    }

    /// Waits until it is known whether anything is left.
    pub(super) async fn is_over(&mut self) -> Result<bool, Fault> {
        while self.rest.is_empty() {
            match self.content.next().await {
                Some(chunk) => self.rest = chunk?,
                None => return Ok(true),
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use datalake_core::fault::FaultKind;
    use futures::stream;

    use super::*;

    /// The lengths of the parts of a content that comes in buffers of these lengths.
    async fn lengths_of_pieces(buffers: &[usize], part_size: u64) -> Vec<u64> {
        let buffers = buffers.iter().map(|length| Ok(Bytes::from(vec![7; *length])));
        let content = stream::iter(buffers.collect::<Vec<_>>()).boxed();
        let mut pieces = ContentPieces::new(content, ByteSize(part_size), Hashing::Both);
        let mut lengths = vec![pieces.next().await.unwrap().payload.size().0];
        while !pieces.is_over().await.unwrap() {
            lengths.push(pieces.next().await.unwrap().payload.size().0);
        }
        lengths
    }

    #[tokio::test]
    async fn parts_have_one_size_however_the_buffers_come() {
        assert_eq!(lengths_of_pieces(&[], 10).await, [0]);
        assert_eq!(lengths_of_pieces(&[0, 0], 10).await, [0]);
        assert_eq!(lengths_of_pieces(&[9], 10).await, [9]);
        assert_eq!(lengths_of_pieces(&[4, 0, 6, 0], 10).await, [10]);
        assert_eq!(lengths_of_pieces(&[4, 7], 10).await, [10, 1]);
        assert_eq!(lengths_of_pieces(&[35], 10).await, [10, 10, 10, 5]);
        assert_eq!(lengths_of_pieces(&[1; 21], 10).await, [10, 10, 1]);
    }

    #[tokio::test]
    async fn a_content_that_breaks_off_is_no_end() {
        let broken = Err(Fault::new(FaultKind::Io, "gone"));
        let content = stream::iter([Ok(Bytes::from_static(b"1234")), broken]).boxed();

        let mut pieces = ContentPieces::new(content, ByteSize(10), Hashing::Both);

        assert_eq!(pieces.next().await.unwrap_err().kind, FaultKind::Io);
    }
}
