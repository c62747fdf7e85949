//! Frames of other I/O managers: only whole ones go.

use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::size::ByteSize;
use datalake_core::transfer::TreePath;
use datalake_dagster::{FileEnds, HEAD, NoFrame, StoredKind, TAIL};

use super::kinds::{ENDS, ends_of};
use super::tree::PartTree;

impl PartTree {
    /// Whether its files are frames: half of one could be met, since they are written in place.
    pub(crate) fn is_framed(&self) -> bool {
        self.takes(StoredKind::Parquet)
    }

    /// What keeps a frame out of the bucket, by its ends.
    pub(crate) async fn look_at_ends(&self, path: &TreePath) -> Result<(), Fault> {
        let tree = self.tree();
        match tree.peek_files(std::slice::from_ref(path), ENDS).await.pop() {
            Some(Ok(file)) => self.judge_frame(path, &ends_of(&file)),
            Some(Err(fault)) => Err(fault),
            None => Err(Fault::new(FaultKind::Absent, "it was removed in the meantime")),
        }
    }

    /// The same, by its content.
    pub(crate) fn judge_content_of_frame(
        &self,
        path: &TreePath,
        chunks: &[Bytes],
    ) -> Result<(), Fault> {
        let size = chunks.iter().map(|chunk| chunk.len() as u64).sum();
        let head: Vec<u8> = chunks.iter().flatten().copied().take(HEAD).collect();
        let mut tail: Vec<u8> =
            chunks.iter().rev().flat_map(|chunk| chunk.iter().rev()).copied().take(TAIL).collect();
        tail.reverse();
        self.judge_frame(path, &FileEnds { size, head: &head, tail: &tail })
    }

    fn judge_frame(&self, path: &TreePath, ends: &FileEnds<'_>) -> Result<(), Fault> {
        match ends.require_frame(path.as_str()) {
            Ok(()) => Ok(()),
            Err(other @ NoFrame::OtherKind) => {
                let size = ByteSize(ends.size);
                self.left_out().add_late(StoredKind::Unknown, path.as_str(), size);
                Err(Fault::new(FaultKind::NotPlain, other.to_string()))
            }
            Err(half @ (NoFrame::HalfParquet | NoFrame::HalfCsv)) => {
                Err(Fault::new(FaultKind::NotWhole, half.to_string()))
            }
        }
    }
}
