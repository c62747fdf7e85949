//! The port to the beginnings and ends of files: enough to tell what they are.

use async_trait::async_trait;
use datalake_core::fault::Fault;
use datalake_core::transfer::TreePath;

use super::LocalTree;

/// The beginning and the end of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeekedFile {
    /// Its length in bytes.
    pub size: u64,
    /// Its first bytes.
    pub head: Vec<u8>,
    /// Its last bytes.
    pub tail: Vec<u8>,
}

/// How much of a file is read to tell what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeekLength {
    /// So many of its first bytes.
    pub head: usize,
    /// So many of its last bytes.
    pub tail: usize,
}

/// A tree whose files can be looked into without reading them whole.
#[async_trait]
pub trait PeekTree: LocalTree {
    /// Reads the ends of each of these files, and nothing more; one answer for each path.
    async fn peek_files(
        &self,
        paths: &[TreePath],
        length: PeekLength,
    ) -> Vec<Result<PeekedFile, Fault>>;

    /// Whether there is a folder of this name that can be opened.
    async fn has_folder(&self, folder: &str) -> bool;

    /// The first `most` names in a folder, `.` for the tree itself, in no order; none where there is
    /// no such folder.
    async fn list_first_names(&self, folder: &str, most: usize) -> Vec<String>;
}
