//! What a Delta table is at a version, as its commits tell.

use std::collections::BTreeMap;

use super::DeltaCommit;

/// The commits of a Delta table, read one after the other.
///
/// ```
/// use datalake_core::tables::{DeltaCommit, DeltaState, DeltaStanding};
///
/// let mut state = DeltaState::default();
/// state.take_commit(0, &DeltaCommit::parse(br#"{"add":{"path":"a.parquet"}}"#)?);
/// let standing = state.judge(|path, _| path == "a.parquet");
/// assert_eq!(standing, DeltaStanding::Whole(0));
/// # Ok::<(), datalake_core::tables::InvalidCommit>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct DeltaState {
    version: Option<u64>,
    gap: Option<u64>,
    /// The files by their paths: below the table's folder, or addresses of their own.
    files: BTreeMap<String, VersionFile>,
}

/// A file of a version.
#[derive(Debug, Clone)]
struct VersionFile {
    /// Its length in bytes.
    size: u64,
    /// The file that tells which of its rows are deleted.
    deletions: Option<String>,
}

/// Whether a Delta table can be read at its newest version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeltaStanding {
    /// All files that its commits name are there, at this version.
    Whole(u64),
    /// Its log has no commit at all.
    NoCommit,
    /// There is no commit of this version, and there are later ones.
    Gap(u64),
    /// The newest version has a file at an address of its own, outside the table's folder.
    Outside(String),
    /// This version names a file that is not there, or is not whole.
    Lacking {
        /// The version.
        version: u64,
        /// How many files are not there.
        files: usize,
        /// The first of them.
        first: String,
    },
}

impl DeltaState {
    /// Goes on with a commit; they come in the order of their versions.
    ///
    /// A log that was cleaned begins with a later version than 0: what its checkpoint names is not
    /// known here, and not asked for.
    pub fn take_commit(&mut self, version: u64, commit: &DeltaCommit) {
        if let Some(last) = self.version
            && version != last + 1
            && self.gap.is_none()
        {
            self.gap = Some(last + 1);
        }
        self.version = Some(version);
        for path in &commit.removed {
            self.files.remove(path);
        }
        for added in &commit.added {
            let file = VersionFile { size: added.size, deletions: added.deletions.clone() };
            self.files.insert(added.path.clone(), file);
        }
    }

    /// Whether the files that are named are there, by their paths below the table's folder and their
    /// lengths in bytes, 0 where the log does not tell.
    #[must_use]
    pub fn judge(&self, is_there: impl Fn(&str, u64) -> bool) -> DeltaStanding {
        let Some(version) = self.version else { return DeltaStanding::NoCommit };
        if let Some(gap) = self.gap {
            return DeltaStanding::Gap(gap);
        }
        // Several files may share one that tells of deleted rows; its own length is not told.
        let vectors = self.files.values().filter_map(|file| Some((file.deletions.as_deref()?, 0)));
        let named: BTreeMap<&str, u64> = vectors
            .chain(self.files.iter().map(|(path, file)| (path.as_str(), file.size)))
            .collect();
        let is_elsewhere = |path: &&str| path.contains(":/") || path.starts_with('/');
        if let Some(first) = named.keys().copied().find(is_elsewhere) {
            return DeltaStanding::Outside(first.to_owned());
        }
        let mut lacking = named.iter().filter(|(path, size)| !is_there(path, **size));
        match lacking.next() {
            None => DeltaStanding::Whole(version),
            Some((first, _)) => {
                let (files, first) = (1 + lacking.count(), (*first).to_owned());
                DeltaStanding::Lacking { version, files, first }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(commits: &[(u64, &str)]) -> DeltaState {
        let mut state = DeltaState::default();
        for (version, content) in commits {
            state.take_commit(*version, &DeltaCommit::parse(content.as_bytes()).unwrap());
        }
        state
    }

    #[test]
    fn a_table_is_whole_where_every_file_of_its_newest_version_is_there() {
        let commits = [
            (0, r#"{"add":{"path":"a.parquet"}}"#),
            (1, "{\"remove\":{\"path\":\"a.parquet\"}}\n{\"add\":{\"path\":\"b%20c.parquet\"}}"),
        ];
        let state = state(&commits);

        assert_eq!(state.judge(|path, _| path == "b c.parquet"), DeltaStanding::Whole(1));
        let lacking = DeltaStanding::Lacking { version: 1, files: 1, first: "b c.parquet".into() };
        assert_eq!(state.judge(|path, _| path == "a.parquet"), lacking);
    }

    #[test]
    fn a_version_that_is_missing_is_no_table() {
        let commits = [(3, r#"{"add":{"path":"a"}}"#), (5, r#"{"add":{"path":"b"}}"#)];

        assert_eq!(state(&commits).judge(|_, _| true), DeltaStanding::Gap(4));
        assert_eq!(DeltaState::default().judge(|_, _| true), DeltaStanding::NoCommit);
    }

    #[test]
    fn a_file_at_an_address_of_its_own_is_told_while_it_is_in_the_table() {
        let add = r#"{"add":{"path":"file:///srv/a.parquet"}}"#;
        let remove = r#"{"remove":{"path":"file:///srv/a.parquet"}}"#;

        let outside = DeltaStanding::Outside("file:///srv/a.parquet".into());
        assert_eq!(state(&[(0, add)]).judge(|_, _| true), outside);
        let gone = state(&[(0, add), (1, remove)]);
        assert_eq!(gone.judge(|_, _| true), DeltaStanding::Whole(1));
    }

    #[test]
    fn a_file_of_deleted_rows_has_to_be_there_as_long_as_it_is_named() {
        let vector = |kind: &str, path: &str| {
            format!(
                r#"{{"add":{{"path":"a.parquet","deletionVector":{{"storageType":"{kind}","pathOrInlineDv":"{path}"}}}}}}"#
            )
        };
        let add = vector("u", "^-aqEH.-t@S}K{vb[*k^");
        let name = "deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin";
        // The same file with another one of deleted rows: both actions are in one commit.
        let replaced = "{\"add\":{\"path\":\"a.parquet\"}}\n{\"remove\":{\"path\":\"a.parquet\"}}";

        let table = state(&[(0, &add)]);
        assert_eq!(table.judge(|path, _| path != "x"), DeltaStanding::Whole(0));
        let lacking = DeltaStanding::Lacking { version: 0, files: 1, first: name.into() };
        assert_eq!(table.judge(|path, _| path == "a.parquet"), lacking);
        let without = state(&[(0, &add), (1, replaced)]);
        assert_eq!(without.judge(|path, _| path == "a.parquet"), DeltaStanding::Whole(1));
        let outside = state(&[(0, &vector("p", "s3://t/v.bin"))]).judge(|_, _| true);
        assert_eq!(outside, DeltaStanding::Outside("s3://t/v.bin".into()));
    }

    #[test]
    fn a_file_that_is_cut_short_is_not_there() {
        let state = state(&[(0, r#"{"add":{"path":"a.parquet","size":100}}"#)]);

        assert_eq!(state.judge(|_, size| size <= 100), DeltaStanding::Whole(0));
        let lacking = DeltaStanding::Lacking { version: 0, files: 1, first: "a.parquet".into() };
        assert_eq!(state.judge(|_, size| size <= 50), lacking);
    }
}
