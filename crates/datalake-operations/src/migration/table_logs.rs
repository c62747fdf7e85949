//! Logs of local tables beside those in the bucket: which table may go on there.

use std::collections::{BTreeMap, BTreeSet};

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::TableKind;
use datalake_core::tables::{DeltaCommit, DeltaStanding, DeltaState, LogPart};
use datalake_core::text::{count_things, printable};
use datalake_core::transfer::{FileFacts, TreePath};
use datalake_dagster::split_table_log;
use datalake_engine::transfer::{Hashing, PeekTree};
use schemars::JsonSchema;
use serde::Serialize;

/// Commits up to this size are read.
const LARGEST_COMMIT: u64 = 64 << 20;

/// What became of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TableEnd {
    /// Its folder below that of the pickles.
    pub name: String,
    /// `Delta` or `Lance`.
    pub format: &'static str,
    /// The newest version that the bucket has of it; `None` where it has none.
    pub version: Option<u64>,
    /// The newest version here, when it was last looked at.
    pub version_here: Option<u64>,
    /// Why it was not moved; `None` where the bucket has this version.
    pub why: Option<String>,
}

/// A table on this host: the files of its log when it was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LocalTable {
    pub(crate) kind: TableKind,
    /// The files of the log, by their names in it.
    pub(crate) files: BTreeMap<String, FileFacts>,
}

/// The sizes of the commits of a log, by version.
pub(crate) type CommitSizes = BTreeMap<u64, u64>;

/// How two logs of one place stand to each other, by the sizes of their commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LogComparison {
    /// The one here goes on from the one there; `shared` are the first and last version of both.
    GoesOn { missing: BTreeSet<u64>, shared: Option<SharedVersions> },
    /// The bucket has this version, which comes after all that are here.
    Ahead(u64),
    /// This version is another one there.
    Other(u64),
}

/// The first and the last version that two logs have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SharedVersions {
    pub(crate) first: u64,
    pub(crate) last: u64,
}

/// Puts the files of logs together, table by table.
pub(crate) fn group_logs(files: &BTreeMap<String, FileFacts>) -> BTreeMap<String, LocalTable> {
    let mut tables: BTreeMap<String, LocalTable> = BTreeMap::new();
    for (path, facts) in files {
        for kind in [TableKind::Delta, TableKind::Lance] {
            if let Some((root, name)) = split_table_log(path, kind) {
                let table = tables.entry(root.to_owned());
                let table = table.or_insert_with(|| LocalTable { kind, files: BTreeMap::new() });
                table.files.insert(name.to_owned(), *facts);
                break;
            }
        }
    }
    tables
}

impl LocalTable {
    pub(crate) fn commit_sizes(&self) -> CommitSizes {
        let commits = self.files.iter();
        let size = |(name, facts): (&String, &FileFacts)| {
            Some((LogPart::of_name(self.kind, name).commit()?, facts.size.0))
        };
        commits.filter_map(size).collect()
    }

    pub(crate) fn newest(&self) -> Option<u64> {
        self.commit_sizes().keys().max().copied()
    }

    /// The name of a commit.
    pub(crate) fn name_of_commit(&self, version: u64) -> Option<&str> {
        let mut names = self.files.keys();
        let is_wanted =
            |name: &&String| LogPart::of_name(self.kind, name).commit() == Some(version);
        names.find(is_wanted).map(String::as_str)
    }
}

/// Compares the commits here with those there.
pub(crate) fn compare_logs(here: &CommitSizes, there: &CommitSizes) -> LogComparison {
    let shared: Vec<_> = here.keys().filter(|version| there.contains_key(version)).collect();
    if let Some(other) = shared.iter().find(|version| here.get(version) != there.get(version)) {
        return LogComparison::Other(**other);
    }
    // What was cleaned here may be there still.
    let oldest = here.keys().next().copied().unwrap_or_default();
    let alone = there.keys().filter(|version| **version > oldest && !here.contains_key(version));
    let newest = here.keys().next_back().copied();
    if let Some(alone) = alone.copied().next() {
        let is_ahead = newest.is_some_and(|newest| alone > newest);
        return match there.keys().next_back() {
            Some(last) if is_ahead => LogComparison::Ahead(*last),
            _ => LogComparison::Other(alone),
        };
    }
    if let (Some(first), true) = (there.keys().next(), shared.is_empty()) {
        return LogComparison::Other(*first);
    }
    let missing = here.keys().filter(|version| !there.contains_key(version)).copied().collect();
    let shared = shared.first().zip(shared.last());
    let shared = shared.map(|(first, last)| SharedVersions { first: **first, last: **last });
    LogComparison::GoesOn { missing, shared }
}

/// Reads a file of a log.
pub(crate) async fn read_log_file(
    tree: &dyn PeekTree,
    path: &str,
    facts: &FileFacts,
) -> Result<Vec<u8>, Fault> {
    if facts.size.0 > LARGEST_COMMIT {
        return Err(Fault::new(FaultKind::TooLarge, "a commit of more than 64 MiB"));
    }
    let path = TreePath::try_from(path.to_owned())
        .map_err(|error| Fault::new(FaultKind::Refused, error.to_string()))?;
    let read = tree.read_whole(&path, facts, Hashing::Sha256).await?;
    Ok(read.payload.chunks().concat())
}

/// What keeps a local table from being taken for whole, in words; `has_data` knows the files below
/// its folder that have so many bytes. Only logs of Delta can be read here.
pub(crate) async fn find_lack(
    tree: &dyn PeekTree,
    table: LocalTableAt<'_>,
    has_data: impl Fn(&str, u64) -> bool,
) -> Result<Option<String>, Fault> {
    let LocalTableAt { root, table } = table;
    if table.kind != TableKind::Delta {
        return Ok(None);
    }
    let mut state = DeltaState::default();
    for version in table.commit_sizes().keys() {
        let Some(name) = table.name_of_commit(*version) else { continue };
        let Some(facts) = table.files.get(name) else { continue };
        let path = format!("{root}/{}/{name}", table.kind.log_folder());
        let content = read_log_file(tree, &path, facts).await?;
        match DeltaCommit::parse(&content) {
            Ok(commit) => state.take_commit(*version, &commit),
            Err(error) => return Ok(Some(format!("version {version} cannot be read: {error}"))),
        }
    }
    Ok(match state.judge(|path, size| has_data(&format!("{root}/{path}"), size)) {
        DeltaStanding::Whole(_) => None,
        DeltaStanding::NoCommit => Some("its log has no commit".to_owned()),
        DeltaStanding::Gap(version) => Some(format!("its log has no version {version}")),
        DeltaStanding::Outside(first) => Some(format!(
            "it has files outside its folder, such as {}: a copy would still point there",
            printable(&first)
        )),
        DeltaStanding::Lacking { version, files, first } => Some(format!(
            "version {version} names {} missing or incomplete, such as {}",
            count_things(files as u64, "file"),
            printable(&first)
        )),
    })
}

/// A table on this host, and its folder.
#[derive(Clone, Copy)]
pub(crate) struct LocalTableAt<'t> {
    pub(crate) root: &'t str,
    pub(crate) table: &'t LocalTable,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(commits: &[(u64, u64)]) -> CommitSizes {
        commits.iter().copied().collect()
    }

    #[track_caller]
    fn check(here: &[(u64, u64)], there: &[(u64, u64)], expected: &LogComparison) {
        assert_eq!(compare_logs(&sizes(here), &sizes(there)), *expected, "{here:?} {there:?}");
    }

    fn goes_on(missing: &[u64], shared: Option<SharedVersions>) -> LogComparison {
        LogComparison::GoesOn { missing: missing.iter().copied().collect(), shared }
    }

    #[test]
    fn a_log_goes_on_where_all_that_is_there_is_the_beginning_of_it() {
        let both = |first, last| Some(SharedVersions { first, last });
        check(&[(0, 9), (1, 8)], &[], &goes_on(&[0, 1], None));
        check(&[(0, 9), (1, 8)], &[(0, 9)], &goes_on(&[1], both(0, 0)));
        check(&[(0, 9), (1, 8)], &[(0, 9), (1, 8)], &goes_on(&[], both(0, 1)));
        // Cleaned here, kept there.
        check(&[(5, 9), (6, 8)], &[(4, 7), (5, 9)], &goes_on(&[6], both(5, 5)));
    }

    #[test]
    fn a_log_that_is_ahead_or_another_one_is_left_alone() {
        check(&[(0, 9)], &[(0, 9), (1, 8)], &LogComparison::Ahead(1));
        check(&[(0, 9), (1, 8)], &[(0, 9), (1, 7)], &LogComparison::Other(1));
        check(&[(0, 9), (2, 8)], &[(0, 9), (1, 7)], &LogComparison::Other(1));
        check(&[(7, 9)], &[(0, 9), (1, 7)], &LogComparison::Other(0));
    }
}
