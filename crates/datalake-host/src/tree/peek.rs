//! The beginnings and ends of files, and the first names of folders: enough to tell what they are.

use std::fs::File;
use std::os::fd::AsFd as _;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use datalake_core::{Fault, TreePath};
use rustix::fs::Dir;
use tokio::task::JoinSet;

use super::below::{disturbed, facts};
use super::{HostTree, Inner};
use crate::fault::{fault_of, fault_of_io};

/// Files that one thread looks at in one go.
const TOGETHER: usize = 64;

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

impl HostTree {
    /// Reads the first `head` and the last `tail` bytes of each of these files, and nothing more.
    pub async fn peek_files(
        &self,
        paths: &[TreePath],
        head: usize,
        tail: usize,
    ) -> Vec<Result<PeekedFile, Fault>> {
        let mut together = JoinSet::new();
        for (number, chunk) in paths.chunks(TOGETHER).enumerate() {
            let (inner, chunk) = (Arc::clone(&self.inner), chunk.to_vec());
            together.spawn(async move {
                let peek = move |inner: &Arc<Inner>| {
                    let each = |path: &TreePath| peek(inner, path, (head, tail));
                    Ok(chunk.iter().map(each).collect::<Vec<_>>())
                };
                (number, inner.blocking(peek).await)
            });
        }
        let mut chunks = together.join_all().await;
        chunks.sort_by_key(|(number, _)| *number);
        let mut peeked = Vec::with_capacity(paths.len());
        for ((_, chunk), paths) in chunks.into_iter().zip(paths.chunks(TOGETHER)) {
            match chunk {
                Ok(files) => peeked.extend(files),
                Err(fault) => peeked.extend(paths.iter().map(|_| Err(fault.clone()))),
            }
        }
        peeked
    }

    /// Whether there is a folder of this name that can be opened.
    pub async fn has_folder(&self, folder: &str) -> bool {
        let folder = folder.to_owned();
        let opened = self.blocking(move |inner| inner.root.folder(Some(&folder)).map_err(fault_of));
        opened.await.is_ok()
    }

    /// The first `most` names in a folder, in no order; none where there is no such folder.
    pub async fn first_names(&self, folder: &str, most: usize) -> Vec<String> {
        let folder = folder.to_owned();
        let names = self.blocking(move |inner| {
            let folder = inner.root.folder(Some(&folder)).map_err(fault_of)?;
            let mut names = Vec::new();
            for entry in Dir::read_from(&folder).map_err(fault_of)? {
                let entry = entry.map_err(fault_of)?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if !matches!(name.as_str(), "." | "..") {
                    names.push(name);
                }
                if names.len() >= most {
                    break;
                }
            }
            Ok(names)
        });
        // What cannot be opened is told by the walk, which meets it too.
        names.await.unwrap_or_default()
    }
}

fn peek(inner: &Inner, path: &TreePath, (head, tail): (usize, usize)) -> Result<PeekedFile, Fault> {
    let file = inner.root.read(path.as_str())?;
    let (facts, stat) = facts(file.as_fd())?;
    inner.require_own(&stat)?;
    let (file, size) = (File::from(file), facts.size.0);
    let read = |from: u64, most: usize| {
        let length = usize::try_from(size - from).unwrap_or(usize::MAX).min(most);
        let mut bytes = vec![0; length];
        match file.read_exact_at(&mut bytes, from) {
            Ok(()) => Ok(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Err(disturbed("it became shorter while it was read"))
            }
            Err(error) => Err(fault_of_io(&error)),
        }
    };
    let behind = size.saturating_sub(tail as u64);
    Ok(PeekedFile { size, head: read(0, head)?, tail: read(behind, tail)? })
}
