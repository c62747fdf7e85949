//! All that lies in a folder, to be compared.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Every name below a folder with its kind, mode, owner and content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tree(BTreeMap<PathBuf, Node>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// Type and permission bits.
    mode: u32,
    owner: (u32, u32),
    /// A file's bytes, a link's target.
    pub(crate) content: Vec<u8>,
}

impl Tree {
    /// Walks the folder; an absent one is empty.
    #[track_caller]
    pub(crate) fn of(folder: &Path) -> Self {
        let mut nodes = BTreeMap::new();
        let mut left = vec![folder.to_owned()];
        while let Some(path) = left.pop() {
            let Ok(about) = fs::symlink_metadata(&path) else {
                assert_eq!(path, folder, "it has gone while the tree was walked");
                continue;
            };
            let content = if about.is_dir() {
                left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
                Vec::new()
            } else if about.is_symlink() {
                fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
            } else if about.is_file() {
                fs::read(&path).unwrap()
            } else {
                Vec::new()
            };
            let node = Node { mode: about.mode(), owner: (about.uid(), about.gid()), content };
            nodes.insert(path.strip_prefix(folder).unwrap().to_owned(), node);
        }
        Self(nodes)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Path, &Node)> {
        self.0.iter().map(|(path, node)| (path.as_path(), node))
    }

    /// How many files there are.
    pub(crate) fn files(&self) -> usize {
        self.contents().len()
    }

    /// The files by their names, whatever their modes and owners.
    pub(crate) fn contents(&self) -> BTreeMap<&Path, &[u8]> {
        let files = self.iter().filter(|(_, node)| node.mode & 0o170_000 == 0o100_000);
        files.map(|(path, node)| (path, node.content.as_slice())).collect()
    }

    /// The same without one name.
    pub(crate) fn without(mut self, path: &Path) -> Self {
        self.0.remove(path);
        self
    }

    /// The names that differ, and how.
    pub(crate) fn diff(&self, other: &Self) -> String {
        let mut text = String::new();
        let names = self.0.keys().chain(other.0.keys().filter(|name| !self.0.contains_key(*name)));
        for name in names {
            let (before, after) = (self.0.get(name), other.0.get(name));
            if before != after {
                let tell = |node: Option<&Node>| node.map_or("absent".to_owned(), Node::told);
                writeln!(text, "{}: {} -> {}", name.display(), tell(before), tell(after)).unwrap();
            }
        }
        text
    }

    /// Fails unless both are the same to the last bit.
    #[track_caller]
    pub(crate) fn must_be(&self, expected: &Self, note: &str) {
        assert_eq!(expected.diff(self), "", "{note}");
    }
}

impl Node {
    /// Whether its owner alone may use it.
    pub(crate) fn is_private(&self) -> bool {
        self.mode.trailing_zeros() >= 6
    }

    fn told(&self) -> String {
        let text = String::from_utf8_lossy(&self.content);
        format!("{:o} {:?} {text:?}", self.mode, self.owner)
    }
}
