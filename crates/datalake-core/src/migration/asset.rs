//! Which asset, and which of its partitions, a path belongs to.

use std::collections::BTreeSet;

/// The keys of the assets that an instance knows, each as its parts.
pub type AssetKeys = BTreeSet<Vec<String>>;

/// An asset, and one of its partitions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AssetName {
    /// The parts of the asset's key.
    pub key: Vec<String>,
    /// The partition; several dimensions are joined by `/`.
    pub partition: Option<String>,
    /// Whether the instance knows the asset. Otherwise the whole path counts as its key, and its
    /// last parts may be a partition.
    pub is_known: bool,
}

/// The asset that a path belongs to, where the keys of all assets are known: the longest one that
/// the path begins with.
#[must_use]
pub fn name_asset(path: &str, keys: &AssetKeys) -> AssetName {
    let parts: Vec<String> = path.split('/').map(str::to_owned).collect();
    for length in (1..=parts.len()).rev() {
        let (key, rest) = parts.split_at(length);
        if keys.contains(key) {
            let partition = (!rest.is_empty()).then(|| rest.join("/"));
            return AssetName { key: key.to_vec(), partition, is_known: true };
        }
    }
    AssetName { key: parts, partition: None, is_known: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, key: &str, partition: Option<&str>, is_known: bool) {
        let key_of = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
        let keys = ["raw", "raw/by_day", "plain"].map(key_of).into();

        let named = name_asset(path, &keys);

        let partition = partition.map(str::to_owned);
        assert_eq!(named, AssetName { key: key_of(key), partition, is_known }, "{path}");
    }

    #[test]
    fn the_longest_known_key_is_the_asset_and_the_rest_its_partition() {
        check("plain", "plain", None, true);
        check("raw/by_day/2026-01-01", "raw/by_day", Some("2026-01-01"), true);
        check("raw/by_day/2026-01-01/eu", "raw/by_day", Some("2026-01-01/eu"), true);
        check("raw/x/y", "raw", Some("x/y"), true);
    }

    #[test]
    fn what_no_known_key_begins_is_an_asset_of_its_own() {
        check("other/x", "other/x", None, false);
        check("rawer/x", "rawer/x", None, false);
    }
}
