//! What is newer in the bucket than here.

use std::collections::BTreeSet;
use std::sync::Mutex;

use datalake_core::migration::{FileTotal, MigrationVerdict, PartKind};
use datalake_engine::hold_mutex;
use datalake_engine::transfer::{Item, TransferWatch, VerifyFinding, VerifyWatch};
use schemars::JsonSchema;
use serde::Serialize;

/// What is newer where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PartAhead {
    /// The part of Dagster's files.
    pub part: PartKind,
    /// Newer in the bucket, or another content that is.
    pub newer: Vec<String>,
    /// Only in the bucket.
    pub alone: Vec<String>,
    /// Gone from the bucket, where a migration had brought them: the local files may be stale.
    pub gone: Vec<String>,
    /// Written here since: the local files count.
    pub newer_here: Vec<String>,
    /// Cannot be fetched.
    pub failed: Vec<String>,
    /// No pickles, or not the names of logs: they stay in the bucket.
    pub other_kinds: Vec<String>,
    /// Equal on both sides.
    pub equal: FileTotal,
    /// How long what is to be fetched is.
    pub bytes: u64,
}

/// Names that the store has lost.
#[derive(Default)]
pub(crate) struct GoneNames(Mutex<BTreeSet<String>>);

impl PartAhead {
    /// Nothing was seen yet.
    #[must_use]
    pub fn none(part: PartKind) -> Self {
        Self {
            part,
            newer: Vec::new(),
            alone: Vec::new(),
            gone: Vec::new(),
            newer_here: Vec::new(),
            failed: Vec::new(),
            other_kinds: Vec::new(),
            equal: FileTotal::default(),
            bytes: 0,
        }
    }

    /// Adds an object by how it stands to what is here.
    pub(crate) fn add(&mut self, name: &str, verdict: MigrationVerdict) {
        let names = match verdict {
            MigrationVerdict::Left => &mut self.alone,
            MigrationVerdict::Changed => &mut self.newer,
            MigrationVerdict::NewerThere => &mut self.newer_here,
            MigrationVerdict::Failed => &mut self.failed,
            MigrationVerdict::Moved | MigrationVerdict::NoFile => return,
        };
        names.push(name.to_owned());
    }

    /// How many objects are to be fetched. Those of tables never are: only their own clients can tell which
    /// objects make one table.
    #[must_use]
    pub fn count_to_fetch(&self) -> u64 {
        if self.part.is_tabular() { 0 } else { (self.newer.len() + self.alone.len()) as u64 }
    }

    /// How long they are, in bytes.
    #[must_use]
    pub fn size_to_fetch(&self) -> u64 {
        if self.part.is_tabular() { 0 } else { self.bytes }
    }
}

impl GoneNames {
    /// The names, in order.
    pub(crate) fn into_names(self) -> Vec<String> {
        self.0.into_inner().unwrap_or_default().into_iter().collect()
    }
}

impl TransferWatch for GoneNames {
    fn item(&self, _: &Item<'_>) {}
}

impl VerifyWatch for GoneNames {
    fn found(&self, name: &str, finding: &VerifyFinding) {
        if *finding == VerifyFinding::Missing {
            hold_mutex(&self.0).insert(name.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(verdict: MigrationVerdict, expected: impl FnOnce(&PartAhead) -> &Vec<String>) {
        let mut ahead = PartAhead::none(PartKind::Assets);

        ahead.add("a", verdict);

        assert_eq!(*expected(&ahead), ["a"], "{ahead:?}");
    }

    #[test]
    fn an_object_is_told_by_how_it_stands_to_what_is_here() {
        check(MigrationVerdict::Left, |ahead| &ahead.alone);
        check(MigrationVerdict::Changed, |ahead| &ahead.newer);
        check(MigrationVerdict::NewerThere, |ahead| &ahead.newer_here);
        check(MigrationVerdict::Failed, |ahead| &ahead.failed);
    }

    #[test]
    fn what_is_equal_is_no_name_and_only_what_is_newer_is_fetched() {
        let mut ahead = PartAhead::none(PartKind::Assets);
        for verdict in [MigrationVerdict::Moved, MigrationVerdict::NoFile] {
            ahead.add("a", verdict);
        }
        assert_eq!(ahead, PartAhead::none(PartKind::Assets));

        ahead.add("b", MigrationVerdict::Left);
        ahead.add("c", MigrationVerdict::Changed);
        ahead.add("d", MigrationVerdict::NewerThere);

        assert_eq!(ahead.count_to_fetch(), 2);
    }

    #[test]
    fn only_what_is_missing_is_gone() {
        let gone = GoneNames::default();
        for (name, finding) in [
            ("b", VerifyFinding::Missing),
            ("a", VerifyFinding::Missing),
            ("c", VerifyFinding::Right),
        ] {
            gone.found(name, &finding);
        }

        assert_eq!(gone.into_names(), ["a", "b"]);
    }

    #[test]
    fn objects_of_tables_are_told_and_never_fetched() {
        let ahead = |part| {
            let mut ahead = PartAhead { bytes: 7, ..PartAhead::none(part) };
            ahead.add("a", MigrationVerdict::Changed);
            ahead
        };

        let assets = ahead(PartKind::Assets);
        assert_eq!((assets.count_to_fetch(), assets.size_to_fetch()), (1, 7));
        let tables = ahead(PartKind::TableData);
        assert_eq!((tables.count_to_fetch(), tables.size_to_fetch()), (0, 0));
    }
}
