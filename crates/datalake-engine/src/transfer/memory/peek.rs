//! A look into the files of a tree in memory.

use std::collections::BTreeSet;

use async_trait::async_trait;
use datalake_core::fault::Fault;
use datalake_core::transfer::TreePath;

use super::MemoryTree;
use super::tree::file_at;
use crate::hold_mutex;
use crate::transfer::{PeekLength, PeekTree, PeekedFile};

#[async_trait]
impl PeekTree for MemoryTree {
    async fn peek_files(
        &self,
        paths: &[TreePath],
        length: PeekLength,
    ) -> Vec<Result<PeekedFile, Fault>> {
        let peek = |path: &TreePath| {
            let (content, facts) = file_at(&self.nodes, path.as_str())?;
            let head = content.slice(..content.len().min(length.head)).to_vec();
            let tail = content.slice(content.len().saturating_sub(length.tail)..).to_vec();
            Ok(PeekedFile { size: facts.size.0, head, tail })
        };
        paths.iter().map(peek).collect()
    }

    async fn has_folder(&self, folder: &str) -> bool {
        !self.list_first_names(folder, 1).await.is_empty()
    }

    async fn list_first_names(&self, folder: &str, most: usize) -> Vec<String> {
        let nodes = hold_mutex(&self.nodes);
        let name_below = |path: &String| {
            let below = match folder {
                "." => path.as_str(),
                folder => path.strip_prefix(folder)?.strip_prefix('/')?,
            };
            below.split('/').next().map(str::to_owned)
        };
        let names: BTreeSet<_> = nodes.keys().filter_map(name_below).collect();
        names.into_iter().take(most).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> MemoryTree {
        let tree = MemoryTree::default();
        tree.file("a/b", &b"0123456789"[..], 1);
        tree.file("a/c/d", &b""[..], 1);
        tree.file("e", &b"x"[..], 1);
        tree
    }

    #[tokio::test]
    async fn the_ends_of_files_are_peeked_at() {
        let paths = ["a/b", "none"].map(|path| TreePath::try_from(path).unwrap());

        let peeked = tree().peek_files(&paths, PeekLength { head: 3, tail: 2 }).await;

        let [Ok(file), Err(_)] = peeked.as_slice() else { panic!("{peeked:?}") };
        assert_eq!((file.size, &*file.head, &*file.tail), (10, &b"012"[..], &b"89"[..]));
    }

    #[tokio::test]
    async fn folders_have_the_names_of_what_is_below_them() {
        let tree = tree();

        assert_eq!(tree.list_first_names(".", 9).await, ["a", "e"]);
        assert_eq!(tree.list_first_names("a", 9).await, ["b", "c"]);
        assert_eq!(tree.list_first_names("a", 1).await, ["b"]);
        assert!(tree.has_folder("a/c").await && !tree.has_folder("e").await);
    }
}
