//! What a commit of a Delta table says.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::deletion_vector::DeletionVector;
use crate::time::Timestamp;

/// A file that a commit adds to a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedFile {
    /// Its path below the table's folder, or an address of a place outside.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// How many rows it has, if the commit says so.
    pub rows: Option<u64>,
    /// The values of the columns that the table is partitioned by; they are not in the file.
    pub partition: BTreeMap<String, Option<String>>,
    /// The file that tells which of its rows are deleted, if there is one: as `path`.
    pub deletions: Option<String>,
}

/// What a commit of a Delta table does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeltaCommit {
    /// The files that it adds.
    pub added: Vec<AddedFile>,
    /// The files that it takes out of the table.
    pub removed: Vec<String>,
    /// When its writer made it, in whole seconds.
    pub time: Option<Timestamp>,
    /// What its writer did: `WRITE`, `MERGE`, `DELETE`.
    pub operation: Option<String>,
    /// Names of other actions in it: `metaData`, `protocol`, `txn`.
    pub others: BTreeSet<String>,
}

/// The content is not a commit of a Delta table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not an action of a Delta table")]
pub struct InvalidCommit {
    /// The line, counted from 1.
    pub line: usize,
}

/// `add`, as Delta's protocol has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AddAction {
    path: String,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    partition_values: BTreeMap<String, Option<String>>,
    stats: Option<String>,
    deletion_vector: Option<DeletionVector>,
}

/// `remove`, as far as it is told.
#[derive(Deserialize)]
struct RemoveAction {
    path: String,
}

/// `commitInfo`; writers put there what they like.
#[derive(Deserialize)]
struct CommitInfo {
    /// Milliseconds.
    timestamp: Option<i64>,
    operation: Option<String>,
}

/// What writers count of a file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FileStatistics {
    num_records: Option<u64>,
}

impl DeltaCommit {
    /// Reads the content of a commit: one action in each line.
    ///
    /// # Errors
    ///
    /// [`InvalidCommit`] for a line that is none; empty lines are left out.
    pub fn parse(content: &[u8]) -> Result<Self, InvalidCommit> {
        let mut commit = Self::default();
        for (number, line) in content.split(|byte| *byte == b'\n').enumerate() {
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let invalid = |_| InvalidCommit { line: number + 1 };
            let actions: BTreeMap<String, serde_json::Value> =
                serde_json::from_slice(line).map_err(invalid)?;
            for (name, action) in actions {
                commit.take_action(name, action).map_err(invalid)?;
            }
        }
        Ok(commit)
    }

    /// How many rows it adds; `None` where it does not say so of each file.
    #[must_use]
    pub fn rows(&self) -> Option<u64> {
        self.added.iter().map(|file| file.rows).sum()
    }

    /// How many bytes it adds.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.added.iter().map(|file| file.size).sum()
    }

    /// Whether it names a file by an address of its own, which a copy of the table still means.
    #[must_use]
    pub fn refers_outside(&self) -> bool {
        let named = self.added.iter().flat_map(|file| [Some(&file.path), file.deletions.as_ref()]);
        named.flatten().any(|path| path.contains("://") || path.starts_with('/'))
    }

    fn take_action(
        &mut self,
        name: String,
        action: serde_json::Value,
    ) -> Result<(), serde_json::Error> {
        match name.as_str() {
            "add" => {
                let add: AddAction = serde_json::from_value(action)?;
                let AddAction { path, size, partition_values: partition, stats, .. } = add;
                let deletions = add.deletion_vector.map(|vector| vector.name_file()).transpose()?;
                let rows = stats.and_then(|stats| {
                    serde_json::from_str::<FileStatistics>(&stats).ok()?.num_records
                });
                self.added.push(AddedFile {
                    path: decode_path(&path),
                    size,
                    rows,
                    partition,
                    deletions: deletions.flatten(),
                });
            }
            "remove" => {
                let RemoveAction { path } = serde_json::from_value(action)?;
                self.removed.push(decode_path(&path));
            }
            "commitInfo" => {
                let CommitInfo { timestamp, operation } = serde_json::from_value(action)?;
                let seconds = timestamp.map(|millis| millis.div_euclid(1000));
                self.time = seconds.and_then(|seconds| Timestamp::from_unix(seconds).ok());
                self.operation = operation;
            }
            _ => drop(self.others.insert(name)),
        }
        Ok(())
    }
}

/// The key of a path that is written as in an address: `%20` is a blank. What is no such sequence, or
/// would be no text, stays as it is.
pub(super) fn decode_path(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let decoded = digits
            .filter(|digits| *first == b'%' && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(decoded.unwrap_or(*first));
        rest = if decoded.is_some() { behind.get(2..).unwrap_or_default() } else { behind };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As delta-rs 1.6 writes it.
    const COMMIT: &str = r#"{"add":{"path":"day=1%202/part-1.parquet","partitionValues":{"day":"1 2"},"size":512,"modificationTime":1764500000123,"dataChange":true,"stats":"{\"numRecords\":3,\"minValues\":{}}","tags":null}}
{"add":{"path":"part-2.parquet","partitionValues":{},"size":100,"modificationTime":1,"dataChange":true,"stats":null}}
{"commitInfo":{"timestamp":1764500000999,"operation":"WRITE","operationParameters":{"mode":"Append"},"clientVersion":"delta-rs.1.6.6"}}
"#;

    #[test]
    fn a_commit_tells_what_it_adds() {
        let commit = DeltaCommit::parse(COMMIT.as_bytes()).unwrap();

        let paths: Vec<_> = commit.added.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["day=1 2/part-1.parquet", "part-2.parquet"]);
        assert_eq!(commit.added[0].partition["day"].as_deref(), Some("1 2"));
        assert_eq!((commit.bytes(), commit.rows()), (612, None));
        assert_eq!(commit.time.unwrap().unix(), 1_764_500_000);
        assert_eq!(commit.operation.as_deref(), Some("WRITE"));
        assert!(!commit.refers_outside() && commit.others.is_empty());
    }

    #[test]
    fn a_file_of_deleted_rows_is_named_with_the_file_that_has_them() {
        let add = |vector: &str| {
            let text =
                format!(r#"{{"add":{{"path":"a.parquet","size":1,"deletionVector":{vector}}}}}"#);
            DeltaCommit::parse(text.as_bytes()).map(|commit| commit.added[0].deletions.clone())
        };
        // The first one is that of Delta's protocol.
        let relative =
            r#"{"storageType":"u","pathOrInlineDv":"ab^-aqEH.-t@S}K{vb[*k^","offset":4}"#;
        let named = "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin".to_owned();
        assert_eq!(add(relative), Ok(Some(named)));
        let elsewhere = r#"{"storageType":"p","pathOrInlineDv":"s3://t/v%201.bin"}"#;
        assert_eq!(add(elsewhere), Ok(Some("s3://t/v 1.bin".to_owned())));
        let inline = r#"{"storageType":"i","pathOrInlineDv":"wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L"}"#;
        assert_eq!(add(inline), Ok(None));
        for unknown in [
            r#"{"storageType":"u","pathOrInlineDv":"short"}"#,
            r#"{"storageType":"x","pathOrInlineDv":""}"#,
        ] {
            assert_eq!(add(unknown), Err(InvalidCommit { line: 1 }), "{unknown}");
        }
    }

    #[test]
    fn rows_are_told_where_each_file_tells_them() {
        let line = COMMIT.lines().next().unwrap();
        assert_eq!(DeltaCommit::parse(line.as_bytes()).unwrap().rows(), Some(3));
        assert_eq!(DeltaCommit::parse(b"").unwrap().rows(), Some(0));
    }

    #[test]
    fn removals_other_actions_and_files_elsewhere_are_told() {
        let text = r#"{"remove":{"path":"old.parquet","dataChange":true}}
{"metaData":{"id":"x"}}
{"add":{"path":"s3://other/x.parquet","size":1}}"#;

        let commit = DeltaCommit::parse(text.as_bytes()).unwrap();

        assert_eq!(commit.removed, ["old.parquet"]);
        assert!(commit.others.contains("metaData") && commit.refers_outside());
    }

    #[test]
    fn what_is_no_commit_is_refused_with_its_line() {
        let line = |text: &str| DeltaCommit::parse(text.as_bytes()).map_err(|error| error.line);
        assert_eq!(line("{\"txn\":{}}\nno JSON"), Err(2));
        assert_eq!(line("{\"add\":{\"size\":1}}"), Err(1));
        assert_eq!(line("[1]"), Err(1));
    }

    #[test]
    fn paths_are_read_as_addresses_are() {
        for (path, key) in
            [("a%20b", "a b"), ("a%2", "a%2"), ("%zz", "%zz"), ("%ff", "%ff"), ("%C3%A9", "é")]
        {
            assert_eq!(decode_path(path), key);
        }
    }
}
