//! Folders that are tables: what tells of them, among files and among keys.

use std::fmt;

/// What made a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TableKind {
    /// Delta Lake: its log lies in `_delta_log`.
    Delta,
    /// Lance: its manifests lie in `_versions`.
    Lance,
    /// Iceberg: its metadata lie in `metadata`.
    Iceberg,
}

/// A folder inside another one that makes it a table, and which of its files tell so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableSign {
    /// The table's kind.
    pub table: TableKind,
    /// The folder's name.
    pub folder: &'static str,
}

impl TableSign {
    /// All signs.
    pub const ALL: [Self; 3] = [
        Self { table: TableKind::Delta, folder: "_delta_log" },
        Self { table: TableKind::Lance, folder: "_versions" },
        Self { table: TableKind::Iceberg, folder: "metadata" },
    ];

    /// Whether a file of this name, in the sign's folder, tells of a table.
    #[must_use]
    pub fn is_told_by(self, name: &str) -> bool {
        match self.table {
            TableKind::Delta => {
                let version = name.split('.').next().unwrap_or_default();
                let is_version = version.len() == 20 && version.bytes().all(|b| b.is_ascii_digit());
                is_version || name == "_last_checkpoint"
            }
            TableKind::Lance => name.ends_with(".manifest"),
            TableKind::Iceberg => name.ends_with(".metadata.json"),
        }
    }
}

impl TableKind {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Delta => "Delta",
            Self::Lance => "Lance",
            Self::Iceberg => "Iceberg",
        }
    }
}

/// What kind of table the key of an object tells of: a file of a table's log or metadata.
///
/// ```
/// use datalake_core::s3::{TableKind, table_of_key};
///
/// assert_eq!(table_of_key("sales/_delta_log/00000000000000000000.json"), Some(TableKind::Delta));
/// assert_eq!(table_of_key("sales/part-0.parquet"), None);
/// ```
#[must_use]
pub fn table_of_key(key: &str) -> Option<TableKind> {
    let (folder, name) = key.rsplit_once('/')?;
    let last = folder.rsplit('/').next().unwrap_or(folder);
    let mut signs = TableSign::ALL.into_iter();
    signs.find(|sign| sign.folder == last && sign.is_told_by(name)).map(|sign| sign.table)
}

/// What a search for tables in a bucket has brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableSearch {
    /// The first table that was met: its kind, and a key that tells so.
    pub found: Option<FoundTable>,
    /// So many folders were looked into.
    pub folders: u64,
    /// Whether there are no others.
    pub complete: bool,
}

/// A table in a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundTable {
    /// Its kind.
    pub kind: TableKind,
    /// A key of its log or metadata.
    pub key: String,
}

/// The tables that a search in a bucket has brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FoundTables {
    /// The tables: one for each folder that is one.
    pub tables: Vec<FoundTable>,
    /// So many folders were looked into.
    pub folders: u64,
    /// Whether there are no others.
    pub complete: bool,
}

impl FoundTable {
    /// The folder of the table: empty, or with `/` at its end.
    #[must_use]
    pub fn root(&self) -> &str {
        let folder = self.key.rsplit_once('/').map_or("", |(folder, _)| folder);
        let sign = TableSign::ALL.into_iter().find(|sign| sign.table == self.kind);
        sign.and_then(|sign| folder.strip_suffix(sign.folder)).unwrap_or_default()
    }
}

impl TableSearch {
    /// A bucket with nothing in it.
    #[must_use]
    pub fn of_nothing() -> Self {
        Self { found: None, folders: 0, complete: true }
    }

    /// How far the search went, where it found nothing.
    #[must_use]
    pub fn reach(&self) -> String {
        let folders = self.folders;
        if self.complete {
            return "it has no tables".to_owned();
        }
        format!("no table in the first {folders} folders; there are more")
    }
}

impl fmt::Display for FoundTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let article = if self.kind == TableKind::Iceberg { "an" } else { "a" };
        write!(f, "{article} {} table (`{}`)", self.kind.name(), self.key.escape_debug())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_tables_are_files_of_their_logs() {
        for (key, table) in [
            ("t/_delta_log/00000000000000000000.json", Some(TableKind::Delta)),
            ("t/_delta_log/00000000000000000010.checkpoint.parquet", Some(TableKind::Delta)),
            ("t/_delta_log/_last_checkpoint", Some(TableKind::Delta)),
            ("_delta_log/00000000000000000000.json", Some(TableKind::Delta)),
            ("t.lance/_versions/1.manifest", Some(TableKind::Lance)),
            ("db/t/metadata/00000-1.metadata.json", Some(TableKind::Iceberg)),
            ("db/t/metadata/00000-1.gz.metadata.json", Some(TableKind::Iceberg)),
            ("t/_delta_log/readme.txt", None),
            ("t/metadata/snap-1.avro", None),
            ("t/_delta_log", None),
            ("00000000000000000000.json", None),
            ("raw/metadata.json", None),
        ] {
            assert_eq!(table_of_key(key), table, "{key:?}");
        }
    }
}
