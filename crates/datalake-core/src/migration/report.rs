//! What became of a migration.

use schemars::JsonSchema;
use serde::Serialize;

use super::{AssetReport, LeftOutRow, MigrationVerdict, PartCounts};

/// What became of each asset.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MigrationReport {
    /// When it was made.
    pub made: String,
    /// Where from.
    pub source: String,
    /// Where to.
    pub destination: String,
    /// Whether the instance's own list of assets was there to tell keys from partitions.
    pub keys_known: bool,
    /// How the parts stand.
    pub parts: Vec<PartCounts>,
    /// The assets.
    pub assets: Vec<AssetReport>,
    /// Assets that the instance knows and that have no file here.
    pub without_file: Vec<String>,
    /// What was left out among the pickles.
    pub left_out: Vec<LeftOutRow>,
}

impl MigrationReport {
    /// Whether the bucket has every file.
    #[must_use]
    pub fn is_all_moved(&self) -> bool {
        let mut rows = self.assets.iter().flat_map(|asset| &asset.partitions);
        let mut tabular = self.parts.iter().filter(|part| part.part.is_tabular());
        rows.all(|row| row.standing == MigrationVerdict::Moved)
            && tabular.all(|part| part.to_move().items + part.failed.items == 0)
    }
}
