//! The parts of a migration.

use schemars::JsonSchema;
use serde::Serialize;

/// What a part of a migration holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PartKind {
    /// Pickles of assets.
    Assets,
    /// Pickles of ops' outputs.
    OpOutputs,
    /// What steps have printed.
    Logs,
    /// Objects of another place.
    Objects,
    /// Parquet and CSV files of other I/O managers.
    Frames,
    /// The data of Delta and Lance tables.
    TableData,
    /// Their logs, which say what a table is.
    TableLogs,
}

impl PartKind {
    /// What the part is called.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Assets => "assets",
            Self::OpOutputs => "op outputs",
            Self::Logs => "logs",
            Self::Objects => "objects",
            Self::Frames => "frames",
            Self::TableData => "table data",
            Self::TableLogs => "table logs",
        }
    }

    /// Whether its files are pickles.
    #[must_use]
    pub fn is_pickled(self) -> bool {
        matches!(self, Self::Assets | Self::OpOutputs)
    }

    /// Whether it belongs to tables or frames, which have a bucket of their own.
    #[must_use]
    pub fn is_tabular(self) -> bool {
        matches!(self, Self::Frames | Self::TableData | Self::TableLogs)
    }

    /// Whether its names are those of assets and their partitions.
    #[must_use]
    pub fn names_assets(self) -> bool {
        matches!(self, Self::Assets | Self::Objects)
    }

    /// What one of its files is called.
    #[must_use]
    pub fn file_word(self) -> &'static str {
        match self {
            Self::Assets => "pickle",
            Self::OpOutputs => "op output",
            Self::Logs => "log",
            Self::Objects => "object",
            Self::Frames => "frame",
            Self::TableData => "file of table data",
            Self::TableLogs => "file of a table log",
        }
    }

    /// What several of its files are called.
    #[must_use]
    pub fn files_word(self) -> &'static str {
        match self {
            Self::Assets => "pickles",
            Self::OpOutputs => "op outputs",
            Self::Logs => "logs",
            Self::Objects => "objects",
            Self::Frames => "frames",
            Self::TableData => "files of table data",
            Self::TableLogs => "files of table logs",
        }
    }
}
