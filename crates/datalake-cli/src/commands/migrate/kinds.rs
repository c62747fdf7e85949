//! What the files of a folder are, and what a part leaves where it is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use datalake_core::{ByteSize, Fault, TableKind, TableSign, TreePath};
use datalake_dagster::{FileEnds, HEAD, KindReader, StoredKind, TAIL, begins_as_pickle};
use datalake_engine::transfer::{Oddity, TreeEntry};
use datalake_host::{HostTree, PeekedFile};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::transfer::held;
use crate::render::{count, printable};

/// Names of a table's folder that are looked at, at most.
const SIGNS: usize = 4096;

/// What was left out of a part.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    kinds: Mutex<BTreeMap<StoredKind, Left>>,
    /// Names of files that began like pickles and are none, now that all of them was read.
    late: Mutex<BTreeSet<String>>,
    /// Whether every name is wanted, or one of each kind.
    named: bool,
}

/// Files of one kind that were left out.
#[derive(Debug, Clone, Default)]
struct Left {
    items: u64,
    bytes: u64,
    /// Their names, where they are wanted.
    names: Vec<String>,
}

/// Files of one kind that stay where they are.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct LeftRow {
    /// Their kind, in one word.
    pub kind: String,
    /// The first name.
    pub name: String,
    /// How many.
    pub items: u64,
    /// How long they are together, in bytes.
    pub bytes: u64,
    /// Why.
    pub why: String,
    /// The kind in words.
    #[serde(skip)]
    pub words: &'static str,
}

impl LeftOut {
    /// Keeps every name, for a report of all.
    pub(super) fn named() -> Self {
        Self { named: true, ..Self::default() }
    }

    /// Begins anew: a folder is gone through once more.
    pub(super) fn clear(&self) {
        held(&self.kinds).clear();
        held(&self.late).clear();
    }

    pub(super) fn add(&self, kind: StoredKind, name: &str, size: ByteSize) {
        let mut kinds = held(&self.kinds);
        let left = kinds.entry(kind).or_default();
        left.items += 1;
        left.bytes = left.bytes.saturating_add(size.0);
        if self.named || left.names.is_empty() {
            left.names.push(name.to_owned());
        }
    }

    /// Notes a file that began like a pickle.
    pub(super) fn add_late(&self, kind: StoredKind, name: &str, size: ByteSize) {
        if held(&self.late).insert(name.to_owned()) {
            self.add(kind, name, size);
        }
    }

    /// Whether a file that failed is one of another kind.
    pub(super) fn is_late(&self, name: &str) -> bool {
        held(&self.late).contains(name)
    }

    /// How many files were found out only when all of them was read.
    pub(super) fn late(&self) -> u64 {
        held(&self.late).len() as u64
    }

    /// Their names.
    pub(super) fn late_names(&self) -> Vec<String> {
        held(&self.late).iter().cloned().collect()
    }

    /// Each kind with its first name.
    pub(super) fn rows(&self) -> Vec<LeftRow> {
        let kinds = held(&self.kinds);
        let row = |(kind, left): (&StoredKind, &Left)| LeftRow {
            kind: kind.slug().to_owned(),
            name: printable(left.names.first().map(String::as_str).unwrap_or_default()),
            items: left.items,
            bytes: left.bytes,
            why: why(*kind).to_owned(),
            words: if left.items == 1 { kind.singular() } else { kind.plural() },
        };
        kinds.iter().map(row).collect()
    }

    /// Every name that was kept, with its reason.
    pub(super) fn each(&self, mut tell: impl FnMut(&str, &str)) {
        for (kind, left) in &*held(&self.kinds) {
            left.names.iter().for_each(|name| tell(name, why(*kind)));
        }
    }
}

impl LeftRow {
    /// How many, and what they are.
    pub(crate) fn counted(&self) -> String {
        format!("{} {}", count(self.items), self.words)
    }
}

/// Why files of a kind stay that were not asked for.
fn why(kind: StoredKind) -> &'static str {
    match kind {
        StoredKind::OpOutput => {
            "an output of an op, which only runs that are gone on with read: --op-outputs takes it"
        }
        StoredKind::Log => {
            "a log of a step, which shows as before with `local_dir` at the old place: --logs takes it"
        }
        StoredKind::TickLog => {
            "a log of a sensor, schedule or backfill, which shows as before with `local_dir` at the old place: --logs takes it"
        }
        kind => kind.stays_because().unwrap_or("a pickle of an asset, in a folder of logs"),
    }
}

/// Tells the kinds of the files of a folder, in the order of its walk.
pub(super) struct KindTeller {
    tree: Arc<HostTree>,
    reader: KindReader,
    /// The folders above the last file, and which of them are tables.
    folders: Vec<(String, Option<TableKind>)>,
}

impl KindTeller {
    pub(super) fn new(tree: &Arc<HostTree>, known: &BTreeSet<Vec<String>>) -> Self {
        let reader = KindReader::knowing(known.clone());
        Self { tree: Arc::clone(tree), reader, folders: Vec::new() }
    }

    /// Each entry with its kind; what is no plain file has none.
    pub(super) async fn tell(
        &mut self,
        entries: Vec<TreeEntry>,
    ) -> Vec<(TreeEntry, Option<StoredKind>)> {
        let plain = |entry: &TreeEntry| match entry {
            TreeEntry::File(path, _) => Some(path.clone()),
            TreeEntry::Odd(..) => None,
        };
        let paths: Vec<TreePath> = entries.iter().filter_map(plain).collect();
        let mut peeked = self.tree.peek_files(&paths, HEAD, TAIL).await.into_iter();
        let mut told = Vec::with_capacity(entries.len());
        for entry in entries {
            match &entry {
                TreeEntry::Odd(..) => told.push((entry, None)),
                TreeEntry::File(path, _) => match peeked.next() {
                    Some(Ok(file)) => {
                        let kind = self.kind_of(path.as_str(), &file).await;
                        told.push((entry, Some(kind)));
                    }
                    Some(Err(fault)) => told.extend(unreadable(path, fault)),
                    None => (),
                },
            }
        }
        told
    }

    async fn kind_of(&mut self, path: &str, file: &PeekedFile) -> StoredKind {
        let table = self.table_above(path).await;
        self.reader.kind_of(path, &ends_of(file), table)
    }

    /// What the folders above a file are, where one of them is a table. The folder of all pickles
    /// is none: what lies at its top is told by its own content.
    async fn table_above(&mut self, path: &str) -> Option<TableKind> {
        self.folders.retain(|(folder, _)| is_below(path, folder));
        if let Some((_, table @ Some(_))) = self.folders.last() {
            return *table;
        }
        let known = self.folders.last().map_or(0, |(folder, _)| folder.len() + 1);
        let rest = path.get(known..).unwrap_or_default();
        for (place, _) in rest.match_indices('/') {
            let folder = path.get(..known + place).unwrap_or_default().to_owned();
            let table = self.table_at(&folder).await;
            self.folders.push((folder, table));
            if table.is_some() {
                return table;
            }
        }
        None
    }

    async fn table_at(&self, folder: &str) -> Option<TableKind> {
        for sign in TableSign::ALL {
            let inside = format!("{folder}/{}", sign.folder);
            let names = self.tree.first_names(&inside, SIGNS).await;
            let Some(name) = names.iter().find(|name| sign.is_told_by(name)) else { continue };
            let Ok(path) = TreePath::try_from(format!("{inside}/{name}")) else { continue };
            let peeked = self.tree.peek_files(&[path], HEAD, TAIL).await;
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
pub(super) fn ends_of(file: &PeekedFile) -> FileEnds<'_> {
    FileEnds { size: file.size, head: &file.head, tail: &file.tail }
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// A file whose content nobody could read; `None` where it went meanwhile.
fn unreadable(path: &TreePath, fault: Fault) -> Option<(TreeEntry, Option<StoredKind>)> {
    let gone = fault.kind == datalake_core::FaultKind::Absent;
    let entry = TreeEntry::Odd(path.as_str().to_owned(), Oddity::Unreadable(fault));
    (!gone).then_some((entry, None))
}
