//! Folders that are tables.

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
/// use datalake_dagster::{TableKind, is_table};
///
/// assert_eq!(is_table("sales/_delta_log/00000000000000000000.json"), Some(TableKind::Delta));
/// assert_eq!(is_table("sales/part-0.parquet"), None);
/// ```
#[must_use]
pub fn is_table(key: &str) -> Option<TableKind> {
    let (folder, name) = key.rsplit_once('/')?;
    let last = folder.rsplit('/').next().unwrap_or(folder);
    let mut signs = TableSign::ALL.into_iter();
    signs.find(|sign| sign.folder == last && sign.is_told_by(name)).map(|sign| sign.table)
}
