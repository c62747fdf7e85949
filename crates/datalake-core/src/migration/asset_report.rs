//! What became of each asset.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::{AssetKeys, AssetName, MigrationReason, MigrationVerdict, name_asset};

/// What became of an asset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AssetReport {
    /// Its key, `/`-joined.
    pub asset: String,
    /// Whether the instance knows it.
    pub is_known: bool,
    /// Files that the bucket has.
    pub moved: u64,
    /// Their length, and that of all others.
    pub bytes: u64,
    /// What became of each file.
    pub partitions: Vec<PartitionReport>,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PartitionReport {
    /// The partition; `None` for an asset without.
    pub partition: Option<String>,
    /// What its state is.
    pub standing: MigrationVerdict,
    /// Why.
    pub why: String,
    /// Whether nothing but the asset's code can make it again.
    pub materialize: bool,
}

/// What became of the assets of an instance, gathered file by file.
#[derive(Debug)]
pub struct AssetReports<'k> {
    keys: &'k AssetKeys,
    assets: BTreeMap<Vec<String>, AssetReport>,
}

impl<'k> AssetReports<'k> {
    /// Nothing was seen yet of the assets of an instance that knows these keys.
    #[must_use]
    pub fn begin(keys: &'k AssetKeys) -> Self {
        Self { keys, assets: BTreeMap::new() }
    }

    /// Adds a file by its name below the folder of the assets.
    pub fn add(&mut self, name: &str, bytes: u64, reason: &MigrationReason) {
        let standing = reason.verdict();
        let AssetName { key, partition, is_known } = name_asset(name, self.keys);
        let asset = key.join("/");
        let new = || AssetReport { asset, is_known, ..AssetReport::default() };
        let report = self.assets.entry(key).or_insert_with(new);
        report.bytes = report.bytes.saturating_add(bytes);
        report.moved += u64::from(standing == MigrationVerdict::Moved);
        let why = standing.words().map_or_else(|| reason.to_string(), str::to_owned);
        let materialize = standing.must_materialize();
        report.partitions.push(PartitionReport { partition, standing, why, materialize });
    }

    /// Assets that the instance knows and that have no file.
    #[must_use]
    pub fn list_without_file(&self) -> Vec<String> {
        let seen: BTreeSet<_> = self.assets.values().map(|report| report.asset.as_str()).collect();
        let keys = self.keys.iter().map(|key| key.join("/"));
        keys.filter(|key| !seen.contains(key.as_str())).collect()
    }

    /// The assets, by their keys.
    #[must_use]
    pub fn finish(self) -> Vec<AssetReport> {
        self.assets.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transfer::{SendReason, SkipReason};

    fn keys(keys: &[&str]) -> AssetKeys {
        keys.iter().map(|key| key.split('/').map(str::to_owned).collect()).collect()
    }

    #[test]
    fn the_files_of_an_asset_are_its_partitions() {
        let keys = keys(&["raw/by_day"]);
        let mut reports = AssetReports::begin(&keys);

        reports.add("raw/by_day/01", 2, &MigrationReason::Equal(SkipReason::SameTag));
        reports.add("raw/by_day/02", 3, &MigrationReason::Refused("half a pickle".to_owned()));

        let reports = reports.finish();
        let [asset] = reports.as_slice() else { panic!("{reports:?}") };
        assert_eq!((asset.asset.as_str(), asset.is_known), ("raw/by_day", true));
        assert_eq!((asset.moved, asset.bytes), (1, 5));
        let rows: Vec<_> =
            asset.partitions.iter().map(|row| (row.why.as_str(), row.materialize)).collect();
        assert_eq!(rows, [("moved", false), ("half a pickle", true)]);
    }

    #[test]
    fn known_assets_that_no_file_was_seen_of_are_told() {
        let keys = keys(&["a", "b/c"]);
        let mut reports = AssetReports::begin(&keys);

        reports.add("a", 1, &MigrationReason::Sent(SendReason::New));

        assert_eq!(reports.list_without_file(), ["b/c"]);
    }

    #[test]
    fn without_keys_each_file_is_an_asset_of_its_own() {
        let keys = AssetKeys::new();
        let mut reports = AssetReports::begin(&keys);

        for name in ["x/1", "x/2"] {
            reports.add(name, 1, &MigrationReason::Sent(SendReason::Size));
        }

        let names: Vec<_> =
            reports.finish().into_iter().map(|one| (one.asset, one.is_known)).collect();
        assert_eq!(names, [("x/1".to_owned(), false), ("x/2".to_owned(), false)]);
    }
}
