//! All that lies below a folder, for comparing.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::Outcome;

/// Mode, owner, and content or target of everything below a folder.
pub(super) type Tree = BTreeMap<PathBuf, (u32, u32, Vec<u8>)>;

pub(super) fn read_tree(folder: &Path) -> Outcome<Tree> {
    let mut tree = Tree::new();
    gather(folder, &mut tree)?;
    Ok(tree)
}

fn gather(folder: &Path, tree: &mut Tree) -> Outcome<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let meta = fs::symlink_metadata(&path)?;
        let content = if meta.is_symlink() {
            fs::read_link(&path)?.into_os_string().into_encoded_bytes()
        } else if meta.is_dir() {
            gather(&path, tree)?;
            Vec::new()
        } else {
            fs::read(&path)?
        };
        tree.insert(path, (meta.permissions().mode(), meta.uid(), content));
    }
    Ok(())
}
