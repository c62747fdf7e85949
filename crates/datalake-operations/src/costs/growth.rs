//! Which assets have grown.

use std::collections::BTreeMap;

use datalake_engine::AssetUse;
use schemars::JsonSchema;
use serde::Serialize;

use super::history::is_whole;

/// How an asset has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AssetGrowth {
    /// The asset's key with `/` between its parts.
    pub asset: String,
    /// What it is billed as.
    pub billed_bytes: u64,
    /// What is billed more or less than before.
    pub change: i64,
}

/// The assets that have changed, the most grown first. `whole` tells that all assets are in `then`:
/// only then is one that is not in it new.
#[must_use]
pub fn compare_assets(then: &[AssetUse], now: &[AssetUse], whole: bool) -> Vec<AssetGrowth> {
    let before: BTreeMap<_, _> =
        then.iter().map(|was| (was.asset.as_str(), was.total.billed)).collect();
    let change = |is: &AssetUse| {
        let was = before.get(is.asset.as_str()).copied().or(whole.then_some(0))?;
        Some(AssetGrowth {
            asset: is.asset.clone(),
            billed_bytes: is.total.billed,
            change: subtract_signed(was, is.total.billed),
        })
    };
    let mut grown: Vec<_> = now.iter().filter_map(change).collect();
    grown.retain(|grown| grown.change != 0);
    grown.sort_by(|one, other| {
        other.change.cmp(&one.change).then_with(|| one.asset.cmp(&other.asset))
    });
    grown
}

fn subtract_signed(was: u64, is: u64) -> i64 {
    let difference = i128::from(is) - i128::from(was);
    i64::try_from(difference).unwrap_or(if difference < 0 { i64::MIN } else { i64::MAX })
}

/// The same of a list that was kept: all assets are in it where it is short enough.
#[must_use]
pub fn compare_with_kept(then: &[AssetUse], now: &[AssetUse]) -> Vec<AssetGrowth> {
    compare_assets(then, now, is_whole(then))
}

#[cfg(test)]
mod tests {
    use datalake_core::usage::Tally;

    use super::*;

    fn uses(list: &[(&str, u64)]) -> Vec<AssetUse> {
        let one = |(asset, billed): &(&str, u64)| AssetUse {
            asset: (*asset).to_owned(),
            total: Tally { count: 1, bytes: *billed, billed: *billed },
        };
        list.iter().map(one).collect()
    }

    #[test]
    fn the_most_grown_asset_comes_first_and_what_stayed_is_left_out() {
        let then = uses(&[("a", 10), ("b", 50), ("same", 7)]);
        let now = uses(&[("a", 30), ("b", 20), ("new", 5), ("same", 7)]);
        let told = |whole| -> Vec<_> {
            let grown = compare_assets(&then, &now, whole);
            grown.into_iter().map(|grown| (grown.asset, grown.change)).collect()
        };

        let of = |list: &[(&str, i64)]| -> Vec<_> {
            list.iter().map(|(asset, change)| ((*asset).to_owned(), *change)).collect()
        };
        assert_eq!(told(true), of(&[("a", 20), ("new", 5), ("b", -30)]));
        assert_eq!(told(false), of(&[("a", 20), ("b", -30)]));
    }
}
