//! What the files of a folder are.

use std::sync::Arc;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::migration::{AssetKeys, name_asset};
use datalake_core::s3::{TableKind, TableSign};
use datalake_core::transfer::TreePath;
use datalake_dagster::{FileEnds, HEAD, KindReader, StoredKind, TAIL, begins_as_pickle};
use datalake_engine::transfer::{Oddity, PeekLength, PeekTree, PeekedFile, TreeEntry};

/// Names of a table's folder that are looked at, at most.
const SIGNS: usize = 4096;
/// What of each file is looked at.
pub(crate) const ENDS: PeekLength = PeekLength { head: HEAD, tail: TAIL };

/// Tells the kinds of the files of a folder, in the order of its walk.
pub(crate) struct KindFinder {
    tree: Arc<dyn PeekTree>,
    reader: KindReader,
    /// The folders above the last file, and which of them are tables.
    folders: Vec<(String, Option<TableKind>)>,
    known: AssetKeys,
    top: TopFolder,
}

/// What the folder itself is.
#[derive(Debug, Clone, Copy)]
enum TopFolder {
    NotLookedAt,
    NoTable,
    Table(TableKind),
}

impl KindFinder {
    pub(crate) fn new(tree: &Arc<dyn PeekTree>, known: &AssetKeys) -> Self {
        let reader = KindReader::knowing(known.clone());
        let (tree, known) = (Arc::clone(tree), known.clone());
        Self { tree, reader, folders: Vec::new(), known, top: TopFolder::NotLookedAt }
    }

    /// Each entry with its kind; what is no plain file has none.
    pub(crate) async fn find_kinds(
        &mut self,
        entries: Vec<TreeEntry>,
    ) -> Vec<(TreeEntry, Option<StoredKind>)> {
        let plain = |entry: &TreeEntry| match entry {
            TreeEntry::File(path, _) => Some(path.clone()),
            TreeEntry::Odd(..) => None,
        };
        let paths: Vec<TreePath> = entries.iter().filter_map(plain).collect();
        let mut peeked = self.tree.peek_files(&paths, ENDS).await.into_iter();
        let mut told = Vec::with_capacity(entries.len());
        for entry in entries {
            match &entry {
                TreeEntry::Odd(name, Oddity::Unreadable(_)) => {
                    let kind = self.find_kind_in_table(name).await;
                    told.push((entry, kind));
                }
                TreeEntry::Odd(..) => told.push((entry, None)),
                TreeEntry::File(path, _) => match peeked.next() {
                    Some(Ok(file)) => {
                        let kind = self.find_kind(path.as_str(), &file).await;
                        told.push((entry, Some(kind)));
                    }
                    Some(Err(fault)) => {
                        let kind = self.find_kind_in_table(path.as_str()).await;
                        let entry = entry_of_unreadable(path, fault);
                        told.extend(entry.map(|entry| (entry, kind)));
                    }
                    None => (),
                },
            }
        }
        told
    }

    /// What a file that nobody can read is by its place: part of a table, or nobody knows what.
    async fn find_kind_in_table(&mut self, path: &str) -> Option<StoredKind> {
        let table = self.find_table_above(path).await?;
        let unread = FileEnds { size: 0, head: &[], tail: &[] };
        Some(self.reader.kind_of(path, &unread, Some(table)))
    }

    async fn find_kind(&mut self, path: &str, file: &PeekedFile) -> StoredKind {
        let table = self.find_table_above(path).await;
        let kind = self.reader.kind_of(path, &ends_of(file), table);
        let may_be_loose = matches!(
            kind,
            StoredKind::Parquet | StoredKind::Csv | StoredKind::Json | StoredKind::Unknown
        );
        if may_be_loose && self.is_of_top_table(path, kind).await {
            return StoredKind::TopTable;
        }
        kind
    }

    /// Whether a file is, or may be, one of a table that lies in the folder itself: part of its log, or
    /// Parquet that is no frame of an asset that the instance knows.
    async fn is_of_top_table(&mut self, path: &str, kind: StoredKind) -> bool {
        if matches!(self.top, TopFolder::NotLookedAt) {
            let table = self.find_table_at("").await;
            self.top = table.map_or(TopFolder::NoTable, TopFolder::Table);
        }
        let TopFolder::Table(table) = self.top else { return false };
        let stem = path.strip_suffix(".parquet").unwrap_or(path);
        is_below(path, table.log_folder())
            || (kind == StoredKind::Parquet && !name_asset(stem, &self.known).is_known)
    }

    /// What the folders above a file are, where one of them is a table. The folder of all pickles
    /// does not count: what lies at its top is told by its own content.
    async fn find_table_above(&mut self, path: &str) -> Option<TableKind> {
        self.folders.retain(|(folder, _)| is_below(path, folder));
        if let Some((_, table @ Some(_))) = self.folders.last() {
            return *table;
        }
        let known = self.folders.last().map_or(0, |(folder, _)| folder.len() + 1);
        let rest = path.get(known..).unwrap_or_default();
        for (place, _) in rest.match_indices('/') {
            let folder = path.get(..known + place).unwrap_or_default().to_owned();
            let table = self.find_table_at(&folder).await;
            self.folders.push((folder, table));
            if table.is_some() {
                return table;
            }
        }
        None
    }

    async fn find_table_at(&self, folder: &str) -> Option<TableKind> {
        for sign in TableSign::ALL {
            let slash = if folder.is_empty() { "" } else { "/" };
            let inside = format!("{folder}{slash}{}", sign.folder);
            let names = self.tree.list_first_names(&inside, SIGNS).await;
            let Some(name) = names.iter().find(|name| sign.is_told_by(name)) else { continue };
            let Ok(path) = TreePath::try_from(format!("{inside}/{name}")) else { continue };
            let peeked = self.tree.peek_files(&[path], ENDS).await;
            // A partition may be called like that, too.
            let is_pickle = matches!(peeked.as_slice(), [Ok(file)] if begins_as_pickle(&file.head));
            if !is_pickle {
                return Some(sign.table);
            }
        }
        None
    }
}

/// The ends of a file as the pure part takes them.
pub(crate) fn ends_of(file: &PeekedFile) -> FileEnds<'_> {
    FileEnds { size: file.size, head: &file.head, tail: &file.tail }
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// A file whose content nobody could read; `None` where it went meanwhile.
fn entry_of_unreadable(path: &TreePath, fault: Fault) -> Option<TreeEntry> {
    let gone = fault.kind == FaultKind::Absent;
    let entry = TreeEntry::Odd(path.as_str().to_owned(), Oddity::Unreadable(fault));
    (!gone).then_some(entry)
}

#[cfg(test)]
mod tests;
