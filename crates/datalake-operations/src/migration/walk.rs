//! A walk over the files of some kinds, under the names that they get in the bucket.

use async_trait::async_trait;
use datalake_core::fault::Fault;
use datalake_core::size::ByteSize;
use datalake_dagster::StoredKind;
use datalake_engine::hold_mutex;
use datalake_engine::transfer::{Oddity, TreeEntry, TreeWalk};

use super::kinds::KindFinder;
use super::tree::PartTree;

/// A walk over the files of a part, in the order of their names in the bucket.
pub(crate) struct PartWalk {
    pub(crate) walk: Box<dyn TreeWalk>,
    pub(crate) part: PartTree,
    pub(crate) kinds: KindFinder,
    /// Files of the run that is gone through: renamed steps may change their order.
    run: Vec<TreeEntry>,
    ended: bool,
}

impl PartWalk {
    pub(crate) fn begin(walk: Box<dyn TreeWalk>, part: PartTree, kinds: KindFinder) -> Self {
        Self { walk, part, kinds, run: Vec::new(), ended: false }
    }

    /// The entry under its name in the bucket, if it is of this part.
    fn take_entry(&self, entry: TreeEntry, kind: Option<StoredKind>) -> Option<TreeEntry> {
        let part = &self.part;
        match (entry, kind) {
            // An empty folder may have had pickles once: nothing is missing.
            (TreeEntry::Odd(_, Oddity::EmptyFolder), _) => None,
            // Files of tables are known by their place: the other parts are whole without them.
            (TreeEntry::Odd(_, Oddity::Unreadable(_)), Some(kind)) if !part.takes(kind) => None,
            // What lies there is not known: every part has to say so.
            (entry @ TreeEntry::Odd(_, Oddity::Unreadable(_)), _) => Some(entry),
            // Links and the like are told once.
            (entry @ TreeEntry::Odd(..), _) => part.notes().then_some(entry),
            (TreeEntry::File(path, facts), Some(kind)) if part.takes(kind) => {
                let path = part.name_there(path)?;
                if !part.is_chosen(path.as_str(), &facts) {
                    return None;
                }
                if let Some(kept) = part.facts() {
                    hold_mutex(kept).insert(path.as_str().to_owned(), facts);
                }
                Some(TreeEntry::File(path, facts))
            }
            (TreeEntry::File(path, facts), kind) => {
                let kind = kind.unwrap_or(StoredKind::Unknown);
                part.leave(kind, path.as_str(), ByteSize(facts.size.0));
                None
            }
        }
    }

    /// Adds an entry; gives those of the run before it, in order, where it begins a new one.
    fn gather(&mut self, entry: TreeEntry, out: &mut Vec<TreeEntry>) {
        let folder = |entry: &TreeEntry| {
            let name = name_of(entry);
            name.split('/').next().unwrap_or(name).to_owned()
        };
        if self.run.last().is_some_and(|last| folder(last) != folder(&entry)) {
            self.give(out);
        }
        self.run.push(entry);
    }

    fn give(&mut self, out: &mut Vec<TreeEntry>) {
        self.run.sort_by(|one, other| name_of(one).cmp(name_of(other)));
        out.append(&mut self.run);
    }
}

fn name_of(entry: &TreeEntry) -> &str {
    match entry {
        TreeEntry::File(path, _) => path.as_str(),
        TreeEntry::Odd(name, _) => name,
    }
}

#[async_trait]
impl TreeWalk for PartWalk {
    async fn next(&mut self) -> Result<Option<Vec<TreeEntry>>, Fault> {
        let reorders = self.part.takes(StoredKind::OpOutput);
        while !self.ended {
            let mut out = Vec::new();
            match self.walk.next().await? {
                None => {
                    self.ended = true;
                    self.give(&mut out);
                }
                Some(entries) => {
                    for (entry, kind) in self.kinds.find_kinds(entries).await {
                        match self.take_entry(entry, kind) {
                            Some(entry) if reorders => self.gather(entry, &mut out),
                            Some(entry) => out.push(entry),
                            None => (),
                        }
                    }
                }
            }
            // An empty batch would pass for an end.
            if !out.is_empty() {
                return Ok(Some(out));
            }
        }
        Ok(None)
    }
}
