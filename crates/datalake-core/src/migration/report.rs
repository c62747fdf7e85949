//! What became of a migration.

use schemars::JsonSchema;
use serde::Serialize;

use super::{AssetReport, LeftOutRow, MigrationVerdict, PartCounts};
use crate::text::printable;

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
    /// Keys of assets in the bucket that no file here can have: a part of them is empty, `.` or `..`.
    pub unfit_keys: Vec<String>,
}

/// So many of a kind are told as text.
const TOLD: usize = 40;

impl MigrationReport {
    /// The keys that no file can have as text; nothing where there are none.
    #[must_use]
    pub fn describe_unfit_keys(&self) -> String {
        let Some(more) = self.unfit_keys.len().checked_sub(1) else { return String::new() };
        let names =
            self.unfit_keys.iter().take(TOLD).map(|name| format!("  {}\n", printable(name)));
        let rest = if more >= TOLD { "  …; --json has all\n" } else { "" };
        format!(
            "\nOnly in the bucket, since no file can have such a name: a part is empty, `.` or `..` ({}):\n{}{rest}",
            self.unfit_keys.len(),
            names.collect::<String>()
        )
    }

    /// Whether the bucket has every file.
    #[must_use]
    pub fn is_all_moved(&self) -> bool {
        let mut rows = self.assets.iter().flat_map(|asset| &asset.partitions);
        let mut tabular = self.parts.iter().filter(|part| part.part.is_tabular());
        rows.all(|row| row.standing == MigrationVerdict::Moved)
            && tabular.all(|part| part.to_move().items + part.failed.items == 0)
    }
}
