//! The beginnings and ends of files, and the first names of folders: enough to tell what they are.

use std::fs::File;
use std::os::fd::AsFd as _;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use async_trait::async_trait;
use datalake_core::fault::Fault;
use datalake_core::transfer::TreePath;
use datalake_engine::transfer::{PeekLength, PeekTree, PeekedFile};
use rustix::fs::Dir;
use tokio::task::JoinSet;

use super::below::{fault_of_disturbance, read_facts};
use super::{HostTree, TreeShared};
use crate::fault::{fault_of, fault_of_io};

/// Files that one thread looks at in one go.
const TOGETHER: usize = 64;

#[async_trait]
impl PeekTree for HostTree {
    async fn peek_files(
        &self,
        paths: &[TreePath],
        length: PeekLength,
    ) -> Vec<Result<PeekedFile, Fault>> {
        let mut together = JoinSet::new();
        for (number, chunk) in paths.chunks(TOGETHER).enumerate() {
            let (inner, chunk) = (Arc::clone(&self.inner), chunk.to_vec());
            together.spawn(async move {
                let peek = move |inner: &Arc<TreeShared>| {
                    let each = |path: &TreePath| peek_file(inner, path, length);
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

    async fn has_folder(&self, folder: &str) -> bool {
        let folder = folder.to_owned();
        let opened = self.blocking(move |inner| inner.root.folder(Some(&folder)).map_err(fault_of));
        opened.await.is_ok()
    }

    async fn list_first_names(&self, folder: &str, most: usize) -> Vec<String> {
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

fn peek_file(inner: &TreeShared, path: &TreePath, length: PeekLength) -> Result<PeekedFile, Fault> {
    let file = inner.root.read(path.as_str())?;
    let (facts, stat) = read_facts(file.as_fd())?;
    inner.require_own(&stat)?;
    let (file, size) = (File::from(file), facts.size.0);
    let read = |from: u64, most: usize| {
        let length = usize::try_from(size - from).unwrap_or(usize::MAX).min(most);
        let mut bytes = vec![0; length];
        match file.read_exact_at(&mut bytes, from) {
            Ok(()) => Ok(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Err(fault_of_disturbance("it became shorter while it was read"))
            }
            Err(error) => Err(fault_of_io(&error)),
        }
    };
    let behind = size.saturating_sub(length.tail as u64);
    Ok(PeekedFile { size, head: read(0, length.head)?, tail: read(behind, length.tail)? })
}
